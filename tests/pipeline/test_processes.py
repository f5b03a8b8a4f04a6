import copy
import gc
import itertools
import multiprocessing
import os
import pickle
import pickletools
import signal
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
from thinc.api import Adam

import zoo
from zoo import Doc
from zoo.pipeline import _processes as processes
from zoo.tokenizer import tokenize

from ..layers.builders import FakeGPU
from ..tiny import (
    make_docs,
    make_tiny_config,
    make_trained_pipeline,
    same_bits,
    scores_of,
    weights_of,
)


@pytest.fixture(scope="module")
def pipeline():
    return make_trained_pipeline()


@pytest.fixture
def quick(monkeypatch):
    """Start processes that have zoo imported already, where the system can."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["zoo._register_all", "tests.tiny"])
        monkeypatch.setattr(processes, "_context", lambda: context)


def bare(docs):
    return [doc.copy(annotations=False) for doc in docs]


@pytest.mark.parametrize("method", ["pickle", "deepcopy"])
def test_copies_predict_the_same_bits_and_share_nothing(pipeline, method):
    expected = scores_of(pipeline)
    made = (
        copy.deepcopy(pipeline)
        if method == "deepcopy"
        else pickle.loads(pickle.dumps(pipeline))
    )
    assert same_bits(scores_of(made), expected)
    assert same_bits(weights_of(made), weights_of(pipeline))
    made.update(make_docs(), optimizer=Adam(0.1))
    assert same_bits(scores_of(pipeline), expected)
    assert not same_bits(scores_of(made), expected)


def test_copies_keep_what_was_set():
    pipeline = make_trained_pipeline()
    pipeline.scores = {"tag_acc": 0.5}
    pipeline.disabled.add("textcat")
    pipeline.batch_size = 7
    pipeline.freeze("tok2vec.embed", "textcat")
    made = pickle.loads(pickle.dumps(pipeline))
    assert made.scores == {"tag_acc": 0.5}
    assert made.disabled == {"textcat"} and made.batch_size == 7
    assert made.frozen == pipeline.frozen != []
    before = weights_of(made)
    made.update(make_docs(), optimizer=Adam(0.1))
    after = weights_of(made)
    assert all((before[name] == after[name]).all() for name in made.frozen)
    assert any((before[name] != after[name]).any() for name in before)


def test_a_pipeline_without_weights_can_be_copied():
    made = copy.deepcopy(zoo.Pipeline.from_config(make_tiny_config()))
    made.initialize(make_docs())
    assert made([["dogs"]])[0].tags


def test_pickling_leaves_random_numbers_alone(pipeline):
    np.random.seed(1)
    expected = np.random.rand()
    np.random.seed(1)
    pickle.loads(pickle.dumps(pipeline))
    assert np.random.rand() == expected


def test_a_pickle_holds_no_code_but_names_of_classes(pipeline):
    names = set()
    strings = []
    for opcode, argument, _ in pickletools.genops(pickle.dumps(pipeline, 4)):
        if opcode.name == "STACK_GLOBAL":
            names.add(".".join(strings[-2:]))
        elif isinstance(argument, str):
            strings.append(argument)
    assert names == {
        "zoo.pipeline._processes.Origin",
        "zoo.pipeline.pipeline.Pipeline",
        "zoo.pipeline._saved_pipeline.SavedPipeline",
        "zoo.tokenizer.tokenizer.Tokenizer",
        "pathlib.PosixPath" if os.name == "posix" else "pathlib.WindowsPath",
    }


def test_processes_give_what_one_gives_in_order(pipeline, quick):
    docs = make_docs(60)
    expected = list(pipeline.pipe(bare(docs), batch_size=7))
    inputs = bare(docs)
    found = list(pipeline.pipe(inputs, batch_size=7, n_process=2))
    assert found == expected
    assert all(a is b for a, b in zip(found, inputs, strict=True))


def test_all_kinds_of_documents_and_texts_go_to_processes(pipeline, quick):
    kinds = [
        "dogs can't run.",
        ["dogs", "run"],
        ("cats",),
        "",
        Doc(["Dogs"], norms=["dogs"], tags=["X"], user_data={"key": object()}),
    ]
    expected = list(pipeline.pipe(map(copy.copy, kinds), batch_size=2))
    found = list(pipeline.pipe(kinds, batch_size=2, n_process=2))
    assert found == expected
    assert found[0].norms == tokenize("dogs can't run.").norms
    assert found[4].tags == ["X"]


def test_streams_are_read_no_further_than_a_few_batches_ahead(pipeline, quick):
    seen = itertools.count()
    stream = pipeline.pipe(
        (["dogs"] for _ in iter(lambda: next(seen), -1)), batch_size=2, n_process=2
    )
    n_given = len(list(itertools.islice(stream, 30)))
    stream.close()
    assert n_given < next(seen) <= n_given + 2 * (2 * processes.AHEAD + 2)


def children():
    return multiprocessing.active_children()


def test_processes_end_when_the_stream_is_closed_or_let_go(pipeline, quick):
    for end in (lambda stream: stream.close(), lambda stream: None):
        stream = pipeline.pipe(
            (["dogs"] for _ in range(1000)), batch_size=2, n_process=2
        )
        next(stream)
        assert children()
        end(stream)
        del stream
        gc.collect()
        assert not children()


def test_errors_in_the_input_come_through_and_end_the_processes(pipeline, quick):
    def broken():
        yield ["dogs"]
        raise KeyError("input")

    with pytest.raises(KeyError, match="input"):
        list(pipeline.pipe(broken(), n_process=2))
    with pytest.raises(TypeError, match="A document must be a zoo"):
        list(pipeline.pipe([["dogs"], 3], n_process=2))
    assert not children()


def test_an_error_in_a_process_tells_the_document(pipeline, quick):
    docs = [["dogs"]] * 12
    docs[9] = Doc(["dogs", "run"])
    docs[9].words[1] = 7
    stream = pipeline.pipe(docs, batch_size=4, n_process=2)
    with pytest.raises(RuntimeError, match=r"document 10: TypeError: .*words must be"):
        list(stream)
    assert not children()


def test_a_process_that_is_killed_is_told_of(pipeline, quick):
    stream = pipeline.pipe(([w] for w in ["dogs"] * 100), batch_size=2, n_process=2)
    next(stream)
    for child in children():
        os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="a worker process died"):
        list(stream)
    assert not children()


def test_processes_use_the_gpu_that_the_pipeline_is_on(monkeypatch):
    class OnGPU(np.ndarray):
        device = SimpleNamespace(id=1)

    pipeline = make_trained_pipeline()
    assert processes._find_gpu(pipeline) == -1
    data, chosen = pickle.dumps(pipeline), []
    for model in pipeline.models.values():
        model._to_ops(FakeGPU())
    for node, name in pipeline.parameters.values():
        node.set_param(name, node.get_param(name).view(OnGPU))
    monkeypatch.setattr(processes, "require_gpu", chosen.append)
    gpu_id = processes._find_gpu(pipeline)
    worker = processes._Worker(processes.Setup(data, [], "cupy", gpu_id, 1))
    assert worker.pipeline.fields == pipeline.fields
    assert chosen == [1]


def test_minus_one_starts_a_process_per_core(pipeline, quick, monkeypatch):
    asked = []
    monkeypatch.setattr("zoo.pipeline._stream.count_cores", lambda: 3)
    monkeypatch.setattr(
        "zoo.pipeline._stream.annotate_in_processes",
        lambda _, batches, n_process: asked.append(n_process) or iter(()),
    )
    assert list(pipeline.pipe([["dogs"]], n_process=-1)) == []
    assert asked == [3]


def run_script(folder, method, body, **files):
    """Run a program that starts processes; give what it prints."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    head = f"""
        import multiprocessing, pickle, sys
        import numpy as np
        import zoo
        from tests.tiny import *
        if __name__ == "__main__" and "{method}":
            multiprocessing.set_start_method("{method}" or None)
    """
    (folder / "main.py").write_text(textwrap.dedent(head) + textwrap.dedent(body))
    root = os.path.dirname(os.path.dirname(zoo.__file__))
    run = subprocess.run(
        [sys.executable, "main.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


BOTH = """
    def predict(pipeline, docs):
        return scores_of(pipeline, docs)

    if __name__ == "__main__":
        zoo._register_all.Pipeline  # Imports all.
        from zoo.threads import set_threads
        set_threads(2)
        pipeline = make_trained_pipeline(("tok2vec", "tagger", "textcat"))
        docs = make_docs(300)
        expected = scores_of(pipeline, docs)
        with multiprocessing.Pool(1) as pool:
            found = pool.apply(predict, (pipeline, docs))
        print(same_bits(found, expected))
"""
FORKED = """
        texts = [doc.text for doc in docs]
        found, expected = (
            list(pipeline.pipe(texts, batch_size=50, n_process=n)) for n in (2, 1)
        )
        print(found == expected)
"""


def test_pipelines_go_to_processes_that_begin_anew(tmp_path):
    assert run_script(tmp_path, "spawn", BOTH) == "True\n"


def test_pipelines_work_in_forked_processes(tmp_path):
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    assert run_script(tmp_path, "fork", BOTH + FORKED) == "True\nTrue\n"


def test_processes_import_the_layers_of_users(tmp_path):
    mine = """
        import zoo
        from zoo.layers import MaxoutWindowEncoder

        @zoo.registry.layers("mine.Encoder.v1")
        def Encoder(width: int = 8):
            return MaxoutWindowEncoder(width, depth=1)
    """
    body = """
        if __name__ == "__main__":
            import importlib, mine
            config = make_tiny_config()
            encode = {"@layers": "mine.Encoder.v1", "width": 8}
            config["components"]["tok2vec"]["model"]["encode"] = encode
            pipeline = zoo.Pipeline.from_config(config)
            pipeline.initialize(make_docs())
            print([d.tags is None for d in pipeline.pipe(["a b"], n_process=2)])
            open("pipeline.pickle", "wb").write(pickle.dumps(pipeline))
    """
    assert run_script(tmp_path, "", body, mine=mine) == "[False]\n"
    with pytest.raises(
        ImportError,
        match=r"needs 'mine\.Encoder\.v1' of the registry 'layers'.*'mine'.*import th",
    ):
        pickle.loads((tmp_path / "pipeline.pickle").read_bytes())
