"""Find which components read from shared encoders; share and replace encoders."""

import copy
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import replace
from typing import Any

import numpy as np
from thinc.api import Config, Model

from .._freeze import is_frozen
from .._parameters import named_nodes
from .._registry import registry
from ..config import Fault, follow, interpolate, nearest, raise_faults
from ..config._validate import function_of, parameters
from ..layers.listener import Listener, Upstream, grad_factor_of, upstream_of
from ._assemble import Component, build_components
from ._model_folder import CONFIG
from ._saved_pipeline import SavedPipeline
from ._size_limits import check_depths


def listeners_of(component: Component) -> list[tuple[Model[Any, Any], Upstream]]:
    """Pair the Listeners of a component with what they read from."""
    pairs = [(node, upstream_of(node)) for node in component.model.walk()]
    return [(node, upstream) for node, upstream in pairs if upstream is not None]


def find_upstreams(
    components: Sequence[Component],
    heads: Collection[str],
    frozen: Collection[str] | None,
) -> tuple[set[Upstream], set[Upstream]]:
    """Find the encoders that heads read from, and those of them that they teach.

    Args:
        components: In the pipeline's order, in which encoders stand before their
            listeners.
        heads: Names of the components that run.
        frozen: Names of those that do not learn. None: nothing learns.
    """
    wanted, taught = set[Upstream](), set[Upstream]()
    for component in reversed(components):
        is_head = component.name in heads
        if not is_head and component.upstream not in wanted:
            continue
        if component.upstream is not None:
            wanted.add(component.upstream)
        teaches = is_head or component.upstream in taught
        for listener, upstream in listeners_of(component):
            wanted.add(upstream)
            if frozen is None:
                continue
            learns = upstream.name not in frozen and not is_frozen(upstream.model)
            if teaches and learns and grad_factor_of(listener).value != 0:
                taught.add(upstream)
    return wanted, taught


def find_idle_encoders(components: Sequence[Component]) -> list[str]:
    """Name the shared encoders that nothing that writes into documents reads from."""
    writers = [component.name for component in components if component.writes]
    heard, _ = find_upstreams(components, writers, ())
    encoders = [c for c in components if c.upstream is not None and not c.writes]
    return [c.name for c in encoders if c.upstream not in heard]


def describe_moving_encoders(
    components: Iterable[Component], frozen: Collection[str]
) -> str | None:
    """Return a warning of frozen components whose encoder learns on; None for none."""
    pairs = [
        (component.name, upstream.name)
        for component in components
        for _, upstream in listeners_of(component)
        if component.name in frozen and not is_frozen(upstream.model)
    ]
    if not pairs:
        return None
    heads = " and ".join(dict.fromkeys(f"'{head}'" for head, _ in pairs))
    encoders = " and ".join(dict.fromkeys(f"'{encoder}'" for _, encoder in pairs))
    return (
        f"{heads} will predict worse, as it is frozen and listens to {encoders}, which "
        f"learns on: freeze {encoders} too, or give {heads} an encoder of its own by "
        f"Pipeline.replace_listeners."
    )


#: The setting with the encoder of a head's model, and the name of its reference.
ENCODER = "tok2vec"


def replace_listeners(
    saved: SavedPipeline, upstream: str, heads: Sequence[str] | None
) -> SavedPipeline:
    """Replace listeners in a saved pipeline, as `Pipeline.replace_listeners` does."""
    values = interpolate(saved.config)
    components = build_saved(saved)
    encoder = _find_encoder(components, upstream)
    listening = [n for n, c in components.items() if _nodes(c, encoder)]
    chosen = listening if heads is None else _known(components, heads)
    for name in chosen:
        if name not in listening:
            raise ValueError(
                f"replace_listeners: the component '{name}' does not listen to "
                f"'{upstream}'. These do: {', '.join(listening) or 'none'}."
            )
    new, blocks = _copy(saved), values["components"]
    for name in chosen:
        reads = _reads_from([*components.values()], name, upstream)
        model = _swap(blocks[name]["model"], reads, blocks[upstream]["model"])
        new.config["components"][name]["model"] = model
        for place, steps in _places(components[name], encoder):
            _move_in(new.weights[name], saved.weights[upstream], place, steps)
            new.files |= _renamed(
                saved.files, f"{upstream}.", f"{_join(name, place, steps[0])}."
            )
    if {*chosen} == {*listening}:
        _leave_out(new, upstream)
    return new


def share(saved: SavedPipeline, heads: Sequence[str], name: str) -> SavedPipeline:
    """Share an encoder in a saved pipeline, as `Pipeline.share` does."""
    values = interpolate(saved.config)
    components = build_saved(saved)
    chosen = _known(components, heads)
    if name in components:
        raise ValueError(
            f"share: there is a component '{name}' already. Choose another name."
        )
    if not chosen:
        raise ValueError("share: expected the names of components, got none.")
    new = _copy(saved)
    blocks = {head: _encoder_block(values, head) for head in chosen}
    taken = {head: _take_out(components[head], new, name) for head in chosen}
    first, *others = chosen
    for other in others:
        differences = _differ(blocks[first], blocks[other])
        differences = differences or _differ_in_bits(taken[first][0], taken[other][0])
        if differences:
            raise ValueError(
                f"share: the encoders of '{first}' and '{other}' must be equal, but "
                f"differ in {'; '.join(differences)}."
            )
    for head in chosen:
        listener = {"@layers": "zoo.Listener.v1", "upstream": name}
        model = {**values["components"][head]["model"], ENCODER: listener}
        new.config["components"][head]["model"] = model
    new.config["components"][name] = {"factory": "tok2vec", "model": blocks[first]}
    order = new.config["nlp"]["pipeline"]
    order.insert(min(map(order.index, chosen)), name)
    new.weights[name], files = taken[first]
    new.files |= files
    return new


def find_upstream_names(saved: SavedPipeline, component: str) -> list[str]:
    """List the shared encoders that a component of a saved pipeline listens to."""
    components = build_saved(saved)
    upstreams = [upstream for _, upstream in listeners_of(components[component])]
    return list(dict.fromkeys(upstream.name for upstream in upstreams))


def find_listeners(block: Any, path: str = "") -> Iterator[str]:
    """Find the paths of the listeners in the section of a component."""
    if not isinstance(block, Mapping):
        return
    if registry.is_promise(block) and "upstream" in parameters(function_of(block)):
        yield path
    for name, child in block.items():
        yield from find_listeners(child, _join(path, name))


def check_restorable(saved: SavedPipeline) -> None:
    """Check the config and sizes of a saved pipeline before anything is built.

    Raises:
        ValueError: Its config names folders to take components from, or more layers
            than it has arrays.
    """
    blocks = follow(saved.config, "components")
    for name, block in blocks.items() if isinstance(blocks, Mapping) else ():
        if isinstance(block, Mapping) and "source" in block:
            raise ValueError(
                f"{saved.source / CONFIG}: a saved pipeline must hold its components "
                f"itself, got a source in components.{name}."
            )
    check_depths(saved)


def build_saved(saved: SavedPipeline) -> dict[str, Component]:
    """Build the components of a saved pipeline, by name, without weights."""
    check_restorable(saved)
    faults: list[Fault] = []
    components = build_components(interpolate(saved.config), faults)
    raise_faults(faults)
    return {component.name: component for component in components}


def leave_out(saved: SavedPipeline, name: str) -> SavedPipeline:
    """Copy a saved pipeline without one of its components.

    Raises:
        ValueError: There is no such component, or another listens to it.
    """
    components = build_saved(saved)
    if name not in components:
        hint = nearest(name, components) or f" There are: {', '.join(components)}."
        raise ValueError(f"exclude: there is no component {name!r}.{hint}")
    listening = [
        other
        for other, component in components.items()
        if name in [upstream.name for _, upstream in listeners_of(component)]
    ]
    if listening:
        raise ValueError(
            f"exclude: {' and '.join(listening)} listen to '{name}'. Leave them out "
            f"too, before it."
        )
    new = _copy(saved)
    _leave_out(new, name)
    return new


def _copy(saved: SavedPipeline) -> SavedPipeline:
    """Copy config and weights, the config without variables that name a component."""
    weights = {
        component: {name: array.copy() for name, array in arrays.items()}
        for component, arrays in saved.weights.items()
    }
    config = _without_references(saved.config)
    return replace(saved, config=config, weights=weights, files=dict(saved.files))


def _find_encoder(components: Mapping[str, Component], name: str) -> Upstream:
    encoders = {n: c.upstream for n, c in components.items() if c.upstream}
    if name not in encoders:
        raise ValueError(
            f"replace_listeners: upstream must be a shared encoder of the pipeline, "
            f"got {name!r}. There are: {', '.join(encoders) or 'none'}."
        )
    return encoders[name]


def _known(components: Mapping[str, Component], names: Sequence[str]) -> list[str]:
    for name in names:
        if name not in components:
            hint = nearest(name, components) or f" There are: {', '.join(components)}."
            raise ValueError(f"Pipeline: there is no component {name!r}.{hint}")
    return list(dict.fromkeys(names))


def _nodes(component: Component, encoder: Upstream) -> list[Any]:
    return [node for node, upstream in listeners_of(component) if upstream is encoder]


def _reads_from(
    components: Sequence[Component], head: str, upstream: str
) -> Callable[[Mapping[str, Any]], bool]:
    """Return a function that checks whether a block builds a reader of the encoder."""
    names = [component.name for component in components]
    before = components[: names.index(head)]
    encoders = [c.name for c in before if c.upstream is not None]

    def reads(block: Mapping[str, Any]) -> bool:
        if not registry.is_promise(block):
            return False
        known = parameters(function_of(block))
        if "upstream" not in known:
            return False
        name = block.get("upstream", known["upstream"].default)
        return upstream == (encoders[-1] if name == "*" else name)

    return reads


def _swap(
    block: Any, reads: Callable[[Mapping[str, Any]], bool], encoder: Mapping[str, Any]
) -> Any:
    """Replace the blocks of an encoder's readers by the block of the encoder."""
    if not isinstance(block, Mapping):
        return block
    if not reads(block):
        return {name: _swap(child, reads, encoder) for name, child in block.items()}
    own = copy.deepcopy(dict(encoder))
    if "pooling" not in parameters(function_of(block)):
        return own
    pooling = block.get("pooling")
    if function_of(block) is not Listener:  # Under spaCy's name, it pools pieces.
        pooling = {"@layers": "zoo.PoolPieces.v1", "pooling": pooling}
    if pooling is None:
        return own
    return {"@layers": "chain.v1", "*": {"encoder": own, "pooling": dict(pooling)}}


def _places(head: Component, encoder: Upstream) -> list[tuple[str, tuple[str, str]]]:
    """Return the path of each listener of a head, and the steps to what replaces it.

    The steps are those to the encoder and to the pooling.
    """
    nodes = _nodes(head, encoder)
    return [
        (path, ("0", "1") if node.layers else ("", ""))
        for path, node in named_nodes(head.model)
        if any(node is one for one in nodes)
    ]


def _move_in(
    weights: dict[str, Any],
    encoder: Mapping[str, Any],
    place: str,
    steps: tuple[str, str],
) -> None:
    """Add the arrays of an encoder to those of a head, in the place of a listener."""
    prefix = f"{place}." if place else ""
    if steps[1]:
        for name in [n for n in weights if n.startswith(prefix)]:
            weights[_join(place, steps[1], name[len(prefix) :])] = weights.pop(name)
    for name, array in encoder.items():
        weights[_join(place, steps[0], name)] = array.copy()


def _renamed(files: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    """Return the files whose names begin with `old`, under names with `new`."""
    return {
        new + name.removeprefix(old): content
        for name, content in files.items()
        if name.startswith(old)
    }


def _join(*steps: str) -> str:
    return ".".join(filter(None, steps))


def _leave_out(saved: SavedPipeline, name: str) -> None:
    """Remove a component from a config, its weights and all settings."""
    config = saved.config
    del config["components"][name]
    saved.weights.pop(name, None)
    saved.labels = {n: labels for n, labels in saved.labels.items() if n != name}
    saved.data = {
        n: data for n, data in saved.data.items() if not n.startswith(f"{name}.")
    }
    for file in _renamed(saved.files, f"{name}.", f"{name}."):
        del saved.files[file]
    for path in (
        "nlp.pipeline",
        "nlp.disabled",
        "training.frozen_components",
        "training.annotating_components",
    ):
        section, _, key = path.partition(".")
        names = follow(config, path)
        if isinstance(names, list):
            config[section][key] = [n for n in names if n.partition(".")[0] != name]


def _without_references(config: Config) -> Config:
    """Copy a config; replace variables that name a component by their values."""
    values = interpolate(config)

    def settle(block: Any, value: Any) -> Any:
        if isinstance(block, Mapping):
            return {name: settle(child, value[name]) for name, child in block.items()}
        return value if "${components." in str(block) else copy.deepcopy(block)

    return Config(settle(config, values), is_interpolated=False)


def _encoder_block(values: Mapping[str, Any], head: str) -> dict[str, Any]:
    block = follow(values, f"components.{head}.model.{ENCODER}")
    is_listener = registry.is_promise(block) and "upstream" in parameters(
        function_of(block)
    )
    if not isinstance(block, Mapping) or is_listener:
        found = "listens to another already" if is_listener else "has none"
        raise ValueError(
            f"share: the component '{head}' must have an encoder of its own, as the "
            f"setting {ENCODER} of its model, but {found}."
        )
    return copy.deepcopy(dict(block))


def _take_out(
    component: Component, saved: SavedPipeline, name: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """Remove the arrays and files of a head's encoder from those of the head.

    Args:
        name: The component after which the files are named.
    """
    model, weights = component.model, saved.weights[component.name]
    encoder = model.get_ref(ENCODER)
    [place] = [path for path, node in named_nodes(model) if node is encoder]
    inside = [path for path in weights if path.startswith(f"{place}.")]
    arrays = {path[len(place) + 1 :]: weights.pop(path) for path in inside}
    start = f"{component.name}.{place}."
    files = _renamed(saved.files, start, f"{name}.")
    for file in [file for file in saved.files if file.startswith(start)]:
        del saved.files[file]
    return arrays, files


def _differ(left: Any, right: Any, path: str = "") -> list[str]:
    """List the settings in which two blocks differ."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return [
            difference
            for name in {**left, **right}
            for difference in _differ(
                left.get(name), right.get(name), _join(path, name)
            )
        ]
    return [] if left == right else [f"{path}, {left!r} and {right!r}"]


def _differ_in_bits(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """List the arrays in which two encoders of one structure differ."""
    return [
        f"the weights {name}, by up to {np.abs(array - right[name]).max():.3g}"
        for name, array in left.items()
        if array.tobytes() != right[name].tobytes()
    ]
