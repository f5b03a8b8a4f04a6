"""Check that the moves of spaCy's components are read in spaCy's order."""

import json

import pytest
import srsly

from zoo.interop.spacy import read_moves

PARSER = {
    "0": {"": 5},
    "1": {"": 9},
    "2": {"a": 2, "b": 2, "new": -3},
    "3": {"dep": 0, "new": -3},
    "4": {"ROOT": 1, "": 0},
}
NER = {"0": {}, "1": {"X": 2, "Y": 3}, "4": {"": 1, "X": 2}, "5": {"": 1, "X": 7}}


def pack(labels):
    return srsly.msgpack_dumps({"moves": json.dumps(labels), "cfg": {"neg_key": None}})


def test_frequent_labels_come_first_and_added_ones_last():
    assert read_moves(pack(PARSER)) == [
        *("S", "D", "L-b", "L-a", "R-dep", "B-ROOT", "B", "L-new", "R-new")
    ]


def test_an_entity_recognizer_has_no_move_for_what_is_missing():
    assert read_moves(pack(NER)) == ["B-Y", "B-X", "U-X", "U-", "O"]


def test_moves_are_read_from_files_folders_and_labels(tmp_path):
    (tmp_path / "moves").write_bytes(pack(NER))
    expected = read_moves(NER)
    assert read_moves(tmp_path) == expected
    assert read_moves(tmp_path / "moves") == expected


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80", srsly.msgpack_dumps([1]), srsly.msgpack_dumps({"moves": "{"})],
)
def test_bytes_of_another_kind_are_refused(data):
    with pytest.raises(ValueError, match="the bytes is not a file of moves of spaCy"):
        read_moves(data)


@pytest.mark.parametrize(
    "labels", [{}, [], {"9": {}}, {"0": []}, {"0": {"a": "b"}}, {"0": {"a": True}}]
)
def test_labels_of_another_form_are_refused(labels):
    with pytest.raises(ValueError, match="it must hold labels and how often"):
        read_moves(pack(labels))
