"""Look words up in a table of vectors that is not trained, and project these."""

from collections.abc import Callable, Sequence
from typing import Any

from thinc.api import Model
from thinc.initializers import glorot_uniform_init
from thinc.types import FloatsXd, Ragged, Unserializable
from thinc.util import partial

from .._checks import SHARE, check_numbers, check_sizes
from .._registry import layer
from .._types import Array, Docs
from ..threads import threads
from ..vectors.base import VectorTable
from ._unique_words import DistinctWords, draw_width_mask


# To see whether a table is a VectorTable, a config would compute its checksum.
@layer("zoo.StaticVectors.v1", needs={"vectors": None})
def StaticVectors(
    width: int | None = None,
    *,
    vectors: Any = None,
    dropout: float = 0.0,
    init_W: Callable[..., FloatsXd] = glorot_uniform_init,
) -> Model[Docs, Ragged]:
    """Embed words by a fixed table of vectors and a learned projection.

    Computes ``W v``, where v is what the table gives for the word, once per distinct
    word of the batch. For a word that it does not know, a table gives zeros unless
    it was told otherwise; the output is zeros then, and W learns nothing from the
    word. (In spaCy it is zeros too, but W is trained as if the word had the last
    vector of the table.)

    Input: list of documents: zoo Docs, lists of words or spaCy Docs.
    Output: Ragged of Floats2d, (n_tokens, width).
    Parameters: W, (width, nM), where nM is the width of the table.

    width: Width of the output. If None, the sample output sets it.
    vectors: The table, a `VectorTable`. The model refers to it: it is neither trained
        nor saved with the weights, and a copied model has the same. If None,
        `set_vectors` gives it.
    dropout: Chance of zeroing a dimension of the whole batch, 0 to 1. In training only.
    init_W: Makes W, from ops and a shape.

    Raises TypeError if vectors is no table, ValueError if width or dropout is out of
    range; RuntimeError if used without a table.

    Source: the static channel of Kim (2014), https://arxiv.org/abs/1408.5882.
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
    """Give a table to every StaticVectors in a model, in the place of any it has.

    Raises TypeError if vectors is no table, and ValueError if it is not as wide as
    the weights were made for; the model is not changed then.
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
    """Refer to a table, so that a copied model has the same one and no copy."""

    def __init__(self, table: VectorTable) -> None:
        self.table = table

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Reference":
        return self


def forward(
    model: Model[Docs, Ragged], docs: Docs, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    words = DistinctWords(model.ops, docs, ["ORTH"])
    rows, backprop_rows = project(model, words.strings, is_train)

    def backprop(dY: Ragged) -> Docs:
        if len(words):  # What came through an empty list has lost its width.
            backprop_rows(words.gather(dY.dataXd))
        return []

    return words.spread(rows), backprop


def project(
    model: Model[Docs, Ragged], words: Sequence[str], is_train: bool
) -> tuple[Array, Callable[[Array], None]]:
    """Project the vector of each word, and drop some dimensions of the whole batch."""
    W: Array = model.get_param("W")
    V: Array = model.ops.asarray(_table(model).get(words)[0])  # type: ignore[arg-type]
    with threads.one_blas_thread():
        Y = V @ W.T
    mask = draw_width_mask(model, len(W), is_train)
    if mask is not None:
        Y *= mask

    def backprop(dY: Array) -> None:
        model.inc_grad("W", (dY if mask is None else dY * mask).T @ V)

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
            "StaticVectors: has no table of vectors. Give a model its table before it "
            "is initialized or used: set_vectors(model, table), from zoo.layers."
        )
    table: VectorTable = reference.table
    return table
