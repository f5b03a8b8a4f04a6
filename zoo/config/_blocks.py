"""Build what the blocks of a config describe, and fill in their defaults."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from thinc.api import Model
from thinc.layers.chain import forward as run_chain

from .._registry import registry
from .._thinc_internals import forward_of
from ._validate import Schema, defaults, find_misfits, function_of, show
from .errors import Fault, MissingDefault


def build(value: Any, path: str, faults: list[Fault]) -> Any:
    """Build a block and all blocks within it, innermost first.

    Args:
        value: Its variables are interpolated. What is no block is returned as it is.
        path: Where it stands in the config.
        faults: The errors that are known; new ones are added: a function that raises
            an error, with its message, and a block that returns what the block around
            it cannot use.

    Returns:
        What the block makes; None for a block with an error at or below its path.
    """
    if not isinstance(value, Mapping):
        return value
    built = {n: build(child, f"{path}.{n}", faults) for n, child in value.items()}
    if not registry.is_promise(value) or not is_sound(path, faults):
        return built if is_sound(path, faults) else None
    function = function_of(value)
    arguments = {n: v for n, v in built.items() if n[0] != "@"}
    positional = arguments.pop("*", {})
    values = positional.values() if isinstance(positional, Mapping) else positional
    return call(function, arguments, path, faults, *values)


def call(
    function: Any,
    settings: Mapping[str, Any],
    path: str,
    faults: list[Fault],
    *args: Any,
) -> Any:
    """Call a function with what has been built for it.

    Args:
        function: What to call.
        settings: Its arguments by name.
        path: Where its block stands in the config.
        faults: The errors that are known; new ones are added, also for a model whose
            layers do not fit together.
        *args: Its arguments by position.

    Returns:
        What the function returns; None if there is an error.
    """
    for name, expected, value in find_misfits(function, settings):
        message = f"expected {expected}, got {show(value)}."
        faults.append(Fault(f"{path}.{name}", message))
    if not is_sound(path, faults):
        return None
    try:
        made = function(*args, **settings)
    except (ValueError, TypeError, RuntimeError, OSError, ImportError) as error:
        faults.append(Fault(path, str(error)))
        return None
    if isinstance(made, Model):
        faults += [Fault(path, message) for message in find_mismatches(made)]
    return made


def is_sound(path: str, faults: list[Fault]) -> bool:
    """Check that no error at a path or below it keeps it from being built."""
    return not any(
        f"{fault.path}.".startswith(f"{path}.")
        for fault in faults
        if not isinstance(fault, MissingDefault)
    )


def strip(block: Any, schemas: Mapping[str, Schema], path: str = "") -> Any:
    """Remove every setting that has a default; the inverse of `fill`.

    Blocks within stay, as what they make is no default.

    Args:
        block: A section of a config, or a value, which is returned as it is.
        schemas: What the blocks that name no function hold, by path.
        path: Where the section stands in the config.
    """
    if not isinstance(block, Mapping):
        return block
    known: dict[str, Any] = {}
    if registry.is_promise(block):
        known = defaults(function_of(block))
    elif path in schemas:
        known = defaults(schemas[path].function)
    prefix = f"{path}." if path else ""
    return {
        name: strip(child, schemas, f"{prefix}{name}")
        for name, child in block.items()
        if name not in known or isinstance(child, Mapping)
    }


def fill(block: Any, schemas: Mapping[str, Schema], path: str = "") -> Any:
    """Write out every default in a block and in all blocks within it.

    Args:
        block: A section of a config, or a value, which is returned as it is.
        schemas: What the blocks that name no function hold, by path.
        path: Where the section stands in the config.

    Returns:
        A new block. A default that a file cannot hold, such as a function, is left
        out, and variables stay.
    """
    if not isinstance(block, Mapping):
        return block
    missing: dict[str, Any] = {}
    if registry.is_promise(block):
        missing = defaults(function_of(block)) if _is_known(block) else {}
    elif path in schemas:
        missing = defaults(schemas[path].function)
    filled = dict(block)
    for name, default in missing.items():
        filled.setdefault(name, json.loads(json.dumps(default)))
    prefix = f"{path}." if path else ""
    return {n: fill(child, schemas, f"{prefix}{n}") for n, child in filled.items()}


def _is_known(block: Mapping[str, Any]) -> bool:
    """Return whether a block names one function, and that is registered."""
    names = [(key[1:], block[key]) for key in block if key.startswith("@")]
    (kind, name), *others = names
    is_named = kind in registry.kinds() and isinstance(name, str)
    return is_named and not others and registry.has(kind, name)


#: Layers that know no width and change none, by their names.
TRANSPARENT = frozenset(
    (
        "dropout",
        "list2array",
        "list2ragged",
        "noop",
        "ragged2list",
        "reduce_first",
        "reduce_last",
        "reduce_max",
        "reduce_mean",
        "reduce_sum",
        "softmax_activation",
        "to_list",
        "to_ragged",
    )
)


def find_mismatches(model: Model[Any, Any]) -> Iterator[str]:
    """Find sizes below 1, and consecutive layers whose widths differ.

    Sizes that a layer learns only from its first batch are not checked.

    Yields:
        A message for each.
    """
    for node in model.walk():
        yield from _check_sizes(node)
        if forward_of(node) is run_chain:
            yield from _compare_neighbours(node)


def _check_sizes(model: Model[Any, Any]) -> Iterator[str]:
    for name in model.dim_names:
        size = model.maybe_get_dim(name)
        is_own = size not in [layer.maybe_get_dim(name) for layer in model.layers]
        if size is not None and size < 1 and is_own:
            yield f"{model.name}: {name} must be 1 or more, got {size}."


def _compare_neighbours(model: Model[Any, Any]) -> Iterator[str]:
    giver, width = "", None
    for layer in model.layers:
        taken, given = layer.maybe_get_dim("nI"), layer.maybe_get_dim("nO")
        if width is not None and taken is not None and taken != width:
            yield (
                f"{layer.name} must take what {giver} gives, which is {width} wide, "
                f"got an input width of {taken}."
            )
        if layer.name not in TRANSPARENT:
            giver, width = layer.name, given
