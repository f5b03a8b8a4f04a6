"""Compare scores with those of spaCy's Scorer (spacy/scorer.py)."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.objectives.entities import documents
from zoo._scores import score_cats, score_ents, score_tags
from zoo.doc import Doc

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

VOCAB = spacy.blank("xx").vocab
LABELS = ["x", "y", "z"]
# Few different scores, so that many are equal, and some just at the threshold.
SCORES = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])
thorough = settings(deadline=None, max_examples=300)


def cats(scores, min_size=0):
    return st.dictionaries(
        st.sampled_from([*LABELS, "other"]), scores, min_size=min_size
    )


def examples(gold, predicted):
    for pair in zip(gold, predicted, strict=True):
        docs = []
        for doc in pair:
            # An empty string is spaCy's missing tag.
            tags = [tag or "" for tag in doc.tags or [""] * len(doc)]
            pos = [tag or "" for tag in doc.pos or [""] * len(doc)]
            peer = spacy.tokens.Doc(VOCAB, words=doc.words, tags=tags, pos=pos)
            peer.cats = doc.cats or {}
            docs.append(peer)
        yield spacy.training.Example(docs[1], docs[0])


def assert_same_scores(found, expected, exclusive):
    """Compare scores, but for the means, in which spaCy's count as 0 what has none."""
    assert found.keys() - expected.keys() == {"cats_acc"}
    per_type = found["cats_f_per_type"]
    seen = [label for label, prf in per_type.items() if prf["f"] is not None]
    for label, prf in expected["cats_f_per_type"].items():
        if label in seen:
            assert per_type[label] == pytest.approx(prf, abs=1e-12)
        else:
            assert set(prf.values()) == {0.0}
    areas = expected["cats_auc_per_type"]
    assert found["cats_auc_per_type"] == pytest.approx(areas, abs=1e-12)
    means = {"cats_macro_auc": mean(a for a in areas.values() if a is not None)}
    for kind in "prf":
        values = (expected["cats_f_per_type"][label][kind] for label in seen)
        means[f"cats_macro_{kind}"] = mean(values)
    means["cats_score"] = means["cats_macro_f" if exclusive else "cats_macro_auc"]
    for name, value in {**expected, **means}.items():
        if "per_type" not in name and (seen or "micro" not in name):
            assert found[name] == pytest.approx(value, abs=1e-12), name


def mean(values):
    found = [*values]
    return sum(found) / len(found) if found else None


@thorough
@given(
    st.lists(st.tuples(cats(st.sampled_from([0.0, 1.0])), cats(SCORES)), min_size=1),
    st.booleans(),
    SCORES,
    st.integers(1, 3),
)
def test_categories(pairs, exclusive, threshold, n_labels):
    labels = LABELS[:n_labels]
    # spaCy fails, or has numbers, where gold or exclusive predictions are missing.
    pairs = [pair for pair in pairs if pair[0].keys() & set(labels)]
    assume(pairs)
    gold = [Doc(["a"], cats=g) for g, _ in pairs]
    if exclusive:
        assume(all(p.keys() & set(labels) for _, p in pairs))
    predicted = [Doc(["a"], cats=p) for _, p in pairs]
    expected = spacy.scorer.Scorer.score_cats(
        examples(gold, predicted),
        "cats",
        labels=labels,
        multi_label=not exclusive,
        threshold=threshold,
    )
    found = score_cats(
        gold, predicted, labels, exclusive=exclusive, threshold=threshold
    )
    assert_same_scores(found, expected, exclusive)


TAGS = st.none() | st.sampled_from(["A", "B", "C"])
POS = st.none() | st.sampled_from(["NOUN", "VERB", "X"])


@thorough
@given(st.lists(st.lists(st.tuples(TAGS, TAGS, POS, POS), max_size=5)))
def test_tags(batch):
    columns = [[*zip(*rows, strict=True)] or [()] * 4 for rows in batch]
    gold = [Doc(["w"] * len(c[0]), tags=[*c[0]], pos=[*c[2]]) for c in columns]
    guess = [Doc(["w"] * len(c[0]), tags=[*c[1]], pos=[*c[3]]) for c in columns]
    for field, name in (("tags", "tag"), ("pos", "pos")):
        peer = examples(gold, guess)
        expected = spacy.scorer.Scorer.score_token_attr(peer, name + "_", getter=value)
        found = score_tags(gold, guess, field)[f"{name}_acc"]
        assert found == pytest.approx(expected[f"{name}__acc"], abs=1e-12)


def value(token, name):
    return getattr(token, name)


def with_entities(doc):
    """Make spaCy's document; words in no entity are outside, or unknown."""
    peer = spacy.tokens.Doc(VOCAB, words=doc.words)
    if doc.ents is not None:
        known = doc.ents_known or [True] * len(doc)
        missing = [peer[i : i + 1] for i, is_known in enumerate(known) if not is_known]
        ents = [spacy.tokens.Span(peer, *span) for span in doc.ents]
        peer.set_ents(ents, missing=missing)
    return peer


@thorough
@given(st.lists(st.tuples(documents(["x", "y"]), st.data()), max_size=4))
def test_entities(drawn):
    pairs = []
    for guess, data in drawn:
        n = len(guess)
        gold = data.draw(st.none() | documents(["x", "y"], n, n))
        known = data.draw(st.none() | st.lists(st.booleans(), min_size=n, max_size=n))
        ents = None if gold is None else gold.ents
        if ents is not None and known is not None:
            ents = [span for span in ents if all(known[span.start : span.end])]
        known = None if ents is None else known
        pairs.append((Doc(guess.words, ents=ents, ents_known=known), guess))
    examples = [
        spacy.training.Example(with_entities(guess), with_entities(gold))
        for gold, guess in pairs
    ]
    expected = spacy.scorer.get_ner_prf(examples)
    found = score_ents([gold for gold, _ in pairs], [guess for _, guess in pairs])
    per_type = expected.pop("ents_per_type")
    assert (per_type is None) == (found["ents_per_type"] is None)
    for label, prf in (per_type or {}).items():
        # spaCy's have labels that were predicted for unknown words alone.
        own = found["ents_per_type"].get(label, dict.fromkeys("prf", 0.0))
        assert own == pytest.approx(prf, abs=1e-12)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name
