import io
import random
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo._lexical.attributes import string_ids
from zoo.corpora import spacy_binary
from zoo.corpora._files import pack_message as pack
from zoo.corpora._files import read_bytes
from zoo.corpora._files import unpack_message as unpack
from zoo.corpora.spacy_binary import read_spacy, write_spacy
from zoo.doc import Doc, Span

from .spacy_docs import DOCS, holdable_docs, normal
from .strategies import on_files


def packed(docs):
    file = io.BytesIO()
    write_spacy(docs, file)
    return file.getvalue()


def read(tmp_path, data, name="a.spacy"):
    path = tmp_path / name
    path.write_bytes(data)
    return [*read_spacy(path)]


def repacked(data, **changes):
    return zlib.compress(pack({**unpack(zlib.decompress(data)), **changes}))


@on_files
@given(st.lists(holdable_docs(), max_size=4))
def test_documents_survive(tmp_path, docs):
    assert read(tmp_path, packed(docs)) == [*map(normal, docs)]


def test_all_fields_survive(tmp_path):
    assert read(tmp_path, packed(DOCS)) == DOCS
    again = packed(read(tmp_path, packed(DOCS)))
    assert again == packed(DOCS)
    assert read(tmp_path, packed([])) == []


def test_unknown_parts_are_left_out(tmp_path):
    doc = Doc(
        ["a", "b", "c"],
        heads=[1, None, 2],
        deps=["x", "y", None],
        tags=[None, "T", None],
    )
    (found,) = read(tmp_path, packed([doc]))
    assert found.heads == [1, None, 2]
    assert found.deps == ["x", None, "dep"]
    assert found.tags == [None, "T", None]
    (found,) = read(tmp_path, packed([Doc(["a", "b"], heads=[0, 0])]))
    assert (found.heads, found.deps) == ([0, 0], None)


def test_a_file_may_lack_columns(tmp_path):
    words = string_ids(["a", "b"]).reshape(2, 1)
    message = {
        "attrs": [65],
        "tokens": words.tobytes(),
        "spaces": b"\1\0",
        "lengths": np.array([2], "<i4").tobytes(),
        "strings": ["b", "a"],
        "cats": [{}],
    }
    found = read(tmp_path, zlib.compress(pack(message)))
    assert found == [Doc(["a", "b"], spaces=[True, False])]


def test_entities_that_are_out_of_order_are_repaired(tmp_path):
    data = packed([Doc(["w"] * 6, ents=[]), Doc(["w"], ents=[])])
    message = unpack(zlib.decompress(data))
    tokens = np.frombuffer(message["tokens"], "<u8").reshape(7, -1).copy()
    iob, kind = message["attrs"].index(77), message["attrs"].index(78)
    tokens[:, iob] = [1, 1, 1, 0, 3, 1, 1]
    message["strings"] += ["L", "M"]
    ids = dict(zip("LM", string_ids("LM").tolist(), strict=True)) | {"": 0}
    tokens[:, kind] = [ids[label] for label in ["L", "M", "M", "", "", "L", "L"]]
    data = repacked(data, tokens=tokens.tobytes(), strings=message["strings"])
    with pytest.warns(
        UserWarning, match="a.spacy: 1 word whose entity is missing, .* do"
    ):
        first, second = read(tmp_path, data)
    assert first.ents == [Span(0, 1, "L"), Span(1, 3, "M"), Span(5, 6, "L")]
    assert first.ents_known == [True, True, True, False, True, True]
    assert second.ents == [Span(0, 1, "L")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attrs": "x"}, "attrs: expected a list of numbers, got 'x'."),
        ({"attrs": [67]}, r"attrs: expected the words \(65\) among them, got"),
        ({"strings": [1]}, r"strings: expected a list of strings, got \[1\]."),
        ({"strings": []}, "expected the id of one of the strings, got"),
        ({"lengths": b"123"}, "lengths: expected a multiple of 4 bytes, got 3."),
        ({"lengths": b"\xff" * 4}, "lengths: expected 0 or more, got -1."),
        ({"lengths": b"\xff\xff\xff\x7f"}, "tokens: expected 223338299288 bytes, got"),
        ({"tokens": None}, "tokens: expected bytes, got None."),
        ({"tokens": b"1"}, "tokens: expected 728 bytes, got 1."),
        ({"spaces": b"\1"}, "spaces: expected 7 bytes, got 1."),
        ({"spaces": b"\1\1\1\7\1\1\1"}, "spaces: expected 0 and 1, got"),
        ({"cats": [1, 2, 3]}, "cats: expected a list of maps, got"),
        ({"cats": [{}]}, "cats: expected 3 of them, got 1."),
        ({"cats": [{"x": 7}, {}, {}]}, "cats: expected 0 to 1 for 'x', got 7."),
        ({"flags": []}, "flags: expected 3 of them, got 0."),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=f"a.spacy: .*{message}"):
        read(tmp_path, repacked(packed(DOCS), **changes))


@pytest.mark.parametrize(
    ("attr", "value", "message"),
    [
        (79, 9, "HEAD: expected a word of the same document, got 9."),
        (77, 4, "ENT_IOB: expected 0 to 3, got 4."),
        (80, 2, "SENT_START: expected -1, 0 or 1, got 2."),
        (74, 7, "POS: expected 84 to 103 or 0, got 7."),
        (75, 999, "TAG: expected the id of one of the strings, got 999."),
    ],
)
def test_numbers_without_a_meaning_are_refused(tmp_path, attr, value, message):
    found = unpack(zlib.decompress(packed(DOCS)))
    tokens = np.frombuffer(found["tokens"], "<u8").reshape(7, -1).copy()
    tokens[0, found["attrs"].index(attr)] = value
    with pytest.raises(ValueError, match=f"a.spacy: {message}"):
        read(tmp_path, repacked(packed(DOCS), tokens=tokens.tobytes()))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a whole file of spaCy's, got only its beginning."),
        (b"text", "expected a file of spaCy's, packed by zlib, got"),
        (packed(DOCS)[:-9], "expected a whole file of spaCy's, got only"),
        (zlib.compress(b"\xc1"), "expected MessagePack within zlib: got a type that"),
        (zlib.compress(b"\x90"), r"expected a map, got \[\]."),
        (zlib.compress(bytes(1 << 26)), ".* got more than [0-9]+ bytes."),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, data, message):
    with pytest.raises(ValueError, match=f"a.spacy: {message}"):
        read(tmp_path, data)


def test_a_gzipped_file_does_not_unpack_without_end(tmp_path):
    path = tmp_path / "a.spacy.gz"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(80)]
    path.write_bytes(b"".join([*parts, packer.flush()]))
    with pytest.raises(ValueError, match="expected it to unpack to at most 64 MiB"):
        read_bytes(path)


def damaged(data, order):
    """Change a few bytes, cut some out, or put some in."""
    found = bytearray(data)
    for _ in range(order.randint(1, 4)):
        place, size = order.randrange(len(found) + 1), order.randint(1, 8)
        new = order.choice(
            [b"", order.randbytes(size), b"\xff" * size, b"\xdd\x7f\xff"]
        )
        found[place : place + order.choice([0, size])] = new
    return bytes(found[: order.choice([len(found), order.randint(0, len(found))])])


@pytest.mark.filterwarnings("ignore:.*a.spacy. [0-9,]+ (word|document|id)s? (w|of)")
@pytest.mark.parametrize("inner", [False, True], ids=["file", "message"])
def test_damaged_files_are_refused_or_read(tmp_path, inner):
    data, order, refused = packed(DOCS), random.Random(0), 0
    tracemalloc.start()
    try:
        for _ in range(400):
            if inner:
                wrong = zlib.compress(damaged(zlib.decompress(data), order))
            else:
                wrong = damaged(data, order)
            try:
                read(tmp_path, wrong)
            except ValueError as error:
                refused += 1
                assert str(error).startswith(str(tmp_path / "a.spacy"))
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert refused > 200


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("words", [""], "a word must not be empty, got word 0 in document 2."),
        ("pos", ["Noun"], "pos must be one of ADJ, .* got 'Noun' in"),
        ("heads", [1], "a head must be 0 to 0, got 1 in document 2."),
        ("ents", [Span(0, 1, "")], "entities must not overlap, nor have an"),
        ("ents", [Span(0, 1, "A")] * 2, "entities must not overlap, nor"),
    ],
)
def test_what_the_file_cannot_hold_is_refused(field, value, message):
    doc = Doc(["a"])
    object.__setattr__(doc, field, value)  # As if it was changed within the field.
    with pytest.raises(ValueError, match=f"write_spacy: {message}"):
        packed([Doc(["a"]), doc])


def test_words_of_unknown_entities_come_back(tmp_path):
    docs = [
        Doc(["a", "b"], ents=[]),
        Doc(["a", "b", "c"], ents=[Span(1, 2, "X")], ents_known=[False, True, True]),
        Doc(["a", "b"]),
    ]
    with pytest.warns(
        UserWarning, match="a.spacy: 1 word whose .*, the first in document 2"
    ):
        assert read(tmp_path, packed(docs)) == docs


def test_what_was_not_read_is_said(tmp_path):
    message = unpack(zlib.decompress(packed(DOCS)))
    tokens = np.frombuffer(message["tokens"], "<u8").reshape(7, -1).copy()
    tokens[5:, message["attrs"].index(454)] = 7
    data = repacked(
        packed(DOCS),
        tokens=tokens.tobytes(),
        user_data=[b"\x80", b"", b"\x81\xa1x\x01"],
    )
    path = tmp_path / "a.spacy"
    path.write_bytes(data)
    unread = spacy_binary.Unread()
    assert len([*read_spacy(path, unread=unread)]) == 3
    assert unread.describe() == [
        f"{path}: 2 words with ids of entities, the first in document 3. Ids (ent_id "
        f"and kb_id) were not read.",
        f"{path}: 1 document with user data, the first in document 3. They were not "
        f"read.",
    ]
