"""Know which modules registered the functions that a config names."""

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..packages import run_file
from ..registries import registry

#: Packages whose functions are registered wherever a pipeline is.
ALWAYS = ("thinc", "confection")


class Origin(NamedTuple):
    """Where a registered function comes from.

    kind, name: The registry and the name in it.
    module: The module that defines it.
    file: The file of that module, if it has one.
    """

    kind: str
    name: str
    module: str
    file: str | None


def find_origins(config: Mapping[str, Any]) -> list[Origin]:
    """Find where the functions come from that a config names, but for Thinc's."""
    origins = []
    for block in _promises(config):
        kind, name = registry.get_constructor(dict(block))
        if registry.has(kind, name):
            module = registry.get(kind, name).__module__
            if _package(module) not in ALWAYS:
                file = getattr(sys.modules.get(module), "__file__", None)
                origins.append(Origin(kind, name, module, file))
    return list(dict.fromkeys(origins))


def check_origins(origins: Iterable[Origin]) -> None:
    """Raise ImportError if a function is not registered, and say what to import.

    Zoo's own are imported: `import zoo` alone does not bring all of its names.
    """
    origins = list(origins)
    import_origins(origin for origin in origins if _package(origin.module) == "zoo")
    for origin in origins:
        if not registry.has(origin.kind, origin.name):
            raise ImportError(
                f"Pipeline: needs '{origin.name}' of the registry '{origin.kind}', "
                f"which is not registered in this process. The module "
                f"{origin.module!r} registered it where the pipeline was pickled: "
                f"import that first."
            )


def import_origins(origins: Iterable[Origin]) -> None:
    """Import the modules that register functions which this process lacks.

    A module that cannot be found by its name is run from its file.
    """
    for origin in origins:
        if registry.has(origin.kind, origin.name) or origin.module in sys.modules:
            continue
        if importlib.util.find_spec(_package(origin.module)) is not None:
            importlib.import_module(origin.module)
        elif origin.file is not None:
            run_file(origin.module, origin.file)


def _package(module: str) -> str:
    return module.partition(".")[0]


def _promises(block: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(block, Mapping):
        if registry.is_promise(block):
            yield block
        for child in block.values():
            yield from _promises(child)
