"""Find keys of JSON that look like annotation and are not read."""

from typing import Any

from .unread import Kind

#: Keys of other tools that hold annotation, in lower case.
_ANNOTATION = frozenset(
    """
    accept annotation annotations category categories cat class classes ent ents entity
    entities intent label labels ner ner_tags pos_tag pos_tags relations sentiment spans
    tag target upos upos_tags xpos xpos_tags
    """.split()  # noqa: SIM905
)
_STARTS = frozenset(("start", "start_offset", "begin", "from", "offset", "token_start"))
_ENTITIES = "Call it 'entities' if it counts characters of 'text', 'ents' if words"
_OBJECTS = "Call it 'entities', with objects of the keys 'start', 'end' and 'label'."
_CATS = 'Write it as "cats": {"LABEL": 1}, with 0 for a category that does not hold.'
_WORDS = "Call it 'tags' or 'pos', or 'ents' if these are entities."


def find_hint(key: str, value: Any, n_words: int) -> Kind | None:
    """Return what a key that was not read looks like, or None if it is no annotation.

    Args:
        key: The key.
        value: Its value.
        n_words: Words of the document.
    """
    if value is None or value == [] or value == {}:
        return None
    if key == "answer" and value in ("reject", "ignore"):
        return Kind(
            f"document with the answer {value!r}",
            f"documents with the answer {value!r}",
            "They were read like the others. Take them out if they are wrong.",
        )
    if isinstance(value, list) and all(map(_is_span, value)):
        return _kind(key, "entities", f"{_ENTITIES}.")
    if isinstance(value, list) and all(map(_is_object, value)):
        return _kind(key, "entities", _OBJECTS)
    if key.lower() not in _ANNOTATION:
        return None
    if isinstance(value, list) and len(value) == n_words > 1:
        return _kind(key, "labels of words", _WORDS)
    if isinstance(value, dict) or (isinstance(value, list) and _has_parts(value)):
        return _kind(key, "annotation", "See docs/documents.md for the keys to use.")
    return _kind(key, "categories", _CATS)


def _kind(key: str, what: str, advice: str) -> Kind:
    return Kind(
        f"key {key!r} that looks like {what} and was not read",
        f"keys {key!r} that look like {what} and were not read",
        advice,
    )


def _is_span(value: Any) -> bool:
    return isinstance(value, list) and [*map(type, value)] == [int, int, str]


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not _STARTS.isdisjoint(value)


def _has_parts(value: list[Any]) -> bool:
    return any(isinstance(part, list | dict) for part in value)
