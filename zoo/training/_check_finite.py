"""Find numbers that are not finite, and explain a lack of memory."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

import numpy as np
from thinc.api import Model

from .._call_adam import sum_squares
from .._parameters import Parameter, named_nodes
from .._thinc_internals import forward_of
from ..doc import Doc
from ..fused_adam import Key, Squares
from ..objectives import Loss
from .learner import Learner

#: Updates between checks of all parameters, and of what is put off on a GPU.
INTERVAL = 50


#: What NumPy says of sizes beyond any memory.
_TOO_LARGE = (
    "array is too big",
    "Maximum allowed dimension exceeded",
    "Maximum allowed size exceeded",
    "too large to convert to C",
    "cannot fit 'int' into an index-sized integer",
)


class NotFiniteError(RuntimeError):
    """A loss, a gradient or a parameter is NaN or infinite."""


class FiniteCheck:
    """Check losses and gradients at each update, and parameters now and then.

    With finite gradients, parameters stay finite unless the learning rate is far too
    high, which the next loss shows as a rule. A GPU answers only when it has done all
    its work, so its numbers are checked together with the parameters.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.parameters = parameters
        self.is_on_gpu = any(
            p.node.ops.device_type == "gpu" for p in parameters.values()
        )
        self._unseen: list[Any] = []  # Numbers on a GPU that should be finite.

    def check_losses(self, losses: Mapping[str, Loss]) -> None:
        """Raise NotFiniteError if a loss is not finite."""
        if self.is_on_gpu:
            self._unseen += [loss.total for loss in losses.values()]
            return
        for name, loss in losses.items():
            if not math.isfinite(loss.total):
                raise NotFiniteError(f"the loss of '{name}' is {loss.total}")

    def check_gradients(self) -> Squares:
        """Raise NotFiniteError if the gradient of a parameter is not finite.

        Returns:
            What is computed of the gradients; nothing on a GPU.
        """
        sums: list[Any] = []
        squares: dict[Key, tuple[Any, Any]] = {}
        with np.errstate(over="ignore", invalid="ignore"):
            for node, name in self.parameters.values():
                gradient = node.get_grad(name) if node.has_grad(name) else None
                if gradient is not None:
                    sums.append(_sum_of_squares(gradient))
                    if isinstance(node, Model):
                        squares[node.id, name] = gradient, sums[-1]
        if self.is_on_gpu and sums:
            xp = next(iter(self.parameters.values())).node.ops.xp
            self._unseen.append(xp.stack(sums).sum())
            return {}
        if not math.isfinite(sum(sums)):
            self._raise_first("gradient", _gradient)
        return squares

    def check_all(self) -> None:
        """Raise NotFiniteError if a parameter or what was put off is not finite."""
        self._raise_first("value", _value)
        unseen, self._unseen = self._unseen, []
        if unseen and not math.isfinite(float(sum(unseen))):
            self._raise_first("gradient", _gradient)
            if not all(math.isfinite(float(total)) for total in unseen):
                raise NotFiniteError("a loss of earlier updates is not finite")

    def find_layer(self, learner: Learner, update: Callable[[], object]) -> str | None:
        """Run an update again, and find the first layer whose result is not finite.

        Returns:
            Its path and what is not finite, or None if the parameters are not finite.
        """
        values = [p.value for p in self.parameters.values()]
        if not all(_is_finite(value) for value in values if value is not None):
            return None
        found: list[str] = []
        with ExitStack() as stack:
            for name, model in learner.models.items():
                for path, node in named_nodes(model, name):
                    stack.enter_context(_watched(node, path, found))
            with suppress(NotFiniteError):
                update()
        return found[0] if found else None

    def _raise_first(self, kind: str, get: Callable[[Parameter], Any]) -> None:
        for path, parameter in self.parameters.items():
            array = get(parameter)
            if array is not None and not _is_finite(array):
                raise NotFiniteError(f"the {kind} of {path} is not finite")


def _value(parameter: Parameter) -> Any:
    return parameter.value


def _gradient(parameter: Parameter) -> Any:
    node, name = parameter.node, parameter.name
    return node.get_grad(name) if node.has_grad(name) else None


def _sum_of_squares(array: Any) -> Any:
    """Return a number that is finite if the array is, unless that is very large."""
    if type(array) is np.ndarray:
        return sum_squares(array)
    flat = array.reshape(-1)
    return flat.dot(flat)


def _is_finite(array: Any) -> bool:
    return bool((abs(array) < math.inf).all())


@contextmanager
def _watched(node: Model[Any, Any], path: str, found: list[str]) -> Iterator[None]:
    """Add to `found` the results of a node that are not finite, in both directions.

    A node ends after the nodes within it, so that the first result is the innermost.
    """
    forward = forward_of(node)

    def watch(model: Model[Any, Any], X: Any, is_train: bool) -> Any:
        Y, backprop = forward(model, X, is_train)
        if not all(map(_is_finite, _arrays(Y))):
            found.append(f"{path} ({model.name}), in its output")
        return Y, partial(watch_backprop, backprop)

    def watch_backprop(backprop: Callable[[Any], Any], dY: Any) -> Any:
        dX = backprop(dY)
        own = [node.get_grad(n) for n in node.grad_names if node.has_grad(n)]
        if not all(map(_is_finite, [*_arrays(dX), *own])):
            found.append(f"{path} ({node.name}), in its gradient")
        return dX

    node.replace_callbacks(watch, init=node.init)
    try:
        yield
    finally:
        node.replace_callbacks(forward, init=node.init)


def _arrays(value: Any) -> Iterator[Any]:
    """Find the arrays of floats in the output of a layer."""
    if hasattr(value, "dataXd"):  # Ragged
        yield from _arrays(value.dataXd)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _arrays(item)
    elif hasattr(value, "data") and not hasattr(value, "dtype"):  # Padded
        yield from _arrays(value.data)
    elif hasattr(value, "dtype") and value.dtype.kind == "f":
        yield value


@contextmanager
def memory_named(batch: Sequence[Doc], step: int) -> Iterator[None]:
    """Explain a lack of memory by the size of the batch and the settings to change.

    Raises:
        RuntimeError: There was not enough memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise RuntimeError(
            f"training: there was not enough memory for update {step}, whose batch "
            f"has {describe_batch(batch)}. Lower training.batcher.size, or raise "
            f"training.accumulate_gradient, which works on each batch in parts. "
            f"({type(error).__name__}: {error})"
        ) from error


@contextmanager
def building_explained() -> Iterator[None]:
    """Explain a lack of memory while a model is built and its weights are drawn.

    Raises:
        RuntimeError: There was not enough memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError, ValueError, OverflowError) as error:
        is_too_large = any(text in str(error) for text in _TOO_LARGE)
        if not (is_out_of_memory(error) or is_too_large):
            raise
        raise RuntimeError(
            f"There is not enough memory for the model and the corpora that the config "
            f"describes. Lower the sizes of the layers (rows, width, depth, pieces), "
            f"or stream the training corpus by training.max_epochs = -1. "
            f"({type(error).__name__}: {error})"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of NumPy, CuPy or PyTorch is a lack of memory."""
    # CuPy's OutOfMemoryError is a MemoryError, PyTorch's is not; on CPU it has none.
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "DefaultCPUAllocator" in str(error)
    )


def describe_batch(batch: Iterable[Doc]) -> str:
    """Describe the size of a batch."""
    lengths = [len(doc) for doc in batch]
    documents = "1 document" if len(lengths) == 1 else f"{len(lengths):,} documents"
    return (
        f"{documents} and {sum(lengths):,} words, the longest document "
        f"{max(lengths, default=0):,}"
    )
