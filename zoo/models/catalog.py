"""List ready-made models: what each is for, what it needs and how good it is."""

import inspect
import json
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from types import UnionType
from typing import Any, Final, NamedTuple

from .._registry import capabilities, registry
from .._types import Docs
from ..config._validate import function_of, parameters
from ..pipeline._shipped_encoders import shipped_names
from .create import FOLDER, model_config, model_names, read_text

#: What benchmarks/bench_models.py measured, by the name of the model.
MEASURED: Final = FOLDER / "measured.json"


class ModelCard(NamedTuple):
    """What is known about a ready-made model.

    Args:
        name: The name that `create_model` takes.
        purpose: What it is for, in a line.
        task: "encoding" (documents to token vectors), "tagging" or "classification".
        needs: What it needs beyond zoo: "torch", "transformers", or "vectors", a table
            of word vectors.
        input, output: The types of what goes in and comes out.
        n_parameters: Number of weights when it was measured.
        n_labels: Number of labels then; 0 for an encoder.
        words_per_s: Words per second of processor time then, in prediction on one
            thread.
        score: What it got right then, in per cent.
        measure: What `score` counts.
    """

    name: str
    purpose: str
    task: str
    needs: tuple[str, ...]
    input: str
    output: str
    n_parameters: int
    n_labels: int
    words_per_s: int
    score: float
    measure: str

    @property
    def megabytes(self) -> float:
        """Size of the weights in float32, without a table of vectors."""
        return self.n_parameters * 4 / 1e6

    def cells(self) -> list[str]:
        """Return name, purpose, needs and figures, as a row of a table."""
        return [
            self.name,
            self.purpose,
            ", ".join(self.needs) or "nothing",
            f"{self.n_parameters:,}",
            f"{self.megabytes:.2f}",
            f"{self.words_per_s:,}",
            f"{self.score:.2f} {self.measure}",
        ]


#: The titles of the cells of a card.
TITLES: Final = ("name", "for", "needs", "parameters", "MB", "words/s", "score")


def list_models(
    pattern: str = "*",
    *,
    task: str | None = None,
    needs: str | Sequence[str] | None = None,
    pretrained: bool = False,
) -> list[str]:
    """List the names of ready-made models, which `create_model` takes.

    Args:
        pattern: What a name must match, with wildcards as in file names: ``"hash_*"``.
        task: Only models for this: "encoding", "tagging" or "classification".
        needs: Only models that need this, or all of these: "torch", "transformers",
            "vectors". An empty list: only models that need none of them.
        pretrained: Only models whose weights come with zoo.

    Raises:
        ValueError: There is no such task or need.
    """
    wanted = [needs] if isinstance(needs, str) else needs
    cards = [model_card(name) for name in model_names()]
    _check("task", [task] if task else [], {card.task for card in cards})
    _check("needs", wanted or [], {need for card in cards for need in card.needs})
    return [
        card.name
        for card in cards
        if fnmatchcase(card.name, pattern)
        and task in (None, card.task)
        and _has(card, wanted)
        and (not pretrained or card.name.replace("_", "-") in shipped_names())
    ]


@cache
def model_card(name: str) -> ModelCard:
    """Return what is known about a ready-made model.

    Raises:
        ValueError: There is no model of that name.
    """
    purpose = read_text(name).partition("\n")[0].removeprefix("# ")
    name = name.replace("-", "_")
    block = model_config(name)
    _, registered = registry.get_constructor(block)
    takes, gives = describe_types(function_of(block))
    return ModelCard(
        name=name,
        purpose=purpose,
        task=capabilities(registered).task or "",
        needs=needs_of(block),
        input=takes,
        output=gives,
        **_measured()[name],
    )


def needs_of(block: Mapping[str, Any]) -> tuple[str, ...]:
    """List what a block that makes a model needs, given its settings."""
    return tuple(sorted({*_needs(block)}))


def _needs(block: Mapping[str, Any]) -> Iterator[str]:
    for child in block.values():
        if isinstance(child, Mapping):
            yield from _needs(child)
    if registry.is_promise(block):
        _, name = registry.get_constructor(dict(block))
        for need, setting in capabilities(name).needs.items():
            if setting is None or block.get(setting):
                yield need


@cache
def _measured() -> dict[str, dict[str, Any]]:
    models: dict[str, dict[str, Any]] = json.loads(MEASURED.read_text("utf8"))["models"]
    return models


def _has(card: ModelCard, wanted: Sequence[str] | None) -> bool:
    if not wanted:  # None asks for nothing, and an empty list for no needs.
        return wanted is None or not card.needs
    return set(wanted) <= set(card.needs)


def _check(what: str, given: Sequence[str], known: set[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise ValueError(
            f"list_models: {what} must be one of {', '.join(sorted(known))}, got "
            f"{unknown[0]!r}."
        )


def describe_types(constructor: Callable[..., Any]) -> tuple[str, str]:
    """Return the types of input and output of the model that a constructor makes.

    They are read from the return annotation, a ``Model[InT, OutT]``. A question mark
    stands for what it leaves open.
    """
    try:
        made = inspect.signature(constructor, eval_str=True).return_annotation
    except (NameError, TypeError, ValueError):
        made = None
    types = typing.get_args(made)
    if len(types) != 2:
        return "?", "?"
    return _describe(types[0]), _describe(types[1])


def describe_arguments(constructor: Callable[..., Any]) -> str:
    """Return the names of the arguments and their defaults: ``(nO, nP=3)``."""
    found = parameters(constructor).values()
    return f"({', '.join(_describe_argument(p) for p in found)})"


def _describe(annotation: Any) -> str:
    if annotation == Docs:
        return "documents"
    if annotation is Any or isinstance(annotation, typing.TypeVar):
        return "?"
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__
    origin, options = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, UnionType):
        return " or ".join(dict.fromkeys(map(_describe, options)))
    if isinstance(origin, type) and options:
        return f"{origin.__name__} of {_describe(options[0])}"
    return str(getattr(annotation, "__name__", annotation))


def _describe_argument(parameter: inspect.Parameter) -> str:
    name: str = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        name = ("*" if parameter.kind is parameter.VAR_POSITIONAL else "**") + name
    if parameter.default is parameter.empty:
        return name
    try:
        return f"{name}={json.dumps(parameter.default)}"
    except TypeError:  # A function.
        return f"{name}={getattr(parameter.default, '__name__', '…')}"
