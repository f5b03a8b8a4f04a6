import io
import struct
import zlib

import pytest

from zoo._lexical.attributes import string_ids
from zoo.corpora import read_spacy, write_spacy
from zoo.corpora._files import pack_message as pack
from zoo.corpora._files import unpack_message as unpack
from zoo.corpora._spacy_spans import read_span_groups, write_span_groups
from zoo.doc import Doc, Span

NAMES = {0: "", int(string_ids(["P"])[0]): "P"}


def test_the_list_of_old_versions_is_read():
    doc = Doc(["a", "b"], spans={"x": [Span(0, 2, "P")]})
    group = pack({"name": "x", "attrs": {}, "spans": []})
    (found,) = read_span_groups([pack([group])], NAMES, 1, [])
    assert found == {"x": []}
    assert read_span_groups([write_span_groups(doc)], NAMES, 1, []) == [doc.spans]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (3, "a list of bytes"),
        ([b"", b""], "1 of them"),
        ([pack({"x": 3})], "groups with spans"),
        ([pack([3])], "groups with spans"),
        ([pack({pack({"spans": []}): 3})], "the names of groups"),
        ([pack({pack({"spans": [b"ab"]}): ["x"]})], "spans of 40 bytes"),
        ([pack({pack({"spans": [bytes(23) + b"\1" + bytes(16)]}): ["x"]})], "the id"),
        ([pack(7)], "a map or a list"),
    ],
)
def test_damaged_groups_are_refused(groups, message):
    with pytest.raises(ValueError, match=f"span_groups: expected {message}"):
        read_span_groups(groups, NAMES, 1, [])


def test_ids_and_attributes_are_counted():
    span = struct.pack(">QQQllll", 3, 0, 0, 0, 1, 0, 1)
    groups = [b"", pack({pack({"spans": [span] * 2, "attrs": {"a": 1}}): ["x"]})]
    lost = []
    assert read_span_groups(groups, NAMES, 2, lost)[1] == {"x": [Span(0, 1, "")] * 2}
    assert lost == [1, 1, 1]


def test_ids_of_spans_are_said(tmp_path):
    file = io.BytesIO()
    write_spacy([Doc(["a"]), Doc(["b"], spans={"x": [Span(0, 1, "P")]})], file)
    message = unpack(zlib.decompress(file.getvalue()))
    ((group, keys),) = unpack(message["span_groups"][1]).items()
    fields = unpack(group)
    fields["spans"] = [bytes(15) + b"\7" + fields["spans"][0][16:]]
    message["span_groups"][1] = pack({pack(fields): keys})
    path = tmp_path / "a.spacy"
    path.write_bytes(zlib.compress(pack(message)))
    said = "a.spacy: 1 id of a span or group with attributes, the first in document 2"
    with pytest.warns(UserWarning, match=said):
        docs = [*read_spacy(path)]
    assert docs[1].spans == {"x": [Span(0, 1, "P")]}
