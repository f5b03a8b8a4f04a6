import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import NumpyOps

from zoo import Doc
from zoo.objectives import textcat, textcat_multilabel

OPS = NumpyOps()
LABELS = ["A", "B", "C"]
EXCLUSIVE = st.none() | st.just({}) | st.sampled_from(LABELS).map(lambda x: {x: 1.0})
EXCLUSIVE |= st.just({"A": 0.25, "B": 0.75}) | st.just({"A": 0.0, "C": 1.0})
ANY = st.none() | st.dictionaries(st.sampled_from(LABELS), st.sampled_from([0.0, 1.0]))


def make(factory, labels=LABELS, **settings):
    objective = factory(**settings)
    objective.set_labels(labels)
    return objective


def docs_of(batch):
    return [Doc(["x"], cats=cats) for cats in batch]


def chances(n_docs, seed):
    draw = np.random.default_rng(seed)
    return draw.uniform(0.05, 0.95, size=(n_docs, len(LABELS))).astype("f")


def reference(batch, scores, exclusive):
    """Return loss, count and gradient, one category of a document after another."""
    loss, count, gradient = 0.0, 0, np.zeros_like(scores)
    for i, cats in enumerate(batch):
        count += bool(cats)
        for j, label in enumerate(LABELS):
            if not cats or (label not in cats and not exclusive):
                continue
            truth, p = cats.get(label, 0.0), float(scores[i, j])
            gradient[i, j] = p - truth
            loss -= truth * math.log(p)
            if not exclusive:
                loss -= (1 - truth) * math.log(1 - p)
    return loss, count, gradient


def check(objective, batch, exclusive, seed):
    scores = chances(len(batch), seed)
    before = scores.copy()
    found = objective.loss(OPS, docs_of(batch), scores)
    loss, count, gradient = reference(batch, scores, exclusive)
    assert float(found.total) == pytest.approx(loss, rel=1e-4)
    assert found.count == count
    assert found.gradient.dtype == np.float32
    np.testing.assert_allclose(found.gradient, gradient, atol=1e-6)
    np.testing.assert_array_equal(scores, before)


@given(st.lists(EXCLUSIVE, max_size=5), st.integers(0, 99))
def test_missing_exclusive_category_is_zero(batch, seed):
    check(make(textcat), batch, True, seed)


@given(st.lists(ANY, max_size=5), st.integers(0, 99))
def test_missing_category_of_several_gives_no_gradient(batch, seed):
    check(make(textcat_multilabel), batch, False, seed)


def test_certainty_is_no_infinite_loss():
    scores = np.array([[1, 0, 0]], dtype="f")
    for factory in (textcat, textcat_multilabel):
        found = make(factory).loss(OPS, docs_of([{"A": 0.0, "B": 1.0}]), scores)
        assert 80 < found.total < 200


def test_labels_are_collected_in_sorted_order():
    for factory in (textcat, textcat_multilabel):
        objective = make(factory, [])
        objective.add_labels(
            iter(docs_of([{"C": 0.0}, None, {}, {"A": 0.0, "C": 1.0}]))
        )
        assert objective.labels == ["A", "C"]


def test_one_exclusive_category_is_refused():
    docs = docs_of([{"A": 1.0}])
    with pytest.raises(ValueError, match="two exclusive categories, got only 'A'"):
        textcat().add_labels(docs)
    textcat_multilabel().add_labels(docs_of([{"A": 1.0}, {"A": 0.0}]))


def test_warns_of_a_category_that_no_document_lacks():
    docs = docs_of([{"A": 1.0, "B": 0.0}, {"A": 1.0, "B": 1.0}, {"C": 0.7}, None])
    with pytest.warns(UserWarning, match=r"no document lacks A, C, so .* write 0\.0"):
        textcat_multilabel().add_labels(docs)
    many = docs_of([dict.fromkeys("ABCDEF", 1.0)])
    with pytest.warns(UserWarning, match="no document lacks A, B, C, D, E, …, so"):
        textcat_multilabel().add_labels(many)
    textcat().add_labels(docs_of([{"A": 1.0}, {"B": 1.0}]))  # Others are not these.


def test_several_exclusive_categories_at_once_are_refused():
    docs = docs_of([{"A": 1.0, "B": 1.0}])
    for act in (
        textcat().add_labels,
        lambda d: make(textcat).loss(OPS, d, chances(1, 0)),
    ):
        with pytest.raises(ValueError, match=r"must sum to at most 1, got .*'B': 1\.0"):
            act(docs)
    make(textcat_multilabel).loss(OPS, docs, chances(1, 0))


def test_label_that_was_not_seen_is_refused():
    with pytest.raises(ValueError, match="textcat: the label 'D' was not seen"):
        make(textcat).loss(OPS, docs_of([{"D": 1.0}]), chances(1, 0))


def test_all_scores_are_written():
    docs = docs_of([{"A": 1.0}, None])
    scores = np.array([[0.5, 0.25, 0.25], [0, 1, 0]], dtype="f")
    make(textcat).annotate(OPS, docs, scores)
    assert [doc.cats for doc in docs] == [
        {"A": 0.5, "B": 0.25, "C": 0.25},
        {"A": 0.0, "B": 1.0, "C": 0.0},
    ]


def test_scores_mind_the_threshold_and_leave_out_labels_of_no_document():
    gold, guess = docs_of([{"A": 1.0, "B": 0.0, "C": 0.0}]), docs_of([{"A": 0.6}])
    assert make(textcat).score(gold, guess)["cats_macro_f"] == 1.0
    for threshold, recall in {0.5: 1.0, 0.7: 0.0}.items():
        objective = make(textcat_multilabel, threshold=threshold)
        assert objective.score(gold, guess)["cats_micro_r"] == recall
    assert textcat().score_weights == {"cats_score": 1.0}


def test_scorer_may_be_ones_own():
    for factory in (textcat, textcat_multilabel):
        objective = factory(scorer=lambda gold, predicted: {"mine": len(gold)})
        assert objective.score([1, 2], [3, 4]) == {"mine": 2}


def test_sample_has_a_column_per_label():
    assert make(textcat).sample(OPS, docs_of([None, None])).shape == (2, 3)


def test_the_best_exclusive_category_counts_whatever_its_score():
    gold = [Doc(["a"], cats={"A": 1.0, "B": 0.0})]
    guess = [Doc(["a"], cats={"A": 0.6, "B": 0.4})]
    found = [make(textcat, threshold=t).score(gold, guess) for t in (0.0, 0.9)]
    assert found[0] == found[1]
    assert found[0]["cats_acc"] == 1.0


def test_threshold_out_of_range_is_refused():
    for threshold in (-0.1, 1.1):
        with pytest.raises(ValueError, match=f"must be 0 to 1, got {threshold}"):
            textcat(threshold=threshold)


@pytest.mark.parametrize("factory", [textcat, textcat_multilabel])
def test_a_score_out_of_range_is_refused(factory):
    objective = make(factory)
    doc = Doc(["a"], cats={"A": 1.0})
    doc.cats["A"] = 2.0  # What changes within a field is not checked.
    with pytest.raises(
        ValueError, match=r"textcat: cats must be scores .* 2.0 for 'A'"
    ):
        objective.loss(OPS, [doc], np.full((1, 3), 0.5, dtype="f"))
