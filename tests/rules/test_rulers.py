import pytest

from zoo.doc import Doc, Span
from zoo.rules import entity_ruler, span_ruler
from zoo.rules._span_filters import keep_longest, prefer_existing, prefer_new
from zoo.tokenizer.adapters import WhitespaceTokenizer

PATTERNS = [
    {"label": "ORG", "pattern": "New York Times", "id": "nyt"},
    {"label": "GPE", "pattern": [{"LOWER": "new"}, {"LOWER": "york"}]},
    {"label": "DATE", "pattern": [{"LIKE_NUM": True}, {"LOWER": "may"}]},
]
WORDS = ["The", "New", "York", "Times", "of", "3", "May", "in", "new", "york"]


def ruled(make, doc, **settings):
    ruler = make(**settings)
    ruler.tokenizer = WhitespaceTokenizer()
    ruler.add_patterns(PATTERNS)
    ruler.annotate([doc])
    return doc


def test_the_longest_match_becomes_an_entity():
    doc = ruled(entity_ruler, Doc(WORDS))
    assert doc.ents == [Span(1, 4, "ORG"), Span(5, 7, "DATE"), Span(8, 10, "GPE")]


def test_entities_stay_unless_overwritten():
    old = [Span(3, 5, "X"), Span(7, 8, "X")]
    doc = ruled(entity_ruler, Doc(WORDS, ents=old))
    assert doc.ents == [
        Span(1, 3, "GPE"),
        old[0],
        Span(5, 7, "DATE"),
        old[1],
        (8, 10, "GPE"),
    ]
    doc = ruled(entity_ruler, Doc(WORDS, ents=old), overwrite_ents=True)
    assert doc.ents == [Span(1, 4, "ORG"), Span(5, 7, "DATE"), old[1], (8, 10, "GPE")]


def test_phrases_are_compared_by_an_attribute():
    doc = Doc(["NEW", "YORK", "times"])
    assert ruled(entity_ruler, doc).ents == [Span(0, 2, "GPE")]
    doc = ruled(entity_ruler, Doc(doc.words), phrase_matcher_attr="LOWER")
    assert doc.ents == [Span(0, 3, "ORG")]


def test_spans_may_overlap():
    doc = ruled(span_ruler, Doc(WORDS[:4], spans={"x": []}))
    assert doc.spans == {"x": [], "ruler": [Span(1, 3, "GPE"), Span(1, 4, "ORG")]}
    assert doc.ents is None
    again = ruled(span_ruler, doc, overwrite=False, spans_filter=keep_longest)
    assert again.spans["ruler"][2:] == [Span(1, 4, "ORG")]


def test_spans_may_become_entities():
    doc = ruled(span_ruler, Doc(WORDS), spans_key=None, annotate_ents=True)
    assert doc.spans is None
    assert doc.ents == [Span(1, 4, "ORG"), Span(5, 7, "DATE"), Span(8, 10, "GPE")]
    assert span_ruler(spans_key=None, annotate_ents=True).fields == ("ents",)
    assert span_ruler(annotate_ents=True).fields == ("spans", "ents")


def test_filters_choose_among_spans():
    old, new = [Span(0, 2, "A")], [Span(1, 4, "B"), Span(2, 3, "C"), Span(4, 5, "D")]
    assert keep_longest(old, new) == [Span(1, 4, "B"), Span(4, 5, "D")]
    assert prefer_new(old, new) == [Span(1, 4, "B"), Span(4, 5, "D")]
    assert prefer_existing(old, new) == [*old, Span(2, 3, "C"), Span(4, 5, "D")]


def test_a_filter_that_leaves_overlaps_is_told():
    with pytest.raises(ValueError, match="span_ruler: the filter of entities"):
        ruled(
            span_ruler,
            Doc(WORDS),
            annotate_ents=True,
            ents_filter=lambda old, new: [*old, *new],
        )


@pytest.mark.parametrize("make", [entity_ruler, span_ruler])
def test_patterns_survive_as_files(make):
    ruler = make()
    ruler.add_patterns(PATTERNS)
    again = make()
    again.from_files(ruler.to_files())
    assert again.patterns == PATTERNS and again.labels == ["DATE", "GPE", "ORG"]
    doc = Doc(["New", "York", "Times"])
    again.annotate([doc, Doc([])])
    assert doc.ents == [Span(0, 3, "ORG")] or len(doc.spans["ruler"]) == 2


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ({"label": "A"}, "a pattern must have a label and a phrase"),
        ({"label": "A", "pattern": 3}, "a pattern must have a label and a phrase"),
        (3, "a pattern must have a label and a phrase"),
        ({"label": "A", "pattern": [{"_": {}}]}, "custom attributes"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern, message):
    with pytest.raises(ValueError, match=f"entity_ruler: .*{message}"):
        entity_ruler().add_patterns([pattern])


def test_damaged_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"patterns.jsonl"):
        entity_ruler().from_spacy(tmp_path)
    (tmp_path / "patterns.jsonl").write_text("{\n")
    with pytest.raises(ValueError, match=r"patterns.jsonl, line 1: expected JSON"):
        entity_ruler().from_spacy(tmp_path)
    (tmp_path / "patterns").write_text('{"label": "A"}\n')
    with pytest.raises(ValueError, match="patterns: span_ruler: a pattern must have"):
        span_ruler().from_spacy(tmp_path)
    (tmp_path / "cfg").write_text("[]")
    with pytest.raises(ValueError, match="cfg: expected settings"):
        entity_ruler().from_spacy(tmp_path)
    (tmp_path / "cfg").write_text('{"phrase_matcher_attr": "TAG"}')
    with pytest.raises(ValueError, match="must be an attribute of words"):
        entity_ruler().from_spacy(tmp_path)
    with pytest.raises(ValueError, match=r"there is no file 'patterns.jsonl'"):
        entity_ruler().from_files({})
