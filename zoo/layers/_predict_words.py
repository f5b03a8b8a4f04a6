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
from ._call_kernels import call_sum_rows, call_transform, pack, suits
from ._maxout import arrange, transform_by_groups
from ._word_table import KnownRagged, WordTable, look_up_forms, map_words, max_words
from .precision import is_exact

#: Computes what a MaxoutNorm mixes, (n_forms, width) each, from forms and the weights
#: of the layers.
ComputeParts = Callable[[Sequence[Hashable], Sequence[Weights]], Sequence[Array]]


def predict_words(
    model: Model[Any, Any], docs: Docs, compute_parts: ComputeParts
) -> KnownRagged | None:
    """Embed the words of a batch, computing only those that no earlier batch had.

    Args:
        model: An embedding. Its last layer is a MaxoutNorm that mixes what the others
            compute of each word.
        docs: The documents.
        compute_parts: Computes the parts for words. It must depend on nothing but the
            words and the weights of the layers before the last.

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
        parts = compute_parts(forms, inputs)
        Y: Array = np.empty((len(forms), len(mix.arrays["G"])), dtype="f")

        def transform(rows: slice) -> None:
            X = np.hstack([part[rows] for part in parts])
            if is_compiled:
                Y[rows] = call_transform(X, mix.derive(pack))
            else:
                Y[rows] = transform_by_groups(X, mix.derive(arrange))

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
    lengths = model.ops.asarray1i(sizes)
    table, index = look_up_forms(
        table, forms, compute, lambda new: mix.keep("table", (source, new))
    )
    return KnownRagged(table, index, lengths, sizes)


def sum_hashed_rows(ops: Any, E: Array, keys: Array, seed: int) -> Array:
    """Compute the vector of each key, the sum of its four rows, (n_keys, width)."""
    hashed: Any = ops.hash(as_thinc(np.ascontiguousarray(keys)), seed)
    rows: Array = hashed % len(E)
    if kernels_name() == "numba":
        return call_sum_rows(E, rows)
    Y: Array = E.take(rows.T, axis=0).sum(axis=0)
    return Y


def no_backprop(dY: Any) -> Any:
    """Refuse to compute gradients after a prediction."""
    raise RuntimeError(
        "A layer: predictions have no gradient, got one after a prediction. Call the "
        "model with is_train=True."
    )
