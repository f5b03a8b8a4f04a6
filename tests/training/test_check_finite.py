import errno
import os

import numpy as np
import pytest
from thinc.api import Model, chain

import zoo
from zoo import Doc
from zoo.corpora import read_docs
from zoo.objectives import Loss
from zoo.pipeline._model_folder import read_meta
from zoo.training import _saver, train
from zoo.training._batchers import batch_by_sequence
from zoo.training._check_finite import (
    INTERVAL,
    FiniteCheck,
    NotFiniteError,
    is_out_of_memory,
)
from zoo.training._run_folder import check_output
from zoo.training._training_config import plan_training
from zoo.training.run_training import run_training

from ..tiny import (
    make_docs,
    make_settings,
    make_tiny_config,
    make_tiny_pipeline,
    save_docs,
)

SHARED = ("tok2vec", "tagger", "textcat")


def run(pipeline, output, docs=None, **training):
    docs = docs or make_docs()
    settings = make_settings(**{"max_steps": 6, "eval_frequency": 2, **training})
    train(pipeline, lambda: docs, lambda: docs, settings, output=output)


def spoil(pipeline, step, change):
    """Change something in a pipeline before an update."""
    update, steps = pipeline.update, [0]

    def spoiled(docs, **options):
        steps[0] += 1
        if steps[0] == step:
            change(pipeline)
        return update(docs, **options)

    pipeline.update = spoiled


def add_layer(pipeline, forward, component="tagger"):
    """Put a layer of one's own at the end of a model."""
    found = pipeline.components[component]
    found.model = chain(found.model, Model("own_layer", forward))


def test_parameter_that_is_no_number_is_named(tmp_path):
    def change(pipeline):
        pipeline.parameters["tagger.softmax.b"].value[1] = np.nan

    pipeline = make_tiny_pipeline(SHARED)
    spoil(pipeline, 4, change)
    with pytest.raises(NotFiniteError, match="loss of 'tagger' is nan in update 4"):
        run(pipeline, tmp_path)


def test_first_layer_and_batch_are_named_and_the_last_good_model_is_kept(tmp_path):
    def forward(model, X, is_train):
        bad = is_train and any("cats" in doc for doc in seen[-1])
        Y = [np.where(bad, np.nan, x).astype("f") for x in X]
        return Y, lambda dY: dY

    docs = [Doc(["dogs", "run"], tags=["NN", "VB"]) for _ in range(4)]
    docs.append(Doc(["cats", "sleep"], tags=["NN", "VB"]))
    pipeline, seen = make_tiny_pipeline(docs=make_docs()), []
    add_layer(pipeline, forward)
    update = pipeline.update
    pipeline.update = lambda docs, **options: (
        seen.append([doc.words for doc in docs]),
        update(docs, **options),
    )[1]
    settings = make_settings(max_steps=20, eval_frequency=1, max_epochs=-1)
    settings.batcher = batch_by_sequence(2)
    with pytest.raises(NotFiniteError) as error:
        train(pipeline, lambda: docs, lambda: docs, settings, output=tmp_path)
    file = tmp_path / "bad-batch.jsonl"
    assert str(error.value) == (
        f"training: the loss of 'tagger' is nan in update 3. The first layer with "
        f"such a result is tagger.1 (own_layer), in its output. The batch has 1 "
        f"document and 2 words, the longest document 2. It is saved as {file}; the "
        f"models of earlier updates are kept. Lower training.optimizer.learn_rate, or "
        f"look for what is unusual in the batch."
    )
    assert list(read_docs(file)) == docs[-1:]
    for name in ("model-best", "model-last", "checkpoint"):
        read_meta(tmp_path / name)
    assert read_meta(tmp_path / "checkpoint")["checkpoint"]["state"]["step"] == 1


def test_layer_with_a_bad_gradient_is_named(tmp_path):
    def forward(model, X, is_train):
        return X, lambda dY: [dy * np.float32(np.inf) for dy in dY]

    pipeline = make_tiny_pipeline()
    add_layer(pipeline, forward)
    with pytest.raises(
        NotFiniteError,
        match=r"the gradient of .* is not finite in update 1\. The first layer with "
        r"such a result is tagger\.1 \(own_layer\), in its gradient",
    ):
        run(pipeline, None)
    # All that was changed to find it is as before.
    assert pipeline.components["tagger"].model.layers[1]._func is forward


def test_rate_that_is_too_high_ends_in_a_message():
    pipeline = make_tiny_pipeline(SHARED)
    settings = make_settings(max_steps=500, eval_frequency=500)
    settings.optimizer.learn_rate = 1e30
    with pytest.raises(NotFiniteError, match=r"Lower training\.optimizer\.learn_rate"):
        train(pipeline, make_docs, make_docs, settings)


def test_large_numbers_are_finite():
    pipeline = make_tiny_pipeline()
    pipeline.update(make_docs())
    check = FiniteCheck(pipeline.parameters)
    node, name = pipeline.parameters["tagger.softmax.W"]
    node.get_grad(name)[:] = node.get_param(name)[:] = 1e30  # Their squares are not.
    check.check_gradients()
    check.check_all()


def test_checks_are_put_off_where_they_would_make_a_gpu_wait():
    pipeline = make_tiny_pipeline()
    pipeline.update(make_docs())
    check = FiniteCheck(pipeline.parameters)
    check.is_on_gpu = True
    check.check_losses({"tagger": Loss(np.float32(np.nan), 1, None)})
    with pytest.raises(NotFiniteError, match="a loss of earlier updates is not finite"):
        check.check_all()
    check.check_all()  # Told once.
    check.check_gradients()
    assert [np.ndim(total) for total in check._unseen] == [0]  # For all parameters.
    node, name = pipeline.parameters["tagger.softmax.W"]
    node.get_grad(name)[0] = np.nan
    check.check_gradients()
    with pytest.raises(NotFiniteError, match=r"gradient of tagger\.softmax\.W is not"):
        check.check_all()


def test_parameters_are_checked_now_and_then_and_before_each_save(tmp_path):
    def overflow(pipeline):
        pipeline.parameters["tok2vec.embed.norm.E"].value[-1] = np.inf  # Unused.

    for frequency, step in ((1000, INTERVAL), (7, 7)):
        pipeline = make_tiny_pipeline()
        spoil(pipeline, 3, overflow)
        settings = make_settings(max_steps=60, eval_frequency=frequency)
        message = rf"value of tok2vec\.embed\.norm\.E is not finite in update {step}\."
        with pytest.raises(NotFiniteError, match=message):
            train(pipeline, make_docs, make_docs, settings, output=tmp_path)
        assert not (tmp_path / "checkpoint").exists()


class OutOfMemoryError(RuntimeError):
    """Look like PyTorch's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no"),
        OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_lack_of_memory_is_told_with_the_batch_and_the_settings(error, tmp_path):
    def fail(pipeline):
        raise error

    pipeline = make_tiny_pipeline()
    spoil(pipeline, 3, fail)
    with pytest.raises(RuntimeError) as told:
        run(pipeline, tmp_path)
    message = str(told.value)
    assert "not enough memory for update 3, whose batch has 7 documents and" in message
    assert "Lower training.batcher.size, or raise training.accumulate_g" in message
    assert zoo.load(tmp_path / "model-last").scores


def test_other_errors_are_no_lack_of_memory():
    assert not is_out_of_memory(RuntimeError("no"))
    pipeline = make_tiny_pipeline()
    spoil(pipeline, 1, lambda _: (_ for _ in ()).throw(RuntimeError("something else")))
    with pytest.raises(RuntimeError, match="something else"):
        run(pipeline, None)


def test_full_disk_leaves_what_was_saved_before(tmp_path, monkeypatch):
    path = save_docs(tmp_path / "docs.jsonl")
    config = make_tiny_config(paths={"train": path, "dev": path})
    config["training"].update(max_steps=12, eval_frequency=2)
    write, left = type(tmp_path).write_bytes, [12]

    def write_while_there_is_room(self, data):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return write(self, data)

    monkeypatch.setattr(_saver, "MAX_SHARE", float("inf"))
    monkeypatch.setattr(type(tmp_path), "write_bytes", write_while_there_is_room)
    with pytest.raises(
        OSError, match=r"update 4 could not be saved in .*No space"
    ) as e:
        run_training(config, tmp_path / "out")
    assert e.value.errno == errno.ENOSPC
    assert "What was saved before is kept. Make room, and go on with" in str(e.value)
    monkeypatch.undo()
    names = {"checkpoint", "config.cfg", "log.jsonl", "model-best", "model-last"}
    assert {*os.listdir(tmp_path / "out")} == names
    assert zoo.load(tmp_path / "out" / "model-last")
    run_training(config, tmp_path / "out", resume=True)


def test_folder_that_is_read_only_is_refused_before_anything_is_read(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    with pytest.raises(PermissionError, match=rf"{tmp_path} is read-only"):
        check_output(tmp_path / "deep" / "out")


@pytest.mark.skipif(os.name != "posix" or not os.getuid(), reason="root writes anyway")
def test_folder_without_rights_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match="is read-only"):
            check_output(tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


def plan(tmp_path, train_docs, dev_docs):
    paths = {"train": train_docs, "dev": dev_docs}
    paths = {n: save_docs(tmp_path / f"{n}.jsonl", d) for n, d in paths.items()}
    return plan_training(make_tiny_config(SHARED, paths))


def test_documents_without_labels_and_lost_labels_are_warned_of(tmp_path):
    bare = [doc.copy(annotations=False) for doc in make_docs(3)]
    odd = [Doc(["a", "b"], tags=["XX", None], cats={"pets": 1.0, "odd": 0.0})]
    with pytest.warns(UserWarning) as found:
        plan(tmp_path, make_docs() + bare, make_docs() + odd).initialize()
    assert [str(warning.message) for warning in found] == [
        "training: 3 of the 15 documents of the training corpus have no labels for any "
        "component, so that nothing is learned from them.",
        "training: the development corpus has labels in 'tags' that the training "
        "corpus lacks, and that are thus never predicted: XX.",
        "training: the development corpus has labels in 'cats' that the training "
        "corpus lacks, and that are thus never predicted: odd.",
    ]


def test_corpora_without_faults_are_not_warned_of(tmp_path):
    plan(tmp_path, make_docs(), make_docs()).initialize()


def test_warnings_of_a_run_are_messages(tmp_path, capsys):
    bare = [doc.copy(annotations=False) for doc in make_docs(3)]
    paths = {
        "train": save_docs(tmp_path / "train.jsonl", make_docs() + bare),
        "dev": save_docs(tmp_path / "dev.jsonl"),
    }
    run_training(make_tiny_config(paths=paths, max_steps=1), tmp_path / "out")
    assert capsys.readouterr().err.startswith(
        "warning: training: 3 of the 15 documents"
    )
