"""Give a pipeline the table of word vectors that its models refer to."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from thinc.api import Config

from ..config import Fault, follow, interpolate
from ..config._blocks import build
from ..layers.static_vectors import set_vectors
from ..vectors import VectorTable, read_vectors
from ._assemble import Component

#: Where a config names the table: a file, or a block with @vectors.
SETTING = "initialize.vectors"
#: The setting of an embedding that lets it use the table.
SWITCH = "include_static_vectors"


def users_of_vectors(components: Iterable[Component]) -> list[Component]:
    """List the components that embed words by a table of vectors."""
    return [component for component in components if _nodes(component)]


def find_vector_faults(
    values: Mapping[str, Any], components: Iterable[Component]
) -> list[Fault]:
    """Find out whether the config names a table if its models need one, and only then.

    Beside a section [pretraining] it may: an objective may predict the vectors.
    """
    components = list(components)
    named = follow(values, SETTING)
    if isinstance(named, str) and not os.path.exists(named):
        return [Fault(SETTING, f"there is no file or folder {named!r}.")]
    names = ", ".join(
        component.name
        for component in components
        if any(node.attrs["vectors"].obj is None for node in _nodes(component))
    )
    if named is None and names:
        message = f"{names}: static vectors need a table. Pass --{SETTING} FILE."
        return [Fault(SETTING, message)]
    is_whole = len(components) == len(follow(values, "nlp.pipeline") or ())
    if named is not None and is_whole and not values.get("pretraining"):
        return unused_faults(values, components)
    return []


def unused_faults(
    values: Mapping[str, Any], components: Iterable[Component]
) -> list[Fault]:
    """Find out whether the table that a config names is one that no layer uses."""
    if users_of_vectors(components):
        return []
    setting = next(_find_settings(values.get("components"), "components"), SWITCH)
    message = f"no layer uses the table. Set {setting} = true, or {SETTING} = null."
    return [Fault(SETTING, message)]


def read_table(values: Mapping[str, Any]) -> VectorTable | None:
    """Read the table that a config names, or give None if it names none.

    Raises ValueError if it cannot be read.
    """
    named = follow(values, SETTING)
    if named is None:
        return None
    if isinstance(named, str):
        table: VectorTable = read_vectors(named)
        return table
    faults: list[Fault] = []
    table = build(named, SETTING, faults)
    if faults:
        raise ValueError(f"{faults[0].path}: {faults[0].message}")
    return table


def give_table(components: Iterable[Component], table: VectorTable) -> None:
    """Give every layer of static vectors the table, in the place of any it has."""
    for component in users_of_vectors(components):
        set_vectors(component.model, table)


def find_table(
    source: Path,
    config: Config,
    wanted: Mapping[str, Any],
    table: VectorTable | None,
) -> VectorTable:
    """Find the table that a saved pipeline was trained with.

    Args:
        source: The folder of the pipeline, for messages.
        config: Its config, which may name a file of vectors.
        wanted: What its meta data say about the table.
        table: The table that the caller gave. None: the one that the config names.

    Returns:
        The table.

    Raises:
        ValueError: There is none, or it is another one.
    """
    if table is None:
        table = read_table(interpolate(config))
    if table is None:
        raise ValueError(
            f"{source} needs the vectors '{wanted.get('name')}', and its config "
            f"does not say where they are. Give them: zoo.load(path, vectors=table)."
        )
    check_table(str(source), wanted, table)
    return table


def describe_table(table: VectorTable) -> dict[str, Any]:
    """Say which table it is, as the meta data of a saved pipeline does."""
    return {
        "name": table.name,
        "shape": list(table.shape),
        "checksum": table.checksum,
    }


def check_table(source: str, wanted: Mapping[str, Any], table: VectorTable) -> None:
    """Raise ValueError if a table is not the one that a pipeline was trained with."""
    found = describe_table(table)
    if found["checksum"] != wanted.get("checksum"):
        raise ValueError(
            f"{source} was trained with the vectors {_show(wanted)}, got "
            f"{_show(found)}. Give the former: zoo.load(path, vectors=table)."
        )


def _find_settings(block: Any, path: str) -> Iterator[str]:
    """Find the settings by which an embedding uses a table."""
    for name, child in block.items() if isinstance(block, Mapping) else ():
        if name == SWITCH:
            yield f"{path}.{name}"
        yield from _find_settings(child, f"{path}.{name}")


def _nodes(component: Component) -> list[Any]:
    nodes = component.model.walk()
    return [node for node in nodes if node.name == "static_vectors"]


def _show(table: Mapping[str, Any]) -> str:
    shape = " x ".join(map(str, table.get("shape") or ["?"]))
    return (
        f"'{table.get('name')}' ({shape}, checksum {str(table.get('checksum'))[:12]})"
    )
