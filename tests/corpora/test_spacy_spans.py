import pytest

from zoo._lexical.attributes import string_ids
from zoo.corpora._files import pack_message as pack
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
