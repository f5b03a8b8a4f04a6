"""Find keys of JSON that look like annotation and are not read."""

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

from .unread_annotation import Kind

#: Fields by the names that they have elsewhere, in lower case.
_FIELDS: Final = {
    "cat": "cats",
    "dep": "deps",
    "deprel": "deps",
    "deprels": "deps",
    "feats": "morphs",
    "head": "heads",
    "lemma": "lemmas",
    "morph": "morphs",
    "norm": "norms",
    "pos_tag": "tags",
    "pos_tags": "tags",
    "sent_start": "sent_starts",
    "space": "spaces",
    "tag": "tags",
    "upos": "pos",
    "upos_tags": "pos",
    "whitespace": "spaces",
    "ws": "spaces",
    "xpos": "tags",
    "xpos_tags": "tags",
}
#: The fields themselves; a key may be a misspelling of one.
_NAMES: Final = (
    *("tokens", "spaces", "norms", "sent_starts", "tags", "pos", "morphs", "lemmas"),
    *("heads", "deps", "ents", "ents_known", "entities", "spans", "cats"),
)
#: Words of keys of other tools that hold annotation, in lower case.
_ANNOTATION: Final = frozenset(
    """
    accept annotation annotations categories category class classes emotion emotions ent
    entities entity genre gold intent intents label labels ner polarity rating ratings
    relations sentiment sentiments stance stars target targets topic topics
    """.split()  # noqa: SIM905
)
#: What parts such words of a key: label_text, goldLabel, ner-tags.
_BREAK: Final = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
_STARTS: Final = frozenset(
    ("start", "start_offset", "begin", "from", "offset", "token_start")
)
_LABEL: Final = re.compile(r"O|[BILUES]-.+")
#: Keys of which is known what they look like.
_KEYS: Final = 1 << 10
_ENTITIES = "Call it 'entities' if it counts characters of 'text', 'ents' if words"
_OBJECTS = "Call it 'entities', with objects of the keys 'start', 'end' and 'label'."
_CATS = 'Write it as "cats": {"LABEL": 1}, with 0 for a category that does not hold.'
_WORDS = "Call it 'tags' or 'pos', or 'ents' if these are entities."
_LABELS = 'Write it as "ents": [[start, end, "LABEL"]], counted in words.'


def find_hint(key: str, value: Any, n_words: int) -> Kind | None:
    """Return what a key that was not read looks like, or None if it is no annotation.

    Args:
        key: The key.
        value: Its value.
        n_words: Words of the document.
    """
    if value is None or value == [] or value == {}:
        return None
    lower = key.lower()
    is_list = isinstance(value, list)
    if lower == "answer" and value in ("reject", "ignore"):
        return Kind(
            f"document with the answer {value!r}",
            f"documents with the answer {value!r}",
            "They were read like the others. Take them out if they are wrong.",
        )
    if is_list and all(map(_is_span, value)):
        return _kind(key, "entities", f"{_ENTITIES}.")
    if is_list and all(map(_is_object, value)):
        return _kind(key, "entities", _OBJECTS)
    if is_list and len(value) == n_words and all(map(_is_label, value)):
        return _kind(key, "labels of entities", _LABELS)
    if isinstance(value, list | dict) and (field := _find_field(lower)):
        return _kind(key, f"the field {field!r}", f"Call it {field!r}.")
    if is_list and len(value) == n_words > 1 and all(map(_is_value, value)):
        return _kind(key, "labels of words", _WORDS)
    if not _names_annotation(key):
        return None
    if isinstance(value, dict) or (is_list and _has_parts(value)):
        return _kind(key, "annotation", "See docs/documents.md for the keys to use.")
    return _kind(key, "categories", _CATS)


@lru_cache(maxsize=_KEYS)
def _names_annotation(key: str) -> bool:
    """Check whether a key has a word for annotation in it."""
    words = {word.lower() for word in _BREAK.split(key)}
    return not _ANNOTATION.isdisjoint(words) or key.lower() in _FIELDS


@lru_cache(maxsize=_KEYS)
def _find_field(key: str) -> str | None:
    """Return the field that a key is another name or a misspelling of."""
    if key in _ANNOTATION:
        return None
    near = [key] if key in _NAMES else get_close_matches(key, _NAMES, n=1, cutoff=0.85)
    return _FIELDS.get(key) or next(iter(near), None)


def _kind(key: str, what: str, advice: str) -> Kind:
    return Kind(
        f"key {key!r} that looks like {what} and was not read",
        f"keys {key!r} that look like {what} and were not read",
        advice,
    )


def _is_span(value: Any) -> bool:
    return isinstance(value, list) and [*map(type, value)] == [int, int, str]


def _is_value(value: Any) -> bool:
    return value is None or isinstance(value, str | int)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not _STARTS.isdisjoint(value)


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and _LABEL.fullmatch(value) is not None


def _has_parts(value: list[Any]) -> bool:
    return any(isinstance(part, list | dict) for part in value)
