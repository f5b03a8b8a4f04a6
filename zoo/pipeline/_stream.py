"""Annotate a stream of documents in batches, in this process or in several."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from .._check_numbers import check_sizes
from ..doc import Doc, DocLike, as_doc, refuse_one
from ._processes import Annotator, annotate_in_processes, count_cores


def annotate_stream(
    pipeline: Annotator,
    docs: Iterable[DocLike | str],
    batch_size: int,
    n_process: int,
) -> Iterator[Doc]:
    """Annotate documents in order, and read no more of them than a batch needs.

    Args:
        pipeline: Annotates a batch.
        docs: Texts, and documents of any kind.
        batch_size: How many are predicted at a time, 1 or more.
        n_process: How many processes share the work; -1 for one per core.

    Returns:
        The documents, one by one.

    Raises:
        TypeError: Something is no text and no document.
        ValueError: A number is out of range.
    """
    refuse_one("Pipeline", docs)
    check_sizes("Pipeline", 1, batch_size=batch_size)
    if n_process < 1 and n_process != -1:
        raise ValueError(
            f"Pipeline: n_process must be 1 or more, or -1, got {n_process}."
        )
    n_process = count_cores() if n_process == -1 else n_process
    stream = iter(docs)
    # An empty batch is the end.
    batches = iter(lambda: _take(stream, batch_size), [])
    if n_process > 1:
        return annotate_in_processes(pipeline, batches, n_process)
    return (doc for batch in batches for doc in pipeline.annotate(batch))


def annotate_pairs(
    pipeline: Annotator,
    pairs: Iterable[tuple[DocLike | str, Any]],
    batch_size: int,
    n_process: int,
) -> Iterator[tuple[Doc, Any]]:
    """Annotate the first of each pair, as `annotate_stream` does; keep the second.

    Args:
        pipeline: Annotates a batch.
        pairs: Texts or documents, each with anything that belongs to it.
        batch_size: How many are predicted at a time, 1 or more.
        n_process: How many processes share the work; -1 for one per core.

    Returns:
        Pairs of a document and what belongs to it, one by one.

    Raises:
        TypeError: Something is no pair.
        ValueError: A number is out of range.
    """
    refuse_one("Pipeline", pairs)
    contexts: deque[Any] = deque()
    docs = annotate_stream(pipeline, _split(pairs, contexts), batch_size, n_process)
    return ((doc, contexts.popleft()) for doc in docs)


def clear_predictions(doc: Doc, fields: Iterable[str]) -> Doc:
    """Clear the fields that a pipeline predicts, so that they are predicted anew.

    Args:
        doc: The document, which is changed.
        fields: What the pipeline writes. Norms stay: the tokenizer gave them.

    Returns:
        The same document.
    """
    for field in fields:
        if field != "norms":
            setattr(doc, field, None)
    return doc


def _split(
    pairs: Iterable[tuple[DocLike | str, Any]], contexts: deque[Any]
) -> Iterator[DocLike | str]:
    """Pass on the first of each pair, and put the second into `contexts`."""
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                f"Pipeline.pipe: with as_tuples=True each item must be a pair of a "
                f"text and what belongs to it, got {type(pair).__name__}."
            )
        contexts.append(pair[1])
        yield pair[0]


def _take(stream: Iterator[DocLike | str], size: int) -> list[Doc | str]:
    """Take a batch off a stream, and turn documents of other kinds into zoo Docs."""
    batch: list[Doc | str] = []
    for doc in itertools.islice(stream, size):
        if isinstance(doc, tuple | list):
            _check_words(doc)
        batch.append(doc if isinstance(doc, str) else as_doc(doc))
    return batch


def _check_words(words: tuple[Any, ...] | list[Any]) -> None:
    """Check that a document that is given as a list holds nothing but words."""
    for word in words:
        if not isinstance(word, str):
            raise TypeError(
                f"A document must be a zoo.Doc, a list of words or a spaCy Doc, got a "
                f"{type(words).__name__} that holds a {type(word).__name__}. For pairs "
                f"of a text and what belongs to it: pipe(pairs, as_tuples=True)."
            )
