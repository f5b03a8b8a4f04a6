import pytest

from zoo._label_scores import score_morphs, score_spans
from zoo.doc import Doc, Span

GOLD = [
    Doc(["a", "b", "c"], morphs=["A=1|B=2", "", None]),
    Doc(["d"]),
    Doc(["e"], morphs=["B=2"]),
]
GUESS = [
    Doc(["a", "b", "c"], morphs=["A=1|B=3", "C=4", "A=1"]),
    Doc(["d"], morphs=["A=1"]),
    Doc(["e"], morphs=["B=2"]),
]


def test_features_are_counted_where_there_are_any():
    scores = score_morphs(GOLD, GUESS)
    assert scores["morph_acc"] == pytest.approx(1 / 3)
    assert scores["morph_micro_p"] == pytest.approx(2 / 3)
    assert scores["morph_per_feat"]["A"] == {"p": 1.0, "r": 1.0, "f": 1.0}
    assert scores["morph_per_feat"]["B"] == {"p": 0.5, "r": 0.5, "f": 0.5}
    assert "C" not in scores["morph_per_feat"]


def test_without_features_there_is_nothing_to_score():
    assert {*score_morphs([Doc(["a"])], [Doc(["a"])]).values()} == {None}
    assert score_morphs([], [])["morph_per_feat"] is None


def test_spans_of_a_group_are_scored():
    gold = [
        Doc(["a", "b"], spans={"x": [Span(0, 1, "P"), Span(0, 2, "Q")]}),
        Doc(["c"]),
    ]
    guess = [
        Doc(["a", "b"], spans={"x": [Span(0, 1, "P"), Span(1, 2, "Q")], "y": []}),
        Doc(["c"], spans={"x": [Span(0, 1, "P")]}),
    ]
    scores = score_spans(gold, guess, "x")
    assert (scores["spans_x_p"], scores["spans_x_r"]) == (0.5, 0.5)
    assert scores["spans_x_per_type"]["P"]["f"] == 1.0
    assert scores["spans_x_per_type"]["Q"]["f"] == 0.0
    assert {*score_spans(gold, guess, "z").values()} == {None}
    missed = score_spans(gold, [Doc(["a", "b"]), Doc(["c"])], "x")
    assert missed["spans_x_r"] == 0.0


def test_documents_must_go_together():
    with pytest.raises(ValueError, match="the same documents"):
        score_spans(GOLD, [], "x")
