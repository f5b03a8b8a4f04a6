"""Convert documents into the 64-bit keys of lexical attributes."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from thinc.api import Model
from thinc.types import Ints2d

from .._arrays import on_device
from .._lexical.annotation import ANNOTATION
from .._lexical.attributes import feature_keys, feature_names
from .._registry import layer
from .._types import Docs
from ._ragged import from_sizes
from .containers import split


@layer("zoo.FeatureExtractor.v1")
def FeatureExtractor(columns: Sequence[str | int]) -> Model[Docs, list[Ints2d]]:
    """Look up lexical attributes of each word, as spaCy's 64-bit keys.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        List of Ints2d, uint64, (n_tokens, n_columns) per document. Words have no
        gradient, so the backprop callback returns an empty list.

    Args:
        columns: Attributes by name ("NORM", in any case) or by spaCy's number; also
            annotation such as "TAG", which earlier components must have written.

    Raises:
        ValueError: An attribute is unknown.
    """
    return Model(
        "feature_extractor", forward, attrs={"columns": feature_names(columns)}
    )


def reads_annotation(model: Model[Any, Any]) -> bool:
    """Return whether a layer reads annotation such as TAG, and not words alone."""
    return any(
        name in ANNOTATION
        for node in model.walk()
        for setting in ("columns", "features")
        for name in node.attrs.get(setting, ())
    )


def forward(
    model: Model[Docs, list[Ints2d]], docs: Docs, is_train: bool
) -> tuple[list[Ints2d], Callable[[list[Ints2d]], Docs]]:
    keys, index = feature_keys(docs, model.attrs["columns"])
    data = on_device(model.ops, keys[index])
    flat = from_sizes(model.ops, data, map(len, docs))
    return cast(list[Ints2d], split(flat)), lambda dY: []
