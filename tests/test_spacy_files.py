import gc

import pytest

from zoo._spacy_files import (
    pack,
    parse_json,
    parse_json_lines,
    read_msgpack,
    read_tables,
    take_file,
    unpack,
    wrong,
)


def test_messages_survive(tmp_path):
    message = {"a": [1, None, b"\0"], 7: {"b": 2.5}}
    (tmp_path / "a").write_bytes(pack(message))
    assert read_msgpack(tmp_path / "a") == message
    assert gc.isenabled()
    with pytest.raises(FileNotFoundError):
        read_msgpack(tmp_path / "b")


def test_nothing_of_numpys_is_made_of_a_message():
    data = pack({b"nd": True, b"type": "<f4", b"shape": [1], b"data": b"1234"})
    assert unpack(data, "x")[b"nd"] is True


def test_damage_is_told_with_the_source():
    with pytest.raises(ValueError, match="x: expected MessagePack, got what is none"):
        unpack(b"\x81", "x")
    with pytest.raises(ValueError, match="x: expected tables by their names"):
        read_tables(pack({"a": 1}), "x")
    with pytest.raises(ValueError, match="x: expected JSON"):
        parse_json(b"{", "x")
    with pytest.raises(ValueError, match="x, line 2: expected JSON"):
        parse_json_lines(b"{}\n{\n", "x")
    with pytest.raises(ValueError, match="there is no file 'a' among its files"):
        take_file("x", {}, "a")
    assert len(str(wrong("x", "y", "z" * 1000))) < 100


def test_files_without_tables_are_read():
    assert read_tables(b"", "x") == read_tables(pack({}), "x") == {}
    assert parse_json_lines(b'{"a": 1}\n\n[2]', "x") == [{"a": 1}, [2]]
