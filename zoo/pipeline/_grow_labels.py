"""Give trained models outputs for new labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from thinc.api import Model

from .._parameters import named_parameters


def grow(
    model: Model[Any, Any],
    weights: Mapping[str, Any],
    old: Sequence[str],
    new: Sequence[str],
) -> dict[str, Any]:
    """Return weights for more labels: those of the old ones as they are, else zeros.

    Args:
        model: The model for all labels, with parameters of any values.
        weights: The weights of the model for the old labels, by parameter.
        old: Its labels, in the order of its outputs.
        new: All labels, in the order of the model's outputs.

    Returns:
        The weights, in the shapes of the model wherever these follow from the labels.
    """
    if [*old] == [*new] or not {*old} <= {*new}:
        return dict(weights)
    places = np.array([new.index(label) for label in old], dtype=np.intp)
    grown = dict(weights)
    for name, parameter in named_parameters(model).items():
        if name in weights and parameter.value is not None:
            shape = (*parameter.value.shape,)
            grown[name] = _spread(np.asarray(weights[name]), shape, places, len(new))
    return grown


def _spread(array: Any, shape: tuple[int, ...], places: Any, n_labels: int) -> Any:
    """Put what belongs to old labels into zeros, along all axes that have grown."""
    if len(array.shape) != len(shape):
        return array
    for axis, (found, wanted) in enumerate(zip(array.shape, shape, strict=True)):
        size, rest = divmod(found, len(places))
        # An axis may hold several numbers for each label, one label after the other.
        if found == wanted or rest or size * n_labels != wanted:
            continue
        before, after = array.shape[:axis], array.shape[axis + 1 :]
        parts = array.reshape((*before, len(places), size, *after))
        larger = np.zeros((*before, n_labels, size, *after), array.dtype)
        np.moveaxis(larger, axis, 0)[places] = np.moveaxis(parts, axis, 0)
        array = larger.reshape((*before, wanted, *after))
    return array
