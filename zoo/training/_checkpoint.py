"""Save and load all that a training run needs to go on as if it never stopped."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from thinc.api import Optimizer

from .._parameters import Parameter, describe_mismatch
from .._thinc_internals import radam_buffer_of, set_radam_buffer
from ..config import follow
from ..config._validate import describe, fits, show
from ..pipeline._model_folder import (
    META,
    WEIGHTS,
    find_versions,
    read_arrays,
    read_meta,
    replace_model,
    write_arrays,
    write_meta,
)
from ..transformers._save import find_scalers
from ._batches import Place
from ._random_state import RandomState, seed_cupy
from .learner import Learner
from .loggers import Evaluation

#: What an optimizer keeps for each parameter, as arrays.
MOMENTS = ("mom1", "mom2", "averages")
#: The content of a checkpoint besides arrays, by path, and of what type it is.
_RECORD: dict[str, Any] = {
    "state.seed": int,
    "state.step": int,
    "state.words": int,
    "state.seconds": float,
    "state.place": list[int | bool],
    "state.best_step": int,
    "state.losses": dict[str, list[float]],
    "best": dict[str, Any] | None,
    "optimizer.counts": dict[str, int],
    "optimizer.rates": dict[str, float],
    "optimizer.radam": list[list[float | None]],
    "scalers": dict[str, list[float]],
    "with_gradients": list[str],
    "random.gauss": float | None,
    "random.normal": float | None,
    "random.generators": dict[str, dict[str, Any]],
}


@dataclass
class RunState:
    """The progress of a run, and the best evaluation so far.

    Attributes:
        losses: The loss of each head since the last evaluation: the sum, and the
            number of tokens or documents.
        annotation: The CRC-32 of the annotation of each corpus that is held in
            memory, by name. A run goes on only where it is the same.
    """

    seed: int = 0
    step: int = 0
    words: int = 0
    seconds: float = 0.0
    place: Place = field(default_factory=Place)
    best: Evaluation | None = None
    best_step: int = 0
    losses: dict[str, list[Any]] = field(default_factory=dict)
    annotation: dict[str, int] = field(default_factory=dict)


def save_checkpoint(
    folder: Path, learner: Learner, optimizer: Optimizer, state: RunState
) -> None:
    """Replace a checkpoint: weights, optimizer, random states, position in the data.

    The weights are those that learn, not their averages, which are saved too.
    """
    parameters = learner.parameters
    found = RandomState.now(learner.generators)
    arrays = {name: _moments(optimizer, name, parameters) for name in MOMENTS}
    arrays["weights"] = _map(parameters, lambda p: p.value)
    # They are zero after an update, except for those of what is frozen.
    gradients = _map(parameters, _gradient)
    arrays["gradients"] = {n: g for n, g in gradients.items() if g.any()}
    arrays["random"] = found.arrays
    losses = {name: [float(total), n] for name, (total, n) in state.losses.items()}
    record = {
        "state": asdict(replace(state, losses=losses)),
        "best": None if state.best is None else state.best._asdict(),
        "optimizer": {
            "counts": _by_path(optimizer.nr_update, parameters),
            "rates": {name: getattr(optimizer, name) for name in optimizer.schedules},
            "radam": radam_buffer_of(optimizer),
        },
        "scalers": {n: s.state for n, s in find_scalers(learner.models).items()},
        "with_gradients": list(gradients),
        "random": found.others,
    }
    with replace_model(folder) as new:
        for name, group in arrays.items():
            write_arrays(new / f"{name}{WEIGHTS}", group)
        write_meta(new, {"checkpoint": record})
    seed_cupy(state.seed + state.step, parameters)


def load_checkpoint(
    folder: Path, learner: Learner, optimizer: Optimizer, seed: int
) -> RunState:
    """Bring a learner and its optimizer to the state in which a checkpoint was saved.

    Warns if the checkpoint was saved with other versions of the packages that compute.

    Args:
        folder: The checkpoint.
        learner: What learns, initialized as in the earlier run.
        optimizer: A new optimizer, whose schedules are at their start.
        seed: The seed of this run.

    Raises:
        FileNotFoundError: There is no checkpoint.
        ValueError: It is damaged, of a later version, no checkpoint, or one of another
            run. Nothing has been changed then.
    """
    meta = read_meta(folder)
    record: Any = meta.get("checkpoint")
    if not isinstance(record, Mapping):
        raise ValueError(f"{folder} is not a checkpoint, but a saved model.")
    names = (*MOMENTS, "weights", "gradients", "random")
    arrays = {name: read_arrays(folder / f"{name}{WEIGHTS}") for name in names}
    parameters = learner.parameters
    _check_shapes(folder, arrays["weights"], parameters)
    with _named(folder):
        _check_record(record)
        state = _read_state(record)
        if not 0 <= state.step < 2**31:  # The schedules go through all of them.
            raise ValueError(f"state.step must be below 2 ** 31, got {state.step}")
        saved = record["optimizer"]
        random_state = RandomState(arrays["random"], record["random"])
    if state.seed != seed:
        raise ValueError(
            f"{folder} is of a run with another seed: {state.seed}, not {seed}."
        )
    for _ in range(state.step):
        optimizer.step_schedules()
    learner.step_schedules(state.step)
    _check_rates(folder, saved["rates"], optimizer, state.step)
    with _named(folder):
        _restore_optimizer(optimizer, parameters, saved, arrays)
        _restore_parameters(parameters, record["with_gradients"], arrays)
        for name, scaler in find_scalers(learner.models).items():
            scaler.state = record["scalers"][name]
        random_state.restore(learner.generators)
    seed_cupy(state.seed + state.step, parameters)
    _warn_of_versions(folder, meta)
    return state


def _warn_of_versions(folder: Path, meta: Mapping[str, Any]) -> None:
    """Warn if packages that compute have other versions than in the checkpoint."""
    differences = [
        f"{name} {before} before, {now} now"
        for name, now in find_versions().items()
        if (before := follow(meta, f"versions.{name}")) not in (None, now)
        and name != "python"
    ]
    if differences:
        warnings.warn(
            f"{folder}: the run goes on with other packages, so that its results may "
            f"differ from those of an uninterrupted run: {'; '.join(differences)}.",
            stacklevel=3,
        )


def _check_record(record: Any) -> None:
    """Check that the record of a run is complete, and of the right types."""
    for path, kind in _RECORD.items():
        value = record
        for step in path.split("."):
            value = value[step]
        if not fits(value, kind):
            raise ValueError(f"{path} must be {describe(kind)}, got {show(value)}")


def _read_state(record: Mapping[str, Any]) -> RunState:
    state = RunState(**record["state"])
    if not fits(state.annotation, dict[str, int]):  # Earlier checkpoints have none.
        raise ValueError(f"state.annotation is {show(state.annotation)}")
    if len(state.place) not in (5, len(Place._fields)):  # Earlier ones have five.
        raise ValueError(f"state.place is {show(state.place)}")
    state.place = Place(*state.place)
    best = record["best"]
    state.best = None if best is None else Evaluation(**best)
    return state


def _restore_optimizer(
    optimizer: Optimizer,
    parameters: Mapping[str, Parameter],
    saved: Mapping[str, Any],
    arrays: Mapping[str, Mapping[str, Any]],
) -> None:
    for name in MOMENTS:
        values = getattr(optimizer, name)
        if values is not None:
            values.clear()
        for path, array in arrays[name].items():
            parameter = parameters[path]
            values[_key(parameter)] = parameter.node.ops.asarray(array)
    optimizer.nr_update.clear()
    for path, count in saved["counts"].items():
        optimizer.nr_update[_key(parameters[path])] = count
    set_radam_buffer(optimizer, saved["radam"])


def _restore_parameters(
    parameters: Mapping[str, Parameter],
    with_gradients: list[str],
    arrays: Mapping[str, Mapping[str, Any]],
) -> None:
    for path, (node, name) in parameters.items():
        value: Any
        if path in arrays["weights"]:
            value = node.ops.asarray(arrays["weights"][path])
            node.set_param(name, value)
        if path in with_gradients:
            zeros = node.ops.xp.zeros_like(value)
            value = node.ops.asarray(arrays["gradients"].get(path, zeros))
            node.set_grad(name, value)


def _check_shapes(
    folder: Path, found: Mapping[str, Any], parameters: Mapping[str, Parameter]
) -> None:
    values = {name: p.value for name, p in parameters.items()}
    wanted = {name: (*v.shape,) for name, v in values.items() if v is not None}
    shapes = {name: (*array.shape,) for name, array in found.items()}
    if shapes != wanted:
        raise ValueError(describe_mismatch(str(folder), shapes, wanted))


def _check_rates(
    folder: Path, saved: Mapping[str, float], optimizer: Optimizer, step: int
) -> None:
    """Check that the schedules have the values of the run that was saved."""
    rates = {name: getattr(optimizer, name) for name in optimizer.schedules}
    for name in {**saved, **rates}:
        if saved.get(name) != rates.get(name):
            raise ValueError(
                f"{folder}: the schedule of the optimizer's {name} differs from that "
                f"of the earlier run: after {step} updates it is {rates.get(name)}, "
                f"not {saved.get(name)}. Make a new optimizer as in the earlier run."
            )


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Raise ValueError, which names the checkpoint, for content of a wrong form."""
    try:
        yield
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(
            f"{folder / META} is not that of a checkpoint of a training run: "
            f"{type(error).__name__}: {error}."
        ) from error


def _moments(
    optimizer: Optimizer, name: str, parameters: Mapping[str, Parameter]
) -> dict[str, Any]:
    by_path = _by_path(getattr(optimizer, name) or {}, parameters)
    return {p: parameters[p].node.ops.to_numpy(v) for p, v in by_path.items()}


def _by_path(
    values: Mapping[Any, Any], parameters: Mapping[str, Parameter]
) -> dict[str, Any]:
    """Return the values that an optimizer keeps, by the paths of their parameters.

    Raises:
        RuntimeError: It keeps a value of a parameter that has no path.
    """
    paths = {_key(parameter): path for path, parameter in parameters.items()}
    for key in values:
        if key not in paths:
            raise RuntimeError(
                f"training: no checkpoint can be saved, as the optimizer keeps values "
                f"of {key}, which is no parameter of what learns. Make a new optimizer "
                f"for each run."
            )
    return {paths[key]: value for key, value in values.items()}


def _map(
    parameters: Mapping[str, Parameter], get: Callable[[Parameter], Any]
) -> dict[str, Any]:
    found = {path: get(parameter) for path, parameter in parameters.items()}
    return {
        path: parameters[path].node.ops.to_numpy(array)
        for path, array in found.items()
        if array is not None
    }


def _gradient(parameter: Parameter) -> Any:
    node, name = parameter.node, parameter.name
    return node.get_grad(name) if node.has_grad(name) else None


def _key(parameter: Parameter) -> tuple[int, str]:
    """Return the key by which an optimizer of Thinc knows a parameter."""
    return parameter.node.id, parameter.name
