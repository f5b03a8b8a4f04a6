"""Change weights as Thinc's Adam does, by PyTorch's where that is installed."""

from typing import Any, NamedTuple

import numpy as np
from packaging.version import Version
from thinc.api import Model, Optimizer
from thinc.compat import torch_version

from ._types import Array
from .threads import one_openmp_thread

#: Steps after which PyTorch no longer corrects the moments. Thinc corrects the rate.
MANY_STEPS = 1e9
#: The most that an average keeps of what it was.
MAX_DECAY = 0.9999

#: The first PyTorch whose fused Adam runs on CPU.
MIN_TORCH = Version("2.4")

Key = tuple[int, str]


class Steps(NamedTuple):
    """What steps of Adam have in common for some parameters."""

    n_updates: int  # With the one to come.
    rate: float
    L2: float


class Change(NamedTuple):
    """A parameter, with the arrays that a step of Adam reads and writes."""

    key: Key  # By which the optimizer knows it.
    weights: Array
    gradient: Array
    mean: Array
    square: Array


class RatesOptimizer(Optimizer):
    """An optimizer of Thinc's with a rate and a weight decay for each parameter."""

    def rates_of(self, key: Key) -> tuple[float, float]:
        """Give the rate and the weight decay, L2, of a parameter."""
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
    """Change the weights of a model by its gradients, as ``model.finish_update`` does.

    Where PyTorch 2.4 or later is installed, it computes Adam on CPU, in one pass over
    the memory instead of Thinc's ten. The numbers are the same but for rounding, and
    the optimizer keeps what it knows of each parameter. All else, such as another
    optimizer, is left to Thinc.
    """
    is_adam = _is_adam(optimizer)
    waiting: dict[Steps, list[Change]] = {}

    def collect(key: Key, weights: Any, gradient: Any) -> tuple[Any, Any]:
        if not (is_adam and _suits(weights) and _suits(gradient)):
            changed: tuple[Any, Any] = optimizer(key, weights, gradient)
            return changed
        steps, change = _prepare(optimizer, key, weights, gradient)
        waiting.setdefault(steps, []).append(change)
        return weights, gradient  # Both are changed in place.

    for node in model.walk():
        for shim in node.shims:  # It sets its gradients to zero and cannot wait.
            shim.finish_update(optimizer)
        for name in node.param_names:
            if node.has_grad(name):
                key = (node.id, name)
                value, _ = collect(key, node.get_param(name), node.get_grad(name))
                node.set_param(name, value)
    for steps, changes in waiting.items():
        _step(optimizer, steps, changes)


def _is_adam(optimizer: Any) -> bool:
    """Tell whether an optimizer is Thinc's Adam, with decoupled decay if any."""
    is_thincs = type(optimizer) is Optimizer or isinstance(optimizer, RatesOptimizer)
    return (
        torch_version >= MIN_TORCH  # It is 0 if there is none.
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
    """Count an update of a parameter, and clip its gradient."""
    optimizer.nr_update[key] += 1
    flat = gradient.reshape(-1)
    norm = float(flat @ flat) ** 0.5
    if optimizer.grad_clip and norm >= optimizer.grad_clip:
        flat *= optimizer.grad_clip / norm
    for moments in (optimizer.mom1, optimizer.mom2):
        if key not in moments:
            moments[key] = np.zeros_like(flat)
    rates = optimizer.learn_rate, optimizer.L2
    if isinstance(optimizer, RatesOptimizer):
        rates = optimizer.rates_of(key)
    steps = Steps(optimizer.nr_update[key], *rates)
    return steps, Change(key, weights, flat, optimizer.mom1[key], optimizer.mom2[key])


def _step(optimizer: Optimizer, steps: Steps, changes: list[Change]) -> None:
    """Move the moments to the gradients, and the weights along the moments.

    Source: Kingma and Ba (2015), https://arxiv.org/abs/1412.6980, in the form at the
    end of its section 2, which has epsilon beside the moment that is not corrected.
    """
    import torch
    from torch.optim.adamw import adamw

    b1, b2, (n_updates, rate, L2) = optimizer.b1, optimizer.b2, steps
    # PyTorch decays before the step, Thinc after it, and so what the step adds too.
    correction = (1 - rate * L2) * (1 - b2**n_updates) ** 0.5 / (1 - b1**n_updates)
    _, *arrays = zip(*changes, strict=True)
    params, grads, means, squares = (
        [torch.from_numpy(array.reshape(-1)) for array in column] for column in arrays
    )
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
            for change, weights in zip(changes, params, strict=True):
                _average(optimizer, change).lerp_(weights, _share(n_updates))
    for change in changes:
        change.gradient.fill(0)


def _average(optimizer: Optimizer, change: Change) -> Any:
    """Give the average of a parameter, as a tensor that shares its memory."""
    import torch

    averages: Any = optimizer.averages
    if change.key not in averages:
        averages[change.key] = np.zeros_like(change.weights)
    return torch.from_numpy(averages[change.key].reshape(-1))


def _share(n_updates: int) -> float:
    """Give the share of the latest weights in an average, as in Thinc."""
    return 1 - min((1 + n_updates) / (10 + n_updates), MAX_DECAY)
