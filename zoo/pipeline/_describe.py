"""Describe a pipeline in text and HTML, for prompts and notebooks."""

from collections.abc import Collection, Iterator, Sequence
from html import escape

from .._name_some import name_some
from .._terminal import align
from ._assemble import Component
from ._components import Components
from ._share_encoders import listeners_of

#: Labels that are listed of a component.
MOST_LABELS = 8


def describe(components: Components) -> str:
    """Describe components in lines of text: name, factory, and what each is."""
    title = f"zoo.Pipeline: {_size(components)}"
    return "\n".join([title, *(f"  {line}" for line in align(_rows(components)))])


def describe_in_html(components: Components) -> str:
    """Describe components in a table of HTML. Names and labels are escaped."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in _rows(components)
    )
    return (
        f"<table><caption>{escape(_size(components))}</caption>"
        f"<tr><th>component</th><th>factory</th><th>is</th></tr>{rows}</table>"
    )


def _size(components: Components) -> str:
    values = [p.value for p in components.parameters.values()]
    count = sum(value.size for value in values if value is not None)
    n_components = len(components.by_name)
    return f"{n_components} component{'s'[: n_components != 1]}, {count:,} parameters"


def _rows(components: Components) -> Iterator[Sequence[str]]:
    for component in components:
        notes = [*_notes(component)]
        if component.name in components.disabled:
            notes.append("disabled")
        yield component.name, component.factory, "; ".join(notes)


def describe_kind(component: Component) -> str:
    """Describe a component without an objective: an encoder or rules; "" for others."""
    if component.rules is not None:
        return f"rules for {', '.join(component.rules.fields)}"
    if component.upstream is None:
        return ""
    width = component.upstream.width
    return "shared encoder" + (f" of width {width}" if width else "")


def describe_listeners(component: Component) -> str:
    """Describe which encoders a component listens to; "" if there are none."""
    heard = dict.fromkeys(upstream.name for _, upstream in listeners_of(component))
    return f"listens to {', '.join(heard)}" if heard else ""


def _notes(component: Component) -> Iterator[str]:
    labels = component.objective.labels if component.objective is not None else None
    shown = "" if labels is None else f"{len(labels)} labels{_list(labels)}"
    notes = (describe_kind(component), shown, describe_listeners(component))
    yield from filter(None, notes)


def _list(labels: Collection[str]) -> str:
    # A label may hold anything; in text it takes one line.
    names = [name if name.isprintable() else repr(name) for name in labels]
    return f" ({name_some(names, MOST_LABELS)})" if names else ""
