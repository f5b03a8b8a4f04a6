"""Read and write documents as JSON, one object on each line."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from ..doc import Doc, Span
from ..tokenizer import Tokenize, Tokenizer, locate_words
from ._conllu_lines import OUTSIDE, RAW_LINES
from ._files import bad_line, read_lines
from ._json_hints import find_hint
from ._offsets import (
    CharacterSpan,
    Misaligned,
    Overlapping,
    WordSpans,
    align_spans,
    check_choice,
    settle_overlaps,
)
from .unread_annotation import Kind, Unread, collect

#: Fields with one value per word: the types that values may have, and their names.
_LISTS: dict[str, tuple[set[type], str]] = {
    "spaces": ({bool}, "true or false"),
    "norms": ({str}, "strings"),
    "sent_starts": ({bool, type(None)}, "true, false or null"),
    "tags": ({str, type(None)}, "strings or null"),
    "pos": ({str, type(None)}, "strings or null"),
    "morphs": ({str, type(None)}, "strings or null"),
    "lemmas": ({str, type(None)}, "strings or null"),
    "heads": ({int, type(None)}, "integers or null"),
    "deps": ({str, type(None)}, "strings or null"),
    "ents_known": ({bool}, "true or false"),
}
#: The other fields.
_OTHERS = ("ents", "spans", "cats")
#: Where entities may stand; the first that is there is read.
_ENTITIES = ("ents", "spans", "entities")

MISALIGNED = Kind(
    "entity that does not begin and end with a word",
    "entities that do not begin and end with a word",
    "They were left out, and their words are unknown, not outside of entities. With "
    'misaligned = "expand" they are widened to whole words.',
)
OVERLAPPING = Kind(
    "entity that repeats or overlaps a longer one",
    "entities that repeat or overlap a longer one",
    "They were left out; words of theirs alone are unknown.",
)
BLANK = Kind(
    "word whose tag, part of speech or relation is '_' or ''",
    "words whose tag, part of speech or relation is '_' or ''",
    "It was read as a label. Write null for a word of which nothing is known.",
)
SECOND = Kind(
    "key with entities beside another",
    "keys with entities beside another",
    "Only the first of 'ents', 'spans' and 'entities' is read.",
)


class ObjectOptions(NamedTuple):
    """How objects are read."""

    tokenizer: Tokenize
    misaligned: Misaligned
    overlapping: Overlapping


class ObjectPlace(NamedTuple):
    """Where an object stands, and what collects that which is not read of it."""

    path: str | Path
    number: int
    report: Unread
    unit: str = "line"

    def add(self, kind: Kind, count: int = 1) -> None:
        self.report.add(kind, self.path, f"{self.unit} {self.number}", count)


def read_jsonl(
    path: str | Path,
    *,
    tokenizer: Tokenize | None = None,
    misaligned: Misaligned = "error",
    overlapping: Overlapping = "error",
    unread: Unread | None = None,
) -> Iterator[Doc]:
    """Read one JSON object from each line, gzipped or not, one Doc for each.

    An object has ``tokens``, a list of words, or ``text``, which the tokenizer splits.
    All else may be missing or null: ``spaces``, ``norms``, ``sent_starts``, ``tags``,
    ``pos``, ``morphs``, ``lemmas``, ``heads``, ``deps`` and ``ents_known`` with one
    value per word, and ``cats`` with a number from 0 to 1 per label; true is 1 and
    false 0. Heads count from 0; a root has its own. Words may also be objects with
    ``text`` and ``ws``, whether a space follows, as Prodigy writes them.

    Entities stand in ``ents``, ``spans`` or ``entities``, the first that is there: as
    lists of ``[start, end, label]``, counted in words of ``tokens`` (in ``entities``,
    in characters), or as objects with ``start``, ``end`` and ``label``, counted in
    characters of ``text``, or if there is none of the words with their spaces. An
    object ``spans`` has such a list for each group of spans instead, which may
    overlap.

    The ``text`` and every key that is not named here are kept in `user_data`.

    Args:
        path: The file. Blank lines are passed over.
        tokenizer: Splits ``text`` into words. None takes ``Tokenizer()``.
        misaligned: What becomes of a span of characters that begins or ends within a
            word: "error", "skip" it, or "expand" it to whole words. Words of an entity
            that was skipped are unknown.
        overlapping: What becomes of entities that overlap: "error", or "longest" to
            keep the longest, the first of equally long ones.
        unread: Collects what was not read. None: it is a warning.

    Yields:
        The documents.

    Raises:
        ValueError: A line is malformed; the message names it, what was expected and
            what was found.
    """
    check_choice("read_jsonl", "misaligned", Misaligned, misaligned)
    check_choice("read_jsonl", "overlapping", Overlapping, overlapping)
    options = ObjectOptions(tokenizer or Tokenizer(), misaligned, overlapping)
    with collect(unread) as report:
        for number, text in enumerate(read_lines(path), start=1):
            if not text or text.isspace():
                continue
            line = ObjectPlace(path, number, report)
            try:
                yield parse_object(text, options, line)
            except (ValueError, TypeError) as error:
                raise bad_line(path, number, str(error)) from error


def write_jsonl(docs: Iterable[Doc], file: TextIO) -> None:
    """Write documents to an open text file as JSON, one object on each line.

    Every field that is not None is written, in the form that `read_jsonl` reads, and
    so is `user_data`, but for what has the name of a field, and the lines of CoNLL-U.

    Args:
        docs: The documents.
        file: An open text file.

    Raises:
        TypeError: `user_data` holds what JSON cannot.
    """
    for number, doc in enumerate(docs, start=1):
        values: dict[str, Any] = {"tokens": doc.words}
        for name in (*_LISTS, *_OTHERS):
            if getattr(doc, name) is not None:
                values[name] = getattr(doc, name)
        for name, value in doc.user_data.items():
            if name not in (RAW_LINES, OUTSIDE, *_LISTS, "tokens", *_OTHERS):
                values[name] = value
        try:
            line = json.dumps(values, ensure_ascii=False)
        except TypeError as error:
            raise TypeError(
                f"write_jsonl: user_data must be JSON, got in document {number}: "
                f"{error}."
            ) from error
        file.write(line + "\n")


def parse_object(text: str, options: ObjectOptions, line: ObjectPlace) -> Doc:
    """Read the document of a line; ValueError or TypeError if it is malformed."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        problem = error.msg.removesuffix(" at")
        problem = f"got what is not JSON: {problem} at character {error.colno}."
        raise ValueError(f"expected a JSON object, {problem}") from error
    except RecursionError as error:
        raise ValueError("expected JSON, got lists nested too deeply.") from error
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, got {_short(found)}.")
    if "\\u" in text:
        _check_characters(found)
    return read_object(found, options, line)


def read_object(
    found: dict[str, Any], options: ObjectOptions, line: ObjectPlace
) -> Doc:
    """Read a document from an object with the keys that `read_jsonl` names.

    Args:
        found: The object. Keys are taken out, and the document keeps the rest.
        options: How it is read.
        line: Where it stands.

    Raises:
        ValueError: Something in it is malformed.
    """
    counts_words = found.get("tokens") is not None
    doc = _read_words(found, options.tokenizer)
    for name in [name for name in _LISTS if name in found]:
        values = found.pop(name)
        if values is not None:
            setattr(doc, name, _check_list(name, values, len(doc)))
    if (cats := found.pop("cats", None)) is not None:
        doc.cats = _read_cats(cats)
    text = found.get("text")
    spans = _Spans(doc, text, counts_words, options, line)
    if isinstance(found.get("spans"), dict):
        doc.spans = {
            key: spans.read(f"spans, {key!r}", values).spans
            for key, values in found.pop("spans").items()
        }
    key = next((key for key in _ENTITIES if found.get(key) is not None), None)
    if key is not None:
        ents = settle_overlaps(spans.read(key, found.pop(key)), options.overlapping)
        line.add(OVERLAPPING, ents.n_overlapping)
        doc.ents = ents.spans
        doc.ents_known = _both(doc.ents_known, ents.known(len(doc)))
    _count_unread(found, doc, line)
    for name in _ENTITIES:
        if name in found and found[name] is None:
            del found[name]
    doc.user_data = found
    # Made anew, it checks which entities are known.
    return doc if doc.ents_known is None else replace(doc)


def _both(known: list[bool] | None, more: list[bool] | None) -> list[bool] | None:
    if known is None or more is None:
        return more if known is None else known
    return [a and b for a, b in zip(known, more, strict=False)]


def _count_unread(found: dict[str, Any], doc: Doc, line: ObjectPlace) -> None:
    for labels in (doc.tags, doc.pos, doc.deps):
        if labels and ("_" in labels or "" in labels):
            line.add(BLANK, labels.count("_") + labels.count(""))
    for key, value in found.items():
        if key in _ENTITIES and value is not None:
            line.add(SECOND)
        elif hint := find_hint(key, value, len(doc)):
            line.add(hint)


def _read_words(found: dict[str, Any], tokenizer: Tokenize) -> Doc:
    words = found.pop("tokens", None)
    if isinstance(words, list) and words and all(map(_is_token, words)):
        spaces = [word.get("ws", True) for word in words]
        known = all(
            type(space) is bool and "ws" in w
            for space, w in zip(spaces, words, strict=True)
        )
        return Doc([word["text"] for word in words], spaces if known else None)
    if words is not None:
        if not isinstance(words, list) or not set(map(type, words)) <= {str}:
            raise ValueError(
                f"tokens: expected a list of strings, got {_short(words)}."
            )
        return Doc(words)
    text = found.get("text")
    if not isinstance(text, str):
        problem = (
            f"got {_short(text)}" if "text" in found else f"got {_short([*found])}"
        )
        raise ValueError(f"expected a list 'tokens' or a string 'text', {problem}.")
    return tokenizer(text)


def _is_token(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("text"), str)


def _check_list(name: str, values: Any, n_words: int) -> list[Any]:
    types, names = _LISTS[name]
    if not isinstance(values, list) or not set(map(type, values)) <= types:
        raise ValueError(f"{name}: expected a list of {names}, got {_short(values)}.")
    if name == "heads":
        for head in values:
            if head is not None and not 0 <= head < n_words:
                raise ValueError(
                    f"heads: expected the index of a word, 0 to {n_words - 1}, got "
                    f"{head}."
                )
    return values


def _read_cats(cats: Any) -> dict[str, float]:
    if not isinstance(cats, dict):
        raise ValueError(f"cats: expected an object, got {_short(cats)}.")
    for label, score in cats.items():
        if type(score) not in (int, float, bool) or not 0 <= score <= 1:
            problem = f"got {_short(score)} for {label!r}."
            raise ValueError(f"cats: expected numbers from 0 to 1, {problem}")
    return {label: float(score) for label, score in cats.items()}


class _Spans(NamedTuple):
    """Reads the spans of an object."""

    doc: Doc
    text: Any  # That of the object, if it is a string.
    counts_words: bool  # Whether the words are given, so that they can be counted.
    options: ObjectOptions
    line: ObjectPlace

    def read(self, key: str, spans: Any) -> WordSpans:
        """Read a list of spans, counted in words or characters."""
        if not isinstance(spans, list):
            raise ValueError(f"{key}: expected a list, got {_short(spans)}.")
        in_words: list[Span] = []
        in_characters: list[CharacterSpan] = []
        for span in spans:
            values = span
            if isinstance(span, dict):
                values = [span.get(name) for name in CharacterSpan._fields]
            if not isinstance(values, list) or [*map(type, values)] != [int, int, str]:
                problem = (
                    f"expected lists of [start, end, label], or objects with these "
                    f"keys, got {_short(span)}."
                )
                raise ValueError(f"{key}: {problem}")
            if isinstance(span, dict) or key == "entities":
                in_characters.append(CharacterSpan(*values))
            else:
                in_words.append(Span(*values))
        if in_words and not self.counts_words:
            raise ValueError(
                f"{key}: lists of [start, end, label] count words, which must stand in "
                f"'tokens', got 'text' alone. If they count characters, call the key "
                f"'entities', or write objects with 'start', 'end' and 'label'."
            )
        if not in_characters:
            return WordSpans(in_words)
        found = self._align(key, in_characters)
        found.spans = in_words + found.spans
        self.line.add(MISALIGNED, found.n_misaligned)
        return found

    def _align(self, key: str, spans: list[CharacterSpan]) -> WordSpans:
        words, text = self.doc.words, self.text
        try:
            starts = locate_words(
                words, text if isinstance(text, str) else self.doc.text
            )
            return align_spans(spans, words, starts, misaligned=self.options.misaligned)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error


def _check_characters(found: dict[str, Any]) -> None:
    """Refuse half a surrogate pair, which JSON can escape and no file can hold."""
    try:
        json.dumps(found, ensure_ascii=False).encode("utf8")
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        problem = f"got {half}, half of a surrogate pair."
        raise ValueError(f"expected characters of Unicode, {problem}") from error


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
