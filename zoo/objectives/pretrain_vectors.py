"""Pretrain an encoder on the static vectors of masked words."""

from collections.abc import Sequence

from thinc.api import Ops
from thinc.types import Floats2d

from .._registry import registry
from .._types import Array
from ..doc import Doc
from ..vectors.base import VectorTable
from ._prediction import Distance, check_distance, compare, prediction_head
from .objective import Loss
from .token_objective import TokenObjective, words_at


@registry.objectives("zoo.PretrainVectors.v1")
def PretrainVectors(
    *, maxout_pieces: int = 3, hidden_size: int = 300, loss: Distance = "cosine"
) -> TokenObjective:
    """Predict the static vector of each masked word.

    The table is ``initialize.vectors`` of the config. Unknown words add nothing, and
    are not counted.

    Args:
        maxout_pieces: Linear pieces, of which each hidden unit takes the largest.
        hidden_size: Width of the hidden layer between encoder and predictions.
        loss: "cosine", one minus the cosine of the two vectors, or "L2", half the
            squared length of their difference.

    Raises:
        ValueError: A size is below 1 or there is no such loss; before training, if
            there is no table.

    Source:
        The objective of spaCy's ``spacy.PretrainVectors.v1``. Its "L2" also pulls the
        predictions for unknown words to zero.
    """
    check_distance("PretrainVectors", loss)
    target = _Target(loss)
    head = prediction_head(hidden_size, maxout_pieces)

    def prepare(docs: Sequence[Doc], vectors: VectorTable | None) -> None:
        if vectors is None:
            raise ValueError(
                "PretrainVectors: needs a table of word vectors. Pass "
                "--initialize.vectors FILE."
            )
        target.table = vectors
        head.set_dim("nO", vectors.shape[1])

    return TokenObjective("vectors", head, target.loss, prepare=prepare)


class _Target:
    """The table that predictions are compared with."""

    def __init__(self, kind: Distance) -> None:
        self.kind = kind
        self.table: VectorTable | None = None

    def loss(self, ops: Ops, docs: Sequence[Doc], tokens: Array, Y: Floats2d) -> Loss:
        assert self.table is not None
        truth, known = self.table.get(words_at(docs, tokens))
        return compare(self.kind, ops, Y, truth, known & truth.any(axis=1))
