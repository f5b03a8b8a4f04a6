"""Set learning rates and weight decays for groups of parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from thinc.api import Optimizer

from .._check_numbers import Range, find_out_of_range
from .._freeze import fits_path, match_paths
from .._parameters import Parameter
from .._registry import registry
from .._schedules import repeat_last
from ..fused_adam import RatesOptimizer

#: What the settings of an optimizer may be, by their names in a config.
RANGES = {
    "learn_rate": Range(0),
    "beta1": Range(0, 1, below=True),
    "beta2": Range(0, 1, below=True),
    "eps": Range(0, above=True),
    "L2": Range(0),
    "grad_clip": Range(0),
    "factor": Range(0),
}
#: The attributes of Thinc's Optimizer that have other names.
_NAMES = {"beta1": "b1", "beta2": "b2"}

#: A value for all updates, or one after another, such as a schedule of Thinc.
Value = float | Iterator[float]


@dataclass
class Group:
    """How some parameters learn: a block [training.optimizer.groups.NAME].

    A setting that is None is that of the optimizer.

    Args:
        paths: Paths of parameters or of nodes above them, such as "tok2vec.encode",
            and patterns of such paths, such as "*.b".
        learn_rate: Their learning rate: a number or a schedule.
        factor: What the learning rate is multiplied by, theirs or that of all: a
            number or a schedule.
        L2: Their weight decay.
    """

    paths: list[str]
    learn_rate: Value | None = None
    factor: Value | None = None
    L2: float | None = None


@registry.optimizers("zoo.ByPath.v1")
def ByPath(optimizer: Optimizer, groups: dict[str, dict[str, Any]]) -> "GroupOptimizer":
    """Set another learning rate or weight decay for groups of parameters.

    If several groups name a parameter, each setting comes from the last of them that
    has it.

    Args:
        optimizer: How all parameters learn, apart from what the groups set.
        groups: By any name, blocks with ``paths``, such as ["tok2vec.encode", "*.b"],
            and one or more of ``learn_rate``, ``factor`` and ``L2``, as in `Group`.

    Raises:
        ValueError: A group has an unknown setting, no paths or nothing to set.
    """
    return GroupOptimizer(optimizer, {n: _read(n, g) for n, g in groups.items()})


class GroupOptimizer(RatesOptimizer):
    """An optimizer of Thinc's that knows how each parameter learns.

    It is a subclass and not a wrapper, as whatever takes an optimizer asks for its
    moments, averages and schedules.

    Attributes:
        now: The value of each setting at this update, or None, by group and setting.
    """

    def __init__(self, optimizer: Optimizer, groups: Mapping[str, Group]) -> None:
        for name in Optimizer.__slots__:
            setattr(self, name, getattr(optimizer, name))
        self.groups = groups
        self._values = {
            (name, setting): _values(name, setting, getattr(group, setting))
            for name, group in groups.items()
            for setting in ("learn_rate", "factor", "L2")
        }
        self.now = {key: next(values) for key, values in self._values.items()}
        self._groups_of: dict[tuple[int, str], list[str]] = {}

    def bind(self, parameters: Mapping[str, Parameter]) -> None:
        """Find the groups of each parameter.

        Args:
            parameters: All parameters that learn, by their full paths.

        Raises:
            ValueError: A path of a group leads to no parameter.
        """
        for name, group in self.groups.items():
            try:
                match_paths(parameters, group.paths)
            except ValueError as error:
                problem = str(error).removeprefix("freeze: ")
                raise ValueError(f"ByPath: the group {name!r}: {problem}") from error
        self._groups_of = {
            (parameter.node.id, parameter.name): [
                name
                for name, group in self.groups.items()
                if any(fits_path(path, pattern) for pattern in group.paths)
            ]
            for path, parameter in parameters.items()
        }

    def step_schedules(self) -> None:
        super().step_schedules()
        self.now = {key: next(values) for key, values in self._values.items()}

    def rates_of(self, key: tuple[int, str]) -> tuple[float, float]:
        """Return the learning rate and the weight decay of a parameter."""
        if key not in self._groups_of:
            raise RuntimeError(
                "ByPath: the optimizer must know the parameters before it changes "
                "them. Call `optimizer.bind(pipeline.parameters)` first."
            )
        rate, L2, factor = self.learn_rate, self.L2, 1.0
        for group in self._groups_of[key]:
            rate = _first(self.now[group, "learn_rate"], rate)
            L2 = _first(self.now[group, "L2"], L2)
            factor = _first(self.now[group, "factor"], factor)
        return rate * factor, L2


def find_optimizer_problems(optimizer: Any) -> Iterator[tuple[str, str]]:
    """Find the settings of an optimizer that are out of range.

    Of a schedule, its present value is checked.

    Yields:
        The path of a setting in the section of a config, and what is wrong with it.
    """
    if not isinstance(optimizer, Optimizer):
        return
    own = {name: getattr(optimizer, _NAMES.get(name, name), None) for name in RANGES}
    blocks: dict[str, dict[str, Any]] = {"optimizer": own}
    if isinstance(optimizer, GroupOptimizer):
        blocks = {"optimizer.optimizer": own}
        for (group, setting), value in optimizer.now.items():
            blocks.setdefault(f"optimizer.groups.{group}", {})[setting] = value
    for path, values in blocks.items():
        for name, problem in find_out_of_range(RANGES, values):
            yield f"{path}.{name}", problem


def _first(own: float | None, common: float) -> float:
    return common if own is None else own


def _read(name: str, settings: Mapping[str, Any]) -> Group:
    known = ("paths", "learn_rate", "factor", "L2")
    unknown = [setting for setting in settings if setting not in known]
    if unknown or not settings.get("paths") or len(settings) < 2:
        raise ValueError(
            f"ByPath: the group {name!r} must have paths, and one or more of "
            f"learn_rate, factor and L2, got {', '.join(settings) or 'nothing'}."
        )
    if isinstance(settings["paths"], str):
        raise ValueError(
            f"ByPath: the paths of the group {name!r} must be a list, got the string "
            f"{settings['paths']!r}."
        )
    return Group(**settings)


def _values(name: str, setting: str, value: Value | None) -> Iterator[float | None]:
    values = value if isinstance(value, Iterator) else iter([value])
    return repeat_last(values, f"ByPath: {setting} of the group {name!r}")
