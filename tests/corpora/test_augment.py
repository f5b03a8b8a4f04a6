"""Check the augmenters of corpora."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo import Doc
from zoo.corpora._augment import insert_space
from zoo.doc import Span

from ..tiny import registry, save_docs

VARIANTS = {
    "single": [{"tags": [":"], "variants": ["-", "--"]}],
    "paired": [
        {"tags": ["``", "''"], "variants": [["'", "'"], ["``", "''"]]},
        {"tags": ["-LRB-"], "variants": [["(", ")"], ["[", "]"]]},
    ],
}


def make(name, **settings):
    return registry.augmenters.get(f"spacy.{name}.v1")(**settings)


def vary(augmenter, doc, seed=0):
    (found,) = augmenter(doc, random.Random(seed))
    return found


def make_doc():
    return Doc(
        ["``", "Ducks", "-", "Swim", "''", "("],
        spaces=[False, True, True, False, True, False],
        tags=["``", "NNS", ":", "VB", "''", "-LRB-"],
        norms=["'", "ducks", "-", "swim", "'", "("],
        ents=[Span(1, 2, "BIRD")],
        cats={"A": 1.0},
    )


def test_documents_are_turned_into_lower_case():
    doc = make_doc()
    found = vary(make("lower_case", level=1.0), doc)
    assert found.words[1:4] == ["ducks", "-", "swim"]
    assert (found.ents, found.cats, found.tags) == (doc.ents, doc.cats, doc.tags)
    assert doc.words[1] == "Ducks"
    assert vary(make("lower_case", level=0.0), doc) is doc
    assert vary(make("dont_augment"), doc) is doc


def test_marks_are_exchanged_in_pairs():
    augmenter = make("orth_variants", level=1.0, lower=0.0, orth_variants=VARIANTS)
    found = {tuple(vary(augmenter, make_doc(), seed).words) for seed in range(200)}
    words = [
        (left, "Ducks", dash, "Swim", right, bracket)
        for left, right in (("``", "''"), ("'", "'"))
        for dash in ("-", "--")
        for bracket in ("(", "[")
    ]
    assert found == {*words}
    changed = vary(augmenter, make_doc(), 3)
    for word, norm in zip(changed.words, changed.norms, strict=True):
        assert norm == word or norm in make_doc().norms


def test_without_tags_words_are_only_lowered():
    augmenter = make("orth_variants", level=1.0, lower=1.0, orth_variants=VARIANTS)
    assert vary(augmenter, Doc(["-", "A"])).words == ["-", "a"]


def test_white_space_is_added():
    augmenter = make(
        "combined_augmenter",
        lower_level=1.0,
        orth_level=1.0,
        orth_variants=VARIANTS,
        whitespace_level=1.0,
        whitespace_per_token=0.5,
        whitespace_variants=["\n", "  "],
    )
    found = vary(augmenter, make_doc())
    assert len(found) == 9
    assert sum(word.isspace() for word in found.words) == 3
    assert found.tags.count("_SP") == 3
    assert "ducks" in found.words


@given(place=st.integers(0, 4), size=st.integers(1, 4))
def test_annotation_goes_along_with_words(place, size):
    place = min(place, size)
    words = [*"abcd"][:size]
    doc = Doc(
        words,
        sent_starts=[True, *[False] * (size - 1)],
        heads=[size - 1] * size,
        deps=["dep"] * (size - 1) + ["ROOT"],
        tags=words,
        pos=["X"] * size,
        morphs=[""] * size,
        lemmas=words,
        ents=[Span(0, size, "E")],
        ents_known=[True] * size,
    )
    found = insert_space(doc, " ", place)
    assert found.words[place] == " " and found.words != doc.words
    kept = [i for i in range(size + 1) if i != place]
    assert [found.tags[i] for i in kept] == words
    old = {word: words[head] for word, head in zip(words, doc.heads, strict=True)}
    for i in kept:
        assert found.words[found.heads[i]] == old[found.words[i]]
    assert found.heads[place] == (place - 1 if place else 1)
    assert found.sent_starts == [True, *[False] * size]
    (span,) = found.ents
    inside = 0 < place < size
    assert [*range(span.start, span.end)] == ([*range(size + 1)] if inside else kept)


def test_documents_that_cannot_have_more_words_stay():
    for doc in (
        Doc([]),
        Doc(["a"], spans={"sc": [Span(0, 1, "X")]}),
        Doc(["a", "b"], heads=[0, None], deps=["ROOT", None]),
    ):
        assert insert_space(doc, " ", 0) is doc


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("lower_case", {"level": 2.0}, "level must be 0 to 1, got 2.0"),
        (
            "orth_variants",
            {"level": 1.0, "lower": 0.0, "orth_variants": {"single": [{"tags": []}]}},
            "with 'tags' and 'variants', got another form",
        ),
        (
            "orth_variants",
            {
                "level": 1.0,
                "lower": 0.0,
                "orth_variants": {"paired": [{"tags": [], "variants": []}]},
            },
            "a variant must have forms, got none",
        ),
        (
            "orth_variants",
            {"level": 1.0, "lower": 0.0, "orth_variants": [1]},
            "another form",
        ),
    ],
)
def test_wrong_settings_are_refused(name, settings, message):
    with pytest.raises(ValueError, match=message):
        make(name, **settings)


def test_a_corpus_is_augmented_alike_each_time(tmp_path):
    path = save_docs(tmp_path / "a.jsonl", [make_doc()] * 20)
    block = {"@readers": "spacy.Corpus.v1", "path": path}
    augmenter = {"@augmenters": "spacy.lower_case.v1", "level": 0.5}
    read = registry.resolve({"corpus": {**block, "augmenter": augmenter}})["corpus"]
    found = [doc.words[1] for doc in read()]
    assert {*found} == {"Ducks", "ducks"}
    assert found == [doc.words[1] for doc in read()]
