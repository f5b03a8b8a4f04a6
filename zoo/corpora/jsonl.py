"""Read and write documents as JSON, one object on each line."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from ..docs import Doc, Span
from .conllu import RAW_LINES
from .files import bad_line, read_lines
from .text import split_words

#: Fields with one value per word: the types that values may have, and their names.
_LISTS: dict[str, tuple[set[type], str]] = {
    "spaces": ({bool}, "true or false"),
    "norms": ({str}, "strings"),
    "sent_starts": ({bool, type(None)}, "true, false or null"),
    "tags": ({str, type(None)}, "strings or null"),
    "pos": ({str, type(None)}, "strings or null"),
    "heads": ({int, type(None)}, "integers or null"),
    "deps": ({str, type(None)}, "strings or null"),
}


def read_jsonl(path: str | Path) -> Iterator[Doc]:
    """Read one JSON object from each line, gzipped or not, one Doc for each.

    An object has ``tokens``, a list of words, or ``text``, which `split_words` splits.
    All else may be missing or null: ``spaces``, ``norms``, ``sent_starts``, ``tags``,
    ``pos``, ``heads`` and ``deps`` with one value per word, ``cats`` with a number
    from 0 to 1 per label, and ``ents`` (or, without it, ``spans``) as lists of
    ``[start, end, label]``, counted in words. Heads count from 0; a root has its own.

    The ``text`` and every key that is not named here are kept in `user_data`.

    path: The file. Blank lines are passed over.

    Raises ValueError, naming the line, what was expected and what was found.
    """
    for number, line in enumerate(read_lines(path), start=1):
        if not line or line.isspace():
            continue
        try:
            yield _read_object(line)
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
        for name in (*_LISTS, "ents", "cats"):
            if getattr(doc, name) is not None:
                values[name] = getattr(doc, name)
        for name, value in doc.user_data.items():
            if name != RAW_LINES and name not in (*_LISTS, "tokens", "ents", "cats"):
                values[name] = value
        try:
            line = json.dumps(values, ensure_ascii=False)
        except TypeError as error:
            raise TypeError(
                f"write_jsonl: user_data must be JSON, got in document {number}: "
                f"{error}."
            ) from error
        file.write(line + "\n")


def _read_object(line: str) -> Doc:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        problem = f"got what is not JSON: {error.msg} at character {error.colno}."
        raise ValueError(f"expected a JSON object, {problem}") from error
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, got {_short(found)}.")
    if "\\u" in line:
        _check_characters(found)
    words, spaces = _read_words(found)
    fields: dict[str, Any] = {"spaces": spaces}
    for name in _LISTS:
        values = found.pop(name, None)
        if values is not None:
            fields[name] = _check_list(name, values, len(words))
    cats = found.pop("cats", None)
    spans = found.pop("ents" if "ents" in found else "spans", None)
    return Doc(
        words,
        cats=None if cats is None else _read_cats(cats),
        ents=None if spans is None else _read_spans(spans),
        user_data=found,
        **fields,
    )


def _read_words(found: dict[str, Any]) -> tuple[list[str], list[bool] | None]:
    words = found.pop("tokens", None)
    if words is not None:
        if not isinstance(words, list) or not set(map(type, words)) <= {str}:
            raise ValueError(
                f"tokens: expected a list of strings, got {_short(words)}."
            )
        return words, None
    text = found.get("text")
    if not isinstance(text, str):
        problem = (
            f"got {_short(text)}" if "text" in found else f"got {_short([*found])}"
        )
        raise ValueError(f"expected a list 'tokens' or a string 'text', {problem}.")
    return split_words(text)


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


def _read_spans(spans: Any) -> list[Span]:
    if not isinstance(spans, list):
        raise ValueError(f"ents: expected a list, got {_short(spans)}.")
    for span in spans:
        if not isinstance(span, list) or [*map(type, span)] != [int, int, str]:
            problem = f"expected lists of [start, end, label], got {_short(span)}."
            raise ValueError(f"ents: {problem}")
    return [Span(*span) for span in spans]


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
