"""Mix the parts of which the vectors of words consist."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from thinc.api import Model
from thinc.types import Ragged

from ..types import Array, Docs
from .distinct_words import DistinctWords
from .dropout import draw_mask
from .maxout_norm import transform
from .sized_ragged import with_data

#: Vectors of the distinct words, (n_distinct, width), and where their gradient goes.
Part = tuple[Array, Callable[[Array], None]]


def mix_parts(
    mix: Model[Any, Any], words: DistinctWords, parts: Sequence[Part], is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    """Lay parts side by side, mix them with a MaxoutNorm, and spread them to tokens.

    All is computed once per distinct word, but for the dropout of the output, which
    is drawn for each token.
    """
    vectors, callbacks = zip(*parts, strict=True)
    mixed, backprop_mix = transform(mix, mix.ops.xp.hstack(vectors), is_train)
    tokens = words.spread(mixed)
    mask = draw_mask(mix, tokens.dataXd.shape) if is_train else None
    if mask is not None:
        tokens = with_data(tokens, tokens.dataXd * mask)

    def backprop(dY: Ragged) -> Docs:
        if len(words) == 0:  # What came through an empty list has lost its width.
            return []
        # A word's gradient is the sum over its occurrences in the batch.
        d_mixed = backprop_mix(
            words.gather(dY.dataXd if mask is None else dY.dataXd * mask)
        )
        ends = accumulate(part.shape[1] for part in vectors)
        for part, callback, end in zip(vectors, callbacks, ends, strict=True):
            callback(d_mixed[:, end - part.shape[1] : end])
        return []

    return tokens, backprop
