"""Decide where what a config describes may write: into the folder of the run alone."""

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

#: The output folder of the run whose config is being built, and the names in it that
#: are taken; None in Python code.
_run: ContextVar[tuple[Path, Collection[str]] | None] = ContextVar("run", default=None)


@contextmanager
def writing_into(folder: Path, taken: Collection[str]) -> Iterator[None]:
    """Restrict what is built inside the block to writing into one folder.

    Args:
        folder: The folder.
        taken: Names in it that have another use.
    """
    token = _run.set((folder, taken))
    try:
        yield
    finally:
        _run.reset(token)


def find_place(owner: str, path: str | Path) -> Path:
    """Return where something of a run is written.

    Args:
        owner: Who writes it, for messages.
        path: Relative to the output folder, if the config of a run is being built.
            Otherwise Python code gave it, and it may be anywhere.

    Raises:
        ValueError: It does not lie in the output folder, or its name has another use.
    """
    if (run := _run.get()) is None:
        return Path(path)
    place = place_inside(owner, path, run[0])
    if place.name in run[1]:
        raise ValueError(
            f"{owner}: the name must be another than those that every run writes, got "
            f"{place.name}."
        )
    return place


def place_inside(owner: str, path: str | Path, output: Path) -> Path:
    """Return a path directly within the output folder of a run.

    Raises:
        ValueError: It is elsewhere.
    """
    path, folder = Path(path), Path(os.path.realpath(output))
    place = path
    if Path(os.path.realpath(path.parent)) != folder:
        place = folder / path
    if Path(os.path.realpath(place.parent)) != folder or place.name in ("", ".."):
        raise ValueError(
            f"{owner}: what a config writes must lie in the output folder, which is "
            f"{output}, got {path}. Write {json.dumps(path.name)}."
        )
    return place
