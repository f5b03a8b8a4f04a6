import pytest
from hypothesis import given

from tests.objectives.entities import documents
from zoo import Doc
from zoo.doc import Span
from zoo.objectives._biluo import read_spans, tag_names, type_names, write_tags

TYPES = ["GPE", "creative-work"]
TAGS = [
    "O",
    *("B-GPE", "I-GPE", "L-GPE", "U-GPE"),
    *("B-creative-work", "I-creative-work", "L-creative-work", "U-creative-work"),
]


def test_each_type_has_four_tags():
    assert tag_names(TYPES) == TAGS
    assert type_names(TAGS) == TYPES
    assert tag_names([]) == type_names([]) == []


@pytest.mark.parametrize(
    "tags", [["O"], TAGS[1:], TAGS[:4], ["O", "B-x", "I-x", "L-y", "U-x"], ["A", "B"]]
)
def test_other_tags_are_refused(tags):
    with pytest.raises(ValueError, match="entity_tagger: labels must be O, then B-"):
        type_names(tags)


def test_tags_of_a_document():
    ents = [Span(4, 5, "creative-work"), Span(0, 3, "GPE"), Span(5, 7, "GPE")]
    doc = Doc(list("abcdefgh"), ents=ents)
    names = [TAGS[tag] for tag in write_tags(doc, TYPES.index)]
    expected = "B-GPE I-GPE L-GPE O U-creative-work B-GPE L-GPE O"
    assert names == expected.split()


@given(documents(TYPES))
def test_entities_come_back_from_their_tags(doc):
    assert read_spans(write_tags(doc, TYPES.index), TYPES) == doc.ents


def test_document_without_entities_is_outside():
    for ents in ([], None):
        assert write_tags(Doc(["a", "b"], ents=ents), TYPES.index) == [0, 0]
    assert read_spans([], TYPES) == []


def test_entities_that_overlap_or_lie_outside_are_refused():
    doc = Doc(["a", "b", "c"], ents=[])
    for ents in ([Span(0, 2, "GPE"), Span(1, 3, "GPE")], [Span(0, 1, "GPE")] * 2):
        doc.ents[:] = ents
        with pytest.raises(ValueError, match=r"must not overlap.*got .*a document of"):
            write_tags(doc, TYPES.index)
    doc = Doc(["a"], ents=[])
    for span in (Span(0, 2, "GPE"), Span(0, 0, "GPE"), Span(-1, 1, "GPE")):
        doc.ents[:] = [span]
        with pytest.raises(ValueError, match="must lie within the words, got"):
            write_tags(doc, TYPES.index)
