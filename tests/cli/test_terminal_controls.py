"""Strings of models, tables, corpora and configs cannot control the terminal."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

from zoo import _cli as cli
from zoo import _register_all as _names  # noqa: F401
from zoo.config import format_config
from zoo.corpora import write_docs
from zoo.vectors import Vectors, write_vectors

from ..tiny import make_docs, make_tiny_config, make_tiny_pipeline

#: It colours, sets the title of the window, and turns the direction of text.
EVIL = "\x1b[31m\x1b]0;title\x07\x9b\u202e"
NAME = f"tag{EVIL}"


def evil_docs():
    docs = make_docs(8)
    return [
        replace(
            doc,
            words=[w + EVIL for w in doc.words],
            tags=[t + EVIL for t in doc.tags],
            cats={f"{label}{EVIL}": score for label, score in doc.cats.items()},
        )
        for doc in docs
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evil")
    docs = evil_docs()
    write_docs(docs, folder / "docs.jsonl")
    pipeline = make_tiny_pipeline(("tok2vec", "tagger", "textcat"), docs=docs)
    pipeline.scores = pipeline.evaluate(docs) | {NAME: 0.5}
    pipeline.to_disk(folder / "model")
    table = Vectors([d.words[0] for d in docs[:1]], np.ones((1, 4), "f"), name=NAME)
    write_vectors(table, folder / "x.safetensors")
    config = make_tiny_config(
        paths={"train": "docs.jsonl", "dev": "docs.jsonl"}, max_steps=1
    )
    (folder / "fits.cfg").write_text(format_config(config))
    config["training"][NAME] = NAME
    config["components"]["tagger"]["factory"] = NAME
    (folder / "evil.cfg").write_text(format_config(config))
    return folder


@pytest.fixture
def files(zoo_cli, made, tmp_path):
    return shutil.copytree(made, tmp_path, dirs_exist_ok=True)


@pytest.mark.parametrize(
    "command",
    [
        "info model",
        "evaluate model docs.jsonl --wrong wrong.jsonl",
        "view dogs --model model",
        "tune model docs.jsonl --output tuned",
        "package model",
        "debug data fits.cfg",
        "debug data evil.cfg",
        "config diff evil.cfg",
        "config explain training --config evil.cfg",
        "train evil.cfg --output run",
        "train fits.cfg --output run",
        "suggest rows docs.jsonl",
        "vectors coverage x.safetensors docs.jsonl",
        f"vectors similar x.safetensors dogs{EVIL}",
        f"vectors similar x.safetensors {NAME}",
        "init vectors x.safetensors y.vec",
        "convert docs.jsonl docs.tsv",
        "apply model docs.jsonl --output out.iob",
    ],
)
def test_no_command_passes_control_characters_on(zoo_cli, files, command):
    _, out, err = zoo_cli(*command.split(" "))
    assert out + err
    for char in "\x1b\x07\x9b\u202e":
        assert char not in out + err, command


def test_a_config_is_shown_without_them_and_written_with_them(
    zoo_cli, files, monkeypatch
):
    text = (files / "fits.cfg").read_text()
    for old in ("[components.tagger", '"tok2vec", "tagger'):
        assert old in text
        text = text.replace(old, f"{old}\u202e")
    (files / "fits.cfg").write_text(text)
    for is_terminal in (False, True):
        monkeypatch.setattr(sys.stdout, "isatty", lambda found=is_terminal: found)
        _, out, _ = zoo_cli("init", "fill-config", "fits.cfg")
        assert ("\u202e" in out) != is_terminal
        assert "components.tagger" in out


def test_a_traceback_is_shown_without_them(monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "argv", ["zoo", "--debug", "info", EVIL])
    with pytest.raises(FileNotFoundError) as error:
        cli.main()
    sys.excepthook(error.type, error.value, error.tb)
    shown = capsys.readouterr().err
    assert "Traceback" in shown and r"\x1b[31m" in shown
    assert "\x1b" not in shown
