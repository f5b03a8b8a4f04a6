"""Let several heads read from one encoder that runs once per batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from thinc.api import Model
from thinc.types import Floats2d, Unserializable

from ..registries import layer
from ..types import Docs


class Upstream:
    """Hold an encoder that several heads share, and its output for one batch.

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
    can predict at once, and is let go at the end of the batch.
    """

    def __init__(self, name: str, model: Model[Docs, list[Floats2d]]) -> None:
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

        In training, the gradients of all listeners are summed and go through the
        encoder once, when the block ends. If it ends by an error they are dropped.
        """
        vectors, backprop = self.model(docs, is_train)
        batch = Batch(docs, vectors, learns=is_train)
        token = self._batch.set(batch)
        try:
            yield
            if is_train and batch.gradient is not None:
                backprop(batch.gradient)
        finally:
            self._batch.reset(token)

    def batch(self, docs: Docs) -> "Batch":
        """Give the batch that is running, which must be these very documents."""
        batch = self._batch.get()
        if batch is None:
            raise RuntimeError(
                f"Listener: its upstream '{self.name}' has not run on this batch. "
                f"Call the head inside `with upstream.run(docs):`, with the same docs."
            )
        if batch.docs is not docs:
            raise RuntimeError(
                f"Listener: its upstream '{self.name}' ran on another batch, of "
                f"{len(batch.docs)} documents, got one of {len(docs)}. Give the head "
                f"the very list that the upstream ran on."
            )
        return batch


class Batch:
    """The output of an upstream for some documents, and the gradient so far."""

    def __init__(self, docs: Docs, vectors: list[Floats2d], *, learns: bool) -> None:
        self.docs = docs
        self.vectors = vectors
        self.learns = learns
        self.gradient: list[Floats2d] | None = None

    def add_gradient(self, gradient: list[Floats2d]) -> None:
        if not self.learns:  # A frozen encoder has no use for it.
            return
        if self.gradient is None:
            self.gradient = gradient
        else:
            pairs = zip(self.gradient, gradient, strict=True)
            self.gradient = [a + b for a, b in pairs]


_in_scope: ContextVar[dict[str, Upstream] | None] = ContextVar(
    "upstreams", default=None
)


@contextmanager
def upstreams_in_scope(upstreams: dict[str, Upstream]) -> Iterator[None]:
    """Let a Listener that is built inside the block name its upstream."""
    token = _in_scope.set(upstreams)
    try:
        yield
    finally:
        _in_scope.reset(token)


@layer("zoo.Listener.v1")
def Listener(
    upstream: Upstream | str = "tok2vec", *, width: int | None = None
) -> Model[Docs, list[Floats2d]]:
    """Stand for a shared encoder in a head, and pass its vectors on.

    Input: list of documents, the very list that the upstream is running on.
    Output: list of Floats2d, (n_tokens, width) per document.

    upstream: What to read from; in a config, the name of its component, or "*" for
        the last one before the head.
    width: Width of the vectors, as a check. If None, it is the upstream's.

    Raises ValueError if no such component stands before the head, or its width is
    another; RuntimeError if called with documents that the upstream is not running on.
    """
    upstream = _find(upstream)
    if width is None:
        width = upstream.width
    elif upstream.width not in (None, width):
        raise ValueError(
            f"Listener: width must be that of its upstream '{upstream.name}', "
            f"{upstream.width}, got {width}."
        )
    return Model(
        "listener",
        forward,
        init=init,
        dims={"nO": width},
        attrs={"upstream": Unserializable(upstream)},
    )


def forward(
    model: Model[Docs, list[Floats2d]], docs: Docs, is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Docs]]:
    batch = model.attrs["upstream"].obj.batch(docs)

    def backprop(dY: list[Floats2d]) -> Docs:
        batch.add_gradient(dY)
        return []

    return batch.vectors, backprop


def init(
    model: Model[Docs, list[Floats2d]],
    X: Docs | None = None,
    Y: list[Floats2d] | None = None,
) -> None:
    # An encoder may know its width only after its own initialization.
    width = model.attrs["upstream"].obj.width
    if width is not None:
        model.set_dim("nO", width)


def _find(upstream: Upstream | str) -> Upstream:
    if isinstance(upstream, Upstream):
        return upstream
    found = _in_scope.get()
    if found is None:
        raise ValueError(
            f"Listener: outside of a pipeline's config the upstream must be an "
            f"Upstream, got the name {upstream!r}. Make one: Upstream(name, encoder)."
        )
    if upstream == "*" and found:
        return list(found.values())[-1]
    if upstream not in found:
        names = ", ".join(found) or "none"
        raise ValueError(
            f"Listener: its upstream must be a shared encoder that stands before it in "
            f"the pipeline, got {upstream!r}. Before it stand: {names}."
        )
    return found[upstream]
