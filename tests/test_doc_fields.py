"""Check what the fields of a document may hold."""

import pytest

from zoo.doc import Doc, Span, as_docs

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
