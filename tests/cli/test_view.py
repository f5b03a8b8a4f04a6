"""Check the command `zoo view` on annotations; for attention see tests/transformers."""

import pytest
from typer.testing import CliRunner

import zoo
from zoo import Doc, Pipeline
from zoo import _cli as cli
from zoo.models.make_config import make_config


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    assert zoo.registry
    pipeline = Pipeline.from_config(make_config(["tok2vec", "tagger"]))
    pipeline.initialize([Doc(["Snow", "fell"], tags=["NOUN", "VERB"])])
    path = tmp_path_factory.mktemp("model") / "tagger"
    pipeline.to_disk(path)
    return path


def run(*arguments):
    return CliRunner().invoke(cli.app, ["view", *map(str, arguments)])


def test_annotations_are_shown_on_the_terminal(folder):
    shown = run("Snow fell", "--model", folder).output.split()
    assert shown[::2] == ["Snow", "fell"]
    assert {*shown[1::2]} <= {"NOUN", "VERB"}


@pytest.mark.parametrize("suffix", ["svg", "html", "txt"])
def test_annotations_are_drawn_into_a_file(folder, tmp_path, suffix):
    output = tmp_path / f"a.{suffix}"
    assert f"a.{suffix}" in run("Snow <fell", "--model", folder, "-o", output).output
    assert "Snow" in output.read_text(encoding="utf8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Snow", "fell", "--model", "FOLDER"], "expected one text, got two"),
        (["Snow", "--model", "FOLDER", "--layer", "1"], "--layer is for the attention"),
        (["Snow", "--model", "FOLDER", "-o", "a.png"], "with --model, a picture must"),
        (["Snow"], "expected a transformer and a text, got one"),
    ],
)
def test_wrong_arguments_are_refused(folder, arguments, message):
    result = run(*(str(folder) if a == "FOLDER" else a for a in arguments))
    assert message in str(result.exception)
    assert isinstance(result.exception, ValueError)
