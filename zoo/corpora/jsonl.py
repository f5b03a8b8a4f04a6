"""Read and write documents as JSON, one object on each line."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO, get_args

from ..doc import Doc, Span
from ..tokenizer import Tokenize, Tokenizer, locate_words
from ._files import bad_line, read_lines
from ._offsets import CharacterSpan, Misaligned, align_spans
from .conllu import RAW_LINES

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
}
#: The other fields.
_OTHERS = ("ents", "spans", "cats")


def read_jsonl(
    path: str | Path,
    *,
    tokenizer: Tokenize | None = None,
    misaligned: Misaligned = "error",
) -> Iterator[Doc]:
    """Read one JSON object from each line, gzipped or not, one Doc for each.

    An object has ``tokens``, a list of words, or ``text``, which the tokenizer splits.
    All else may be missing or null: ``spaces``, ``norms``, ``sent_starts``, ``tags``,
    ``pos``, ``morphs``, ``lemmas``, ``heads`` and ``deps`` with one value per word,
    and ``cats`` with a number from 0 to 1 per label. Heads count from 0; a root has
    its own.

    Entities stand in ``ents``, ``spans`` or ``entities``, the first that is there: as
    lists of ``[start, end, label]``, counted in words (in ``entities``, characters),
    or as objects with ``start``, ``end`` and ``label``, counted in characters of
    ``text``, or if there is none of the words with their spaces. An object ``spans``
    has such a list for each group of spans instead, which may overlap.

    The ``text`` and every key that is not named here are kept in `user_data`.

    path: The file. Blank lines are passed over.
    tokenizer: Splits ``text`` into words. None takes ``Tokenizer()``.
    misaligned: What becomes of a span of characters that begins or ends within a
        word: "error", "skip" it, or "expand" it to whole words.

    Raises ValueError, naming the line, what was expected and what was found.
    """
    if misaligned not in get_args(Misaligned):
        raise ValueError(
            f"read_jsonl: misaligned must be one of {', '.join(get_args(Misaligned))}, "
            f"got {misaligned!r}."
        )
    tokenizer = tokenizer or Tokenizer()
    for number, line in enumerate(read_lines(path), start=1):
        if not line or line.isspace():
            continue
        try:
            yield _read_object(line, tokenizer, misaligned)
        except ValueError as error:
            raise bad_line(path, number, str(error)) from error


def write_jsonl(docs: Iterable[Doc], file: TextIO) -> None:
    """Write documents to an open text file as JSON, one object on each line.

    Every field that is not None is written, in the form that `read_jsonl` reads, and
    so is `user_data`, but for what has the name of a field, and the lines of CoNLL-U.

    Raises TypeError if `user_data` holds what JSON cannot.
    """
    for number, doc in enumerate(docs, start=1):
        values: dict[str, Any] = {"tokens": doc.words}
        for name in (*_LISTS, *_OTHERS):
            if getattr(doc, name) is not None:
                values[name] = getattr(doc, name)
        for name, value in doc.user_data.items():
            if name != RAW_LINES and name not in (*_LISTS, "tokens", *_OTHERS):
                values[name] = value
        try:
            line = json.dumps(values, ensure_ascii=False)
        except TypeError as error:
            raise TypeError(
                f"write_jsonl: user_data must be JSON, got in document {number}: "
                f"{error}."
            ) from error
        file.write(line + "\n")


def _read_object(line: str, tokenizer: Tokenize, misaligned: Misaligned) -> Doc:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        problem = error.msg.removesuffix(" at")
        problem = f"got what is not JSON: {problem} at character {error.colno}."
        raise ValueError(f"expected a JSON object, {problem}") from error
    except RecursionError as error:
        raise ValueError("expected JSON, got lists nested too deeply.") from error
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, got {_short(found)}.")
    if "\\u" in line:
        _check_characters(found)
    doc = _read_words(found, tokenizer)
    for name in _LISTS:
        values = found.pop(name, None)
        if values is not None:
            setattr(doc, name, _check_list(name, values, len(doc)))
    cats = found.pop("cats", None)
    doc.cats = None if cats is None else _read_cats(cats)
    text = found.get("text")
    text = text if isinstance(text, str) else doc.text
    if isinstance(found.get("spans"), dict):
        doc.spans = {
            key: _read_spans(f"spans, {key!r}", spans, doc.words, text, misaligned)
            for key, spans in found.pop("spans").items()
        }
    key = next((key for key in ("ents", "spans", "entities") if key in found), "ents")
    ents = found.pop(key, None)
    if ents is not None:
        doc.ents = _read_spans(key, ents, doc.words, text, misaligned)
    doc.user_data = found
    return replace(doc)  # Checks the number of values, and the spans.


def _read_words(found: dict[str, Any], tokenizer: Tokenize) -> Doc:
    words = found.pop("tokens", None)
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
        if type(score) not in (int, float) or not 0 <= score <= 1:
            problem = f"got {_short(score)} for {label!r}."
            raise ValueError(f"cats: expected numbers from 0 to 1, {problem}")
    return {label: float(score) for label, score in cats.items()}


def _read_spans(
    key: str, spans: Any, words: list[str], text: str, misaligned: Misaligned
) -> list[Span]:
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
                f"expected lists of [start, end, label], or objects with these keys, "
                f"got {_short(span)}."
            )
            raise ValueError(f"{key}: {problem}")
        if isinstance(span, dict) or key == "entities":
            in_characters.append(CharacterSpan(*values))
        else:
            in_words.append(Span(*values))
    if not in_characters:
        return in_words
    try:
        starts = locate_words(words, text)
        return in_words + align_spans(
            in_characters, words, starts, misaligned=misaligned
        )
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
