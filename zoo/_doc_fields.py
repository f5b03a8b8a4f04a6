"""Check the values of the fields of documents."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

NoneType = type(None)

#: What the values of a field with one per word may be, and how to call it.
_TYPES: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "words": ((str,), "strings"),
    "spaces": ((bool, np.bool_, int), "booleans"),
    "norms": ((str,), "strings"),
    "sent_starts": ((bool, np.bool_, int, NoneType), "booleans or None"),
    "ents_known": ((bool, np.bool_, int), "booleans"),
    "heads": ((int, np.integer, NoneType), "indices of words or None"),
    **dict.fromkeys(
        ("tags", "pos", "morphs", "lemmas", "deps"),
        ((str, NoneType), "strings or None"),
    ),
}
_TRUTHS: Final = frozenset(("spaces", "sent_starts", "ents_known"))


class Span(NamedTuple):
    """A labelled run of words: ``doc.words[start:end]``."""

    start: int
    end: int
    label: str


def check_field(doc: Any, name: str, value: Any) -> Any:
    """Return the value of a field of a document in the form in which it is kept.

    Args:
        doc: The document, with its words.
        name: Of the field.
        value: What it is to hold; None if nothing is known.

    Raises:
        TypeError: The value, or one in it, has a type that the field cannot have.
        ValueError: It does not fit the words, or is out of range.
    """
    if value is None and name not in ("words", "user_data"):
        return None
    if name == "words":
        return check_words(value)
    if name == "user_data":
        return check_user_data(value)
    if name in _PLAIN:
        return check_token_field(name, value, len(doc.words))
    if name == "ents":
        return check_ents(value, len(doc.words))
    if name == "spans":
        return check_groups(value, len(doc.words))
    if name == "cats":
        check_cats("Doc", value)
    return value


def check_words(words: Any) -> Any:
    """Return words, those of an array as a list.

    Raises:
        TypeError: They are no list of strings.
    """
    if isinstance(words, str):
        raise TypeError(
            f"Doc: words must be a list of strings, got the string {words!r}. Split it "
            f"into words first."
        )
    if type(words) is list and _can_read(words, "".join):
        return words
    return _check_types("words", words)


def check_token_field(name: str, values: Any, n_words: int) -> Any:
    """Return the values of a field with one per word, those of an array as a list.

    Args:
        name: Of the field.
        values: What it is to hold.
        n_words: Of the document.

    Raises:
        TypeError: They are no list, or of a type that the field cannot have.
        ValueError: There are not as many as words, or a head is out of range.
    """
    # Far faster than to look at the types of all.
    if type(values) is list and len(values) == n_words:
        read = _PLAIN[name]
        if read(values, n_words) if name == "heads" else _can_read(values, read):
            return values
    values = _check_types(name, values)
    if len(values) != n_words:
        raise ValueError(
            f"Doc: {name} needs one value per word, got {len(values)} values for "
            f"{n_words} words."
        )
    for head in values if name == "heads" else ():
        if head is not None and not 0 <= head < n_words:
            raise ValueError(
                f"Doc: a head must be the index of a word, 0 to {n_words - 1}, got "
                f"{head}."
            )
    return values


def check_ents(ents: Any, n_words: int) -> list[Span]:
    """Return entities as spans, as `check_spans` does.

    Raises:
        ValueError: Entities overlap, or one lies outside of the words.
    """
    checked = check_spans(ents, n_words)
    for left, right in pairwise(sorted(checked)):
        if right.start < left.end:
            raise ValueError(
                f"Doc: spans must not overlap, got {left.start}:{left.end} "
                f"({left.label}) and {right.start}:{right.end} ({right.label})."
            )
    return checked


def check_groups(groups: Any, n_words: int) -> dict[str, list[Span]]:
    """Return groups of spans, each as `check_spans` does.

    Raises:
        TypeError: They are no dictionary, or the name of a group is no string.
    """
    if not isinstance(groups, Mapping):
        raise TypeError(
            f"Doc: spans must be a dictionary of lists of (start, end, label), got "
            f"{groups!r}. Entities that do not overlap can be ents."
        )
    for name in groups:
        if not isinstance(name, str):
            raise TypeError(
                f"Doc: the names of groups of spans must be strings, got {name!r}."
            )
    return {name: check_spans(spans, n_words) for name, spans in groups.items()}


def check_spans(spans: Any, n_words: int) -> list[Span]:
    """Return spans as such.

    Raises:
        TypeError: They are no list, or of another type.
        ValueError: A span lies outside of the words.
    """
    if isinstance(spans, str | bytes | Mapping) or not hasattr(spans, "__iter__"):
        raise TypeError(
            f"Doc: spans must be a list of (start, end, label), got {spans!r}."
        )
    checked = [_as_span(span) for span in spans]
    for span in checked:
        if not 0 <= span.start < span.end <= n_words:
            raise ValueError(
                f"Doc: a span must lie within the {n_words} words, got "
                f"{span.start}:{span.end} ({span.label})."
            )
    return checked


def check_cats(owner: str, cats: Any) -> None:
    """Check the categories of a document.

    Args:
        owner: Who needs them, for the message.
        cats: A map from labels to scores of 0 to 1, or None.

    Raises:
        TypeError: It is no map, a label no string or a score no number.
        ValueError: A score is out of range.
    """
    if cats is not None and not isinstance(cats, Mapping):
        raise TypeError(
            f"{owner}: cats must be a dictionary of labels with scores, got {cats!r}."
        )
    for label, score in (cats or {}).items():
        if not isinstance(label, str):
            raise TypeError(
                f"{owner}: the labels of cats must be strings, got {label!r}."
            )
        if not isinstance(score, int | float | np.number | np.bool_):
            raise TypeError(
                f"{owner}: cats must be numbers of 0 to 1, got {score!r} for {label!r}."
            )
        if not 0 <= score <= 1:
            raise ValueError(
                f"{owner}: cats must be scores of 0 to 1, got {score} for {label!r}."
            )


def check_user_data(data: Any) -> Any:
    """Return the other data of a document, {} for None.

    Raises:
        TypeError: It is no dictionary.
    """
    if data is not None and not isinstance(data, Mapping):
        raise TypeError(f"Doc: user_data must be a dictionary, got {data!r}.")
    return {} if data is None else data


def _check_types(name: str, values: Any) -> Any:
    """Return values, those of an array as a list; TypeError for other types."""
    types, described = _TYPES[name]
    if hasattr(values, "tolist"):
        values = values.tolist()
    is_list = isinstance(values, Sequence) and not isinstance(values, str | bytes)
    if not is_list:
        found, advice = repr(values), ""
        if _is_iterable(values):
            found, advice = type(values).__name__, " Make a list of it first."
        raise TypeError(
            f"Doc: {name} must be a list of {described}, one per word, got {found}."
            f"{advice}"
        )
    for kind in set(map(type, values)):
        if not issubclass(kind, types) or (name == "heads" and kind is bool):
            value = next(value for value in values if type(value) is kind)
            raise TypeError(f"Doc: {name} must be {described}, got {value!r}.")
    for value in values if name in _TRUTHS else ():
        if value not in (None, 0, 1):
            raise TypeError(f"Doc: {name} must be {described}, got {value!r}.")
    return values


def _is_iterable(values: Any) -> bool:
    return hasattr(values, "__iter__") and not isinstance(values, str | bytes | Mapping)


def _as_span(values: Any) -> Span:
    """Return a span as such; TypeError if it is none."""
    if not isinstance(values, tuple | list) or len(values) != 3:
        raise TypeError(f"Doc: a span must be (start, end, label), got {values!r}.")
    span = values if isinstance(values, Span) else Span(*values)
    if type(span.start) is type(span.end) is int and type(span.label) is str:
        return span
    places = (span.start, span.end)
    if not isinstance(span.label, str) or not all(map(_is_place, places)):
        raise TypeError(
            f"Doc: a span must be (start, end, label), two whole numbers and a string, "
            f"got {tuple(span)!r}."
        )
    return span


def _is_place(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _can_read(values: list[Any], read: Callable[[Any], Any]) -> bool:
    """Check whether all values are of a type; `read` fails for others, or is false."""
    try:
        return read(values) is not False
    except (TypeError, ValueError):
        return False


def _are_truths(values: Iterable[int]) -> bool:
    return not bytes(values).strip(b"\0\1")


def _are_heads(heads: list[Any], n_words: int) -> bool:
    """Check whether heads are indices of words, one per word."""
    if {*map(type, heads)} != {int}:
        return False
    return bool(min(heads) >= 0 and max(heads) < n_words)


#: What reads the usual values of these fields, and fails for other types.
_PLAIN: Final[dict[str, Callable[..., Any]]] = {
    **dict.fromkeys(_TRUTHS, _are_truths),
    **dict.fromkeys(("norms", "tags", "pos", "morphs", "lemmas", "deps"), "".join),
    "heads": _are_heads,
}
