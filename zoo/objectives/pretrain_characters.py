"""Pretrain an encoder on the bytes of masked words."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d

from .._arrays import as_array, on_device
from .._check_numbers import check_sizes
from .._registry import registry
from .._types import Array
from ..doc import Doc
from ..layers.char_embed import pick_bytes
from ._prediction import prediction_head
from .objective import Loss
from .token_objective import TokenObjective, words_at

#: Number of values of a byte. Padding is 255, which UTF-8 never contains.
N_BYTES = 256


@registry.objectives("zoo.PretrainCharacters.v1")
def PretrainCharacters(
    *, maxout_pieces: int = 3, hidden_size: int = 300, n_characters: int = 4
) -> TokenObjective:
    """Predict the first and last bytes of each masked word.

    Takes n_characters bytes of the word's UTF-8: the first, the last, the second, the
    second last, and so on, each once. A shorter word is padded, and the padding is
    predicted too. The loss is the sum of the cross-entropies of a softmax over 256
    values for each position. Reports "bits_per_character", the mean over positions;
    before any training it is 8.

    Args:
        maxout_pieces: Linear pieces, of which each hidden unit takes the largest.
        hidden_size: Width of the hidden layer between encoder and predictions.
        n_characters: Number of bytes to predict of each word.

    Raises:
        ValueError: A size is below 1.

    Source:
        The objective of spaCy's ``spacy.PretrainCharacters.v1``, which compares the
        numbers before the softmax with the truth, by least squares.
    """
    check_sizes("PretrainCharacters", 1, n_characters=n_characters)
    return TokenObjective(
        "characters",
        prediction_head(hidden_size, maxout_pieces, n_characters * N_BYTES),
        partial(_loss, n_characters),
        measure=partial(_measure, n_characters),
    )


def _loss(
    n_characters: int, ops: Ops, docs: Sequence[Doc], tokens: Array, Y: Floats2d
) -> Loss:
    xp = ops.xp
    truth = pick_bytes(words_at(docs, tokens), n_characters).ravel()
    logits = as_array(Y).reshape((-1, N_BYTES))
    gradient = logits - logits.max(axis=1, keepdims=True)
    xp.exp(gradient, out=gradient)
    gradient /= gradient.sum(axis=1, keepdims=True)
    at = (xp.arange(len(truth)), on_device(ops, truth))
    total = -xp.log(gradient[at] + np.finfo("f").tiny).sum()
    gradient[at] -= 1
    return Loss(total, len(tokens), gradient.reshape(Y.shape))


def _measure(n_characters: int, mean: float) -> dict[str, float]:
    return {"bits_per_character": mean / n_characters / math.log(2)}
