import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from thinc.api import Config

from zoo.config import format_config
from zoo.corpora import Corpus
from zoo.pipeline._model_folder import checksum, read_arrays, write_arrays
from zoo.training import train
from zoo.training._interrupt import SIGNALS, stop_on_signals
from zoo.training._random_state import RandomState, remember, seed_cupy
from zoo.training._training_config import plan_training
from zoo.training.run_training import run_training

from ..layers.builders import FakeGPU
from ..tiny import (
    make_docs,
    make_settings,
    make_tiny_pipeline,
    rewrite_meta,
    same_bits,
    save_docs,
    weights_of,
)
from .runs import (
    assert_same_run,
    content_of,
    load_step,
    make_config,
    read_log,
)

KINDS = ["in memory", "streamed"]


@pytest.fixture(autouse=True)
def without_curves(monkeypatch):
    module = sys.modules[run_training.__module__]
    monkeypatch.setattr(module, "draw_curves", lambda *_: None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_run_that_is_killed_and_resumed_has_the_bits_of_a_whole_one(tmp_path):
    paths = []
    for kind in KINDS:
        folder = tmp_path / kind
        folder.mkdir()
        config = make_config(folder, kind)
        (folder / "run.cfg").write_text(format_config(config))
        run_training(config, folder / "whole")
        paths += [str(folder / "run.cfg"), str(folder / "killed")]
    command = [sys.executable, "-m", "tests.training.killing", "train", "1", *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert min(map(int, done.stdout.split())) >= 2
    for kind in KINDS:
        assert_same_run(tmp_path / kind / "whole", tmp_path / kind / "killed")
        left = {*os.listdir(tmp_path / kind / "killed")}
        assert left == {*os.listdir(tmp_path / kind / "whole")}


def make_stopping_config(folder, number=signal.SIGINT, times=1):
    config = make_config(folder)
    block = {"@callbacks": "test.signals.v1", "step": 7}
    config["training"]["before_update"] = block | {"number": +number, "times": times}
    return config


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_run_after_the_update_and_it_can_go_on(tmp_path, number):
    run_training(make_config(tmp_path), tmp_path / "whole")
    config, run = make_stopping_config(tmp_path, number), tmp_path / "out"
    handlers = [signal.getsignal(each) for each in SIGNALS]
    with pytest.raises(KeyboardInterrupt, match=r"stopped after update 7, as asked"):
        run_training(config, run)
    assert [signal.getsignal(each) for each in SIGNALS] == handlers
    assert load_step(run) == 7
    assert read_log(run)[-1]["step"] == 4
    run_training(config, run, resume=True)
    assert_same_run(tmp_path / "whole", run)


def test_second_signal_ends_the_run_at_once(tmp_path):
    config = make_stopping_config(tmp_path, times=2)
    with pytest.raises(KeyboardInterrupt, match="at once, without saving"):
        run_training(config, tmp_path / "out")
    assert load_step(tmp_path / "out") == 4


def test_signals_are_let_alone_in_other_threads(tmp_path):
    handlers, found = [signal.getsignal(each) for each in SIGNALS], []

    def work():
        with stop_on_signals() as stop:
            found.append([signal.getsignal(each) for each in SIGNALS])
            found.append(stop.is_asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [handlers, False]


def test_run_that_is_over_is_not_trained_again_but_may_be_prolonged(tmp_path):
    config = make_config(tmp_path)
    best = run_training(config, tmp_path / "out")
    before = content_of(tmp_path / "out")
    again = run_training(config, tmp_path / "out", resume=True)
    assert again == best
    assert content_of(tmp_path / "out") == before
    config["training"]["max_steps"] = 34
    run_training(config, tmp_path / "out", resume=True)
    assert [r["step"] for r in read_log(tmp_path / "out")][-3:] == [30, 32, 34]
    run_training(config, tmp_path / "whole")
    files, _ = content_of(tmp_path / "whole")
    prolonged, _ = content_of(tmp_path / "out")
    for name in ("checkpoint/weights.safetensors", "model-last/tagger.safetensors"):
        assert files[name] == prolonged[name]


def test_run_is_begun_where_there_is_none_to_resume(tmp_path):
    config = make_config(tmp_path)
    run_training(config, tmp_path / "whole")
    run_training(config, tmp_path / "out", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "out")


def test_run_in_python_is_resumed(tmp_path):
    found = []
    for steps in ([3, 6], [6]):
        folder = tmp_path / str(len(found))
        for max_steps in steps:
            pipeline = make_tiny_pipeline()
            settings = make_settings(max_steps=max_steps, dropout=0.2)
            corpora = (make_docs, make_docs)
            train(pipeline, *corpora, settings, output=folder, resume=True)
        found.append(weights_of(pipeline))
    assert same_bits(*found)
    with pytest.raises(ValueError, match="its output folder is needed"):
        train(make_tiny_pipeline(), make_docs, make_docs, settings, resume=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    config = make_config(folder, max_steps=8)
    run_training(config, folder / "out")
    return config, folder


@pytest.fixture
def copy(finished, tmp_path):
    config, folder = finished
    shutil.copytree(folder / "out", tmp_path / "out")
    return Config(config).copy(), tmp_path / "out"


def test_run_is_resumed_with_the_same_config_only(copy):
    config, run = copy
    config["training"]["seed"] = 3
    config["components"]["tagger"]["label_smoothing"] = 0.1
    config["training"].update(max_steps=50, patience=100)
    before = content_of(run)
    with pytest.raises(ValueError, match="with the config that it began") as error:
        run_training(config, run, resume=True)
    *differences, advice = str(error.value).splitlines()[1:]
    assert differences == [
        "  components.tagger.label_smoothing: 0.0 before, 0.1 now",
        "  training.seed: 0 before, 3 now",
    ]
    assert advice.startswith("To train on with other settings")
    assert content_of(run) == before
    with pytest.raises(ValueError, match="either resumed or overwritten"):
        run_training(config, run, resume=True, overwrite=True)


def test_other_documents_are_refused(copy, finished):
    config, run = copy
    config["training"]["max_steps"] = 20
    run_training(config, run, resume=True)
    config["training"]["max_steps"] = 30
    for docs in (make_docs(40, seed=9), make_docs(6)):
        other = save_docs(run.parent / "docs.jsonl", docs)
        with pytest.raises(ValueError, match="does not yield the documents"):
            resume_on(config, run, other)


def resume_on(config, run, path):
    """Resume a run whose training documents are those of another file now."""
    config = Config(config).copy()
    plan = plan_training(config)
    plan.train_corpus = Corpus(path)
    plan.initialize()
    train(
        plan.pipeline,
        plan.train_corpus,
        plan.dev_corpus,
        plan.settings,
        output=run,
        resume=True,
    )


def resume(config, run):
    config["training"]["max_steps"] = 10
    run_training(config, run, resume=True)


def test_damaged_checkpoints_are_refused(copy):
    config, run = copy
    for name in ("mom1", "weights", "random"):
        file = run / "checkpoint" / f"{name}.safetensors"
        content = file.read_bytes()
        file.write_bytes(content[:-3])
        with pytest.raises(ValueError, match=f"{name}.* is not as it was written"):
            resume(config, run)
        file.write_bytes(content)
    resume(config, run)


def test_model_in_the_place_of_a_checkpoint_is_refused(copy):
    config, run = copy
    shutil.rmtree(run / "checkpoint")
    shutil.copytree(run / "model-last", run / "checkpoint")
    with pytest.raises(ValueError, match="is not a checkpoint, but a saved model"):
        resume(config, run)


def change(run, path, value):
    meta = json.loads((run / "checkpoint" / "meta.json").read_text())
    block = meta["checkpoint"]
    *steps, last = path.split(".")
    for step in steps:
        block = block[step]
    block[last] = value
    rewrite_meta(run / "checkpoint", meta)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("state", None, "is not that of a checkpoint"),
        ("state", {"step": 3}, "is not that of a checkpoint"),
        ("state.place", [1], "is not that of a checkpoint"),
        ("state.step", "8", r"state\.step must be a whole number, got \"8\""),
        ("state.words", None, "is not that of a checkpoint"),
        ("state.losses", [], "is not that of a checkpoint"),
        ("state.seed", 7, "another seed: 7, not 0"),
        ("state.step", 5, "schedule of the optimizer's learn_rate differs"),
        ("optimizer.rates", {}, "schedule of the optimizer's learn_rate"),
        ("optimizer", {}, "is not that of a checkpoint"),
        ("optimizer.counts", {"x": 3}, "is not that of a checkpoint"),
        ("with_gradients", 3, "is not that of a checkpoint"),
        ("random", {}, "is not that of a checkpoint"),
        ("random.gauss", "x", "is not that of a checkpoint"),
        ("best", {"score": 3}, "is not that of a checkpoint"),
    ],
)
def test_malformed_checkpoints_are_refused(copy, path, value, message):
    config, run = copy
    change(run, path, value)
    with pytest.raises(ValueError, match=message):
        resume(config, run)


def test_other_versions_of_what_computes_are_told(copy):
    config, run = copy
    meta = json.loads((run / "checkpoint" / "meta.json").read_text())
    before = meta["versions"]
    meta["versions"] = {**before, "numpy": "1.0", "python": "2.7"}
    rewrite_meta(run / "checkpoint", meta)
    message = rf"packages, so that .*: numpy 1\.0 before, {np.__version__} now\.$"
    with pytest.warns(UserWarning, match=message):
        resume(config, run)


def test_a_checkpoint_that_names_no_versions_is_resumed(copy):
    config, run = copy
    meta = json.loads((run / "checkpoint" / "meta.json").read_text())
    del meta["versions"]
    rewrite_meta(run / "checkpoint", meta)
    resume(config, run)


def test_parameters_of_another_model_are_refused(copy):
    config, run = copy
    weights = run / "checkpoint" / "weights.safetensors"
    arrays = read_arrays(weights)
    arrays["tagger.softmax.b"] = arrays["tagger.softmax.b"][:-1]
    write_arrays(weights, arrays)
    meta = json.loads((run / "checkpoint" / "meta.json").read_text())
    meta["files"][weights.name] = checksum(weights)
    rewrite_meta(run / "checkpoint", meta)
    with pytest.raises(ValueError, match=r"tagger\.softmax\.b +2 +3"):
        resume(config, run)


def save_and_restore(generators):
    state = RandomState.now(generators)
    state = RandomState(state.arrays, json.loads(json.dumps(state.others)))
    return lambda: state.restore(generators)


@pytest.mark.parametrize("keep", [save_and_restore, remember])
def test_random_numbers_go_on_where_they_were(keep):
    torch = pytest.importorskip("torch")
    generators = {"own": np.random.default_rng(3)}

    def draw():
        return (
            random.gauss(0, 1),
            random.random(),
            np.random.normal(),
            np.random.rand(),
            float(torch.rand(1)),
            generators["own"].random(),
        )

    draw()
    restore = keep(generators)
    first = draw()
    draw()
    restore()
    assert draw() == first


def test_cuda_is_asked_for_random_numbers_only_once_it_is_used(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda i: torch.full((3,), i))
    found = []
    for is_used in (False, True):
        monkeypatch.setattr(
            torch.cuda, "is_initialized", lambda is_used=is_used: is_used
        )
        found.append({n for n in RandomState.now({}).arrays if n.startswith("cuda")})
    assert found == [set(), {"cuda.0", "cuda.1"}]


def test_cupy_is_seeded_where_parameters_are_on_a_gpu(monkeypatch):
    class Unusable:
        """A CuPy without a driver: all that it is asked for fails."""

    pipeline = make_tiny_pipeline()
    monkeypatch.setitem(sys.modules, "cupy", Unusable())
    before = np.random.get_state()[1].tolist()
    seed_cupy(3, pipeline.parameters)
    assert np.random.get_state()[1].tolist() == before
    for model in pipeline.models.values():
        model._to_ops(FakeGPU())
    seed_cupy(2**32 + 3, pipeline.parameters)
    assert np.random.rand() == np.random.RandomState(3).rand()


def test_leftovers_of_saves_that_were_killed_go_when_a_run_is_resumed(tmp_path):
    config, run = make_config(tmp_path, max_steps=4), tmp_path / "run"
    run_training(config, run)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (".checkpoint.old", ".checkpoint.new", ".model-best.old"):
        shutil.copytree(run / "checkpoint", run / f"{name}-{ended.pid}")
    before = {*os.listdir(run)}
    run_training(config, run, resume=True)  # It is over: nothing is saved anew.
    assert {*os.listdir(run)} == {n for n in before if not n.startswith(".")}
