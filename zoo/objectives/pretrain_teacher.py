"""Pretrain an encoder on the token vectors of a larger model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from thinc.api import Model, Ops, get_array_module, is_cupy_array, to_numpy
from thinc.types import Floats2d

from .._registry import registry
from .._run_output import find_place
from .._types import Array
from ..doc import Doc
from ..vectors.base import VectorTable
from ._prediction import Distance, check_distance, compare, prediction_head
from ._vector_cache import VectorCache, Vectorize
from .objective import Loss
from .token_objective import TokenObjective

#: A model from documents to token vectors, or a function like its `predict`.
Teacher = Model[Any, Any] | Callable[..., Any]


@registry.objectives("zoo.PretrainTeacher.v1")
def PretrainTeacher(
    teacher: Teacher,
    *,
    maxout_pieces: int = 3,
    hidden_size: int = 300,
    loss: Distance = "cosine",
    is_masked: bool = False,
    cache: str | Path | None = None,
) -> TokenObjective:
    """Predict the contextual token vectors of a larger model.

    This distils the teacher into the encoder. Tokens whose vector is all zeros, such as
    those that no piece of a transformer covers, add nothing and are not counted.

    Args:
        teacher: A model from documents to a list of arrays, (n_tokens, width) each,
            such as ``zoo.Tok2VecTransformer.v1``, or a function that does the same. It
            only predicts, and always sees the documents without masks.
        maxout_pieces: Linear pieces, of which each hidden unit takes the largest.
        hidden_size: Width of the hidden layer between encoder and predictions.
        loss: "cosine", one minus the cosine of the two vectors, or "L2", half the
            squared length of their difference.
        is_masked: Whether words are masked, and only those are predicted. If False, the
            encoder sees all words, and all are predicted.
        cache: Folder for the teacher's vectors, as float16, so that it computes each
            document once for all epochs. A config names one in the output folder of
            its run, which stays there for the next runs; Python code may give any. If
            None, it computes them each time.

    Raises:
        ValueError: A size is below 1 or there is no such loss; before training, if the
            cache is not in the output folder, is none, or holds the vectors of another
            teacher.

    Source:
        Hinton et al. (2015), https://arxiv.org/abs/1503.02531, with vectors instead of
        scores.
    """
    check_distance("PretrainTeacher", loss)
    head = prediction_head(hidden_size, maxout_pieces)
    target = _Target(teacher, loss, cache)

    def prepare(docs: Sequence[Doc], vectors: VectorTable | None) -> None:
        head.set_dim("nO", target.prepare(docs))

    return TokenObjective(
        "teacher", head, target.loss, is_masked=is_masked, prepare=prepare
    )


class _Target:
    """The model that predictions are compared with."""

    def __init__(
        self, teacher: Teacher, kind: Distance, cache: str | Path | None
    ) -> None:
        self.teacher = teacher
        self.kind = kind
        self.cache = cache
        self.vectorize: Vectorize = self._ask

    def prepare(self, docs: Sequence[Doc]) -> int:
        """Initialize the teacher, and return the width of its vectors."""
        sample = [doc for doc in docs if len(doc)][:1]
        if isinstance(self.teacher, Model) and not _has_weights(self.teacher):
            self.teacher.initialize(X=sample)
        if self.cache is not None:
            folder = find_place("PretrainTeacher", self.cache)
            self.vectorize = VectorCache(self._ask, folder)
        return int(self.vectorize(sample)[0].shape[1])

    def loss(self, ops: Ops, docs: Sequence[Doc], tokens: Array, Y: Floats2d) -> Loss:
        none = np.zeros((0, Y.shape[1]), "f")  # There may be no documents.
        truth = np.concatenate([none, *self.vectorize(docs)])[tokens]
        return compare(self.kind, ops, Y, truth, (truth != 0).any(axis=1))

    def _ask(self, docs: Sequence[Doc]) -> list[NDArray[Any]]:
        teacher = self.teacher
        predict = teacher.predict if isinstance(teacher, Model) else teacher
        return _to_host(predict(docs))


def _to_host(arrays: Sequence[Any]) -> list[NDArray[Any]]:
    """Copy arrays from a GPU in one step, because each copy waits for it."""
    if not any(map(is_cupy_array, arrays)):
        return [to_numpy(array) for array in arrays]
    joined = to_numpy(get_array_module(arrays[0]).concatenate(arrays))
    ends = np.cumsum([len(array) for array in arrays])
    return np.split(joined, ends[:-1])


def _has_weights(model: Model[Any, Any]) -> bool:
    names = [(node, name) for node in model.walk() for name in node.param_names]
    return bool(names) and all(node.has_param(name) for node, name in names)
