"""Update weights as Thinc's Adam does, in one pass: by a kernel, or by PyTorch."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import local
from typing import Any, NamedTuple

import numpy as np
from packaging.version import Version
from thinc.api import Model, Optimizer
from thinc.compat import torch_version

from ._arrays import as_array, as_thinc
from ._call_adam import call_adam, sum_squares
from ._kernel_choice import kernels_name
from ._tensors import as_flat_tensors
from ._types import Array
from .threads import one_openmp_thread

#: Steps after which PyTorch no longer corrects the moments; Thinc corrects the rate.
MANY_STEPS = 1e9
#: The largest share of its old value that an average keeps.
MAX_DECAY = 0.9999

#: The first PyTorch whose fused Adam runs on CPU.
MIN_TORCH = Version("2.4")

Key = tuple[int, str]
#: Gradients with the sums of their squares, by parameter.
Squares = Mapping[Key, tuple[Array, float]]


class Steps(NamedTuple):
    """The numbers of a step of Adam that several parameters share."""

    n_updates: int  # Including this one.
    rate: float
    L2: float


class Change(NamedTuple):
    """A parameter with the arrays that a step of Adam reads and writes."""

    key: Key  # The key of the parameter in the optimizer.
    weights: Array
    gradient: Array
    mean: Array
    square: Array
    clip: float  # What the gradient is to be multiplied by.


class RatesOptimizer(Optimizer):
    """An optimizer of Thinc with a learning rate and weight decay per parameter."""

    def rates_of(self, key: Key) -> tuple[float, float]:
        """Return the learning rate and the weight decay, L2, of a parameter."""
        return self.learn_rate, self.L2

    def __call__(
        self, key: Any, weights: Any, gradient: Any, *, lr_scale: float = 1.0
    ) -> Any:
        common = self.learn_rate, self.L2
        self.learn_rate, self.L2 = self.rates_of(key)
        try:
            return super().__call__(key, weights, gradient, lr_scale=lr_scale)
        finally:
            self.learn_rate, self.L2 = common


def finish_update(model: Model[Any, Any], optimizer: Optimizer) -> None:
    """Update the weights of a model by its gradients, as ``model.finish_update`` does.

    Where compiled kernels are in use, one computes Adam on CPU, in one pass over the
    memory instead of Thinc's ten; otherwise PyTorch does, if 2.4 or later is installed.
    The numbers are the same except for rounding, and the state of the optimizer is the
    same. Everything else, such as another optimizer, is left to Thinc.

    Args:
        model: The model, whose gradients are zero afterwards.
        optimizer: An optimizer of Thinc.
    """
    finish_updates([model], optimizer)


def finish_updates(models: Sequence[Model[Any, Any]], optimizer: Optimizer) -> None:
    """Update the weights of several models, as `finish_update` does one after another.

    Few large steps take less time than many small ones.
    """
    is_adam, seen = _is_adam(optimizer), set()
    waiting: dict[Steps, list[Change]] = {}

    def collect(key: Key, weights: Any, gradient: Any) -> tuple[Any, Any]:
        if not (is_adam and _suits(weights) and _suits(gradient)):
            changed: tuple[Any, Any] = optimizer(key, weights, gradient)
            return changed
        if key in seen:  # Of a node in two models. Its gradient is zero after a step.
            _take_steps(optimizer, waiting)
        seen.add(key)
        steps, change = _prepare(optimizer, key, weights, gradient)
        waiting.setdefault(steps, []).append(change)
        return weights, gradient  # Both are changed in place, later.

    for model in models:
        for node in model.walk():
            for shim in node.shims:  # It resets its gradients itself, so it is first.
                shim.finish_update(optimizer)
            for name in node.param_names:
                if node.has_grad(name):
                    key = (node.id, name)
                    value, _ = collect(key, node.get_param(name), node.get_grad(name))
                    node.set_param(name, value)
    _take_steps(optimizer, waiting)


@contextmanager
def squares_known(squares: Squares) -> Iterator[None]:
    """Say which sums of squares of gradients are known, until the block ends.

    To read all gradients again, for their norms, takes a twentieth of an update.

    Args:
        squares: Nobody must change the gradients before `finish_updates` does.
    """
    _known.squares = squares
    try:
        yield
    finally:
        del _known.squares


_known = local()


def _take_steps(optimizer: Optimizer, waiting: dict[Steps, list[Change]]) -> None:
    step = _step_by_kernel if kernels_name() == "numba" else _step
    for steps, changes in waiting.items():
        step(optimizer, steps, changes)
    waiting.clear()


def _is_adam(optimizer: Any) -> bool:
    """Check whether an optimizer is Thinc's Adam with decoupled weight decay."""
    is_thincs = type(optimizer) is Optimizer or isinstance(optimizer, RatesOptimizer)
    return (
        # Of PyTorch, 0 if it is missing.
        (torch_version >= MIN_TORCH or kernels_name() == "numba")
        and is_thincs
        and not optimizer.use_radam
        and optimizer.b1 > 0
        and optimizer.b2 > 0
        and optimizer.L2_is_weight_decay
    )


def _suits(array: Any) -> bool:
    is_float32 = isinstance(array, np.ndarray) and array.dtype == np.float32
    return is_float32 and array.size > 0 and array.flags.carray


def _prepare(
    optimizer: Optimizer, key: Key, weights: Array, gradient: Array
) -> tuple[Steps, Change]:
    """Count the update of a parameter, and find by how much its gradient is clipped."""
    optimizer.nr_update[key] += 1
    flat = gradient.reshape(-1)
    known = getattr(_known, "squares", {}).get(key)
    if known is not None and known[0] is gradient:
        squares = float(known[1])
    else:
        squares = sum_squares(gradient)
    norm = squares**0.5
    is_clipped = optimizer.grad_clip and norm >= optimizer.grad_clip
    clip = optimizer.grad_clip / norm if is_clipped else 1.0
    for moments in (optimizer.mom1, optimizer.mom2):
        if key not in moments:
            moments[key] = as_thinc(np.zeros_like(flat))
    rates = optimizer.learn_rate, optimizer.L2
    if isinstance(optimizer, RatesOptimizer):
        rates = optimizer.rates_of(key)
    steps = Steps(optimizer.nr_update[key], *rates)
    mean, square = as_array(optimizer.mom1[key]), as_array(optimizer.mom2[key])
    return steps, Change(key, weights, flat, mean, square, clip)


def _step(optimizer: Optimizer, steps: Steps, changes: list[Change]) -> None:
    """Update the moments from the gradients, and the weights from the moments.

    Source:
        Kingma and Ba (2015), https://arxiv.org/abs/1412.6980, in the form at the end of
        its section 2, where epsilon is added to the uncorrected moment.
    """
    import torch
    from torch.optim.adamw import adamw

    b1, b2, (n_updates, rate, L2) = optimizer.b1, optimizer.b2, steps
    correction = _correction(optimizer, steps)
    for change in changes:
        if change.clip != 1:
            np.multiply(change.gradient, change.clip, out=change.gradient)
    _, *columns, _ = zip(*changes, strict=True)
    params, grads, means, squares = map(as_flat_tensors, columns)
    with one_openmp_thread():
        adamw(
            params,
            grads,
            means,
            squares,
            max_exp_avg_sqs=[],
            state_steps=[torch.tensor(MANY_STEPS)] * len(changes),
            fused=True,
            amsgrad=False,
            beta1=b1,
            beta2=b2,
            lr=rate * correction,
            weight_decay=L2 / correction,  # PyTorch multiplies it by `lr`.
            eps=optimizer.eps,
            maximize=False,
        )
        if optimizer.averages is not None:
            averages = as_flat_tensors([_average(optimizer, c) for c in changes])
            for average, weights in zip(averages, params, strict=True):
                average.lerp_(weights, _share(n_updates))
    for change in changes:
        change.gradient.fill(0)


def _step_by_kernel(optimizer: Optimizer, steps: Steps, changes: list[Change]) -> None:
    """As `_step`, by a compiled kernel."""
    numbers = [
        optimizer.b1,
        optimizer.b2,
        steps.rate * _correction(optimizer, steps),
        1 - steps.rate * steps.L2,
        optimizer.eps,
        _share(steps.n_updates),
    ]
    has_averages = optimizer.averages is not None
    # One thread: what limits it is the memory, which all share.
    for change in changes:
        average = _average(optimizer, change) if has_averages else _NO_AVERAGE
        call_adam(*change[1:5], average, [change.clip, *numbers])


def _correction(optimizer: Optimizer, steps: Steps) -> float:
    """Return what the learning rate is multiplied by.

    Both moments are corrected for their start at zero. As Thinc decays weights after
    the step, where PyTorch does so before, the step decays too.
    """
    b1, b2, (n_updates, rate, L2) = optimizer.b1, optimizer.b2, steps
    correction = (1 - rate * L2) * (1 - b2**n_updates) ** 0.5 / (1 - b1**n_updates)
    return float(correction)


_NO_AVERAGE: Array = np.zeros(0, dtype="f")


def _average(optimizer: Optimizer, change: Change) -> Array:
    """Return the average of a parameter as a flat view."""
    averages: Any = optimizer.averages
    if change.key not in averages:
        averages[change.key] = np.zeros_like(change.weights)
    average: Array = averages[change.key].reshape(-1)
    return average


def _share(n_updates: int) -> float:
    """Return the share of the latest weights in an average, as in Thinc."""
    return 1 - min((1 + n_updates) / (10 + n_updates), MAX_DECAY)
