import numpy as np
import pytest
from thinc.api import Linear, NumpyOps, Ragged

from zoo.doc import Doc
from zoo.layers import MeanMaxReducer, SpanCategorizer
from zoo.objectives import spancat

from .builders import make_ragged, make_tok2vec

OPS = NumpyOps()
DOCS = [Doc(["a", "b", "c"]), Doc([]), Doc(["d"])]


def make():
    model = SpanCategorizer(make_tok2vec(), MeanMaxReducer(4), Linear(2))
    return model.initialize(X=DOCS, Y=np.zeros((1, 2), "f"))


def bounds(*spans):
    return [np.array(part, np.int64).reshape(-1, 2) for part in spans]


def test_a_span_is_scored_by_its_own_words():
    model = make()
    scores = model.predict(DOCS)(bounds([(0, 2), (1, 2)], [], [(0, 1)]))
    assert scores.shape == (3, 2)
    alone = model.predict([DOCS[2]])(bounds([(0, 1)]))
    np.testing.assert_allclose(scores[2:], alone, atol=1e-6)
    again = model.predict(DOCS)(bounds([], [], [(0, 1)]))
    np.testing.assert_allclose(again, alone, atol=1e-6)


def test_without_spans_there_is_no_gradient():
    model = make()
    scores, backprop = model(DOCS, is_train=True)
    Y = scores(bounds([], [], []))
    assert Y.shape == (0, 2)
    backprop(Y)
    empty, backprop = model([], is_train=True)
    assert empty([]).shape == (0, 2)
    backprop(empty([]))


def test_the_reducer_joins_four_poolings():
    X = make_ragged([2, 1])
    reducer = MeanMaxReducer(3).initialize(X=X)
    mix = reducer.get_ref("mix")
    rows = [X.dataXd[:2], X.dataXd[2:]]
    pooled = [np.concatenate([r[-1], r[0], r.mean(0), r.max(0)]) for r in rows]
    expected = mix.predict(np.stack(pooled).astype("f"))
    np.testing.assert_allclose(reducer.predict(X), expected, atol=1e-5)
    assert isinstance(X, Ragged)


def test_the_width_follows_from_the_labels():
    objective = spancat()
    objective.set_labels(["A", "B", "C"])
    model = SpanCategorizer(make_tok2vec(), MeanMaxReducer(4), Linear())
    model.initialize(X=DOCS, Y=objective.sample(OPS, DOCS))
    assert model.get_dim("nO") == 3
    with pytest.raises(ValueError, match="nO"):
        SpanCategorizer(make_tok2vec(), MeanMaxReducer(4), Linear()).get_dim("nO")
