"""Say what an encoder is pretrained on: to tell something of a token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from thinc.api import Model, Ops
from thinc.types import Floats2d

from .._types import Array
from ..doc import Doc
from ..vectors.base import VectorTable
from .objective import Loss

#: Compares predictions with what the documents hold: from ops, the documents, the
#: tokens that were predicted, as their places in the batch, and the predictions,
#: (n_predicted, nO).
TokenLoss = Callable[[Ops, Sequence[Doc], Array, Floats2d], Loss]


@dataclass
class TokenObjective:
    """Something to predict of single tokens, which needs no labels.

    name: What the log calls its loss.
    head: From the vectors of tokens to predictions, (n_predicted, nO). The pretraining
        gives it the width of the encoder.
    loss: Compares predictions with the documents. Its documents are as they were
        before words were masked.
    is_masked: Whether words are masked, and only those predicted. If not, the encoder
        sees the documents as they are, and every token is predicted.
    measure: Further figures to report, from the mean loss of a token.
    prepare: Called once before training, with some documents and the table of word
        vectors if there is one; it raises ValueError if it lacks something.
    """

    name: str
    head: Model[Floats2d, Floats2d]
    loss: TokenLoss
    is_masked: bool = True
    measure: Callable[[float], dict[str, float]] | None = None
    prepare: Callable[[Sequence[Doc], VectorTable | None], None] | None = None


def words_at(docs: Sequence[Doc], tokens: Array) -> list[str]:
    """Give the words at some places of a batch, laid end to end."""
    words = list(chain.from_iterable(doc.words for doc in docs))
    return [words[i] for i in tokens.tolist()]
