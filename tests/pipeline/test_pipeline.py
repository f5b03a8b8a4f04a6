import json
import os
import shutil
import threading

import numpy as np
import pytest
from thinc.api import Adam, Config, fix_random_seed

import zoo
from zoo import Doc
from zoo.config import ConfigError
from zoo.parameters import named_parameters
from zoo.pipeline.checkpoint import META

from ..tiny import (
    make_docs,
    make_tiny_config,
    make_tiny_pipeline,
    same_bits,
    weights_of,
)

SHARED = ("tok2vec", "tagger", "textcat")
OWN = ("tagger", "textcat")


def trained(pipeline=SHARED, steps=5):
    made = make_tiny_pipeline(pipeline)
    optimizer = Adam(0.01)
    for _ in range(steps):
        made.update(make_docs(), optimizer=optimizer)
    return made


def scores_of(pipeline):
    return {
        f"{name}.{i}": np.asarray(rows)
        for name, scores in pipeline.predict(make_docs()).items()
        for i, rows in enumerate(scores)
    }


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "model"
    pipeline = trained()
    pipeline.scores = {"tag_acc": 0.5}
    pipeline.to_disk(folder)
    return folder


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copy")


@pytest.mark.parametrize("names", [SHARED, OWN])
def test_updates_lower_the_loss(names):
    pipeline, docs, optimizer = make_tiny_pipeline(names), make_docs(), Adam(0.01)
    losses = [pipeline.update(docs, optimizer=optimizer) for _ in range(20)]
    for name in ("tagger", "textcat"):
        assert losses[-1][name].total < losses[0][name].total


def test_heads_of_a_shared_encoder_all_train_it():
    pipeline = make_tiny_pipeline(SHARED)
    gradients = []
    for frozen in (["textcat"], ["tagger"], []):
        pipeline = make_tiny_pipeline(SHARED)
        for component, _ in pipeline.heads:  # They begin with zeros, which give none.
            for parameter in named_parameters(component.model).values():
                parameter.value[:] = np.linspace(-1, 1, parameter.value.size).reshape(
                    parameter.value.shape
                )
        pipeline.update(make_docs(), frozen=frozen)
        encoder = pipeline.components["tok2vec"].model.get_ref("encode")
        parameters = named_parameters(encoder).values()
        gradients.append([p.node.get_grad(p.name).copy() for p in parameters])
    for first, second, both in zip(*gradients, strict=True):
        np.testing.assert_allclose(first + second, both, rtol=1e-3, atol=1e-5)


def test_documents_of_every_kind_are_annotated_alike():
    pipeline = trained()
    words = [["dogs", "run"], [], ["unseen", "fast", "cats"]]
    expected = pipeline(Doc(list(w)) for w in words)
    for docs in (words, [tuple(w) for w in words], iter(words)):
        assert pipeline(docs) == expected
    assert expected[0].tags == ["NN", "VB"]
    assert expected[1].tags == []
    assert set(expected[2].cats) == {"pets", "other"}


def test_zoo_docs_are_annotated_in_place_and_labels_kept_unless_overwritten():
    pipeline = trained()
    doc = Doc(["dogs", "run"], tags=["X", None])
    assert pipeline([doc])[0] is doc
    assert doc.tags == ["X", "VB"]
    pipeline.components["tagger"].objective.overwrite = True
    pipeline([doc])
    assert doc.tags == ["NN", "VB"]


def test_stream_is_annotated_a_batch_at_a_time():
    pipeline, seen = trained(), []
    stream = pipeline.pipe(
        (seen.append(i) or ["dogs"] for i in range(10)), batch_size=3
    )
    next(stream)
    assert len(seen) == 3
    assert len(list(stream)) == 9


def test_batches_do_not_change_predictions():
    pipeline = trained()
    docs = [doc.words for doc in make_docs()]
    assert [d.tags for d in pipeline(docs)] == [
        d.tags for d in pipeline.pipe(docs, batch_size=1)
    ]


def test_several_threads_predict_at_once():
    pipeline = trained()
    expected, found = scores_of(pipeline), []
    threads = [
        threading.Thread(target=lambda: found.append(scores_of(pipeline)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(same_bits(expected, scores) for scores in found)


def test_frozen_components_keep_their_bits():
    for frozen in (["tok2vec"], ["tagger"], ["tok2vec", "textcat"]):
        pipeline = trained()
        before = weights_of(pipeline)
        optimizer = Adam(0.1, L2=0.1)
        for _ in range(3):
            pipeline.update(
                make_docs(), optimizer=optimizer, frozen=frozen, dropout=0.1
            )
        after = weights_of(pipeline)
        changed = {n.split(".")[0] for n in before if (before[n] != after[n]).any()}
        assert changed == set(SHARED) - set(frozen)


def test_encoder_without_a_head_that_learns_does_not_run(monkeypatch):
    pipeline = make_tiny_pipeline(SHARED)
    monkeypatch.setattr(pipeline.components["tok2vec"].upstream, "run", None)
    assert pipeline.update(make_docs(), frozen=["tagger", "textcat"]) == {}


def test_disabled_component_is_kept_and_does_not_run():
    pipeline = trained()
    pipeline.disabled.add("textcat")
    before = weights_of(pipeline)
    [doc] = pipeline([["dogs"]])
    assert doc.cats is None
    assert list(pipeline.predict([["dogs"]])) == ["tagger"]
    assert list(pipeline.update(make_docs(), optimizer=Adam(0.1))) == ["tagger"]
    after = weights_of(pipeline)
    assert all((before[n] == after[n]).all() for n in before if "textcat" in n)
    assert "cats_score" not in pipeline.evaluate(make_docs())


def test_component_that_is_disabled_from_the_start_needs_no_labels(tmp_path):
    config = make_tiny_config(SHARED)
    config["nlp"]["disabled"] = ["textcat"]
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize([Doc(["a"], tags=["X"])])
    pipeline.to_disk(tmp_path / "model")
    assert zoo.load(tmp_path / "model")([["a"]])[0].tags == ["X"]


def test_evaluation_gives_spacys_scores_and_leaves_documents_alone():
    docs = make_docs()
    scores = trained(steps=40).evaluate(docs)
    assert scores["tag_acc"] == scores["cats_macro_f"] == 1.0
    assert scores["tag_per_type"]["NN"] == {"p": 1.0, "r": 1.0, "f": 1.0}
    assert scores["speed"] > 0
    assert docs == make_docs()


def test_scores_of_all_heads_weigh_alike():
    pipeline = make_tiny_pipeline(SHARED)
    assert pipeline.score_weights() == {"tag_acc": 0.5, "cats_score": 0.5}
    assert {"tag_acc", "tag_per_type", "cats_macro_f"} <= set(pipeline.score_names())
    assert pipeline.fields == ["tags", "cats"]


def test_documents_without_labels_give_no_gradient():
    labelled = make_docs()
    bare = [doc.copy(annotations=False) for doc in make_docs(5, seed=1)]
    gradients = []
    for docs in (labelled, labelled + bare):
        pipeline = make_tiny_pipeline(OWN, labelled)
        losses = pipeline.update(docs)
        assert losses["tagger"].count == sum(map(len, labelled))
        assert losses["textcat"].count == len(labelled)
        gradients.append(
            {
                f"{name}.{key}": parameter.node.get_grad(parameter.name)
                for name in OWN
                for key, parameter in named_parameters(
                    pipeline.components[name].model
                ).items()
            }
        )
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(gradient, gradients[1][name], atol=1e-5)


@pytest.mark.parametrize(
    ("docs", "message"),
    [
        ([], "there are no documents to initialize it with"),
        ([Doc(["a"])], r"none of the documents has a label for .* 'tagger' \(tagger\)"),
        ([Doc(["a"], tags=[None])], "none of the documents has a label"),
    ],
)
def test_initialization_needs_labels(docs, message):
    pipeline = zoo.Pipeline.from_config(make_tiny_config())
    with pytest.raises(ValueError, match=message):
        pipeline.initialize(docs)


def test_initialization_goes_through_documents_without_words():
    docs = [Doc([], tags=[])] * 11 + make_docs()
    pipeline = zoo.Pipeline.from_config(make_tiny_config(SHARED))
    pipeline.initialize(iter(docs))
    assert pipeline([["dogs"]])[0].tags


def test_width_of_a_model_must_be_the_number_of_labels():
    config = make_tiny_config()
    config["components"]["tagger"]["model"]["nO"] = 7
    pipeline = zoo.Pipeline.from_config(config)
    with pytest.raises(
        ValueError, match=r"got 7 outputs and 3 labels\. Set components"
    ):
        pipeline.initialize(make_docs())


def test_documents_that_hold_no_labels_are_refused_where_labels_are_needed():
    pipeline = make_tiny_pipeline()
    for method in (pipeline.update, pipeline.evaluate, pipeline.initialize):
        with pytest.raises(TypeError, match=r"must be of the type zoo\.Doc, got list"):
            method([["a", "b"]])


def test_text_that_is_not_split_is_refused():
    for docs in ("dogs run", ["dogs run"]):
        with pytest.raises(TypeError, match="Split a text into words first"):
            make_tiny_pipeline()(docs)


def test_batch_size_must_be_one_or_more():
    with pytest.raises(ValueError, match="batch_size must be 1 or more, got 0"):
        list(make_tiny_pipeline().pipe([["a"]], batch_size=0))


def test_config_may_leave_defaults_out():
    config = make_tiny_config()
    config["nlp"] = {"pipeline": ["tok2vec", "tagger"]}
    assert zoo.Pipeline.from_config(config).batch_size == 256
    config["nlp"]["pipeline"] = ["tok2vec", "tagr"]
    with pytest.raises(
        ConfigError, match=r"components\.tagr: .* Did you mean 'tagger'"
    ):
        zoo.Pipeline.from_config(config)


def test_loaded_pipeline_predicts_the_same_bits(saved):
    loaded = zoo.load(saved)
    assert same_bits(scores_of(loaded), scores_of(trained()))
    assert loaded.scores == {"tag_acc": 0.5}
    assert sorted(path.name for path in saved.iterdir()) == [
        "config.cfg",
        "meta.json",
        "tagger.safetensors",
        "textcat.safetensors",
        "tok2vec.safetensors",
    ]
    meta = json.loads((saved / META).read_text())
    assert meta["labels"]["tagger"] == ["NN", "RB", "VB"]
    assert set(meta["versions"]) == {"zoo", "thinc", "python"}


def test_loaded_pipeline_can_be_trained_and_saved_again(saved, tmp_path):
    first, second = trained(steps=5), zoo.load(saved)
    for pipeline in (first, second):
        pipeline.update(make_docs(), optimizer=Adam(0.01))
    assert same_bits(weights_of(first), weights_of(second))
    second.to_disk(tmp_path / "again")
    assert same_bits(weights_of(zoo.load(tmp_path / "again")), weights_of(second))


def test_loading_leaves_random_numbers_alone(saved):
    fix_random_seed(1)
    expected = np.random.rand()
    fix_random_seed(1)
    zoo.load(saved)
    assert np.random.rand() == expected


def test_saving_replaces_a_model_but_nothing_else(saved, tmp_path, monkeypatch):
    pipeline = make_tiny_pipeline()
    folder = shutil.copytree(saved, tmp_path / "model")
    pipeline.to_disk(folder)
    assert not (folder / "textcat.safetensors").exists()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"no saved model: it holds notes\.txt"):
        pipeline.to_disk(folder)
    assert (folder / "notes.txt").read_text() == "mine"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileExistsError, match="no saved model"):
        pipeline.to_disk(".")


def test_save_that_fails_leaves_the_earlier_model(saved, tmp_path, monkeypatch):
    folder = shutil.copytree(saved, tmp_path / "model")
    pipeline = make_tiny_pipeline()
    monkeypatch.setattr("zoo.pipeline.pipeline.write_meta", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pipeline.to_disk(folder)
    assert zoo.load(folder).scores == {"tag_acc": 0.5}
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("name", ["config.cfg", "tagger.safetensors"])
def test_altered_cut_or_missing_files_are_refused(copy, name):
    content = (copy / name).read_bytes()
    for wrong in (content[:-5], content + b" ", content.replace(b"0", b"1", 1), b""):
        (copy / name).write_bytes(wrong)
        with pytest.raises(ValueError, match=rf"{name} is not as it was written"):
            zoo.load(copy)
    (copy / name).unlink()
    with pytest.raises(ValueError, match=rf"is not whole: the file {name} is missing"):
        zoo.load(copy)


def change_meta(folder, **changes):
    path = folder / META
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_unlisted_file_is_refused(copy):
    files = json.loads((copy / META).read_text())["files"]
    for name in ("config.cfg", "tok2vec.safetensors"):
        rest = {k: v for k, v in files.items() if k != name}
        change_meta(copy, files=rest)
        with pytest.raises(ValueError, match=rf"meta\.json does not name {name}"):
            zoo.load(copy)


@pytest.mark.parametrize(
    "labels", [None, [], {"tagger": "NN"}, {"tagger": [1]}, {"tagger": ["A", "A"]}]
)
def test_malformed_labels_are_refused(copy, labels):
    change_meta(copy, labels=labels)
    with pytest.raises(ValueError, match=r"expected a list of labels.* 'tagger', got"):
        zoo.load(copy)


def test_labels_that_do_not_fit_the_weights_are_told_in_a_table(copy):
    labels = {"tagger": ["A", "B"], "textcat": ["x", "y"]}
    change_meta(copy, labels=labels)
    with pytest.raises(ValueError, match=r"softmax\.W +3 x 8 +2 x 8"):
        zoo.load(copy)


def test_unknown_meta_data_and_strange_scores_do_no_harm(copy):
    change_meta(copy, scores="none", more={"x": 1}, versions=3)
    assert zoo.load(copy).scores == {}


def test_weights_of_another_model_are_refused(copy, tmp_path):
    config = Config(make_tiny_config(SHARED)).copy()
    config["components"]["tok2vec"]["model"]["encode"]["width"] = 6
    other = zoo.Pipeline.from_config(config)
    other.initialize(make_docs())
    other.to_disk(tmp_path / "other")
    files = json.loads((copy / META).read_text())["files"]
    others = json.loads((tmp_path / "other" / META).read_text())["files"]
    name = "tok2vec.safetensors"
    shutil.copy(tmp_path / "other" / name, copy / name)
    change_meta(copy, files={**files, name: others[name]})
    with pytest.raises(ValueError, match=r"embed\.norm\.E +50 x 6 +50 x 8"):
        zoo.load(copy)
