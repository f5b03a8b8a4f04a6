"""Turn the values of columns of Arrow into those that JSON lines have."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: Turns a value of a column, which is not None, into one of a document.
Decode = Callable[[Any], Any]
#: How spans are counted in words, so that nobody takes them for characters.
IN_WORDS = ("start_word", "end_word", "label")
#: Fields of a document with a list of values, one per word, and their type.
PER_WORD = {
    "spaces": "bool",
    "norms": "string",
    "sent_starts": "bool",
    "tags": "string",
    "pos": "string",
    "morphs": "string",
    "lemmas": "string",
    "heads": "int64",
    "deps": "string",
    "ents_known": "bool",
}
#: What a column can hold: fields, raw text, one category, labels such as B-PER.
ROLES = ("text", "tokens", "label", "bio", *PER_WORD, "ents", "spans", "cats")


def find_columns(
    path: str | Path, schema: Any, roles: Mapping[str, str | int]
) -> dict[str, str]:
    """Return the role of each column; "" for those without one."""
    columns: dict[str, str] = {}
    for role, column in roles.items():
        if isinstance(column, int):
            place = column - 1 if column > 0 else column
            known = -len(schema) <= place < len(schema)
            column = schema.names[place] if known else str(column)
        if column not in schema.names:
            raise ValueError(
                f"{path}: there is no column {column!r} for {role!r}. There are: "
                f"{', '.join(schema.names)}."
            )
        columns[column] = role
    for name in schema.names:
        columns.setdefault(name, name if name in {*ROLES} - {*roles} else "")
    return columns


def find_decoder(pa: Any, schema: Any, name: str, role: str) -> Decode | None:
    """Return what turns the values of a column into those of an object."""
    types, kind = pa.types, schema.field(name).type
    inner = kind
    while types.is_list(inner) or types.is_large_list(inner):
        inner = inner.value_type
    if types.is_binary(inner) or types.is_large_binary(inner):
        return None
    if labels := _class_names(schema, name):
        return lambda value: _name(value, labels)
    if types.is_temporal(inner) or types.is_decimal(inner):
        return _as_text
    if types.is_map(kind):
        return lambda value: _without_nulls(dict(value))
    if role in ("ents", "spans", "cats"):
        return _without_nulls
    return lambda value: value


def _class_names(schema: Any, column: str) -> list[str]:
    """Return the names of class labels, which `datasets` notes beside the schema."""
    try:
        meta = json.loads((schema.metadata or {})[b"huggingface"])
        feature = meta["info"]["features"][column]
    except (KeyError, TypeError, ValueError):
        return []
    while isinstance(feature, Mapping) and "feature" in feature:
        feature = feature["feature"]
    if isinstance(feature, list) and feature:
        feature = feature[0]
    names = feature.get("names") if isinstance(feature, Mapping) else None
    is_labels = isinstance(names, list) and all(isinstance(n, str) for n in names)
    return [*names] if is_labels and names else []


def _name(value: Any, names: list[str]) -> Any:
    if isinstance(value, list):
        return [_name(part, names) for part in value]
    if not isinstance(value, int):
        return value
    # A label that is not known is -1, by the habit of `datasets`.
    return names[value] if 0 <= value < len(names) else None


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(part) for part in value]
    return None if value is None else str(value)


def _without_nulls(value: Any) -> Any:
    """Return an object without the keys of other rows, which in a struct are null.

    Spans in it, and in a list, get the form of JSON lines: a list if they count words.
    """
    if isinstance(value, dict) and "start_word" in value:
        return [value.get(name) for name in IN_WORDS]
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [*map(_without_nulls, value)] if isinstance(value, list) else value
