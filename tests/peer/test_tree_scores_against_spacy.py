"""Compare the scores of trees and sentences with those of spaCy's parser."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transitions.strategies import trees
from zoo._scores import score_deps, score_sents
from zoo.doc import Doc

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer
VOCAB = spacy.blank("en").vocab


def draw_deps(rng, heads):
    labels = rng.choice(["nsubj", "Obj", "punct", "P"], len(heads)).tolist()
    pairs = enumerate(zip(heads, labels, strict=True))
    return ["ROOT" if head == i else label for i, (head, label) in pairs]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(trees(), trees()), max_size=4), st.integers(0, 99))
def test_scores_are_those_of_spacy(pairs, seed):
    from spacy.pipeline.dep_parser import parser_score

    rng = np.random.default_rng(seed)
    gold, predicted, examples = [], [], []
    for left, right in pairs:
        n = min(len(left), len(right))
        words, docs = rng.choice(["a", "b"], n).tolist(), []
        for heads in (left, right):
            kept = [head if head < n else i for i, head in enumerate(heads[:n])]
            docs.append((kept, draw_deps(rng, kept)))
        made = [
            spacy.tokens.Doc(VOCAB, words=words, heads=heads, deps=deps)
            for heads, deps in docs
        ]
        examples.append(spacy.training.Example(made[1], made[0]))
        for (heads, deps), doc, into in zip(docs, made, [gold, predicted], strict=True):
            starts = [bool(token.is_sent_start) for token in doc]
            into.append(Doc(words, heads=heads, deps=deps, sent_starts=starts))
    found = score_deps(gold, predicted) | score_sents(gold, predicted)
    expected = parser_score(examples)
    per_type, expected_types = (s.pop("dep_las_per_type") for s in (found, expected))
    assert found == pytest.approx(expected)
    assert (per_type or {}) == {
        k: pytest.approx(v) for k, v in (expected_types or {}).items()
    }


def test_words_without_gold_arcs_are_not_counted():
    gold = Doc(["a", "b"], heads=[1, None], deps=["x", None])
    guess = Doc(["a", "b"], heads=[1, 0], deps=["x", "y"])
    assert score_deps([gold], [guess])["dep_las"] == 1
    assert score_sents([gold], [guess])["sents_f"] is None


def test_documents_of_other_words_are_refused():
    with pytest.raises(ValueError, match="document 1 must have the same words in gold"):
        score_deps([Doc(["a"])], [Doc(["a", "b"])])
