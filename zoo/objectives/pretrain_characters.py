"""Pretrain an encoder on the bytes of hidden words."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d

from .._checks import check_sizes
from .._registry import registry
from .._types import Array
from ..doc import Doc
from ..layers.char_embed import pick_bytes
from ._prediction import prediction_head
from .objective import Loss
from .token_objective import TokenObjective, words_at

#: The values of a byte. That of padding, 255, is no byte of UTF-8.
N_BYTES = 256


@registry.objectives("zoo.PretrainCharacters.v1")
def PretrainCharacters(
    *, maxout_pieces: int = 3, hidden_size: int = 300, n_characters: int = 4
) -> TokenObjective:
    """Predict some bytes that each masked word begins and ends with.

    Takes n_characters bytes of the word's UTF-8: the first, the last, the second, the
    second last, and so on, each once; padding stands in the place of those that a
    shorter word lacks, and is predicted too. The loss is the sum of the cross-entropies
    of a softmax over 256 values for each place. Reports "bits_per_character", the mean
    over places; without learning it is 8.

    maxout_pieces: Linear pieces of each hidden unit.
    hidden_size: Width of the hidden layer between encoder and predictions.
    n_characters: Bytes to predict of each word.

    Raises ValueError if one of them is below 1.

    Source: the objective of spaCy's ``spacy.PretrainCharacters.v1``, which compares
    the numbers before the softmax with the truth, by least squares.
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
    logits: Array = Y.reshape((-1, N_BYTES))
    gradient = logits - logits.max(axis=1, keepdims=True)
    xp.exp(gradient, out=gradient)
    gradient /= gradient.sum(axis=1, keepdims=True)
    at = (xp.arange(len(truth)), ops.asarray(truth))
    total = -xp.log(gradient[at] + np.finfo("f").tiny).sum()
    gradient[at] -= 1
    return Loss(total, len(tokens), gradient.reshape(Y.shape))


def _measure(n_characters: int, mean: float) -> dict[str, float]:
    return {"bits_per_character": mean / n_characters / math.log(2)}
