"""Share the output of one encoder among several heads."""

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from thinc.api import Model
from thinc.types import Floats2d, Ragged, Unserializable

from .._registry import layer
from .._schedules import repeat_last
from .._types import Docs
from ._ragged import with_data


def add_gradients(left: Any, right: Any) -> Any:
    """Return the sum of two gradients of one shape, as a new object.

    Gradients are arrays, Raggeds, lists of either, or objects that can be added.
    """
    if isinstance(left, Ragged):
        return with_data(left, left.dataXd + right.dataXd)
    if isinstance(left, list):
        pairs = zip(left, right, strict=True)
        return [add_gradients(a, b) for a, b in pairs]
    return left + right


def scale_gradient(gradient: Any, factor: float) -> Any:
    """Return a gradient multiplied by a number, as a new object."""
    if isinstance(gradient, Ragged):
        return with_data(gradient, gradient.dataXd * factor)
    if isinstance(gradient, list):
        return [scale_gradient(part, factor) for part in gradient]
    return gradient * factor


class GradFactor:
    """A factor of gradients, which may change from update to update.

    Args:
        values: A number, or a schedule: one number per update; the last one stays.

    Raises:
        ValueError: The schedule has no number.
    """

    def __init__(self, values: float | Iterable[float]) -> None:
        numbers = [values] if isinstance(values, int | float) else values
        # Unlike a generator, a tee can be copied.
        (self._rest,) = itertools.tee(repeat_last(numbers, "Listener: grad_factor"), 1)
        self.value = float(next(self._rest))

    def __deepcopy__(self, memo: dict[int, Any]) -> "GradFactor":
        new = copy.copy(self)
        new._rest = copy.copy(self._rest)
        return new

    def step(self) -> None:
        """Advance to the number of the next update."""
        self.value = float(next(self._rest))


class Upstream:
    """An encoder that several heads share, and its output for one batch.

    ::

        upstream = Upstream("tok2vec", encoder)
        head = Tagger(Listener(upstream))
        with upstream.run(docs):                     # the encoder predicts
            scores = head.predict(docs)
        with upstream.run(docs, is_train=True):      # its forward pass
            scores, backprop = head(docs, is_train=True)
            backprop(scores - truths)
                                                     # its backward pass, at the end

    The output belongs to the thread or task that runs the batch, so that several
    can predict at once. It is dropped at the end of the batch.

    Args:
        name: Name of the encoder for messages; in a pipeline, that of its component.
        model: The encoder. Its output may be anything that its listeners can read.
    """

    def __init__(self, name: str, model: Model[Docs, Any]) -> None:
        self.name = name
        self.model = model
        self._batch: ContextVar[Batch | None] = ContextVar(name, default=None)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Upstream":
        return self  # A copied Listener still reads from the same encoder.

    @property
    def width(self) -> int | None:
        return self.model.maybe_get_dim("nO") if self.model.has_dim("nO") else None

    @contextmanager
    def run(self, docs: Docs, *, is_train: bool = False) -> Iterator[None]:
        """Run the encoder on a batch, for the listeners called inside the block.

        In training, the gradients of all listeners are summed, and backpropagated
        through the encoder once, when the block ends. If the block ends with an error,
        they are dropped.
        """
        output, backprop = self.model(docs, is_train)
        batch = Batch(self.name, docs, output, learns=is_train)
        token = self._batch.set(batch)
        try:
            yield
            batch.is_over = True
            if batch.gradient is not None:
                backprop(batch.gradient)
        finally:
            batch.is_over = True
            self._batch.reset(token)

    def batch(self, docs: Docs) -> "Batch":
        """Return the running batch; raise RuntimeError if it has other documents."""
        batch = self._batch.get()
        if batch is None:
            raise RuntimeError(
                f"Listener: its upstream '{self.name}' has not run on this batch. "
                f"Call the head inside `with upstream.run(docs):`, with the same docs."
            )
        if batch.docs is not docs:
            raise RuntimeError(
                f"Listener: its upstream '{self.name}' ran on another batch, of "
                f"{len(batch.docs)} documents, got one of {len(docs)}. Pass the head "
                f"the same list object that the upstream ran on."
            )
        return batch


class Batch:
    """The output of an upstream for some documents, and the gradient so far."""

    def __init__(self, name: str, docs: Docs, output: Any, *, learns: bool) -> None:
        self.name = name
        self.docs = docs
        self.output = output
        self.learns = learns
        self.gradient: Any = None
        self.is_over = False

    def add_gradient(self, gradient: Any, factor: float = 1.0) -> None:
        """Add the gradient of a listener; raise RuntimeError if the batch has ended."""
        if self.is_over:
            raise RuntimeError(
                f"Listener: the batch of its upstream '{self.name}' has ended, so its "
                f"gradient comes too late. Call backprop inside the block of "
                f"`upstream.run`."
            )
        if not self.learns or factor == 0:
            return
        if factor != 1:
            gradient = scale_gradient(gradient, factor)
        if self.gradient is None:
            self.gradient = gradient
        else:
            self.gradient = add_gradients(self.gradient, gradient)


class Scope(NamedTuple):
    """The shared encoders that a Listener of a config may or may not name."""

    before: dict[str, Upstream]
    component: str
    later: Sequence[str]


_in_scope: ContextVar[Scope | None] = ContextVar("upstreams", default=None)


@contextmanager
def upstreams_in_scope(
    before: dict[str, Upstream], component: str = "", later: Sequence[str] = ()
) -> Iterator[None]:
    """Set the upstreams that a Listener built inside the block can name.

    Args:
        before: The shared encoders before its component in the pipeline, by name.
        component: The name of its component.
        later: The names of the shared encoders that are not before it.
    """
    token = _in_scope.set(Scope(before, component, later))
    try:
        yield
    finally:
        _in_scope.reset(token)


@layer("zoo.Listener.v1")
def Listener(
    upstream: Upstream | str = "tok2vec",
    *,
    width: int | None = None,
    grad_factor: float | Iterable[float] = 1.0,
    pooling: Model[Any, list[Floats2d]] | None = None,
) -> Model[Docs, list[Floats2d]]:
    """Take the place of an encoder in a head, and return a shared encoder's vectors.

    Input:
        List of documents: the same list object that the upstream is running on.
    Output:
        List of Floats2d, (n_tokens, width) per document.
    Layers:
        pooling, if there is one.

    Args:
        upstream: The shared encoder; in a config, the name of its component, or "*"
            for the last one before the head.
        width: Width of the vectors, as a check. If None, it is the upstream's.
        grad_factor: Factor of the gradient that goes to the upstream: a number, or a
            schedule with a number per update. If it is 0 for all its listeners, the
            upstream of a pipeline only predicts.
        pooling: From the upstream's output to token vectors, for an upstream whose
            output is something else, such as pieces of words.

    Raises:
        ValueError: No such component is before the head, or its width differs.
        RuntimeError: Called with documents that the upstream is not running on.
    """
    upstream = _find(upstream)
    model: Model[Docs, list[Floats2d]] = Model(
        "listener",
        forward,
        init=init,
        dims={"nO": width},
        layers=[] if pooling is None else [pooling],
        attrs={
            "upstream": Unserializable(upstream),
            "grad_factor": Unserializable(GradFactor(grad_factor)),
        },
    )
    _take_width(model)
    return model


def forward(
    model: Model[Docs, list[Floats2d]], docs: Docs, is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Docs]]:
    batch = model.attrs["upstream"].obj.batch(docs)
    factor = model.attrs["grad_factor"].obj.value
    Y, callbacks = batch.output, []
    for pooling in model.layers:
        Y, callback = pooling(Y, is_train)
        callbacks.append(callback)

    def backprop(dY: list[Floats2d]) -> Docs:
        for callback in callbacks:
            dY = callback(dY)
        batch.add_gradient(dY, factor)
        return []

    return Y, backprop


def init(
    model: Model[Docs, list[Floats2d]],
    X: Docs | None = None,
    Y: list[Floats2d] | None = None,
) -> None:
    for pooling in model.layers:
        batch = None if X is None else model.attrs["upstream"].obj.batch(X)
        pooling.initialize(X=None if batch is None else batch.output)
    # An encoder may know its width only after its own initialization.
    _take_width(model)


def upstream_of(node: Model[Any, Any]) -> Upstream | None:
    """Return the upstream of a node if it is a Listener, otherwise None."""
    upstream = node.attrs.get("upstream")
    return upstream.obj if isinstance(upstream, Unserializable) else None


def grad_factor_of(listener: Model[Any, Any]) -> GradFactor:
    """Return the gradient factor of a Listener."""
    factor: GradFactor = listener.attrs["grad_factor"].obj
    return factor


def _take_width(model: Model[Docs, list[Floats2d]]) -> None:
    """Set the width to that of the upstream, or of the pooling if it has one."""
    upstream, width = model.attrs["upstream"].obj, model.maybe_get_dim("nO")
    found = upstream.width
    for pooling in model.layers:
        if "nO" in pooling.dim_names:
            found = pooling.maybe_get_dim("nO")
    if found is not None and width not in (None, found):
        raise ValueError(
            f"Listener: width must be that of its upstream '{upstream.name}', "
            f"{found}, got {width}."
        )
    if found is not None:
        model.set_dim("nO", found)


def _find(upstream: Upstream | str) -> Upstream:
    if isinstance(upstream, Upstream):
        return upstream
    scope = _in_scope.get()
    if scope is None:
        raise ValueError(
            f"Listener: outside of a pipeline's config the upstream must be an "
            f"Upstream, got the name {upstream!r}. Make one: Upstream(name, encoder)."
        )
    found = scope.before
    if upstream == "*" and found:
        return list(found.values())[-1]
    if upstream in found:
        return found[upstream]
    if upstream == scope.component:
        raise ValueError(
            f"Listener: its upstream must be another component, got {upstream!r}, "
            f"which it is a part of."
        )
    if upstream in scope.later:
        raise ValueError(
            f"Listener: its upstream must stand before it in the pipeline, got "
            f"{upstream!r}, which stands after '{scope.component}'. Move it to the "
            f"front in nlp.pipeline; two encoders cannot listen to each other."
        )
    names = ", ".join(found) or "none"
    raise ValueError(
        f"Listener: its upstream must be a shared encoder that stands before it in "
        f"the pipeline, got {upstream!r}. Before it stand: {names}."
    )
