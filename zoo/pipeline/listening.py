"""Tell which shared encoders the components of a pipeline read from and teach."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from thinc.api import Model

from ..freezing import is_frozen
from ..layers.listener import Upstream, grad_factor_of, upstream_of
from .assembly import Component


def listeners_of(component: Component) -> list[tuple[Model[Any, Any], Upstream]]:
    """Pair the Listeners of a component with what they read from."""
    pairs = [(node, upstream_of(node)) for node in component.model.walk()]
    return [(node, upstream) for node, upstream in pairs if upstream is not None]


def find_upstreams(
    components: Sequence[Component], heads: Collection[str], frozen: Collection[str]
) -> tuple[set[Upstream], set[Upstream]]:
    """Find the encoders that heads read from, and those of them that they teach.

    components: In the pipeline's order, in which encoders stand before their listeners.
    heads: Names of the components that run.
    frozen: Names of those that do not learn.
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
    """Say which frozen components listen to an encoder that learns on, if any do."""
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
