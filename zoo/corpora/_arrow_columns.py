"""Turn the values of columns of Arrow into those that JSON lines have."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from .._optional import require

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
    """Return the role of each column; "" for those without one.

    A column that `roles` names may be a field of a struct: "translation.en".
    """
    if twice := {name for name in schema.names if schema.names.count(name) > 1}:
        raise ValueError(
            f"{path}: columns must have different names, got several columns "
            f"{', '.join(map(repr, sorted(twice)))}."
        )
    columns: dict[str, str] = {}
    for role, column in roles.items():
        if isinstance(column, int):
            place = column - 1 if column > 0 else column
            known = -len(schema) <= place < len(schema)
            column = schema.names[place] if known else str(column)
        if _find_type(schema, column) is None:
            raise ValueError(
                f"{path}: there is no column {column!r} for {role!r}. There are: "
                f"{', '.join(schema.names)}."
            )
        columns[column] = role
    for name in schema.names:
        columns.setdefault(name, name if name in {*ROLES} - {*roles} else "")
    return columns


def values_of(batch: Any, name: str) -> Any:
    """Return the values of a column, or of a field of a struct, as Arrow has them."""
    if name in batch.schema.names:
        return batch.column(name)
    column, *fields = name.split(".")
    pa = require("pyarrow.compute", "read_docs", "arrow")
    return pa.compute.struct_field(batch.column(column), fields)


def find_decoder(pa: Any, schema: Any, name: str, role: str) -> Decode | None:
    """Return what turns the values of a column into those of an object.

    None: the column holds bytes, and has no role.

    Raises:
        ValueError: It has one.
    """
    types, kind = pa.types, _find_type(schema, name)
    leaves = [*_find_leaves(pa, kind)]
    if any("binary" in str(leaf) for leaf in leaves):
        if role:
            raise ValueError(
                f"the column {name!r} for {role!r} must hold strings or numbers, got "
                f"{kind}. Cast it in the table."
            )
        return None
    steps: list[Decode] = []
    feature = _find_feature(schema, name)
    if _has_names(feature):
        steps.append(lambda value: _name(value, feature))
    if any(
        types.is_temporal(leaf) or types.is_decimal(leaf) or "uuid" in str(leaf)
        for leaf in leaves
    ):
        steps.append(_as_text)
    if types.is_map(kind):
        steps.append(lambda value: _without_nulls(dict(value)))
    elif role in ("ents", "spans", "cats"):
        steps.append(_without_nulls)
    return lambda value: reduce(lambda found, step: step(found), steps, value)


def _find_type(schema: Any, name: str) -> Any:
    """Return the type of a column or of a field of a struct; None if there is none."""
    if name in schema.names:
        return schema.field(name).type
    column, *fields = name.split(".")
    kind: Any = schema.field(column).type if column in schema.names else None
    for field in fields:
        place = kind.get_field_index(field) if hasattr(kind, "get_field_index") else -1
        kind = kind.field(place).type if place >= 0 else None
    return kind if fields else None


def _find_leaves(pa: Any, kind: Any) -> Iterator[Any]:
    """Yield the types that a type is made of."""
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        yield from _find_leaves(pa, kind.value_type)
    elif "uuid" in str(kind) or not (kind.num_fields or hasattr(kind, "storage_type")):
        yield kind
    elif hasattr(kind, "storage_type"):
        yield from _find_leaves(pa, kind.storage_type)
    else:
        for place in range(kind.num_fields):
            yield from _find_leaves(pa, kind.field(place).type)


def _find_feature(schema: Any, name: str) -> Any:
    """Return what `datasets` notes of a column beside the schema; None if nothing."""
    try:
        meta = json.loads((schema.metadata or {})[b"huggingface"])
        feature = meta["info"]["features"]
        for part in [name] if name in schema.names else name.split("."):
            feature = feature[part]
    except (KeyError, TypeError, ValueError):
        return None
    return feature


def _names_of(feature: Any) -> list[str]:
    """Return the names of a class label."""
    names = feature.get("names") if isinstance(feature, Mapping) else None
    is_labels = isinstance(names, list) and all(isinstance(n, str) for n in names)
    return [*names] if is_labels and names else []


def _has_names(feature: Any) -> bool:
    """Check whether there are class labels anywhere in a column."""
    if _names_of(feature):
        return True
    inner = feature.values() if isinstance(feature, Mapping) else feature
    return isinstance(feature, list | Mapping) and any(map(_has_names, inner))


def _name(value: Any, feature: Any) -> Any:
    """Replace the numbers of class labels by their names."""
    names = _names_of(feature)
    if isinstance(value, list):
        if isinstance(feature, list):
            inner = feature[0] if feature else None
        else:
            inner = feature if names else (feature or {}).get("feature", feature)
        return [_name(part, inner) for part in value]
    if isinstance(value, dict) and isinstance(feature, Mapping):
        # A list of structs may be saved as a struct of lists.
        inner = feature["feature"] if "_type" in feature else feature
        return {k: _name(part, inner.get(k)) for k, part in value.items()}
    if not names or not isinstance(value, int):
        return value
    # A label that is not known is -1, by the habit of `datasets`.
    return names[value] if 0 <= value < len(names) else None


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(part) for part in value]
    if isinstance(value, dict):
        return {key: _as_text(part) for key, part in value.items()}
    is_json = value is None or isinstance(value, str | int | float | bool)
    return value if is_json else str(value)


def _without_nulls(value: Any) -> Any:
    """Return an object without the keys of other rows, which in a struct are null.

    Spans in it, and in a list, get the form of JSON lines: a list if they count words.
    A struct of lists, as `datasets` saves lists of structs, becomes such a list.
    """
    if isinstance(value, dict) and isinstance(value.get("label"), list):
        columns = [part or [] for part in value.values()]
        value = [
            dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)
        ]
    if isinstance(value, dict) and "start_word" in value:
        return [value.get(name) for name in IN_WORDS]
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [*map(_without_nulls, value)] if isinstance(value, list) else value
