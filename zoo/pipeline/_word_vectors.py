"""Find, check and set the table of word vectors that a pipeline uses."""

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sized
from pathlib import Path
from typing import Any

from thinc.api import Config

from ..config import Fault, follow, interpolate
from ..config._blocks import build
from ..layers.static_vectors import set_vectors
from ..vectors import VectorTable, read_vectors
from ..vectors._shipped_vectors import ENGLISH_WORDS
from ._assemble import Component
from ._spacy_folder import find_spacy_folder

#: Where a config names the table: a file, or a block with @vectors.
SETTING = "initialize.vectors"
#: The setting of an embedding that lets it use the table.
SWITCH = "include_static_vectors"
#: Numbers in a table that is verified each time a model is loaded with it.
SMALL = 60_000_000


def users_of_vectors(components: Iterable[Component]) -> list[Component]:
    """List the components that embed words by a table of vectors."""
    return [component for component in components if _nodes(component)]


def find_vector_faults(
    values: Mapping[str, Any], components: Iterable[Component], *, warn: bool = False
) -> list[Fault]:
    """Find whether the config names a table if its models need one, and only then.

    Beside a section [pretraining] it may: an objective may predict the vectors.

    Args:
        values: The config, with its variables interpolated.
        components: The components of the pipeline.
        warn: Whether a table that no layer uses is warned of, as in configs of spaCy,
            whose vocabulary has it.
    """
    components = list(components)
    named = follow(values, SETTING) or None
    if isinstance(named, str) and not _is_there(named):
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
        unused = unused_faults(values, components)
        for fault in unused if warn else ():
            warnings.warn(f"{fault.path}: {fault.message}", stacklevel=2)
        return [] if warn else unused
    return []


def unused_faults(
    values: Mapping[str, Any], components: Iterable[Component]
) -> list[Fault]:
    """Find whether the table that a config names is one that no layer uses."""
    if users_of_vectors(components):
        return []
    setting = next(_find_settings(values.get("components"), "components"), SWITCH)
    message = f"no layer uses the table. Set {setting} = true, or {SETTING} = null."
    return [Fault(SETTING, message)]


def _is_there(named: str) -> bool:
    return named == ENGLISH_WORDS or os.path.exists(find_file(named))


def find_file(named: str) -> str:
    """Return the file or folder of vectors that a config names.

    It may be the name of an installed package of spaCy, such as "en_core_web_md".
    """
    if os.path.exists(named):
        return named
    try:
        folder = find_spacy_folder(named)
    except OSError:  # It is too long for a name.
        folder = None
    return named if folder is None else str(folder)


def read_table(values: Mapping[str, Any]) -> VectorTable | None:
    """Read the table that a config names; None if it names none.

    Raises:
        ValueError: The table cannot be read.
    """
    named = follow(values, SETTING) or None
    if named is None:
        return None
    if isinstance(named, str):
        table: VectorTable = read_vectors(find_file(named))
        return table
    faults: list[Fault] = []
    table = build(named, SETTING, faults)
    if faults:
        raise ValueError(f"{faults[0].path}: {faults[0].message}")
    return table


def give_table(components: Iterable[Component], table: VectorTable) -> None:
    """Set the table of every layer of static vectors, also where one was set."""
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
        wanted: The description of the table in its meta data.
        table: The table that the caller passed. If None, that of the config is read.

    Raises:
        ValueError: There is no table, or another one.
    """
    if table is None:
        try:
            table = read_table(interpolate(config))
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{source} needs the vectors {_show(wanted)} that it was trained with, "
                f"and they cannot be read from where its config says: {error} Pass the "
                f"file or the table: zoo.load(path, vectors=...), or --vectors FILE."
            ) from error
    if table is None:
        raise ValueError(
            f"{source} needs the vectors {_show(wanted)} that it was trained with, and "
            f"its config does not say where they are. Pass the file or the table: "
            f"zoo.load(path, vectors=...), or --vectors FILE."
        )
    check_table(str(source), wanted, table)
    return table


def describe_table(table: VectorTable) -> dict[str, Any]:
    """Return name, shape and checksum of a table, for the meta data of a pipeline."""
    return {
        "name": table.name,
        "shape": list(table.shape),
        "checksum": table.checksum,
    }


def check_table(source: str, wanted: Mapping[str, Any], table: VectorTable) -> None:
    """Raise ValueError if a table is not the one that a pipeline was trained with."""
    found = describe_table(table)
    if found["checksum"] == wanted.get("checksum"):
        # The checksum in a file is what was written, not what is there now.
        if _is_small(table):
            verify_table(table)
    else:
        raise ValueError(
            f"{source} was trained with the vectors {_show(wanted)}, got "
            f"{_show(found)}. Pass the former: zoo.load(path, vectors=...), or "
            f"--vectors FILE."
        )


def verify_table(table: VectorTable) -> None:
    """Check that all rows of a table are finite and have the checksum of its file.

    A table of a user's own, which has no method `verify`, is not checked.

    Raises:
        ValueError: The table is damaged.
    """
    verify = getattr(table, "verify", None)
    if verify is not None:
        verify()


def _is_small(table: VectorTable) -> bool:
    """Check whether verifying a table takes well below a second."""
    n_rows, width = table.shape
    n_words = len(table) if isinstance(table, Sized) else n_rows
    return n_rows * width <= SMALL and n_words <= SMALL // 300


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
