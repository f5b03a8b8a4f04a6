"""Look words up in a fixed table of vectors, and project the vectors."""

from collections.abc import Callable, Sequence
from typing import Any

from thinc.api import Model
from thinc.initializers import glorot_uniform_init
from thinc.types import FloatsXd, Ragged, Unserializable
from thinc.util import partial

from .._arrays import as_thinc, on_device, param_of, rows_of
from .._check_numbers import SHARE, check_numbers, check_sizes
from .._registry import layer
from .._types import Array, Docs
from ..threads import threads
from ..vectors.base import VectorTable
from ._unique_words import DistinctWords, draw_width_mask


# `vectors` is Any: to check for a VectorTable, a config would compute its checksum.
@layer("zoo.StaticVectors.v1", needs={"vectors": None})
def StaticVectors(
    width: int | None = None,
    *,
    vectors: Any = None,
    dropout: float = 0.0,
    init_W: Callable[..., FloatsXd] = glorot_uniform_init,
) -> Model[Docs, Ragged]:
    """Embed words by a fixed table of vectors and a learned projection.

    Computes ``W v``, where v is the vector of the word in the table, once per unique
    word of the batch. For an unknown word most tables return zeros; then the output is
    zeros, and W learns nothing from the word. (In spaCy the output is zeros too, but W
    is trained as if the word had the last vector of the table.)

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Ragged of Floats2d, (n_tokens, width).
    Parameters:
        W, (width, nM), where nM is the width of the table.

    Args:
        width: Width of the output. If None, the sample output sets it.
        vectors: The table, a `VectorTable`. The model refers to it: it is neither
            trained nor saved with the weights, and a copied model has the same table.
            If None, `set_vectors` sets it later.
        dropout: Probability of zeroing a dimension of the whole batch, 0 to 1. In
            training only.
        init_W: Function that draws W, from ops and a shape.

    Raises:
        TypeError: `vectors` is not a table.
        ValueError: `width` or `dropout` is out of range.
        RuntimeError: Initialized or called without a table.

    Source:
        The static channel of Kim (2014), https://arxiv.org/abs/1408.5882.
    """
    check_sizes("StaticVectors", 1, width=width)
    check_numbers("StaticVectors", SHARE, dropout=dropout)
    model: Model[Docs, Ragged] = Model(
        "static_vectors",
        forward,
        init=partial(init, init_W),
        dims={"nO": width, "nM": None},
        params={"W": None},
        attrs={"vectors": Unserializable(None), "dropout_rate": dropout},
    )
    if vectors is not None:
        set_vectors(model, vectors)
    return model


def set_vectors(model: Model[Any, Any], vectors: VectorTable) -> None:
    """Set the table of every StaticVectors in a model.

    Raises:
        TypeError: `vectors` is not a table.
        ValueError: Its width is not that of the weights. The model is not changed then.
    """
    if not hasattr(vectors, "get") or not hasattr(vectors, "shape"):
        raise TypeError(
            f"StaticVectors: vectors must be a table of words and vectors, got "
            f"{type(vectors).__name__}. Make one with zoo.vectors."
        )
    nodes = [node for node in model.walk() if node.name == "static_vectors"]
    nM = vectors.shape[1]
    for node in nodes:
        if node.maybe_get_dim("nM") not in (None, nM):
            raise ValueError(
                f"StaticVectors: its table must be {node.get_dim('nM')} wide, as its "
                f"weights are made for, got '{vectors.name}' of width {nM}."
            )
    for node in nodes:
        node.set_dim("nM", nM)
        node.attrs["vectors"] = Unserializable(_Reference(vectors))


class _Reference:
    """A reference to a table, which a copied model shares."""

    def __init__(self, table: VectorTable) -> None:
        self.table = table

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Reference":
        return self


def forward(
    model: Model[Docs, Ragged], docs: Docs, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    words = DistinctWords(model.ops, docs, ["ORTH"])
    rows, backprop_rows = project_words(model, words.strings, is_train)

    def backprop(dY: Ragged) -> Docs:
        if len(words):  # An empty list has lost its width.
            backprop_rows(words.gather(rows_of(dY)))
        return []

    return words.spread(rows), backprop


def project_words(
    model: Model[Docs, Ragged], words: Sequence[str], is_train: bool
) -> tuple[Array, Callable[[Array], None]]:
    """Project the vector of each word, and drop some dimensions of the whole batch."""
    W = param_of(model, "W")
    V = on_device(model.ops, _table(model).get(words)[0])
    with threads.one_blas_thread():
        Y = V @ W.T
    mask = draw_width_mask(model, len(W), is_train)
    if mask is not None:
        Y *= mask

    def backprop(dY: Array) -> None:
        dW = (dY if mask is None else dY * mask).T @ V
        model.inc_grad("W", as_thinc(dW))

    return Y, backprop


def init(
    init_W: Callable[..., FloatsXd],
    model: Model[Docs, Ragged],
    X: Docs | None = None,
    Y: Ragged | None = None,
) -> None:
    if Y is not None:
        model.set_dim("nO", Y.dataXd.shape[-1])
    _table(model)
    shape = (model.get_dim("nO"), model.get_dim("nM"))
    model.set_param("W", init_W(model.ops, shape))


def _table(model: Model[Docs, Ragged]) -> VectorTable:
    reference = model.attrs["vectors"].obj
    if reference is None:
        raise RuntimeError(
            "StaticVectors: has no table of vectors. Set the table before the model is "
            "initialized or used: set_vectors(model, table), from zoo.layers."
        )
    table: VectorTable = reference.table
    return table
