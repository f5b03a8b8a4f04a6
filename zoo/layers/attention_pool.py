"""Pool the vectors of each document into a sum weighted by attention."""

from collections.abc import Callable

from thinc.api import Model
from thinc.initializers import uniform_init
from thinc.types import Floats2d, Ragged

from .._arrays import as_thinc, param_of, rows_of
from .._registry import layer
from ..threads import threads
from ._ragged import Sequences, check_ragged, lengths_of, with_data

#: Scores are clipped to this, as in Thinc, so that their exponentials are finite.
LIMIT = 20.0


@layer("zoo.AttentionPool.v1")
def AttentionPool(nO: int | None = None) -> Model[Ragged, Floats2d]:
    """Sum the rows of each sequence, weighted by a softmax over the sequence.

    Computes ``sum_i a_i x_i`` with ``a = softmax(x Q)``. A sequence without rows gives
    zeros and gets no gradient.

    Input:
        Ragged of Floats2d, (n_rows, nO), in n_sequences parts.
    Output:
        Floats2d, (n_sequences, nO).
    Parameters:
        Q, (nO,).

    Args:
        nO: Width. If None, the sample input sets it at initialization.

    Source:
        Yang et al. (2016), https://aclanthology.org/N16-1174, without its hidden layer:
        the same as Thinc's ParametricAttention and a sum.
    """
    return Model(
        "attention_pool", forward, init=init, dims={"nO": nO}, params={"Q": None}
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
    with threads.one_blas_thread():
        scores = data @ Q
    exponentials = xp.exp(xp.clip(scores, -LIMIT, LIMIT))[:, None]
    attention = exponentials / sequences.spread(sequences.sum(exponentials))
    Y = sequences.sum(attention * data)

    def backprop(dY: Floats2d) -> Ragged:
        dY_rows = sequences.spread(dY)
        d_attention = (dY_rows * data).sum(axis=1, keepdims=True)
        average = sequences.spread(sequences.sum(attention * d_attention))
        d_scores = attention * (d_attention - average)
        model.inc_grad("Q", (d_scores * data).sum(axis=0))
        return with_data(X, attention * dY_rows + d_scores * Q)

    return as_thinc(Y), backprop


def init(
    model: Model[Ragged, Floats2d], X: Ragged | None = None, Y: Floats2d | None = None
) -> None:
    if X is not None:
        check_ragged(model, X)
        model.set_dim("nO", X.dataXd.shape[-1])
    model.set_param("Q", uniform_init(model.ops, (model.get_dim("nO"),)))
