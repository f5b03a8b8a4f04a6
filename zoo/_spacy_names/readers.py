"""Read corpora as spaCy's readers do, by their arguments."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from .._registry import registry
from ..corpora import Corpus
from ..corpora import retokenize as split_anew
from ..corpora._augment import Augmenter, augment
from ..doc import Doc, Span

Reader = Callable[[], Iterator[Doc]]


@registry.readers("spacy.Corpus.v1")
def spacy_corpus(
    path: str | Path | None,
    max_length: int = 0,
    gold_preproc: bool = False,
    limit: int = 0,
    augmenter: Augmenter | None = None,
    retokenize: bool = False,
) -> Reader:
    """Read annotated documents, as `zoo.Corpus.v1`, and split them as spaCy does.

    Unlike there, documents keep their words as annotated unless `retokenize` is set,
    and with several files no more than `limit` are read.

    Args:
        max_length: Words from which on a document is too long: it is split into its
            sentences, and what is still too long, or has no sentences, is left out.
            0 or less: no document is too long.
        gold_preproc: Whether each sentence is a document of its own.
        limit: Documents to read. 0 or less: all.
        augmenter: Varies the documents (@augmenters), after they have been split. Null:
            they stay as they are.
        retokenize: Whether the tokenizer of the pipeline splits their text anew, and
            annotation is carried over to the words that fit, as spaCy does if
            `gold_preproc` is false.

    Raises:
        ValueError: Both `gold_preproc` and `retokenize` are set.
    """
    if gold_preproc and retokenize:
        raise ValueError(
            "spacy.Corpus.v1: with gold_preproc words stay as annotated, so that "
            "retokenize must be false, got true."
        )
    read = Corpus(path)

    def keep(docs: Iterable[Doc]) -> Iterator[Doc]:
        for doc in docs:
            if gold_preproc:
                yield from sentences(doc)
            elif max_length < 1 or len(doc) < max_length:
                yield doc
            elif doc.sent_starts is not None:
                parts = sentences(doc)
                yield from (part for part in parts if len(part) < max_length)

    def docs() -> Iterator[Doc]:
        kept = keep(doc for doc in read() if len(doc))
        if retokenize:
            kept = (split_anew(doc, read.tokenizer) for doc in kept)
        if limit > 0:
            kept = islice(kept, limit)
        return augment(kept, augmenter)

    return docs


@registry.readers("spacy.JsonlCorpus.v1")
def spacy_jsonl_corpus(
    path: str | Path | None, min_length: int = 0, max_length: int = 0, limit: int = 0
) -> Reader:
    """Read texts, as `zoo.Corpus.v1`, only those of some lengths.

    Unlike in spaCy, the limit has an effect.

    Args:
        min_length: Words of the shortest document.
        max_length: Words from which on a document is left out. 0: none is.
        limit: Documents to read, of those that are not left out. 0: all.
    """
    return _of_lengths(path, min_length, max_length - 1, limit)


@registry.readers("spacy.PlainTextCorpus.v1")
def spacy_text_corpus(
    path: str | Path | None, min_length: int = 0, max_length: int = 0
) -> Reader:
    """Read lines of plain text, as `zoo.Corpus.v1`, only those of some lengths.

    Args:
        min_length: Words of the shortest document.
        max_length: Words of the longest document. 0: no limit.
    """
    return _of_lengths(path, min_length, max_length or -1, 0)


def _of_lengths(path: str | Path | None, least: int, most: int, limit: int) -> Reader:
    """Read the documents of at least and, if it is not negative, at most some words."""
    read = Corpus(path)

    def fits(doc: Doc) -> bool:
        return len(doc) >= least and (most < 0 or len(doc) <= most)

    return lambda: islice(filter(fits, read()), limit if limit > 0 else None)


def sentences(doc: Doc) -> Iterator[Doc]:
    """Split a document into its sentences, each with the annotation of its words.

    A document whose sentences are not known stays whole. An entity or a head that
    crosses the end of a sentence is unknown there. Categories and user data are left
    out, as they are the document's.
    """
    if doc.sent_starts is None:
        yield doc
        return
    for sentence in doc.sents:
        yield _cut(doc, sentence.start, sentence.end)


def _cut(doc: Doc, start: int, end: int) -> Doc:
    inside = range(start, end)
    heads = None
    if doc.heads is not None:
        found = doc.heads[start:end]
        heads = [
            head - start if head is not None and head in inside else None
            for head in found
        ]
    ents = ents_known = None
    if doc.ents is not None:
        known = [*(doc.ents_known or [True] * len(doc))]
        ents = []
        for span in doc.ents:
            if start <= span.start and span.end <= end:
                ents.append(Span(span.start - start, span.end - start, span.label))
            else:
                known[span.start : span.end] = [False] * (span.end - span.start)
        ents_known = known[start:end]
    fields = (
        "spaces",
        "norms",
        "sent_starts",
        "tags",
        "pos",
        "morphs",
        "lemmas",
        "deps",
    )
    kept = {name: getattr(doc, name) for name in fields}
    parts = {name: value and value[start:end] for name, value in kept.items()}
    spans = doc.spans and {
        key: [
            Span(span.start - start, span.end - start, span.label)
            for span in group
            if start <= span.start and span.end <= end
        ]
        for key, group in doc.spans.items()
    }
    return Doc(
        doc.words[start:end],
        **parts,
        heads=heads,
        ents=ents,
        ents_known=ents_known,
        spans=spans,
    )
