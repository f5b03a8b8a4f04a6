"""Check EntityRecognizer: labels, settings, what it writes, and that it learns."""

import pytest
from thinc.api import Adam, NumpyOps, fix_random_seed

from tests.layers.builders import make_tok2vec
from zoo._registry import registry
from zoo.doc import Doc, Span
from zoo.layers import TransitionModel
from zoo.objectives import EntityRecognizer

OPS = NumpyOps()
GOLD = [
    Doc(["the", "cat", "A", "ca"], ents=[Span(1, 2, "X"), Span(2, 4, "Y")]),
    Doc(["x", "the", "n't", "x"], ents=[Span(0, 3, "X")]),
    Doc(["the"], ents=[]),
    Doc([], ents=[]),
]


def make(**settings):
    objective = EntityRecognizer(**settings)
    objective.add_labels(GOLD)
    fix_random_seed(0)
    model = TransitionModel(make_tok2vec(), "ner", hidden_width=16)
    return objective, model.initialize(X=GOLD, Y=objective.sample(OPS, GOLD))


def bare(docs):
    return [Doc([*doc.words]) for doc in docs]


def test_labels_are_moves():
    objective, model = make()
    assert objective.labels == [
        *("B-X", "B-Y", "I-X", "I-Y", "L-X", "L-Y", "U-X", "U-Y", "U-", "O")
    ]
    assert model.get_dim("nO") == 10
    other = EntityRecognizer()
    other.set_labels(objective.labels)
    assert other.labels == objective.labels


def test_labels_that_are_there_keep_their_places():
    objective, _ = make()
    before = objective.labels
    objective.add_labels([Doc(["a"], ents=[Span(0, 1, "Z")])])
    assert objective.labels == [*before, "B-Z", "I-Z", "L-Z", "U-Z"]


@pytest.mark.parametrize("cut", [0, 2, 100])
def test_it_learns_a_few_entities_by_heart(cut):
    objective, model = make(update_with_oracle_cut_size=cut)
    optimizer = Adam(0.02)
    losses = []
    for _ in range(60):
        scores, backprop = model(GOLD, is_train=True)
        loss = objective.loss(OPS, GOLD, scores)
        backprop(loss.gradient)
        model.finish_update(optimizer)
        losses.append(loss.total)
    assert losses[-1] < losses[0] / 10
    docs = bare(GOLD)
    objective.annotate(OPS, docs, model.predict(docs))
    assert [doc.ents for doc in docs] == [doc.ents for doc in GOLD]
    assert objective.score(GOLD, docs)["ents_f"] == 1


def test_known_entities_stay_and_sentences_are_not_crossed():
    objective, model = make()
    starts = [True, False, False, True]
    docs = [
        Doc(["the", "cat", "A", "ca"], ents=[Span(0, 2, "NEW")], sent_starts=starts)
    ]
    objective.annotate(OPS, docs, model.predict(docs))
    # A model that has not learned begins an entity wherever it may.
    assert docs[0].ents == [Span(0, 2, "NEW"), Span(2, 3, "X"), Span(3, 4, "X")]


def test_all_is_known_of_a_document_that_was_annotated():
    objective, model = make()
    docs = [Doc(["a", "b"], ents=[], ents_known=[True, False])]
    objective.annotate(OPS, docs, model.predict(docs))
    assert docs[0].ents_known is None


@pytest.mark.parametrize(
    "docs",
    [bare(GOLD), [Doc(["a"], ents=[], ents_known=[False])], []],
    ids=["unknown", "nothing known", "none"],
)
def test_what_is_not_known_teaches_nothing(docs):
    objective, model = make()
    loss = objective.loss(OPS, docs, model(docs, is_train=True)[0])
    assert (loss.total, loss.count, loss.gradient.steps) == (0, 0, [])


def test_without_labels_nothing_is_learned_or_written():
    _, model = make()
    objective = EntityRecognizer()
    scores = model(GOLD, is_train=True)[0]
    assert objective.loss(OPS, GOLD, scores).count == 0
    docs = bare(GOLD)
    objective.annotate(OPS, docs, scores)
    assert docs[0].ents is None


def test_a_scorer_of_ones_own_measures():
    objective = EntityRecognizer(scorer=lambda gold, predicted: {"mine": len(gold)})
    assert objective.score(GOLD, GOLD) == {"mine": 4}


def test_the_factory_takes_spacys_settings():
    factory = registry.factories.get("ner")
    made = factory(update_with_oracle_cut_size=7, moves=None, incorrect_spans_key=None)
    assert made.update_with_oracle_cut_size == 7
    with pytest.raises(ValueError, match="ner: update_with_oracle_cut_size must be 0"):
        factory(update_with_oracle_cut_size=-1)


def test_a_model_of_another_kind_is_refused():
    objective, _ = make()
    model = TransitionModel(make_tok2vec(), "parser", nO=len(objective.labels))
    scores = model.initialize(X=GOLD).predict(GOLD)
    for use in (objective.loss, objective.annotate):
        with pytest.raises(ValueError, match="state_type of its model must be 'ner'"):
            use(OPS, GOLD, scores)
