"""Pretrain an encoder on two objectives at once."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from thinc.api import Model, Ops
from thinc.types import Floats2d

from .._arrays import as_array, as_thinc
from .._check_numbers import Range, check_numbers
from .._registry import registry
from .._types import Array
from ..doc import Doc
from ..vectors.base import VectorTable
from .objective import Loss
from .token_objective import TokenObjective

#: The range of the weight of the second objective.
WEIGHT = Range(0, above=True)


@registry.objectives("zoo.PretrainBoth.v1")
def PretrainBoth(
    first: TokenObjective, second: TokenObjective, *, weight: float = 1.0
) -> TokenObjective:
    """Predict two things of each token, each with a head of its own.

    The loss is that of the first objective plus `weight` times that of the second, and
    it is counted per token of the first. A token that only one of them knows counts in
    that one only.

    Args:
        first: An objective, such as ``zoo.PretrainCharacters.v1``.
        second: Another, such as ``zoo.PretrainVectors.v1``, or both of two more.
        weight: The factor of the second loss, above 0.

    Raises:
        ValueError: The weight is not above 0, or only one of the two masks words.
    """
    check_numbers("PretrainBoth", WEIGHT, weight=weight)
    if first.is_masked != second.is_masked:
        masked, other = (first, second) if first.is_masked else (second, first)
        raise ValueError(
            f"PretrainBoth: both objectives or none must mask words, got "
            f"'{masked.name}', which does, and '{other.name}', which does not."
        )

    def prepare(docs: Sequence[Doc], vectors: VectorTable | None) -> None:
        for part in (first, second):
            if part.prepare is not None:
                part.prepare(docs, vectors)

    def loss(ops: Ops, docs: Sequence[Doc], tokens: Array, Y: Floats2d) -> Loss:
        predicted, end = as_array(Y), first.head.get_dim("nO")
        ours = first.loss(ops, docs, tokens, as_thinc(predicted[:, :end]))
        theirs = second.loss(ops, docs, tokens, as_thinc(predicted[:, end:]))
        gradient = ops.xp.concatenate(
            [as_array(ours.gradient), weight * as_array(theirs.gradient)], axis=1
        )
        return Loss(ours.total + weight * theirs.total, ours.count, gradient)

    needs_more = first.prepare is not None or second.prepare is not None
    return TokenObjective(
        f"{first.name}+{second.name}",
        both_heads(first.head, second.head),
        loss,
        is_masked=first.is_masked,
        prepare=prepare if needs_more else None,
    )


def both_heads(
    first: Model[Floats2d, Floats2d], second: Model[Floats2d, Floats2d]
) -> Model[Floats2d, Floats2d]:
    """Apply two heads to the same vectors, and concatenate what they predict.

    Input:
        Floats2d, (n_rows, nI).
    Output:
        Floats2d, (n_rows, nO of the first + nO of the second).
    Layers:
        The two heads.
    """
    return Model(
        "both_heads",
        forward,
        init=init,
        dims={"nI": None, "nO": None},
        layers=[first, second],
    )


def forward(
    model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    first, second = model.layers
    A, backprop_first = first(X, is_train)
    B, backprop_second = second(X, is_train)
    end = A.shape[1]
    # Contiguous parts, as BLAS would copy others for each product.
    contiguous = model.ops.xp.ascontiguousarray

    def backprop(dY: Floats2d) -> Floats2d:
        d = as_array(dY)
        first_part = as_thinc(contiguous(d[:, :end]))
        second_part = as_thinc(contiguous(d[:, end:]))
        dX: Any = as_array(backprop_first(first_part))
        dX = dX + as_array(backprop_second(second_part))
        return cast(Floats2d, dX)

    Y: Any = model.ops.xp.concatenate([as_array(A), as_array(B)], axis=1)
    return cast(Floats2d, Y), backprop


def init(
    model: Model[Floats2d, Floats2d],
    X: Floats2d | None = None,
    Y: Floats2d | None = None,
) -> None:
    for head in model.layers:
        head.initialize(X=X)
    model.set_dim("nI", model.layers[0].get_dim("nI"))
    model.set_dim("nO", sum(head.get_dim("nO") for head in model.layers))
