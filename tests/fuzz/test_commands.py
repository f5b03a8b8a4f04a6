"""Damage what commands read: they end with a message, never with a traceback."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo import _cli as cli
from zoo.config import format_config

from ..tiny import make_tiny_config, make_trained_pipeline, save_docs
from .damage import MODEL_FILES, Damaged, damages, limits

#: Each command with a damaged file in it, and the rest of what it is given.
COMMANDS = {
    "info": ("model", ["info", "model"]),
    "evaluate": ("model", ["evaluate", "model", "docs.conllu"]),
    "apply": ("docs.jsonl", ["apply", "model", "docs.jsonl", "-o", "out.jsonl"]),
    "convert": ("docs.jsonl", ["convert", "docs.jsonl", "out.spacy"]),
    "debug data": ("docs.conllu", ["debug", "data", "tiny.cfg"]),
    "debug data of a config": ("tiny.cfg", ["debug", "data", "tiny.cfg"]),
    "init fill-config": ("tiny.cfg", ["init", "fill-config", "tiny.cfg"]),
    "config diff": ("tiny.cfg", ["config", "diff", "tiny.cfg"]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    make_trained_pipeline().to_disk(folder / "model")
    data = save_docs(folder / "docs.conllu")
    save_docs(folder / "docs.jsonl")
    config = make_tiny_config(paths={"train": data, "dev": data})
    (folder / "tiny.cfg").write_text(format_config(config))
    return folder


@pytest.mark.parametrize("name", COMMANDS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=damages(), file=st.sampled_from(MODEL_FILES), signed=st.booleans())
@pytest.mark.filterwarnings("ignore")
def test_commands_give_messages(
    folder, monkeypatch, capsys, name, damage, file, signed
):
    target, arguments = COMMANDS[name]
    is_model = target == "model"
    where, file = (folder / target, file) if is_model else (folder, target)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["zoo", *arguments])
    data = damage((where / file).read_bytes())
    with (
        Damaged(where, file, data, signed=is_model and signed),
        limits(),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    out, err = capsys.readouterr()
    assert ended.value.code in (None, 0, 1)
    if ended.value.code:
        assert err.startswith("error: ") and "Traceback" not in out + err
    Path("out.jsonl").unlink(missing_ok=True)
