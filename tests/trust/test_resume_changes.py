"""A run goes on with what it began with, or says what is missing or different."""

import shutil

import pytest

from zoo.training import train
from zoo.training.run_training import run_training

from ..tiny import (
    make_docs,
    make_settings,
    make_tiny_config,
    make_tiny_pipeline,
    save_docs,
)


@pytest.fixture
def config(tmp_path):
    train, dev = (save_docs(tmp_path / f"{n}.jsonl") for n in ("train", "dev"))
    paths = {"train": train, "dev": dev}
    return make_tiny_config(paths=paths, max_steps=3, eval_frequency=1, patience=0)


def change_labels(path):
    """Replace the labels of the last document by others of the corpus."""
    docs = make_docs()
    docs[-1].tags = ["NN" if tag == "VB" else "VB" for tag in docs[-1].tags]
    save_docs(path, docs)


def go_on(config, output):
    config["training"]["max_steps"] = 6
    return run_training(config, output, resume=True)


@pytest.mark.parametrize("name", ["train", "dev"])
def test_run_does_not_go_on_with_other_labels(config, tmp_path, name):
    run_training(config, tmp_path / "out")
    before = (tmp_path / f"{name}.jsonl").read_bytes()
    change_labels(tmp_path / f"{name}.jsonl")
    corpus = {"train": "training", "dev": "development"}[name]
    message = f"its {corpus} corpus does not yield the documents .* the same labels"
    with pytest.raises(ValueError, match=message):
        go_on(config, tmp_path / "out")
    (tmp_path / f"{name}.jsonl").write_bytes(before)
    go_on(config, tmp_path / "out")


def test_streamed_corpus_does_not_go_on_with_other_labels(config, tmp_path):
    config["training"]["max_epochs"] = -1
    config["training"]["batcher"]["size"] = 1000  # All documents in each batch.
    run_training(config, tmp_path / "out")
    change_labels(tmp_path / "train.jsonl")
    with pytest.raises(ValueError, match="its training corpus does not yield the docu"):
        go_on(config, tmp_path / "out")


def test_run_with_models_and_no_checkpoint_does_not_begin_again(config, tmp_path):
    output = tmp_path / "out"
    run_training(config, output)
    shutil.rmtree(output / "checkpoint")
    before = (output / "model-best" / "meta.json").read_bytes()
    with pytest.raises(
        FileNotFoundError,
        match=r"holds model-best and model-last, but no checkpoint to go on from",
    ):
        go_on(config, output)
    assert (output / "model-best" / "meta.json").read_bytes() == before
    run_training(config, output, overwrite=True)


def test_run_with_models_and_no_config_does_not_begin_again(config, tmp_path):
    output = tmp_path / "out"
    run_training(config, output)
    (output / "config.cfg").unlink()
    with pytest.raises(FileNotFoundError, match=r"but no config\.cfg to go on from"):
        go_on(config, output)


def test_run_that_was_killed_in_its_first_evaluation_begins_again(
    config, tmp_path, capsys
):
    output = tmp_path / "out"
    run_training(config, output)
    shutil.rmtree(output / "checkpoint")
    lines = (output / "log.jsonl").read_text().splitlines(keepends=True)
    (output / "log.jsonl").write_text(lines[0])
    go_on(config, output)
    assert "It begins again from the start." in capsys.readouterr().err


def test_run_in_python_with_models_and_no_checkpoint_does_not_begin_again(tmp_path):
    def run(**options):
        train(
            make_tiny_pipeline(),
            make_docs,
            make_docs,
            make_settings(max_steps=2, eval_frequency=1),
            output=tmp_path,
            **options,
        )

    run()
    shutil.rmtree(tmp_path / "checkpoint")
    with pytest.raises(FileNotFoundError, match="no checkpoint to go on from"):
        run(resume=True)


def test_other_rate_is_refused_with_what_to_do_instead(config, tmp_path):
    run_training(config, tmp_path / "out")
    config["training"]["optimizer"]["learn_rate"] = 0.5
    with pytest.raises(ValueError, match=r"learn_rate: 0\.01 before, 0\.5 now") as told:
        go_on(config, tmp_path / "out")
    assert f'source = "{tmp_path / "out" / "model-best"}"' in str(told.value)
