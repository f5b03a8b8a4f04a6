"""Score spans of documents for each of some categories."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from .._arrays import as_thinc, on_device, rows_of
from .._registry import layer
from .._types import Array, Docs
from ._ragged import from_sizes, with_data
from .containers import join, split
from .maxout_norm import MaxoutNorm
from .reduce import reduce
from .scatter import scatter_add

#: Poolings in spaCy's order, by their places in the order of `reduce`: last, first,
#: mean, max of first, last, max, mean.
_ORDER = [1, 0, 3, 2]


class SpanScorer:
    """Score spans of the documents that a model has read.

    Attributes:
        lengths: Tokens of each document, (n_docs,), on the host.

    Args:
        model: A `SpanCategorizer`.
        X: The vectors of tokens, (n_tokens, width).
        is_train: Whether gradients will come back.
    """

    def __init__(self, model: Model[Any, Any], X: Ragged, is_train: bool) -> None:
        self.lengths = np.array([len(part) for part in split(X)], np.int64)
        self.model = model
        self._X = X
        self._is_train = is_train
        self._backprop: Callable[[Floats2d], Array] | None = None

    def __call__(self, spans: list[Array]) -> Floats2d:
        """Score spans, (n_spans, nO) of all documents.

        Args:
            spans: Of each document, where its spans begin and end: (n_spans, 2) on the
                host, counted in tokens.
        """
        ops, (_, reducer, scorer) = self.model.ops, self.model.layers
        offsets = np.cumsum(self.lengths) - self.lengths
        shifted = [s + offset for s, offset in zip(spans, offsets, strict=True)]
        bounds = np.concatenate([np.zeros((0, 2), np.int64), *shifted])
        if not len(bounds):
            self._backprop = None
            return ops.alloc2f(0, self.model.get_dim("nO"))
        sizes = bounds[:, 1] - bounds[:, 0]
        ends = np.cumsum(sizes)
        # Each token of each span, one span after the other.
        rows = np.arange(ends[-1]) + np.repeat(bounds[:, 0] - ends + sizes, sizes)
        index = on_device(ops, rows)
        data = rows_of(self._X)
        parts = from_sizes(ops, data[index], sizes.tolist())
        H, backprop_reducer = reducer(parts, self._is_train)
        Y, backprop_scorer = scorer(H, self._is_train)

        def backprop(dY: Floats2d) -> Array:
            d_parts = backprop_reducer(backprop_scorer(dY))
            dX: Array = ops.xp.zeros_like(data)
            scatter_add(ops, dX, index, rows_of(d_parts))
            return dX

        self._backprop = backprop
        return cast(Floats2d, Y)

    def backprop(self, dY: Floats2d) -> Ragged:
        """Turn gradients of the scores into those of the vectors of tokens."""
        if self._backprop is None:
            return with_data(self._X, self.model.ops.xp.zeros_like(rows_of(self._X)))
        return with_data(self._X, self._backprop(dY))


@layer("zoo.SpanCategorizer.v1")
def SpanCategorizer(
    tok2vec: Model[Docs, list[Floats2d]],
    reducer: Model[Ragged, Floats2d],
    scorer: Model[Floats2d, Floats2d],
) -> Model[Docs, SpanScorer]:
    """Score spans for each of nO categories, from the pooled vectors of their tokens.

    Which spans are scored the objective decides, so that the output is not yet scores
    but a function from spans to scores.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        A SpanScorer, which turns spans into Floats2d, (n_spans, nO). The gradient that
        comes back is that of the scores of the spans that were scored last.
    Layers:
        tok2vec, reducer and scorer, which are references.

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        reducer: From the vectors of spans to one vector each, such as
            `MeanMaxReducer`.
        scorer: From these to scores. The sample output sets its width.

    Source:
        spaCy 3.8, `build_spancat_model`.
    """
    return Model(
        "span_categorizer",
        forward,
        init=init,
        dims={"nO": None},
        layers=[tok2vec, reducer, scorer],
        refs={"tok2vec": tok2vec, "reducer": reducer, "scorer": scorer},
    )


def forward(
    model: Model[Docs, SpanScorer], docs: Docs, is_train: bool
) -> tuple[SpanScorer, Callable[[Floats2d], Docs]]:
    tok2vec = model.layers[0]
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    scorer = SpanScorer(model, join(model.ops, vectors), is_train)

    def backprop(dY: Floats2d) -> Docs:
        return cast(Docs, backprop_tok2vec(split(scorer.backprop(dY))))

    return scorer, backprop


def init(
    model: Model[Docs, SpanScorer], X: Docs | None = None, Y: Floats2d | None = None
) -> None:
    tok2vec, reducer, scorer = model.layers
    tok2vec.initialize(X=X)
    width = tok2vec.maybe_get_dim("nO") if tok2vec.has_dim("nO") else None
    if width is None or Y is None:
        return
    # One span of one token: the widths follow from it.
    spans = from_sizes(model.ops, rows_of_zeros(model, width), [1])
    reducer.initialize(X=spans)
    H = reducer.predict(spans)
    scorer.initialize(X=H, Y=model.ops.alloc2f(1, Y.shape[1]))
    model.set_dim("nO", Y.shape[1])


def rows_of_zeros(model: Model[Any, Any], width: int) -> Array:
    """Return one row of zeros on the device of a model, (1, width)."""
    zeros: Array = model.ops.xp.zeros((1, width), dtype="f")
    return zeros


@layer("zoo.MeanMaxReducer.v1")
def MeanMaxReducer(hidden_size: int = 128) -> Model[Ragged, Floats2d]:
    """Pool the vectors of each sequence in four ways, and mix them with a maxout.

    Computes ``layer_norm(maxout(W x + b))``, where x concatenates the last, the first,
    the mean and the greatest of the vectors.

    Input:
        Ragged of Floats2d, (n_rows, width), in n_sequences parts.
    Output:
        Floats2d, (n_sequences, hidden_size).
    Layers:
        A MaxoutNorm from (n_sequences, 4 * width); reference "mix".

    Args:
        hidden_size: Width of the output.

    Source:
        spaCy 3.8, `build_mean_max_reducer`.
    """
    mix = MaxoutNorm(nO=hidden_size, nP=3)
    return Model(
        "mean_max_reducer",
        _forward_reducer,
        init=_init_reducer,
        dims={"nO": hidden_size},
        layers=[reduce(["first", "last", "max", "mean"]), mix],
        refs={"mix": mix},
    )


def _forward_reducer(
    model: Model[Ragged, Floats2d], X: Ragged, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Ragged]]:
    pool, mix = model.layers
    pooled, backprop_pool = pool(X, is_train)
    rows: Any = pooled
    n_rows, width = rows.shape
    H = rows.reshape(n_rows, 4, width // 4)[:, _ORDER].reshape(n_rows, width)
    Y, backprop_mix = mix(as_thinc(H), is_train)

    def backprop(dY: Floats2d) -> Ragged:
        dH: Any = backprop_mix(dY)
        # The order is its own inverse.
        d_parts = dH.reshape(n_rows, 4, width // 4)[:, _ORDER]
        d_pooled = model.ops.xp.ascontiguousarray(d_parts.reshape(n_rows, width))
        return cast(Ragged, backprop_pool(d_pooled))

    return Y, backprop


def _init_reducer(
    model: Model[Ragged, Floats2d], X: Ragged | None = None, Y: Floats2d | None = None
) -> None:
    mix = model.layers[1]
    if X is not None and mix.maybe_get_dim("nI") is None:
        mix.set_dim("nI", 4 * rows_of(X).shape[1])
    mix.initialize()
