"""Define an objective of pretraining: something to predict of each token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from thinc.api import Model, Ops
from thinc.types import Floats2d

from .._types import Array
from ..doc import Doc
from ..vectors.base import VectorTable
from .objective import Loss

#: Compares predictions with the documents: from ops, the documents, the tokens that
#: were predicted, as positions in the concatenated batch, and the predictions,
#: (n_predicted, nO).
TokenLoss = Callable[[Ops, Sequence[Doc], Array, Floats2d], Loss]


@dataclass
class TokenObjective:
    """Something to predict of single tokens, without labels.

    Attributes:
        name: Name of its loss in the log.
        head: From the vectors of tokens to predictions, (n_predicted, nO). The
            pretraining sets its input width to that of the encoder.
        loss: Compares predictions with the documents. It gets the documents
            without masks.
        is_masked: Whether words are masked, and only those predicted. If False, the
            encoder sees all words, and every token is predicted.
        measure: Computes further figures to report, from the mean loss of a token.
        prepare: Called once before training, with some documents and the table of word
            vectors if there is one. Raises ValueError if something is missing.
    """

    name: str
    head: Model[Floats2d, Floats2d]
    loss: TokenLoss
    is_masked: bool = True
    measure: Callable[[float], dict[str, float]] | None = None
    prepare: Callable[[Sequence[Doc], VectorTable | None], None] | None = None


def words_at(docs: Sequence[Doc], tokens: Array) -> list[str]:
    """Return the words at some positions of a concatenated batch."""
    words = list(chain.from_iterable(doc.words for doc in docs))
    return [words[i] for i in tokens.tolist()]
