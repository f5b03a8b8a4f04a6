"""Read in a docstring what an argument means."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .._registry import registry

#: A line that begins an entry: the names of arguments, and what they mean.
_ENTRY = re.compile(r"(\w+(?:, \w+)*): (.+)")
#: A name that a docstring refers to.
_REFERENCE = re.compile(r"`([\w.-]+)`")


class Entry(NamedTuple):
    """What a docstring says of an argument, and whose docstring it is."""

    text: str
    owner: str


def summary(function: Callable[..., Any]) -> str:
    """Give the first line of a docstring; nothing if there is none."""
    return docstring(function).partition("\n")[0]


def docstring(function: Callable[..., Any]) -> str:
    """Give the docstring of a function; of Thinc's, one of ours if it has none."""
    return THINC_DOCSTRINGS.get(name_of(function)) or inspect.getdoc(function) or ""


def find_entry(function: Callable[..., Any], name: str, kind: str = "") -> Entry | None:
    """Find what an argument means, in the docstring that says so.

    Looks into the docstring of the function, into those of a class's bases, and into
    those that they refer to, as in "The settings are those of `Tagging`".

    kind: The registry of the function, in which references are looked up first.
    """
    seen: set[Any] = set()
    waiting = [function]
    while waiting:
        found = waiting.pop(0)
        if found in seen:
            continue
        seen.add(found)
        if (text := _read_entry(docstring(found), name)) is not None:
            return Entry(text, name_of(found))
        waiting += [*_bases(found), *_references(found, kind)]
    return None


def name_of(function: Callable[..., Any]) -> str:
    """Give the name of a function and its module, as an import names it."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', '')}.{name}"


def _read_entry(text: str, name: str) -> str | None:
    lines = iter(text.splitlines())
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if entry is None or name not in entry[1].split(", "):
            continue
        found = [entry[2]]
        for more in lines:
            if not more.startswith(" "):
                break
            found.append(more.strip())
        return " ".join(found)
    return None


def _bases(function: Any) -> list[Any]:
    return list(function.__mro__[1:-1]) if isinstance(function, type) else []


def _references(function: Any, kind: str) -> Iterator[Any]:
    """Give the functions that a docstring names: registered ones and neighbours."""
    module = sys.modules.get(getattr(function, "__module__", ""))
    for name in _REFERENCE.findall(docstring(function)):
        kinds = [kind, *registry.kinds()] if kind else registry.kinds()
        if own := next((k for k in kinds if registry.has(k, name)), None):
            yield registry.get(own, name)
        elif callable(found := getattr(module, name, None)):
            yield found


_OPTIMIZER = """

learn_rate: How far a step goes: a number or a schedule. Its first value is taken when
    the optimizer is made.
L2: How much each weight is drawn to zero: a share of the weight per step and learning
    rate if `L2_is_weight_decay`, else a share that is added to its gradient.
L2_is_weight_decay: Whether L2 shrinks the weights beside the step, as in AdamW, or is
    part of the gradient.
grad_clip: The greatest norm of the gradient of a parameter; a longer one is shortened
    to it. 0 sets no limit.
use_averages: Whether to keep a running average of each parameter, by which the
    pipeline is evaluated and saved.
"""
_MOMENTS = """\
beta1: Share of the running mean of gradients that each step keeps, 0 to 1.
beta2: Share of the running mean of squared gradients that each step keeps, 0 to 1.
eps: Added to the root of the mean square, against division by zero.
"""
_T = "t: The step to begin at.\n"

#: By the full name of the function, in the form of zoo's docstrings.
THINC_DOCSTRINGS = {
    "thinc.optimizers.Adam": (
        f"Take steps by running means of gradients and of their squares."
        f"{_OPTIMIZER}{_MOMENTS}"
    ),
    "thinc.optimizers.RAdam": (
        f"Take steps as Adam does, but for those before the squares can be trusted."
        f"{_OPTIMIZER}{_MOMENTS}"
    ),
    "thinc.optimizers.SGD": f"Take steps along the gradient.{_OPTIMIZER}",
    "thinc.schedules.constant": (
        "Give the same value at each step.\n\nrate: The value.\n"
    ),
    "thinc.schedules.constant_then": (
        "Give one value for some steps, then those of another schedule.\n\n"
        "rate: The value of the first steps.\n"
        "steps: How many steps have it.\n"
        "schedule: What comes then.\n"
    ),
    "thinc.schedules.decaying": (
        "Give values that fall as 1 / (1 + decay * step).\n\n"
        "base_rate: The first value.\n"
        f"decay: How fast they fall.\n{_T}"
    ),
    "thinc.schedules.compounding": (
        "Give values that are multiplied by a factor at each step.\n\n"
        "start: The first value.\n"
        "stop: The last value; it is kept from then on.\n"
        f"compound: The factor.\n{_T}"
    ),
    "thinc.schedules.warmup_linear": (
        "Give values that rise from 0 in a line, and fall to 0 in another.\n\n"
        "initial_rate: The greatest value, at the end of the rise.\n"
        "warmup_steps: Steps of the rise.\n"
        "total_steps: Steps of both; from then on the value is 0.\n"
    ),
    "thinc.schedules.slanted_triangular": (
        "Give values that rise in a line and fall in a longer one.\n\n"
        "max_rate: The greatest value.\n"
        "num_steps: Steps of rise and fall.\n"
        "cut_frac: Share of the steps that is the rise, 0 to 1.\n"
        "ratio: How many times less than the greatest the least value is.\n"
        f"decay: Has no effect.\n{_T}"
    ),
    "thinc.schedules.cyclic_triangular": (
        "Give values that rise and fall in lines, over and over.\n\n"
        "min_lr: The least value.\n"
        "max_lr: The greatest value.\n"
        "period: Steps of a rise; a fall has as many.\n"
    ),
}
