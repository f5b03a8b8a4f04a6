"""Warn of documents without labels, and of labels that cannot be learned."""

import warnings
from collections.abc import Iterable, Iterator, Sequence

from ..docs import Doc

#: How many labels a warning names.
N_NAMED = 8


def warn_of_labels(
    fields: Sequence[str], train: Iterable[Doc], dev: Iterable[Doc]
) -> None:
    """Warn of what cannot be learned, or is counted as an error whatever is learned.

    fields: The fields of documents that are learned.
    """
    n_docs = n_bare = 0
    learned: dict[str, set[str]] = {field: set() for field in fields}
    for doc in train:
        n_docs += 1
        n_bare += all(getattr(doc, field) is None for field in fields)
        for field in fields:
            learned[field].update(_labels(doc, field))
    if n_bare:
        warnings.warn(
            f"training: {n_bare:,} of the {n_docs:,} documents of the training corpus "
            f"have no labels for any component, so that nothing is learned from them.",
            stacklevel=3,
        )
    for field in fields:
        lost = {label for doc in dev for label in _labels(doc, field)} - learned[field]
        if lost:
            names = ", ".join(sorted(lost)[:N_NAMED]) + " …" * (len(lost) > N_NAMED)
            warnings.warn(
                f"training: the development corpus has labels in '{field}' that the "
                f"training corpus lacks, and that are thus never predicted: {names}.",
                stacklevel=3,
            )


def _labels(doc: Doc, field: str) -> Iterator[str]:
    """Give the labels in a field of a document: of words, of spans, or its own."""
    for value in getattr(doc, field) or ():
        label = getattr(value, "label", value)
        if isinstance(label, str):
            yield label
