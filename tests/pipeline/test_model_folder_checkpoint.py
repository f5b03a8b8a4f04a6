import json
import os
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from zoo.pipeline._model_folder import (
    FORMAT,
    META,
    check_replaceable,
    checksum,
    read_arrays,
    read_meta,
    replace_model,
    write_arrays,
    write_json,
    write_meta,
)

from ..tiny import rewrite_meta

SHAPES = array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)
ARRAYS = arrays("f", SHAPES, elements=st.floats(width=32))


def save(folder, content="1"):
    with replace_model(folder) as new:
        (new / "a.safetensors").write_text(content)
        write_meta(new, {"content": content})
    return folder


def test_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "deep" / "model"
    save(folder, "first")
    save(folder, "second")
    assert read_meta(folder)["content"] == "second"
    assert os.listdir(tmp_path / "deep") == ["model"]


def test_link_to_a_folder_stays_one(tmp_path):
    target = save(tmp_path / "target")
    (tmp_path / "link").symlink_to(target)
    save(tmp_path / "link", "second")
    assert (tmp_path / "link").is_symlink()
    assert read_meta(target)["content"] == "second"


def test_what_is_no_saved_model_is_not_replaced(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "vectors.safetensors").write_text("mine")
    for name, message in {"file": "is a file", "folder": "no saved model"}.items():
        with pytest.raises(FileExistsError, match=message):
            save(tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"
    check_replaceable(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    save(tmp_path / "empty")


def test_numbers_of_numpy_are_written_as_json(tmp_path):
    write_json(tmp_path / "a.json", {"ü": np.float32(0.5)})
    assert json.loads((tmp_path / "a.json").read_text("utf8")) == {"ü": 0.5}


@given(
    st.dictionaries(st.text(max_size=5).filter(lambda n: n != "__metadata__"), ARRAYS)
)
def test_arrays_survive_bit_by_bit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("arrays") / "a.safetensors"
    write_arrays(path, values)
    found = read_arrays(path)
    assert found.keys() == values.keys()
    for name, value in values.items():
        assert found[name].shape == value.shape
        assert found[name].tobytes() == value.tobytes()
        assert found[name].flags.writeable


def test_array_in_another_order_is_written_by_its_values(tmp_path):
    value = np.arange(6, dtype="f").reshape(2, 3).T
    write_arrays(tmp_path / "a", {"x": value})
    np.testing.assert_array_equal(read_arrays(tmp_path / "a")["x"], value)


def test_other_bytes_are_no_arrays(tmp_path):
    path = tmp_path / "a.safetensors"
    for content in (b"", b"PK\x03\x04 a zip file", b"\xff" * 100):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not a whole safetensors file"):
            read_arrays(path)


def test_checksum_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert checksum(tmp_path / "a").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_meta_data_of_nothing(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        read_meta(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match=r"there is no meta\.json in it"):
        read_meta(tmp_path)


def write(folder, meta):
    (folder / META).write_text(meta if isinstance(meta, str) else json.dumps(meta))


@pytest.mark.parametrize(
    "meta",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        "3",
        "null",
        "{}",
        {"format": 1},
        {"format": "1", "files": {}},
        {"format": True, "files": {}},
        {"format": None, "files": {}},
        {"format": 1, "files": None},
        {"format": 1, "files": []},
        {"format": 1, "files": {"a": 1}},
        {"format": 1, "files": {"a": {"b": "c"}}},
    ],
)
def test_malformed_meta_data_is_refused(tmp_path, meta):
    write(tmp_path, meta)
    with pytest.raises(ValueError, match=r"meta\.json is not a model's meta data"):
        read_meta(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / META).write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="is not a model's meta data"):
        read_meta(tmp_path)


def test_later_format_is_refused_whatever_else_it_has(tmp_path):
    write(tmp_path, {"format": FORMAT + 1, "files": {"x": "y"}})
    with pytest.raises(
        ValueError, match=r"later version of zoo: its format is 2, .* 1"
    ):
        read_meta(tmp_path)


def test_files_outside_of_the_folder_are_refused(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("x")
    for name in ("../secret", str(secret), "a/../../secret", "./secret", "a/"):
        rewrite_meta(folder, {"format": 1, "files": {name: checksum(secret)}})
        with pytest.raises(ValueError, match=re.escape(f"the file {name!r} is missi")):
            read_meta(folder)
    for name in ("..", "", ".", "x" * 5000, "\x00"):
        rewrite_meta(folder, {"format": 1, "files": {name: checksum(secret)}})
        with pytest.raises(ValueError, match=r"the file '.*' is missing"):
            read_meta(folder)


def test_altered_and_missing_files_are_refused(tmp_path):
    folder = save(tmp_path / "model")
    (folder / "a.safetensors").write_text("2")
    with pytest.raises(ValueError, match="its checksum differs"):
        read_meta(folder)
    (folder / "a.safetensors").unlink()
    with pytest.raises(ValueError, match=r"the file 'a\.safetensors' is missing"):
        read_meta(folder)
