import pytest

from zoo import Doc
from zoo._wrong_predictions import Mistake, count_confusions, find_mistakes
from zoo.doc import Span


def found(gold, predicted, field, **options):
    return [tuple(m)[2:] for m in find_mistakes([gold], [predicted], field, **options)]


def test_words_are_compared_where_gold_is_known():
    gold = Doc(["a", "b", "c", "d"], tags=["X", None, "Y", "Z"])
    guess = Doc(["a", "b", "c", "d"], tags=["X", "Y", "X", None])
    assert found(gold, guess, "tags") == [
        (2, 3, "Y", "X", None),
        (3, 4, "Z", None, None),
    ]
    assert found(gold, Doc(["a", "b", "c", "d"]), "tags")[0] == (0, 1, "X", None, None)
    assert found(guess.copy(annotations=False), guess, "tags") == []


def test_entities_are_missed_invented_or_have_another_label():
    words = ["a", "b", "c", "d"]
    gold = Doc(words, ents=[Span(0, 1, "P"), Span(2, 3, "L")])
    guess = Doc(words, ents=[Span(0, 1, "L"), Span(2, 4, "L")])
    assert found(gold, guess, "ents") == [
        (0, 1, "P", "L", None),
        (2, 3, "L", None, None),
        (2, 4, None, "L", None),
    ]
    assert found(Doc(words), guess, "ents") == []
    partly = Doc(words, ents=[], ents_known=[True, True, False, True])
    assert found(partly, guess, "ents") == [(0, 1, None, "L", None)]


def test_exclusive_categories_are_compared_by_the_best():
    gold, guess = Doc(["a"], cats={"x": 1.0}), Doc(["a"], cats={"x": 0.4, "y": 0.6})
    assert found(gold, guess, "cats") == [(0, 1, "x", "y", 0.6)]
    assert found(gold, Doc(["a"], cats={"x": 0.6, "y": 0.4}), "cats") == []
    assert found(gold, Doc(["a"]), "cats") == [(0, 1, "x", None, None)]
    assert found(Doc(["a"]), guess, "cats") == []


def test_other_categories_are_compared_one_by_one():
    gold = Doc(["a"], cats={"x": 1.0, "y": 0.0, "z": 1.0})
    guess = Doc(["a"], cats={"x": 0.4, "y": 0.6, "z": 0.9, "unknown": 1.0})
    assert found(gold, guess, "cats", exclusive=False) == [
        (0, 1, "x", None, 0.4),
        (0, 1, None, "y", 0.6),
    ]
    assert found(gold, guess, "cats", exclusive=False, threshold=0.35) == [
        (0, 1, None, "y", 0.6)
    ]


def test_confusions_are_counted():
    mistakes = [Mistake(0, "ents", 0, 1, g, p) for g, p in ("XY", "XY", "X ")]
    mistakes[-1] = mistakes[-1]._replace(predicted=None)
    assert count_confusions(mistakes) == {("X", "Y"): 2, ("X", "-"): 1}


def test_documents_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        list(find_mistakes([Doc(["a"])], [], "tags"))
