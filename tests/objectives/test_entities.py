from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import NumpyOps

from tests.objectives.entities import documents
from tests.tiny import make_docs, make_settings, make_tiny_pipeline
from zoo import Doc
from zoo.doc import Span
from zoo.objectives import Entities
from zoo.objectives._biluo import tag_names, write_tags
from zoo.objectives.entities import entity_tagger
from zoo.training import train

OPS = NumpyOps()
TYPES = ["x", "y"]
UNKNOWN = Doc(["a", "b", "c"])


def make(types=TYPES):
    objective = Entities()
    objective.set_labels(tag_names(types))
    return objective


def draw_scores(docs, seed=0, dtype="f"):
    draw = np.random.default_rng(seed)
    return [draw.normal(size=(len(doc), 9)).astype(dtype) for doc in docs]


def test_labels_are_the_tags_of_the_types_in_sorted_order():
    objective = make([])
    assert objective.labels == []
    objective.add_labels(
        [Doc(["a"], ents=[Span(0, 1, "x")]), UNKNOWN, Doc([], ents=[])]
    )
    assert objective.labels == ["O", "B-x", "I-x", "L-x", "U-x"]
    objective.add_labels([Doc(["a"], ents=[Span(0, 1, name)]) for name in "zax"])
    assert objective.labels == tag_names(["x", "a", "z"])
    with pytest.raises(ValueError, match="entity_tagger: labels must be O, then B-"):
        objective.set_labels(["x", "y"])


@given(st.lists(documents(TYPES), max_size=3), st.integers(0, 99))
def test_gradient_is_that_of_the_loss(docs, seed):
    docs, objective = [*docs, UNKNOWN], make()
    scores = draw_scores(docs, seed, dtype="d")
    found = objective.loss(OPS, docs, scores)
    draw, step = np.random.default_rng(seed), 1e-5
    moves = [draw.normal(size=S.shape) for S in scores]
    ends = [
        objective.loss(OPS, docs, [S + sign * U for S, U in pairs]).total
        for sign in (step, -step)
        for pairs in [list(zip(scores, moves, strict=True))]
    ]
    slope = sum((g * u).sum() for g, u in zip(found.gradient, moves, strict=True))
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-4)


@given(st.lists(documents(TYPES), max_size=3), st.integers(0, 99))
def test_loss_is_that_of_each_document_alone(docs, seed):
    objective, scores = make(), draw_scores(docs, seed)
    before = [S.copy() for S in scores]
    whole = objective.loss(OPS, docs, scores)
    alone = [objective.loss(OPS, [d], [S]) for d, S in zip(docs, scores, strict=True)]
    assert whole.total == pytest.approx(sum(loss.total for loss in alone))
    assert whole.total >= 0
    assert whole.count == sum(map(len, docs))
    for i, loss in enumerate(alone):
        assert whole.gradient[i].dtype == np.float32
        np.testing.assert_allclose(whole.gradient[i], loss.gradient[0], atol=1e-6)
        np.testing.assert_array_equal(scores[i], before[i])


def test_loss_is_the_chance_of_the_gold_entities():
    doc = Doc(["a", "b"], ents=[Span(0, 2, "x")])
    objective = make(["x"])
    # O O, O U, U O, U U and B L are all that two words can be.
    found = objective.loss(OPS, [doc], [np.zeros((2, 5), dtype="f")])
    assert found.total == pytest.approx(np.log(5))
    expected = np.array([[2, 1 - 5, 0, 0, 2], [2, 0, 0, 1 - 5, 2]]) / 5
    np.testing.assert_allclose(found.gradient[0], expected, atol=1e-6)


def test_document_without_annotation_gives_nothing():
    for docs in ([], [UNKNOWN], [Doc([])], [UNKNOWN, Doc([], ents=[])]):
        scores = draw_scores(docs)
        found = make().loss(OPS, docs, scores)
        assert (float(found.total), found.count) == (0.0, 0)
        assert [g.shape for g in found.gradient] == [S.shape for S in scores]
        assert not any(g.any() for g in found.gradient)


def test_document_known_to_have_no_entities_is_learned_from():
    doc = Doc(["a", "b", "c"], ents=[])
    found = make().loss(OPS, [UNKNOWN, doc], draw_scores([UNKNOWN, doc]))
    assert (found.count, found.total > 0) == (3, True)
    assert (found.gradient[1][:, 0] < 0).all()
    assert not found.gradient[0].any()


@given(st.lists(documents(TYPES), max_size=4))
def test_entities_that_score_best_are_written(docs):
    objective, truths = make(), [doc.ents for doc in docs]
    scores = [np.eye(9, dtype="f")[write_tags(doc, TYPES.index)] for doc in docs]
    objective.annotate(OPS, docs, [S.reshape(-1, 9) for S in scores])
    assert [doc.ents for doc in docs] == truths


def test_predictions_take_the_place_of_what_is_there():
    doc = Doc(["a"], ents=[Span(0, 1, "x")])
    make().annotate(OPS, [doc, Doc([])], [np.eye(1, 9, 0, "f"), np.zeros((0, 9), "f")])
    assert doc.ents == []
    make().annotate(OPS, [], [])


@given(st.lists(documents(TYPES), min_size=1, max_size=3), st.integers(0, 99))
def test_bias_multiplies_the_odds_of_each_entity(docs, seed):
    objective = make()
    (scores, n_before) = draw_scores(docs, seed), None
    for bias in (-50.0, -1.0, 0.0, 1.0, 50.0):
        objective.bias = bias
        objective.annotate(OPS, docs, scores)
        n_entities = sum(len(doc.ents) for doc in docs)
        assert n_before is None or n_entities >= n_before
        n_before = n_entities
    assert n_before == sum(map(len, docs))  # Each word is an entity of its own.
    objective.bias = -50.0
    objective.annotate(OPS, docs, scores)
    assert not any(doc.ents for doc in docs)


def test_bias_counts_once_for_an_entity_of_any_length():
    # O O O scores 0, and the entity of three words -1.
    doc, S = Doc(["a", "b", "c"]), np.full((3, 5), -9.0, dtype="f")
    S[:, 0] = S[[0, 1, 2], [1, 2, 3]] = 0.0
    S[0, 1] = -1.0
    for bias, found in ((0.9, []), (1.1, [Span(0, 3, "x")])):
        objective = entity_tagger(bias=bias)
        objective.set_labels(tag_names(["x"]))
        objective.annotate(OPS, [doc], [S])
        assert doc.ents == found
    np.testing.assert_array_equal(S[0], [0, -1, -9, -9, -9])


def test_wrong_entities_are_refused():
    scores = draw_scores([UNKNOWN])
    doc = Doc(["a", "b", "c"], ents=[Span(0, 1, "z")])
    with pytest.raises(ValueError, match="the label 'z' was not seen when the model"):
        make().loss(OPS, [doc], scores)
    doc.ents[:] = [Span(0, 2, "x"), Span(1, 3, "y")]
    for refuse in (
        lambda: make().loss(OPS, [doc], scores),
        lambda: make().add_labels([doc]),
    ):
        with pytest.raises(
            ValueError, match="entity_tagger: entities must not overlap"
        ):
            refuse()


def test_scorer_may_be_ones_own():
    objective = entity_tagger(scorer=lambda gold, predicted: {"mine": len(gold)})
    assert objective.score([1, 2], [3, 4]) == {"mine": 2}
    gold = [Doc(["a"], ents=[Span(0, 1, "x")])]
    assert entity_tagger().score(gold, gold)["ents_f"] == 1.0
    assert entity_tagger().score_weights == {"ents_f": 1.0}
    assert (entity_tagger().field, len(make().sample(OPS, gold)[0][0])) == ("ents", 9)


def make_entity_docs(n=12, seed=0):
    """Make sentences where "big" before an animal makes one entity of both."""
    draw, docs = np.random.default_rng(seed), []
    for _ in range(n):
        words, ents = [], []
        for _ in range(draw.integers(1, 4)):
            animal = str(draw.choice(["dogs", "cats"]))
            big = ["big"] * int(draw.integers(0, 3))
            ents.append(Span(len(words), len(words) + len(big) + 1, animal.upper()))
            words += [*big, animal, "run"]
        docs.append(Doc(words, ents=ents))
    return docs


def test_it_learns_entities_beside_documents_with_other_labels():
    tagged = [Doc(doc.words, tags=doc.tags) for doc in make_docs()]
    docs = [*make_entity_docs(), *tagged]
    pipeline = make_tiny_pipeline(["tok2vec", "tagger", "entity_tagger"], docs)
    settings = make_settings(max_steps=60, eval_frequency=30)
    best = train(pipeline, lambda: docs, lambda: docs, settings)
    assert best.scores["ents_f"] == best.scores["tag_acc"] == 1.0
    assert 0 <= best.losses["entity_tagger"] < 0.5
    (doc,) = pipeline([["big", "cats", "run", "dogs"]])
    assert doc.ents == [Span(0, 2, "CATS"), Span(3, 4, "DOGS")]


@settings(max_examples=5)
@given(st.integers(0, 9))
def test_labels_that_are_missing_give_a_head_no_gradient(seed):
    docs = [*make_entity_docs(), *make_docs()]
    pipeline = make_tiny_pipeline(["tok2vec", "tagger", "entity_tagger"], docs, seed)
    losses = pipeline.update([Doc(["dogs", "run"], tags=["NN", "VB"])])
    assert (losses["entity_tagger"].count, losses["tagger"].count) == (0, 2)
    assert float(losses["entity_tagger"].total) == 0.0
    head = pipeline.components["entity_tagger"].model.get_ref("output_layer")
    assert not head.get_grad("W").any()
    assert not head.get_grad("b").any()


@st.composite
def half_known(draw):
    """Draw a document of which some words are unknown, in one case all or none."""
    doc = draw(documents(TYPES, 1))
    known = draw(st.lists(st.booleans(), min_size=len(doc), max_size=len(doc)))
    ents = [span for span in doc.ents if all(known[span.start : span.end])]
    return Doc(doc.words, ents=ents, ents_known=known)


def runs(doc, S):
    """Cut out the runs of known words, each a document with its scores."""
    known = [False] * len(doc) if doc.ents is None else doc.ents_known
    known = known or [True] * len(doc)
    found, start = [], 0
    for is_known, group in groupby(known):
        end = start + len([*group])
        ents = [
            Span(a - start, b - start, label)
            for a, b, label in doc.ents or ()
            if start <= a < end
        ]
        if is_known:
            found.append((Doc(doc.words[start:end], ents=ents), S[start:end], start))
        start = end
    return found


@given(st.lists(half_known(), max_size=3), st.integers(0, 99))
def test_runs_of_known_words_are_learned_from_alone(docs, seed):
    objective, scores = make(), draw_scores(docs, seed)
    whole = objective.loss(OPS, docs, scores)
    total = count = 0
    for doc, S, gradient in zip(docs, scores, whole.gradient, strict=True):
        expected = np.zeros(S.shape, dtype="f")
        for part, own, start in runs(doc, S):
            loss = objective.loss(OPS, [part], [own])
            total, count = total + loss.total, count + loss.count
            expected[start : start + len(part)] = loss.gradient[0]
        np.testing.assert_allclose(gradient, expected, atol=1e-6)
    assert float(whole.total) == pytest.approx(float(total), abs=1e-5)
    assert whole.count == count


def test_unknown_words_get_no_gradient_and_others_do():
    doc = Doc(["a", "b", "c"], ents=[Span(0, 1, "x")], ents_known=[True, False, True])
    found = make().loss(OPS, [doc], draw_scores([doc]))
    assert [bool(row.any()) for row in found.gradient[0]] == [True, False, True]
    assert found.count == 2


def test_a_prediction_is_of_all_words():
    doc = Doc(["a", "b", "c"], ents=[], ents_known=[True, False, True])
    make().annotate(OPS, [doc], draw_scores([doc]))
    assert doc.ents_known is None
    assert doc.copy() == doc


def test_an_entity_of_unknown_words_is_refused():
    doc = Doc(["a", "b", "c"], ents=[], ents_known=[True, False, True])
    doc.ents = [Span(0, 2, "x")]  # Its words may become unknown later.
    with pytest.raises(ValueError, match=r"entity_tagger: the words .* known, got 0:2"):
        make().loss(OPS, [doc], draw_scores([doc]))


def test_entities_get_the_probability_that_they_were_predicted_with():
    objective, empty = make(), Doc([])
    objective.bias = 1.0
    docs = [Doc(["a", "b", "c"]), empty, Doc(["d"] * 8)]
    scores = draw_scores(docs)
    objective.annotate(OPS, docs, scores)
    found = objective.probabilities(OPS, docs, scores)
    assert [[*chances] for chances in found] == [doc.ents for doc in docs]
    assert found[1] == {} and any(found)
    assert all(0 < p <= 1 for chances in found for p in chances.values())
    sharp = [50 * S for S in scores]  # One tagging has nearly all of the probability.
    objective.annotate(OPS, docs, sharp)
    found = objective.probabilities(OPS, docs, sharp)
    assert min(p for chances in found for p in chances.values()) > 0.999
