import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import NumpyOps

from zoo import Doc
from zoo.objectives import Tagging
from zoo.objectives.tags import pos_tagger, tagger

OPS = NumpyOps()
LABELS = ["A", "B", "C"]
TAGS = st.none() | st.sampled_from(["", *LABELS, "!A", "!B", "!C"])


def make(labels=LABELS, **settings):
    objective = Tagging(**settings)
    objective.set_labels(labels)
    return objective


def chances(lengths, n_labels=3, seed=0):
    draw = np.random.default_rng(seed)
    rows = [draw.dirichlet(np.ones(n_labels), size=n).astype("f") for n in lengths]
    return [row.reshape(-1, n_labels) for row in rows]


def doc_of(tags):
    return Doc(["x"] * len(tags), tags=list(tags))


def reference(tags, P, labels, smoothing=0.0):
    """Return loss and gradient of a document, token by token, by spaCy's rule."""
    loss, count, gradient = 0.0, 0, np.zeros_like(P)
    for i, tag in enumerate(tags):
        if not tag:
            continue
        count += 1
        if tag.startswith("!"):
            j = labels.index(tag[1:])
            gradient[i, j] = P[i, j]
            loss -= math.log(1 - P[i, j])
            continue
        for j, label in enumerate(labels):
            truth = 1 - smoothing if label == tag else smoothing / (len(labels) - 1)
            gradient[i, j] = P[i, j] - truth
            loss -= truth * math.log(P[i, j])
    return loss, count, gradient


@given(
    st.lists(st.lists(TAGS, max_size=4), max_size=4),
    st.sampled_from([0.0, 0.05, 0.5]),
    st.integers(0, 99),
)
def test_loss_and_gradient_are_those_of_the_reference(batch, smoothing, seed):
    scores = chances(map(len, batch), seed=seed)
    before = [row.copy() for row in scores]
    found = make(label_smoothing=smoothing).loss(OPS, list(map(doc_of, batch)), scores)
    expected = [
        reference(tags, P, LABELS, smoothing)
        for tags, P in zip(batch, scores, strict=True)
    ]
    assert float(found.total) == pytest.approx(sum(e[0] for e in expected), rel=1e-4)
    assert found.count == sum(e[1] for e in expected)
    assert len(found.gradient) == len(batch)
    for gradient, (_, _, wanted) in zip(found.gradient, expected, strict=True):
        assert gradient.dtype == np.float32
        np.testing.assert_allclose(gradient, wanted, atol=1e-6)
    for row, copy in zip(scores, before, strict=True):
        np.testing.assert_array_equal(row, copy)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_gradient_is_that_of_the_loss_by_the_layer_below(smoothing):
    objective, doc = make(label_smoothing=smoothing), doc_of(["B", None, "C"])
    X = np.random.default_rng(0).normal(size=(3, 3))

    def loss(X):
        P = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
        return objective.loss(OPS, [doc], [P])

    step = 1e-5
    numeric = np.zeros_like(X)
    for place in np.ndindex(X.shape):
        move = np.zeros_like(X)
        move[place] = step
        numeric[place] = (loss(X + move).total - loss(X - move).total) / (2 * step)
    np.testing.assert_allclose(loss(X).gradient[0], numeric, atol=1e-6)


def test_gradient_is_that_of_thincs_loss():
    from thinc.api import SequenceCategoricalCrossentropy

    batch = [["A", "!B", None, "C"], ["", "B"]]
    scores = chances(map(len, batch))
    peer = SequenceCategoricalCrossentropy(
        names=LABELS, normalize=False, neg_prefix="!"
    )
    truths = [[tag or None for tag in tags] for tags in batch]
    expected, _ = peer(scores, truths)
    found = make().loss(OPS, list(map(doc_of, batch)), scores).gradient
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_certainty_is_no_infinite_loss():
    P = np.array([[1, 0, 0]], dtype="f")
    for tag in ("B", "!A"):
        found = make().loss(OPS, [doc_of([tag])], [P])
        assert 80 < found.total < 100


def test_label_that_is_alone_has_all_of_the_truth():
    P = np.ones((1, 1), dtype="f")
    found = make(["A"], label_smoothing=0.1).loss(OPS, [doc_of(["A"])], [P])
    assert found.total == 0
    assert found.gradient[0] == 0


def test_batch_without_labels_gives_nothing():
    for docs in ([], [Doc([])], [Doc(["x"])], [doc_of([None, ""])]):
        scores = chances(map(len, docs))
        found = make().loss(OPS, docs, scores)
        assert (float(found.total), found.count) == (0.0, 0)
        assert [g.shape for g in found.gradient] == [s.shape for s in scores]
        assert not any(g.any() for g in found.gradient)


def test_labels_are_collected_in_sorted_order():
    objective = make([])
    objective.add_labels(doc_of(tags) for tags in [["C", None], ["A", ""]])
    assert objective.labels == ["A", "C"]
    objective.add_labels([doc_of(["B", "C", "!D", "!"]), Doc(["x"])])
    assert objective.labels == ["A", "C", "!", "B", "D"]


def test_label_that_was_not_seen_is_refused():
    for tag in ("D", "!D"):
        with pytest.raises(ValueError, match="label 'D' was not seen when the model"):
            make().loss(OPS, [doc_of([tag])], chances([1]))


def test_prefix_may_be_another_or_none():
    doc = doc_of(["!A"])
    assert make(["!A", "A"], neg_prefix="").loss(OPS, [doc], chances([1], 2)).count == 1
    objective = make([], neg_prefix="not-")
    objective.add_labels([doc_of(["!A", "not-B", "not-"])])
    assert objective.labels == ["!A", "B", "not-"]


def test_best_label_is_written_where_there_is_none():
    scores = [np.array([[0, 9, 1], [5, 0, 0]], dtype="f"), np.zeros((0, 3), dtype="f")]
    docs = [Doc(["x", "y"], tags=["C", None]), Doc([])]
    make().annotate(OPS, docs, scores)
    assert [doc.tags for doc in docs] == [["C", "A"], []]
    make(overwrite=True).annotate(OPS, docs, scores)
    assert [doc.tags for doc in docs] == [["B", "A"], []]
    make(field="pos").annotate(OPS, docs, scores)
    assert docs[0].pos == ["B", "A"]
    make().annotate(OPS, [], [])


def test_factories_differ_by_their_field():
    gold, guess = doc_of(["A", "B"]), doc_of(["A", "C"])
    assert (tagger().field, pos_tagger().field) == ("tags", "pos")
    assert tagger().score([gold], [guess])["tag_acc"] == 0.5
    assert pos_tagger().score([gold], [guess])["pos_acc"] is None
    assert tagger().score_weights == {"tag_acc": 1.0}
    assert pos_tagger().score_weights == {"pos_acc": 1.0}


def test_scorer_may_be_ones_own():
    objective = tagger(scorer=lambda gold, predicted: {"mine": len(gold)})
    assert objective.score([1, 2], [3, 4]) == {"mine": 2}


def test_sample_has_a_column_per_label():
    shapes = [array.shape for array in make().sample(OPS, [doc_of("AB"), Doc([])])]
    assert shapes == [(2, 3), (0, 3)]


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_smoothing_out_of_range_is_refused(smoothing):
    with pytest.raises(
        ValueError, match="smoothing must be 0 or more and below 1, got"
    ):
        tagger(label_smoothing=smoothing)


def test_other_field_is_refused():
    with pytest.raises(ValueError, match="must be 'tags' or 'pos', got 'heads'"):
        Tagging(field="heads")
