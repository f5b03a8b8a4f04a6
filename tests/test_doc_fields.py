"""Check what the fields of a document may hold."""

import numpy as np
import pytest

from zoo.doc import Doc, Span, as_docs, checked_doc, refuse_one

WORDS = ["Ann", "met", "Bob"]


def test_spans_may_be_given_as_tuples():
    doc = Doc(WORDS, ents=[(0, 1, "P"), [2, 3, "P"]])
    assert doc.ents == [Span(0, 1, "P"), Span(2, 3, "P")]
    assert all(isinstance(span, Span) for span in doc.ents)


def test_what_is_not_known_is_let_through():
    doc = Doc(WORDS, heads=[None, 1, 0], ents=[], cats={"x": 0, "y": 1.0})
    assert doc == as_docs([doc])[0].copy()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tags": ["N"]}, "tags needs one value per word, got 1 values for 3 words"),
        ({"ents": [(1, 1, "P")]}, r"within the 3 words, got 1:1 \(P\)"),
        ({"ents": [(2, 4, "P")]}, r"within the 3 words, got 2:4 \(P\)"),
        (
            {"ents": [(1, 3, "Q"), (0, 2, "P")]},
            r"must not overlap, got 0:2 \(P\) and 1:3 \(Q\)",
        ),
        ({"heads": [0, 7, None]}, "must be the index of a word, 0 to 2, got 7"),
        ({"heads": [0, 1, -1]}, "must be the index of a word, 0 to 2, got -1"),
        ({"morphs": [""]}, "morphs needs one value per word, got 1 values"),
        ({"spans": {"a": [(2, 4, "P")]}}, r"within the 3 words, got 2:4 \(P\)"),
        ({"cats": {"x": 5.0}}, "cats must be scores of 0 to 1, got 5.0 for 'x'"),
    ],
)
def test_what_cannot_be_is_refused(fields, message):
    with pytest.raises(ValueError, match=f"Doc: .*{message}"):
        Doc(WORDS, **fields)


def test_what_is_set_later_is_checked_too():
    doc = Doc(WORDS, tags=["N", "V", "N"])
    with pytest.raises(ValueError, match="tags needs one value per word, got 1"):
        doc.tags = ["N"]
    with pytest.raises(ValueError, match=r"a head must be the index .* got 3"):
        doc.heads = [0, 1, 3]
    with pytest.raises(ValueError, match=r"within the 3 words, got 2:4 \(P\)"):
        doc.ents = [(2, 4, "P")]
    with pytest.raises(ValueError, match=r"cats must be scores of 0 to 1, got 2\.0"):
        doc.cats = {"A": 2.0}
    assert doc == Doc(WORDS, tags=["N", "V", "N"])
    doc.ents, doc.heads, doc.user_data = [(0, 1, "P")], np.array([1, 1, 1]), None
    assert doc.ents == [Span(0, 1, "P")]
    assert (doc.heads, doc.user_data) == ([1, 1, 1], {})


def test_spans_of_a_group_may_overlap_and_are_copied():
    doc = Doc(WORDS, spans={"a": [(0, 2, "P"), (1, 3, "Q")], "b": []})
    assert doc.spans == {"a": [Span(0, 2, "P"), Span(1, 3, "Q")], "b": []}
    copy = doc.copy()
    copy.spans["a"].pop()
    assert len(doc.spans["a"]) == 2
    assert doc.copy(annotations=False).spans is None


class Token:
    """A token by the attributes that spaCy's has."""

    def __init__(self, text, whitespace=""):
        self.text, self.norm_, self.whitespace_ = text, text.lower(), whitespace


class SpacyDoc:
    """A document by the attributes that spaCy's has."""

    vocab = None
    has_unknown_spaces = False

    def __iter__(self):
        return iter([Token("Ann", " "), Token("x"), Token(".")])


def test_the_spaces_of_documents_of_spacy_stay():
    found = SpacyDoc()
    assert as_docs([found])[0].spaces == [True, False, False]
    found.has_unknown_spaces = True
    assert as_docs([found])[0].spaces is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"words": ["a", 2, "c"]}, "words must be strings, got 2"),
        ({"words": "abc"}, "words must be a list of strings, got the string 'abc'"),
        ({"tags": "NVN"}, "tags must be a list of strings or None, .* got 'NVN'"),
        ({"tags": [5, None, "N"]}, "tags must be strings or None, got 5"),
        ({"norms": ["a", None, "c"]}, "norms must be strings, got None"),
        ({"heads": [0.0, 1, 2]}, "heads must be indices of words or None, got 0.0"),
        ({"heads": [True, 1, 2]}, "heads must be indices of words or None, got True"),
        ({"spaces": ["", " ", ""]}, "spaces must be booleans, got ''"),
        ({"ents": [], "ents_known": [None] * 3}, "ents_known must be booleans"),
        ({"cats": {"x": "0.5"}}, "cats must be numbers of 0 to 1, got '0.5' for 'x'"),
        ({"cats": {5: 1.0}}, "the labels of cats must be strings, got 5"),
        ({"words": (word for word in WORDS)}, "words must be .*, got generator"),
        ({"ents": "P"}, "spans must be a list of .*, got 'P'"),
        ({"ents": [5]}, r"a span must be \(start, end, label\), got 5"),
        ({"ents": [(0, 1)]}, r"a span must be .*, got \(0, 1\)"),
        ({"ents": [(0, 1, 5)]}, r"a span must be .* a string, got \(0, 1, 5\)"),
        ({"spans": {"x": [(0.5, 1, "P")]}}, r"a span must be .*, got \(0.5, 1, 'P'\)"),
        ({"cats": ["x"]}, r"cats must be a dictionary of labels .*, got \['x'\]"),
        ({"words": None}, "words must be a list of strings, .* got None"),
        ({"words": {"a", "b"}}, "words must be .* got set. Make a list of it first"),
        ({"words": b"ab"}, "words must be a list of strings, .* got b'ab'"),
        ({"words": Doc(["a"])}, "words must be a list of strings, .* got Doc"),
        ({"tags": 5}, "tags must be a list of strings or None, .* got 5"),
        ({"tags": {"N", "V", "P"}}, "tags must be a list of .*, got set"),
        ({"spaces": True}, "spaces must be a list of booleans, .* got True"),
        ({"spaces": [True, 5, False]}, "spaces must be booleans, got 5"),
        ({"sent_starts": [1, -1, 0]}, "sent_starts must be booleans or None, got -1"),
        ({"ents": [], "ents_known": 1}, "ents_known must be a list of booleans"),
        ({"ents": 5}, r"spans must be a list of \(start, end, label\), got 5"),
        ({"ents": [(True, 2, "P")]}, r"a span must be .*, got \(True, 2, 'P'\)"),
        ({"spans": []}, r"spans must be a dictionary of lists .*, got \[\]"),
        ({"spans": "x"}, "spans must be a dictionary of lists .*, got 'x'"),
        ({"spans": {"x": None}}, "spans must be a list of .*, got None"),
        ({"spans": {5: []}}, "the names of groups of spans must be strings, got 5"),
        ({"user_data": 5}, "user_data must be a dictionary, got 5"),
        ({"user_data": []}, r"user_data must be a dictionary, got \[\]"),
    ],
)
def test_values_of_another_type_are_refused(fields, message):
    with pytest.raises(TypeError, match=f"Doc: {message}"):
        Doc(**{"words": WORDS, **fields})
    name, value = [*fields.items()][-1]
    doc = Doc(WORDS, ents=[])
    with pytest.raises(TypeError, match=f"Doc: {message}"):
        setattr(doc, name, value)
    assert doc == Doc(WORDS, ents=[])


def test_types_of_numpy_are_taken():
    heads, spaces = np.array([1, 1, 1]), np.array([True, True, False])
    doc = Doc(np.array(WORDS), heads=heads, spaces=spaces, cats={"x": np.float32(0.5)})
    assert doc.text == "Ann met Bob"
    assert (doc.words, doc.heads) == (WORDS, [1, 1, 1])


def test_entities_may_be_known_of_some_words_alone():
    doc = Doc(WORDS, ents=[(0, 1, "P")], ents_known=[True, True, False])
    assert doc.copy() == doc
    assert doc.copy(annotations=False).ents_known is None
    assert Doc(WORDS, ents=[], ents_known=[True] * 3) == Doc(WORDS, ents=[])
    assert Doc(WORDS, ents=[], ents_known=[False] * 3) == Doc(WORDS)
    assert Doc([], ents=[], ents_known=[]) == Doc([], ents=[])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ents": [], "ents_known": [True]}, "ents_known needs one value per word"),
        ({"ents_known": [True, False, True]}, "ents_known needs ents, got None"),
        (
            {"ents": [(0, 2, "P")], "ents_known": [True, False, True]},
            r"of an entity must be known, got 0:2 \(P\)",
        ),
    ],
)
def test_entities_of_words_that_are_not_known_are_refused(fields, message):
    with pytest.raises(ValueError, match=f"Doc: .*{message}"):
        Doc(WORDS, **fields)


@pytest.mark.parametrize(
    "docs", [3, None, 0.5, b"Rain.", {"a": 1}, Doc(["a"]), Doc(["a", "b"])[:1]]
)
def test_what_are_no_several_documents_is_refused(docs):
    name = type(docs).__name__
    with pytest.raises(TypeError, match=f"here: expected several texts .* type {name}"):
        refuse_one("here", docs)


def test_unknown_user_data_are_none_of_them():
    assert Doc(["a"], user_data=None) == Doc(["a"])


def test_fields_that_were_checked_make_an_equal_document():
    values = {"words": ["a"], "tags": ["X"], "heads": [0], "user_data": {"b": 1}}
    assert checked_doc(values) == Doc(**values)
    assert checked_doc({"words": [], "user_data": {}}) == Doc([])
