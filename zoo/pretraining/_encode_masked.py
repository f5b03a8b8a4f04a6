"""Encode some tokens of a batch, and compute only what they depend on."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from .._arrays import as_array, as_thinc, on_device, rows_of
from .._types import Array, Docs
from ..layers._encode_windows import encode_windows
from ..layers._ragged import with_data
from ..layers.containers import join, split


def encode_tokens(
    model: Model[Docs, list[Floats2d]],
    docs: Docs,
    tokens: NDArray[np.integer[Any]],
    is_train: bool,
) -> tuple[Floats2d, Callable[[Floats2d], Docs]]:
    """Compute the vectors of some tokens, equal to those that the model computes.

    If the model is a `Tok2Vec` with a `MaxoutWindowEncoder`, each block computes only
    the rows that the chosen tokens depend on: they and `window_size` neighbours on
    either side for every block that follows.

    Args:
        model: From documents to token vectors, (n_tokens, nO) per document.
        docs: The batch.
        tokens: Positions of the chosen tokens in the concatenated documents,
            (n_chosen,), in ascending order, each once.
        is_train: Whether to keep what the gradient needs, and apply dropout.

    Returns:
        The vectors, (n_chosen, nO), and the backprop callback, which takes their
        gradient.
    """
    is_tok2vec = model.name == "tok2vec" and model.has_ref("embed")
    if is_tok2vec and model.get_ref("encode").name == "maxout_window_encoder":
        return _by_windows(model, docs, tokens, is_train)
    vectors, callback = model(docs, is_train)
    X = join(model.ops, vectors, model.maybe_get_dim("nO") or 0)
    data, at = rows_of(X), on_device(model.ops, tokens)

    def backprop(dY: Floats2d) -> Docs:
        dX: Array = model.ops.xp.zeros_like(data)
        dX[at] = dY
        return cast(Docs, callback(split(with_data(X, dX))))

    return as_thinc(data[at]), backprop


def _by_windows(
    model: Model[Docs, list[Floats2d]],
    docs: Docs,
    tokens: NDArray[np.integer[Any]],
    is_train: bool,
) -> tuple[Floats2d, Callable[[Floats2d], Docs]]:
    embed, encoder = model.get_ref("embed"), model.get_ref("encode")
    embedded, callback = embed(docs, is_train)
    is_list = not isinstance(embedded, Ragged)
    X = join(model.ops, embedded, encoder.get_dim("nI")) if is_list else embedded
    Y, backprop_blocks = encode_windows(encoder, X, tokens, is_train)

    def backprop(dY: Floats2d) -> Docs:
        dX = with_data(X, backprop_blocks(as_array(dY)))
        return cast(Docs, callback(split(dX) if is_list else dX))

    return as_thinc(Y), backprop
