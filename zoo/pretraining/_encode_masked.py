"""Encode some tokens of a batch, and compute only what these depend on."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from .._types import Array, Docs
from ..layers._ragged import with_data
from ..layers._windows import encode_windows
from ..layers.containers import join, split


def encode_tokens(
    model: Model[Docs, list[Floats2d]],
    docs: Docs,
    tokens: NDArray[np.integer[Any]],
    is_train: bool,
) -> tuple[Floats2d, Callable[[Floats2d], Docs]]:
    """Give the vectors of some tokens, (n_chosen, nO), as the model gives them.

    If the model is a `Tok2Vec` with a `MaxoutWindowEncoder`, each block computes only
    the rows that the chosen tokens depend on: they and `window_size` neighbours on
    either side for every block that follows.

    model: From documents to token vectors, (n_tokens, nO) per document.
    tokens: Places of the chosen tokens in the batch, laid end to end, in order, each
        once.
    """
    is_tok2vec = model.name == "tok2vec" and model.has_ref("embed")
    if is_tok2vec and model.get_ref("encode").name == "maxout_window_encoder":
        return _by_windows(model, docs, tokens, is_train)
    vectors, callback = model(docs, is_train)
    X = join(model.ops, vectors, model.maybe_get_dim("nO") or 0)
    data: Array = X.dataXd
    at: Array = model.ops.asarray(tokens)  # type: ignore[arg-type]

    def backprop(dY: Floats2d) -> Docs:
        dX: Array = model.ops.xp.zeros_like(data)
        dX[at] = dY
        return cast(Docs, callback(split(with_data(X, dX))))

    return data[at], backprop


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
        dX = with_data(X, backprop_blocks(dY))
        return cast(Docs, callback(split(dX) if is_list else dX))

    return Y, backprop
