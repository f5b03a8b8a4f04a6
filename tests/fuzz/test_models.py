"""Damage saved models: each loads, or an error names the file and what is wrong."""

import json
import shutil

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import zoo
from zoo.pipeline._model_folder import META

from ..tiny import make_trained_pipeline, rewrite_meta
from .damage import (
    MODEL_FILES,
    PARTS,
    Damaged,
    altered_json,
    check,
    damages,
    json_values,
)

#: What safetensors calls types, those that numpy lacks too.
DTYPES = ["F64", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "C64", "", "F32 ", 3]


@pytest.fixture(scope="module")
def pipeline():
    return make_trained_pipeline(PARTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, pipeline):
    folder = tmp_path_factory.mktemp("fuzz") / "model"
    pipeline.to_disk(folder)
    return folder


@pytest.mark.parametrize("name", MODEL_FILES)
@settings(max_examples=30)
@given(damage=damages())
def test_damage_is_always_noticed(folder, name, damage):
    before = (folder / name).read_bytes()
    data = damage(before)
    if data == before:
        return
    with Damaged(folder, name, data, signed=False):
        is_fine = check(lambda: zoo.load(folder), str(folder))
    # JSON may be written in several ways.
    assert not is_fine or (name == META and json.loads(data) == json.loads(before))


@pytest.mark.parametrize("name", [name for name in MODEL_FILES if name != META])
@settings(max_examples=40)
@given(damage=damages())
def test_damage_with_the_right_checksum_does_no_harm(folder, name, damage):
    data = damage((folder / name).read_bytes())
    with Damaged(folder, name, data, signed=True), np.errstate(all="ignore"):
        check(lambda: zoo.load(folder)([["dogs", "run"], []]), str(folder))


@settings(max_examples=80)
@given(data=st.data())
def test_altered_meta_data_with_the_right_checksum_do_no_harm(folder, data):
    altered = data.draw(altered_json((folder / META).read_bytes()))
    with Damaged(folder, META, altered, signed=False):
        meta = json.loads(altered)
        meta.pop("checksum", None)
        rewrite_meta(folder, meta)
        check(lambda: zoo.load(folder), str(folder))


@settings(max_examples=80)
@given(data=st.data())
def test_altered_headers_of_weights_do_no_harm(folder, data):
    """Lie about shapes, types, offsets and names, with sizes up to any number."""
    name = data.draw(st.sampled_from(MODEL_FILES[2:]))
    content = (folder / name).read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    numbers = (
        st.integers(-1, 5) | st.integers() | st.sampled_from([2**31, 2**63, 2**64])
    )
    for _ in range(data.draw(st.integers(1, 2))):
        entry = header[data.draw(st.sampled_from(sorted(header)))]
        key = data.draw(st.sampled_from(["dtype", "shape", "data_offsets", "more"]))
        entry[key] = data.draw(
            {
                "dtype": st.sampled_from(DTYPES),
                "shape": st.lists(numbers, max_size=3) | json_values,
                "data_offsets": st.lists(numbers, max_size=3) | json_values,
                "more": json_values,
            }[key]
        )
    text = json.dumps(header).encode()
    length = data.draw(st.just(len(text)) | st.sampled_from([0, 2**32, 2**64 - 1]))
    altered = length.to_bytes(8, "little") + text + content[8 + size :]
    with Damaged(folder, name, altered, signed=True):
        check(lambda: zoo.load(folder), str(folder / name))


@settings(max_examples=30)
@given(data=st.data())
def test_other_numbers_of_the_right_shape_load(folder, data):
    name = data.draw(st.sampled_from(MODEL_FILES[2:]))
    arrays = safetensors.numpy.load_file(folder / name)
    key = data.draw(st.sampled_from(sorted(arrays)))
    number = data.draw(st.floats(width=32) | st.sampled_from([0.0, 1e30, -1e30]))
    arrays[key] = np.full_like(arrays[key], number)
    with (
        Damaged(folder, name, safetensors.numpy.save(arrays), signed=True),
        np.errstate(all="ignore"),
    ):
        is_fine = check(lambda: zoo.load(folder)([["dogs", "run"]]), name)
    assert is_fine == bool(np.isfinite(np.float32(number)))


@pytest.mark.parametrize(
    "name", ["../config.cfg", "/etc/passwd", "a/b", "..", "", "\x00", "a" * 5000]
)
def test_files_outside_of_the_folder_are_never_read(folder, name):
    meta = json.loads((folder / META).read_text())
    meta["files"][name] = "0" * 64
    with Damaged(folder, META, json.dumps(meta).encode(), signed=False):
        assert not check(lambda: zoo.load(folder), str(folder))


def test_a_folder_of_something_else_is_no_model(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / META).unlink()
    (copy / META).mkdir()
    for path in (
        tmp_path,
        copy,
        folder / META,
        tmp_path / "missing",
    ):
        assert not check(lambda path=path: zoo.load(path), str(path))


CODE = [
    '@layers = "os.system"',
    '@architectures = "builtins.eval"',
    '@layers = "Linear.v1"\ninit_W = "os.system"',
    '@subprocess = "run"',
    '@misc = "zoo.pipeline.load"',
]


@pytest.mark.parametrize("block", CODE)
def test_a_config_cannot_name_what_is_not_registered(folder, block, monkeypatch):
    """A dotted path is no name: nothing is imported for it."""
    import os

    monkeypatch.setattr(os, "system", lambda *_: pytest.fail("it was called"))
    config = (folder / "config.cfg").read_text()
    head = "[components.tagger.model]\n"
    assert head in config
    before, _, after = config.partition(head)
    altered = before + head + block + "\n\n" + after[after.index("[") :]
    with Damaged(folder, "config.cfg", altered.encode(), signed=True):
        assert not check(lambda: zoo.load(folder), str(folder / "config.cfg"))
