import json
import os
import sys
from contextlib import contextmanager

import pytest

import zoo
from zoo.config import ConfigError
from zoo.training._run_folder import check_output
from zoo.training.run_training import run_training

from ..tiny import make_docs, make_tiny_config, same_bits, save_docs, weights_of

#: Its name in the package is that of the function.
MODULE = sys.modules[run_training.__module__]

FILES = [
    "checkpoint",
    "config.cfg",
    "curves.svg",
    "log.jsonl",
    "model-best",
    "model-last",
]


@pytest.fixture
def config(tmp_path):
    path = save_docs(tmp_path / "docs.jsonl")
    paths = {"train": path, "dev": path}
    return make_tiny_config(paths=paths, max_steps=4, eval_frequency=2)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "deep" / "out"


def test_run_leaves_models_log_and_curves(config, output, capsys):
    best = run_training(config, output)
    assert sorted(os.listdir(output)) == FILES
    records = [json.loads(x) for x in (output / "log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [2, 4]
    assert max(record["score"] for record in records) == best.score
    assert zoo.load(output / "model-best").scores == best.scores
    assert zoo.load_config(output / "config.cfg") == config
    assert (
        f"Best score {best.score:.4f}: {output / 'model-best'}"
        in capsys.readouterr().err
    )


def test_equal_runs_leave_equal_bits(config, output, tmp_path):
    config["training"]["dropout"] = 0.2
    runs = [output, tmp_path / "second"]
    for folder in runs:
        run_training(config, folder)
    for name in ("model-best", "model-last"):
        first, second = (weights_of(zoo.load(folder / name)) for folder in runs)
        assert same_bits(first, second)
    first, second = ((folder / "model-last" / "tagger.safetensors") for folder in runs)
    assert first.read_bytes() == second.read_bytes()


def test_saved_config_of_a_run_repeats_it(config, output, tmp_path):
    run_training(config, output)
    run_training(zoo.load_config(output / "config.cfg"), tmp_path / "second")
    first, second = (zoo.load(f / "model-last") for f in (output, tmp_path / "second"))
    assert same_bits(weights_of(first), weights_of(second))


def test_earlier_run_is_replaced_only_if_told(config, output):
    run_training(config, output)
    before = (output / "log.jsonl").read_bytes()
    with pytest.raises(
        FileExistsError, match=r"not empty: .* --resume or --overwrite\."
    ):
        run_training(config, output)
    assert (output / "log.jsonl").read_bytes() == before
    (output / ".model-best.new-123").mkdir()  # A save that was killed leaves this.
    config["training"]["max_steps"] = 2
    run_training(config, output, overwrite=True)
    assert sorted(os.listdir(output)) == FILES
    assert len((output / "log.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "names",
    [["thesis.tex"], ["config.cfg"], ["model-best"], ["log.jsonl", "notes.txt"]],
)
def test_files_of_others_are_never_replaced(config, output, names):
    output.mkdir(parents=True)
    for name in names:
        (output / name).write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty") as error:
        run_training(config, output, overwrite=True)
    assert "--overwrite" not in str(error.value)
    assert sorted(os.listdir(output)) == sorted(names)


def test_folder_that_is_called_like_a_model_is_not_replaced(config, output):
    run_training(config, output)
    (output / "model-best" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"no saved model: it holds notes\.txt"):
        run_training(config, output, overwrite=True)
    assert (output / "model-best" / "notes.txt").exists()


def test_output_may_be_an_empty_folder_but_no_file(tmp_path):
    check_output(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    check_output(tmp_path / "empty")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError, match=r"is a file\. Pass a folder as --output"):
        check_output(tmp_path / "file", overwrite=True)


def test_nothing_is_written_when_the_config_or_a_corpus_has_a_fault(
    config, output, tmp_path
):
    run_training(config, output)
    before = (output / "log.jsonl").read_bytes()
    config["paths"]["dev"] = save_docs(tmp_path / "empty.jsonl", [])
    with pytest.raises(ValueError, match=r"corpora\.dev: the corpus holds no doc"):
        run_training(config, output, overwrite=True)
    config["training"]["max_epoch"] = 1
    with pytest.raises(ConfigError, match=r"training\.max_epoch: there is no such"):
        run_training(config, output, overwrite=True)
    assert (output / "log.jsonl").read_bytes() == before
    assert sorted(os.listdir(output)) == FILES


def test_streamed_and_shuffled_corpora_train(config, output):
    config["training"].update(max_epochs=-1, max_steps=3)
    run_training(config, output)
    assert [d.words for d in zoo.load(output / "model-last")(make_docs())]


def test_memory_pool_for_a_gpu_is_let_alone_on_cpu(config, output):
    config["system"]["gpu_allocator"] = "pytorch"
    run_training(config, output)


def test_sums_on_a_gpu_have_one_order_if_the_config_says_so(
    config, output, monkeypatch
):
    seen = []

    @contextmanager
    def record(is_on):
        seen.append(is_on)
        yield

    monkeypatch.setattr(MODULE, "deterministic", record)
    for value in (True, False):
        config["system"]["deterministic"] = value
        run_training(config, output, overwrite=True)
    del config["system"]["deterministic"]
    run_training(config, output, overwrite=True)
    assert seen == [True, False, False]


@pytest.mark.parametrize("value", ["yes", 1])
def test_a_setting_of_that_order_must_be_true_or_false(config, output, value):
    config["system"]["deterministic"] = value
    with pytest.raises(ConfigError, match="deterministic: expected true or false, got"):
        run_training(config, output)
