"""Embed words in prediction, with the vectors that earlier batches computed."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from thinc.api import Model

from .._arrays import as_thinc
from .._kernel_choice import kernels_name
from .._lexical.annotation import ANNOTATION
from .._lexical.token_forms import token_forms
from .._types import Array, Docs
from .._watched_parameters import Weights, weights_of
from ._call_kernels import call_sum_hashed_rows, call_transform, pack, suits
from ._maxout import arrange, transform_by_groups
from ._word_table import KnownRagged, WordTable, look_up_forms, map_words, max_words
from .precision import is_exact

#: Computes what a MaxoutNorm mixes, (n_forms, nI), from forms and the weights of the
#: layers.
ComputeInputs = Callable[[Sequence[Hashable], Sequence[Weights]], Array]


def predict_words(
    model: Model[Any, Any], docs: Docs, compute_inputs: ComputeInputs
) -> KnownRagged | None:
    """Embed the words of a batch, computing only those that no earlier batch had.

    Args:
        model: An embedding. Its last layer is a MaxoutNorm that mixes what the others
            compute of each word.
        docs: The documents.
        compute_inputs: Computes what is mixed, for words. It must depend on nothing
            but the words and the weights of the layers before the last.

    Returns:
        The vectors; None if this device, type or precision has no such code.
    """
    names = model.attrs["features"]
    # What annotation adds to a word differs from one batch to the next.
    is_lexical = ANNOTATION.keys().isdisjoint(names)
    if model.ops.device_type != "cpu" or not is_exact() or not is_lexical:
        return None
    weights = [weights_of(node) for node in model.layers]
    if not all([w.is_single for w in weights]):
        return None
    *inputs, mix = weights

    is_compiled = suits(mix.arrays["W"])

    def compute(forms: Sequence[Hashable]) -> Array:
        X = compute_inputs(forms, inputs)
        Y: Array = np.empty((len(forms), len(mix.arrays["G"])), dtype="f")

        def transform(rows: slice) -> None:
            if is_compiled:
                Y[rows] = call_transform(X[rows], mix.derive(pack))
            else:
                Y[rows] = transform_by_groups(X[rows], mix.derive(arrange))

        map_words(transform, len(forms))
        return Y

    # All that a vector depends on, besides its word.
    seeds = [node.attrs.get("seed") for node in model.layers]
    source = (is_compiled, *names, *seeds, *(w.token for w in weights))
    is_kept = all(w.token is not None for w in weights)
    known = mix.kept("table")
    if known is not None and known[0] == source:
        table: WordTable = known[1]
    else:
        width = len(mix.arrays["G"])
        table = WordTable(width, max_words(width), is_kept)
        if is_kept:
            mix.keep("table", (source, table))
    forms = [token_forms(doc, names) for doc in docs]
    sizes = list(map(len, forms))
    lengths: Any = np.array(sizes, dtype="i4")
    table, index = look_up_forms(
        table, forms, compute, lambda new: mix.keep("table", (source, new))
    )
    return KnownRagged(table, index, lengths, sizes)


def sum_hashed_rows(
    ops: Any, tables: Sequence[Array], keys: Array, seeds: Sequence[int]
) -> Array:
    """Compute the vector of each key, the sum of its four rows in a table.

    Args:
        ops: Those of the layer.
        tables: Of one width, (n_rows, width) each.
        keys: One for each table, (n_keys, n_tables).
        seeds: Seed of each table.

    Returns:
        The vectors side by side, (n_keys, n_tables * width).
    """
    if kernels_name() == "numba":
        return call_sum_hashed_rows(tables, keys, seeds)
    n_keys, n_tables = keys.shape
    rows: Array = np.empty((n_tables, 4, n_keys), dtype=np.uint32)
    for column, of_table, seed in zip(keys.T.copy(), rows, seeds, strict=True):
        of_table[:] = ops.hash(as_thinc(column), seed).T
    rows %= np.array([[[len(E)]] for E in tables], dtype=np.uint32)
    X: Array = np.empty((n_keys, n_tables, tables[0].shape[1]), dtype="f")
    for i, E in enumerate(tables):
        np.add.reduce(E.take(rows[i], axis=0), axis=0, out=X[:, i])
    return X.reshape(n_keys, -1)


def no_backprop(*gradients: Any) -> Any:
    """Refuse to compute gradients after a prediction."""
    raise RuntimeError(
        "A layer: predictions have no gradient, got one after a prediction. Call the "
        "model with is_train=True."
    )
