"""Check DependencyParser: labels, settings, what it writes, and that it learns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Adam, NumpyOps, fix_random_seed

from tests.both_kernels import kernels  # noqa: F401
from tests.layers.builders import make_tok2vec, randomize
from zoo._registry import registry
from zoo._transitions.lanes import SHORTEST
from zoo.doc import Doc
from zoo.layers import TransitionModel
from zoo.objectives import DependencyParser, dependency_parser

OPS = NumpyOps()
TREES = [
    Doc(["the", "cat", "sleeps"], heads=[1, 2, 2], deps=["det", "nsubj", "ROOT"]),
    Doc(["A", "cat"], heads=[1, 1], deps=["det", "ROOT"]),
    Doc(
        ["it", "sees", "the", "x"],
        heads=[1, 1, 3, 1],
        deps=["nsubj", "ROOT", "det", "obj"],
    ),
    Doc([]),
]


def make(docs=TREES, **settings):
    objective = DependencyParser(min_action_freq=1, **settings)
    objective.add_labels(docs)
    fix_random_seed(0)
    model = TransitionModel(make_tok2vec(), "parser", hidden_width=16)
    return objective, model.initialize(X=docs, Y=objective.sample(OPS, docs))


def bare(docs):
    return [Doc([*doc.words]) for doc in docs]


def test_labels_are_moves():
    objective, model = make()
    assert objective.labels == [
        *("S", "D", "L-det", "L-nsubj", "L-dep", "R-obj", "R-dep", "B-ROOT")
    ]
    assert model.get_dim("nO") == len(objective.labels)
    other = DependencyParser()
    other.set_labels(objective.labels)
    assert other.labels == objective.labels


def test_labels_that_are_there_keep_their_places():
    objective, _ = make()
    before = objective.labels
    objective.add_labels([Doc(["a", "b"], heads=[1, 1], deps=["new", "ROOT"])])
    assert objective.labels == [*before, "L-new"]


def test_documents_without_trees_give_no_labels():
    objective = DependencyParser()
    objective.add_labels(bare(TREES))
    assert objective.labels == []


def test_it_learns_a_few_trees_by_heart():
    objective, model = make()
    optimizer = Adam(0.02)
    losses = []
    for _ in range(60):
        scores, backprop = model(TREES, is_train=True)
        loss = objective.loss(OPS, TREES, scores)
        backprop(loss.gradient)
        model.finish_update(optimizer)
        losses.append(loss.total)
    assert losses[-1] < losses[0] / 10
    docs = bare(TREES)
    objective.annotate(OPS, docs, model.predict(docs))
    assert [(d.heads, d.deps) for d in docs[:3]] == [
        (d.heads, d.deps) for d in TREES[:3]
    ]
    assert docs[2].sent_starts == [True, False, False, False]
    assert docs[3].heads == []
    scores = objective.score(TREES, docs)
    assert scores["dep_las"] == scores["dep_uas"] == 1


def test_what_is_not_known_teaches_nothing():
    objective, model = make()
    docs = bare(TREES)
    loss = objective.loss(OPS, docs, model(docs, is_train=True)[0])
    assert (loss.total, loss.count, loss.gradient.steps) == (0, 0, [])


def test_without_labels_nothing_is_learned_or_written():
    _, model = make()
    objective = DependencyParser()
    scores = model(TREES, is_train=True)[0]
    assert objective.loss(OPS, TREES, scores).count == 0
    docs = bare(TREES)
    objective.annotate(OPS, docs, scores)
    assert docs[0].heads is None


def test_documents_are_learned_to_their_ends_if_asked_for():
    objective, model = make(update_with_oracle_cut_size=4)
    docs = [TREES[0]] * 3
    counts = []
    for learn_ends in (True, False):
        model.attrs["learn_ends"] = learn_ends
        np.random.seed(1)
        scores = model(docs, is_train=True)[0]
        counts.append(objective.loss(OPS, docs, scores).count)
    assert counts[0] >= counts[1] > 0


def test_long_documents_are_cut_and_all_words_learned_from():
    objective, model = make(update_with_oracle_cut_size=10)
    n = 30
    words = ["the", "cat"] * n
    heads = [i + 1 - i % 2 for i in range(2 * n)]
    doc = Doc(words, heads=heads, deps=["det", "ROOT"] * n)
    loss = objective.loss(OPS, [doc], model([doc], is_train=True)[0])
    # No other loss: the scorer is of other documents than those that were read.
    assert loss.count >= 2 * n
    rows = np.concatenate([states.rows[0] for states, _ in loss.gradient.steps])
    assert len(set(rows.tolist()) - {0}) > n


@pytest.mark.usefixtures("kernels")
def test_trees_are_the_same_by_all_kernels_and_in_one_process_or_two_threads():
    objective, model = make()
    randomize(model)
    words = ["a", "cat", ".", "x", "sees"]
    found = []
    for size in (1, 2**20):
        docs = [Doc([words[(i + n) % 5] for i in range(n)]) for n in range(30)]
        with pytest.MonkeyPatch.context() as patch:
            for name in ("MAX_TOKENS", "MAX_COMPILED"):
                patch.setattr(dependency_parser, name, size)
            objective.annotate(OPS, docs, model.predict(docs))
        found.append([(doc.heads, doc.deps, doc.sent_starts) for doc in docs])
    assert found[0] == found[1]


@pytest.mark.usefixtures("kernels")
def test_known_sentences_are_kept():
    objective, model = make()
    doc = Doc(["the", "cat", "the", "cat"], sent_starts=[True, False, True, False])
    objective.annotate(OPS, [doc], model.predict([doc]))
    assert doc.sent_starts[2]
    assert not doc.sent_starts[1]


def test_guesses_of_sentences_change_nothing():
    found = []
    for guess_sentences in (True, False):
        objective, model = make(guess_sentences=guess_sentences)
        randomize(model)
        docs = [Doc(["a", "cat", "."] * SHORTEST), Doc(["x"])]
        objective.annotate(OPS, docs, model.predict(docs))
        found.append([(doc.heads, doc.deps) for doc in docs])
    assert found[0] == found[1]


@given(lengths=st.lists(st.integers(0, 9), max_size=8), max_tokens=st.integers(1, 20))
def test_parts_of_a_batch_have_the_trees_of_the_whole(lengths, max_tokens):
    objective, model = make()
    randomize(model)
    words = ["a", "cat", ".", "x", "sees"]
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for size in (sum(lengths) + 1, max_tokens):
            patch.setattr(dependency_parser, "MAX_TOKENS", size)
            docs = [Doc([words[(i + n) % 5] for i in range(n)]) for n in lengths]
            objective.annotate(OPS, docs, model.predict(docs))
            found.append([(doc.heads, doc.deps, doc.sent_starts) for doc in docs])
    assert found[0] == found[1]


@given(lengths=st.lists(st.integers(0, 9), max_size=8), max_tokens=st.integers(1, 20))
def test_parts_hold_all_documents_in_order_and_few_tokens(lengths, max_tokens):
    _, model = make()
    docs = [Doc(["a"] * n) for n in lengths]
    scores = model.predict(docs)
    seen = []
    for part, scorer in scores.parts(max_tokens):
        assert [*scorer.docs] == docs[part]
        assert len(scorer.vectors) == sum(lengths[part])
        assert len(scorer.docs) == 1 or len(scorer.vectors) <= max_tokens
        seen += docs[part]
    assert list(map(id, seen)) == list(map(id, docs))


def test_heads_in_a_circle_are_refused():
    objective, model = make()
    docs = [Doc(["a", "b"], heads=[1, 0], deps=["x", "x"])]
    with pytest.raises(ValueError, match="heads must lead to a root"):
        objective.loss(OPS, docs, model(docs, is_train=True)[0])


def test_a_scorer_of_ones_own_measures():
    objective = DependencyParser(scorer=lambda gold, predicted: {"mine": len(gold)})
    assert objective.score(TREES, TREES) == {"mine": 4}


def test_the_factory_refuses_to_join_words():
    factory = registry.factories.get("parser")
    assert factory(min_action_freq=3).min_action_freq == 3
    with pytest.raises(ValueError, match="parser: learn_tokens must be false"):
        factory(learn_tokens=True)


@pytest.mark.parametrize("name", ["min_action_freq", "update_with_oracle_cut_size"])
def test_sizes_below_zero_are_refused(name):
    with pytest.raises(ValueError, match=f"parser: {name} must be 0 or more"):
        DependencyParser(**{name: -1})


def test_a_model_of_another_kind_is_refused():
    objective, _ = make()
    model = TransitionModel(make_tok2vec(), "ner", nO=len(objective.labels))
    scores = model.initialize(X=TREES).predict(TREES)
    for use in (objective.loss, objective.annotate):
        with pytest.raises(
            ValueError, match="state_type of its model must be 'parser'"
        ):
            use(OPS, TREES, scores)
