"""Test layers: draw batches, check gradients, run all checks of a layer."""

import importlib
from typing import TYPE_CHECKING, Any

from .check_layer import check_layer
from .gradients import Float64Ops, assert_gradients_match

if TYPE_CHECKING:
    from .strategies import arrays, docs, lists_of_arrays, padded, ragged

# These need hypothesis, and are imported when they are first used.
_LAZY = ("arrays", "docs", "lists_of_arrays", "padded", "ragged")

__all__ = [
    "Float64Ops",
    "arrays",
    "assert_gradients_match",
    "check_layer",
    "docs",
    "lists_of_arrays",
    "padded",
    "ragged",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'zoo.testing' has no attribute {name!r}")
    return getattr(importlib.import_module(".strategies", __name__), name)
