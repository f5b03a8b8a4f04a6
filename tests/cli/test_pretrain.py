import pytest

from zoo.config import format_config
from zoo.pipeline._encoder_weights import read_encoder

from ..pretraining.tiny import TEXTS, make_config
from ..tiny import make_tiny_config, save_docs

RAW = ("--paths.raw_text", "raw.jsonl")


def write(path, config):
    path.write_text(format_config(config))


def test_config_is_filled_pretrained_resumed_and_trained_on(zoo_cli, tmp_path):
    write(tmp_path / "tiny.cfg", make_tiny_config(max_steps=2))
    code, _, err = zoo_cli(
        "init", "fill-config", "tiny.cfg", "full.cfg", "--pretraining"
    )
    assert code == 0, err
    assert "[pretraining.objective]" in (tmp_path / "full.cfg").read_text()
    write(tmp_path / "run.cfg", make_config())
    save_docs(tmp_path / "raw.jsonl", TEXTS)
    code, _, err = zoo_cli("pretrain", "run.cfg", "out", *RAW)
    assert code == 0, err
    assert "Read 30 texts" in err and "Lowest validation loss" in err
    assert read_encoder(tmp_path / "out" / "model-best").path
    more = ("--pretraining.max_epochs", 3)
    code, _, err = zoo_cli("pretrain", "run.cfg", "out", *RAW, "--resume", *more)
    assert code == 0, err
    log = (tmp_path / "out" / "log.jsonl").read_text().splitlines()
    assert len(log) == 3
    docs = save_docs(tmp_path / "docs.jsonl")
    paths = ("--paths.train", docs, "--paths.dev", docs)
    source = ("--initialize.init_tok2vec", "out/model-best")
    code, _, err = zoo_cli("train", "tiny.cfg", "-o", "trained", *paths, *source)
    assert code == 0, err


def test_an_earlier_run_is_replaced_only_if_told(zoo_cli, tmp_path):
    write(tmp_path / "run.cfg", make_config())
    save_docs(tmp_path / "raw.jsonl", TEXTS)
    for flags, expected in (((), 0), ((), 1), (("--overwrite",), 0)):
        code, _, err = zoo_cli("pretrain", "run.cfg", "out", *RAW, *flags)
        assert code == expected, err


def test_a_text_that_is_not_named_is_told(zoo_cli, tmp_path):
    write(tmp_path / "run.cfg", make_config())
    code, _, err = zoo_cli("pretrain", "run.cfg", "out")
    assert code == 1
    assert "corpora.pretrain.path: no file is named. Pass --paths.raw_text FILE" in err
    assert not (tmp_path / "out").exists()


def test_a_run_is_resumed_without_naming_its_config_again(zoo_cli, tmp_path):
    write(tmp_path / "run.cfg", make_config())
    save_docs(tmp_path / "raw.jsonl", TEXTS)
    assert zoo_cli("pretrain", "run.cfg", "out", *RAW)[0] == 0
    for more, n_epochs in ((("--pretraining.max_epochs", "3"), 3), ((), 3)):
        code, _, err = zoo_cli("pretrain", "out", "--resume", *more)
        assert code == 0, err
        log = (tmp_path / "out" / "log.jsonl").read_text().splitlines()
        assert len(log) == n_epochs
    code, _, err = zoo_cli("pretrain", "out", "--resume", "--pretraining.held_out=0.5")
    assert code == 1
    assert "pretraining.held_out: 0.3 before, 0.5 now" in err


@pytest.mark.parametrize("flags", [("run.cfg",), ("run.cfg", "--resume")])
def test_the_folder_is_named_as_for_train(zoo_cli, tmp_path, flags):
    write(tmp_path / "run.cfg", make_config())
    save_docs(tmp_path / "raw.jsonl", TEXTS)
    code, _, err = zoo_cli("pretrain", *flags, "--output", "out", *RAW)
    assert code == 0, err
    more = ("--pretraining.max_epochs", "3")
    code, _, err = zoo_cli("pretrain", "--resume", "-o", "out", *more)
    assert code == 0, err
    assert len((tmp_path / "out" / "log.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Pass a config and a folder: zoo pretrain CONFIG -o OUTPUT."),
        (("run.cfg",), "Pass the folder too: zoo pretrain run.cfg -o OUTPUT."),
        (("run.cfg", *RAW), "Pass the folder too: zoo pretrain run.cfg -o OUTPUT."),
        (("run.cfg", "--resume"), "Pass the folder too: zoo pretrain run.cfg -o OUT"),
        (("run.cfg", "out", "-o", "x"), "Pass one folder, got --output x and out."),
        (("-o", "out"), "Pass a config file, or --resume an earlier run."),
        ((*RAW, "-o", "out"), "Pass the config file before the overrides"),
        (("nothing", "--resume"), "nothing holds no run to resume. Pass a config."),
        (("nothing", "out"), "there is no config file nothing"),
        ((*RAW, "run.cfg", "out"), "before the overrides, got --paths.raw_text."),
        ((*RAW, "out", "--resume"), "before the overrides, got --paths.raw_text."),
    ],
)
def test_what_is_not_named_is_told(zoo_cli, tmp_path, arguments, message):
    write(tmp_path / "run.cfg", make_config())
    code, _, err = zoo_cli("pretrain", *arguments)
    assert (code, message in err) == (1, True), err
    assert not (tmp_path / "out").exists()
