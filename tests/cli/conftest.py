"""Run commands in this process, in a folder of their own."""

import sys

import pytest

from zoo import _cli as cli
from zoo.config import format_config

from ..tiny import make_docs, make_tiny_config, make_tiny_pipeline, save_docs

#: Names the files of the corpora; `config` makes train.conllu.
PATHS = ("--paths.train", "train.conllu", "--paths.dev=train.conllu")


def run(capsys, monkeypatch, *arguments):
    """Run a command as the shell does; give its exit code, output and messages."""
    monkeypatch.setattr(sys, "argv", ["zoo", *map(str, arguments)])
    with pytest.raises(SystemExit) as error:
        cli.main()
    out, err = capsys.readouterr()
    return error.value.code or 0, out, err


@pytest.fixture
def zoo_cli(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "model"
    pipeline = make_tiny_pipeline(("tok2vec", "tagger", "textcat"))
    pipeline.scores = pipeline.evaluate(make_docs())
    pipeline.to_disk(folder)
    return folder


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.cfg"
    path.write_text(format_config(make_tiny_config(max_steps=2, eval_frequency=2)))
    save_docs(tmp_path / "train.conllu")
    return path
