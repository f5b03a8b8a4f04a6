"""Pool the vectors of each document into a sum weighted by attention."""

from collections.abc import Callable

from thinc.api import Model
from thinc.initializers import uniform_init
from thinc.types import Floats2d, Ragged

from .._arrays import as_array, as_thinc, param_of, rows_of
from .._registry import layer
from ..threads import threads
from ._ragged import Sequences, check_ragged, lengths_of, with_data

#: Scores are clipped to this, as in Thinc, so that their exponentials are finite.
LIMIT = 20.0


@layer("zoo.AttentionPool.v1")
def AttentionPool(
    nO: int | None = None, keys: Model[Floats2d, Floats2d] | None = None
) -> Model[Ragged, Floats2d]:
    """Sum the rows of each sequence, weighted by a softmax over the sequence.

    Computes ``sum_i a_i x_i`` with ``a = softmax(k(x) Q)``. A sequence without rows
    gives zeros and gets no gradient.

    Input:
        Ragged of Floats2d, (n_rows, nO), in n_sequences parts.
    Output:
        Floats2d, (n_sequences, nO).
    Parameters:
        Q, (nO,).

    Args:
        nO: Width. If None, the sample input sets it at initialization.
        keys: The layer k, from rows to rows of the same width, such as Thinc's `Gelu`.
            If None, k is the identity.

    Source:
        Yang et al. (2016), https://aclanthology.org/N16-1174, whose hidden layer is
        `keys`: the same as Thinc's ParametricAttention and a sum.
    """
    return Model(
        "attention_pool",
        forward,
        init=init,
        dims={"nO": nO},
        params={"Q": None},
        layers=[] if keys is None else [keys],
    )


def forward(
    model: Model[Ragged, Floats2d], X: Ragged, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Ragged]]:
    check_ragged(model, X)
    ops, xp = model.ops, model.ops.xp
    Q, data = param_of(model, "Q"), rows_of(X)
    if len(data) == 0:
        return ops.alloc2f(len(X.lengths), len(Q)), lambda dY: X
    sequences = Sequences(ops, lengths_of(X))
    keys, backprop_keys = data, None
    if model.layers:
        found, backprop_keys = model.layers[0](as_thinc(data), is_train)
        keys = as_array(found)
    with threads.one_blas_thread():
        scores = keys @ Q
    exponentials = xp.exp(xp.clip(scores, -LIMIT, LIMIT))[:, None]
    attention = exponentials / sequences.spread(sequences.sum(exponentials))
    Y = sequences.sum(attention * data)

    def backprop(dY: Floats2d) -> Ragged:
        dY_rows = sequences.spread(dY)
        d_attention = (dY_rows * data).sum(axis=1, keepdims=True)
        average = sequences.spread(sequences.sum(attention * d_attention))
        d_scores = attention * (d_attention - average)
        model.inc_grad("Q", (d_scores * keys).sum(axis=0))
        d_keys = d_scores * Q
        if backprop_keys is not None:
            d_keys = as_array(backprop_keys(as_thinc(d_keys)))
        return with_data(X, attention * dY_rows + d_keys)

    return as_thinc(Y), backprop


def init(
    model: Model[Ragged, Floats2d], X: Ragged | None = None, Y: Floats2d | None = None
) -> None:
    if X is not None:
        check_ragged(model, X)
        model.set_dim("nO", X.dataXd.shape[-1])
    nO = model.get_dim("nO")
    model.set_param("Q", uniform_init(model.ops, (nO,)))
    for keys in model.layers:
        keys.set_dim("nI", nO)
        keys.set_dim("nO", nO)
        keys.initialize()
