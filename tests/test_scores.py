import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo._scores import score_cats, score_ents, score_tags, token_accuracy, token_prf
from zoo.doc import Doc, Span

TAGS = st.sampled_from(["A", "B", "C"])
PAIRS = st.lists(st.lists(st.tuples(st.none() | TAGS, st.none() | TAGS)))
GOLD = [Doc(["a", "b", "c"], tags=["A", "B", None]), Doc(["d"], tags=["B"]), Doc(["e"])]
PREDICTED = [
    Doc(["a", "b", "c"], tags=["A", "C", "C"]),
    Doc(["d"]),
    Doc(["e"], tags=["A"]),
]


def with_cats(*cats):
    return [Doc(["a"], cats=found) for found in cats]


def test_tags_are_scored_where_gold_is_known():
    assert score_tags(GOLD, PREDICTED) == {
        "tag_acc": 1 / 3,
        "tag_per_type": {
            "A": {"p": 1.0, "r": 1.0, "f": 1.0},
            "B": {"p": 0.0, "r": 0.0, "f": 0.0},
            "C": {"p": 0.0, "r": 0.0, "f": 0.0},
        },
    }


def test_coarse_tags_have_their_own_names():
    docs = [Doc(["a"], pos=["X"])]
    assert score_tags(docs, docs, "pos") == {
        "pos_acc": 1.0,
        "pos_per_type": {"X": {"p": 1.0, "r": 1.0, "f": 1.0}},
    }


@given(PAIRS)
def test_tokens_are_scored_as_by_hand(batch):
    words = [["w"] * len(pairs) for pairs in batch]
    gold = [Doc(w, tags=[g for g, _ in p]) for w, p in zip(words, batch, strict=True)]
    guess = [Doc(w, tags=[g for _, g in p]) for w, p in zip(words, batch, strict=True)]
    pairs = [pair for pairs in batch for pair in pairs if pair[0]]
    hits = [g for g, p in pairs if g == p]
    accuracy = len(hits) / len(pairs) if pairs else None
    assert token_accuracy(gold, guess, "tags") == accuracy
    scores = token_prf(gold, guess, "tags")
    assert list(scores) == sorted({tag for pair in pairs for tag in pair if tag})
    for tag, prf in scores.items():
        n_gold = sum(g == tag for g, _ in pairs)
        n_guessed = sum(p == tag for _, p in pairs)
        p = hits.count(tag) / n_guessed if n_guessed else 0
        r = hits.count(tag) / n_gold if n_gold else 0
        assert prf == {"p": p, "r": r, "f": 2 * p * r / (p + r) if p else 0}


@pytest.mark.parametrize(
    "docs", [[], [Doc([])], [Doc(["a"])], [Doc(["a"], tags=[None])]]
)
def test_without_gold_there_is_no_accuracy(docs):
    assert score_tags(docs, docs) == {"tag_acc": None, "tag_per_type": {}}


def test_heads_and_sentence_starts_are_values_too():
    docs = [Doc(["a", "b"], heads=[0, 0], sent_starts=[True, False])]
    assert token_accuracy(docs, docs, "heads") == 1.0
    assert list(token_prf(docs, docs, "sent_starts")) == [False, True]


def test_documents_that_do_not_go_together_are_refused():
    match = "gold and predicted must be the same documents, got 3 and 1 of them."
    with pytest.raises(ValueError, match=match):
        token_accuracy(GOLD, PREDICTED[:1], "tags")
    with pytest.raises(ValueError, match=match):
        score_cats(GOLD, PREDICTED[:1], ["x"], exclusive=True)
    match = "document 2 must have the same words in gold and predicted, got 1 and 3"
    with pytest.raises(ValueError, match=match):
        token_accuracy([GOLD[0], GOLD[1]], [GOLD[0], GOLD[0]], "tags")


@pytest.mark.parametrize("field", ["cats", "words", "tag"])
def test_another_field_is_refused(field):
    with pytest.raises(ValueError, match=f"field must be one of .*, got '{field}'."):
        token_accuracy(GOLD, PREDICTED, field)


def test_exclusive_categories():
    gold = with_cats({"x": 1.0}, {"y": 1.0}, {"x": 1.0}, {"x": 1.0})
    guess = with_cats(*({"x": s, "y": 1 - s} for s in (0.9, 0.8, 0.7, 0.4)))
    scores = score_cats(gold, guess, ["x", "y"], exclusive=True)
    assert scores["cats_acc"] == scores["cats_micro_f"] == 0.5
    assert scores["cats_f_per_type"] == {
        "x": {"p": 2 / 3, "r": 2 / 3, "f": 2 / 3},
        "y": {"p": 0.0, "r": 0.0, "f": 0.0},
    }
    assert scores["cats_auc_per_type"] == {"x": 1 / 3, "y": 1 / 3}
    assert scores["cats_score"] == scores["cats_macro_f"] == 1 / 3
    assert scores["cats_score_desc"] == "macro F"


def test_categories_that_do_not_exclude_each_other():
    gold = with_cats({"x": 1.0, "y": 1.0}, {"x": 0.0}, {"x": 1.0}, {"z": 1.0}, None)
    guess = with_cats(
        {"x": 0.5, "y": 0.9}, {"x": 0.5}, {"x": 0.2}, {"x": 1.0}, {"x": 1}
    )
    scores = score_cats(gold, guess, ["x", "y"], exclusive=False)
    assert scores["cats_f_per_type"] == {
        "x": {"p": 0.5, "r": 0.5, "f": 0.5},
        "y": {"p": 1.0, "r": 1.0, "f": 1.0},
    }
    assert scores["cats_auc_per_type"] == {"x": 0.25, "y": None}
    assert scores["cats_score"] == scores["cats_macro_auc"] == 0.25
    assert scores["cats_score_desc"] == "macro AUC"
    assert scores["cats_acc"] is None
    scores = score_cats(gold, guess, ["x", "y"], exclusive=False, threshold=0.2)
    assert scores["cats_f_per_type"]["x"] == {"p": 2 / 3, "r": 1.0, "f": 0.8}


def test_a_document_without_prediction_misses_its_category():
    gold = with_cats({"x": 1.0}, {"x": 1.0}, {"x": 0.0}, None)
    guess = with_cats({"x": 1.0}, None, {}, {"x": 1.0})
    scores = score_cats(gold, guess, ["x"], exclusive=True)
    assert scores["cats_acc"] == 0.5
    assert scores["cats_f_per_type"]["x"] == {"p": 1.0, "r": 0.5, "f": 2 / 3}


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize(
    "gold", [[], with_cats(None), with_cats({}), with_cats({"unknown": 1.0})]
)
def test_without_gold_there_are_no_scores(gold, exclusive):
    guess = with_cats({"x": 1.0})[: len(gold)]
    scores = score_cats(gold, guess, ["x", "y"], exclusive=exclusive)
    assert set(scores.values()) == {None}
    known = with_cats({"x": 1.0})
    assert scores.keys() == score_cats(known, known, ["x"], exclusive=exclusive).keys()


def with_ents(*found):
    words = ["a", "b", "c", "d"]
    return [Doc(words, ents=e if e is None else [Span(*s) for s in e]) for e in found]


def test_entities_are_right_if_all_of_them_is():
    gold = with_ents([(0, 2, "x"), (2, 3, "y")], [(0, 1, "x")], [(1, 2, "x")], [], None)
    guess = with_ents(
        [(0, 2, "x"), (3, 4, "y")], [(0, 2, "x")], None, [(0, 1, "z")], [(0, 1, "x")]
    )
    assert score_ents(gold, guess) == {
        "ents_p": 1 / 4,
        "ents_r": 1 / 4,
        "ents_f": 1 / 4,
        "ents_per_type": {
            "x": {"p": 1 / 2, "r": 1 / 3, "f": 2 / 5},
            "y": {"p": 0.0, "r": 0.0, "f": 0.0},
            "z": {"p": 0.0, "r": 0.0, "f": 0.0},
        },
    }


@pytest.mark.parametrize("gold", [[], with_ents(None), with_ents([])])
def test_without_entities_there_are_no_scores(gold):
    guess = with_ents([])[: len(gold)]
    names = {"ents_p", "ents_r", "ents_f", "ents_per_type"}
    assert score_ents(gold, guess) == dict.fromkeys(names)
    match = "gold and predicted must be the same documents, got 3 and 1 of them."
    with pytest.raises(ValueError, match=match):
        score_ents(GOLD, GOLD[:1])


def test_documents_without_categories_are_not_counted():
    gold, guess = with_cats({"x": 1}, {"y": 1}), with_cats({"x": 0.9}, {"y": 0.9})
    alone = score_cats(gold, guess, ["x", "y"], exclusive=True)
    for other in (None, {}, {"z": 1.0}):
        mixed = score_cats(
            [*gold, *with_cats(other)],
            [*guess, *with_cats({"x": 0.8, "y": 0.1})],
            ["x", "y"],
            exclusive=True,
        )
        assert mixed == alone
    assert alone["cats_score"] == alone["cats_macro_auc"] == 1.0


def test_a_label_that_no_document_has_is_not_scored():
    gold = with_cats({"x": 1.0, "y": 0.0}, {"x": 0.0, "y": 0.0})
    guess = with_cats({"x": 0.9, "y": 0.1}, {"x": 0.2, "y": 0.3})
    scores = score_cats(gold, guess, ["x", "y"], exclusive=False)
    assert scores["cats_f_per_type"]["y"] == {"p": None, "r": None, "f": None}
    assert scores["cats_auc_per_type"] == {"x": 1.0, "y": None}
    assert scores["cats_macro_f"] == scores["cats_score"] == 1.0
    positive = with_cats({"x": 1.0}, {"x": 1.0})
    scores = score_cats(positive, guess, ["x"], exclusive=False)
    assert scores["cats_score"] is scores["cats_macro_auc"] is None
    nothing = with_cats({"x": 0.0}, {"x": 0.0})
    scores = score_cats(nothing, with_cats({}, {}), ["x"], exclusive=False)
    numbers = ("cats_score", "cats_micro_f", "cats_macro_f", "cats_macro_auc")
    assert {scores[name] for name in numbers} == {None}


def test_entities_of_unknown_words_are_not_counted():
    words = ["a", "b", "c", "d"]
    known = [True, False, True, True]
    gold = [Doc(words, ents=[Span(2, 3, "x")], ents_known=known)]
    guess = with_ents([(0, 2, "x"), (2, 3, "x"), (3, 4, "x")])
    scores = score_ents(gold, guess)
    assert (scores["ents_p"], scores["ents_r"]) == (1 / 2, 1.0)
