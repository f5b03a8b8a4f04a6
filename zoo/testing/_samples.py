"""Take batches of any container apart, and put them together again."""

import copy
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from thinc.api import Model, Ops, get_current_ops, set_current_ops
from thinc.backends import ParamServer
from thinc.types import Padded, Ragged

from .._types import Array
from ..doc import Doc

#: A Ragged, Padded, array, list of arrays, or list of documents.
Batch: TypeAlias = Any


def arrays_of(batch: Batch) -> list[Array]:
    """Give the arrays of values in a batch; there are none in documents."""
    if isinstance(batch, Ragged):
        return [batch.dataXd]
    if isinstance(batch, Padded):
        return [batch.data]
    if _is_array(batch):
        return [batch]
    return [item for item in batch if _is_array(item)]


def with_arrays(batch: Batch, arrays: Sequence[Array]) -> Batch:
    """Make a batch like another, with other values, in the same container."""
    if isinstance(batch, Ragged):
        return Ragged(arrays[0], batch.lengths)
    if isinstance(batch, Padded):
        return replace(batch, data=arrays[0])
    if _is_array(batch):
        return arrays[0]
    return list(arrays) if arrays else batch


def container_of(batch: Batch) -> type:
    """Give the type of what holds the values; a kind of Ragged is a Ragged."""
    return Ragged if isinstance(batch, Ragged) else type(batch)


def holds_floats(batch: Batch) -> bool:
    arrays = arrays_of(batch)
    return bool(arrays) and all(array.dtype.kind == "f" for array in arrays)


def lengths_of(batch: Batch) -> list[int] | None:
    """Give the length of each sequence; None where a batch has no sequences."""
    if isinstance(batch, Ragged):
        lengths: list[int] = batch.lengths.tolist()
        return lengths
    if isinstance(batch, Padded) or _is_array(batch):
        return None
    return [len(item) for item in batch]


def split_by(batch: Batch, lengths: Sequence[int]) -> list[Batch] | None:
    """Split a batch into batches of one sequence; None if it fits no such lengths.

    An array may have a row per sequence, or one per token.
    """
    n_sequences = len(lengths)
    if isinstance(batch, Padded):
        return None
    if not isinstance(batch, Ragged) and not _is_array(batch):
        return [[item] for item in batch] if len(batch) == n_sequences else None
    data = batch.dataXd if isinstance(batch, Ragged) else batch
    sizes = batch.lengths.tolist() if isinstance(batch, Ragged) else lengths
    if len(data) == n_sequences and not isinstance(batch, Ragged):
        sizes = [1] * n_sequences
    if sum(sizes) != len(data) or len(sizes) != n_sequences:
        return None
    ends = np.cumsum(sizes, dtype="i8").tolist()
    parts = [data[end - n : end] for n, end in zip(sizes, ends, strict=True)]
    if not isinstance(batch, Ragged):
        return parts
    return [Ragged(part, batch.lengths[i : i + 1]) for i, part in enumerate(parts)]


def without_tokens(batch: Batch) -> dict[str, Batch]:
    """Make batches like another that hold nothing: empty sequences, or not even those.

    They are as wide as the other. It may have too little in it to make some of them.
    """
    if isinstance(batch, Ragged):
        data: Array = batch.dataXd[:0]
        none: Array = batch.lengths[:0]
        zeros: Array = np.zeros(2, dtype=none.dtype)
        return {"no tokens": Ragged(data, zeros), "empty batch": Ragged(data, none)}
    if isinstance(batch, Padded):
        none = batch.lengths[:0]
        shape: Array = batch.data[:0, :0]
        return {"empty batch": Padded(shape, none, none, none)}
    if _is_array(batch):
        return {"empty batch": batch[:0]}
    empty: dict[str, Batch] = {"empty batch": []}
    if len(batch) and _is_array(batch[0]):
        empty["no tokens"] = [batch[0][:0], batch[0][:0]]
    elif len(batch):
        empty["no tokens"] = [[], Doc([])]
    return empty


def real_cells(batch: Batch) -> list[Array]:
    """Give for each array 1 where it holds values and 0 where it is padding."""
    if not isinstance(batch, Padded):
        return [np.ones_like(array) for array in arrays_of(batch)]
    cells = np.zeros_like(batch.data)
    for step, size in enumerate(batch.size_at_t.tolist()):
        cells[step, :size] = 1
    return [cells]


def snapshot(batch: Batch) -> Batch:
    """Copy a batch, to see later whether something wrote into it."""
    return copy.deepcopy(batch)


def is_same(batch: Batch, other: Batch) -> bool:
    """Tell whether two batches are equal to the bit, container and lengths included."""
    if container_of(batch) is not container_of(other):
        return False
    if isinstance(batch, Ragged):
        pairs = [(batch.dataXd, other.dataXd), (batch.lengths, other.lengths)]
    elif isinstance(batch, Padded):
        names = ("data", "size_at_t", "lengths", "indices")
        pairs = [(getattr(batch, name), getattr(other, name)) for name in names]
    elif _is_array(batch):
        pairs = [(batch, other)]
    else:
        same = (
            is_same(a, b) if _is_array(a) else a == b
            for a, b in zip(batch, other, strict=False)
        )
        return len(batch) == len(other) and all(same)
    return all(
        a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
        for a, b in pairs
    )


@contextmanager
def borrowed(model: Model[Any, Any]) -> Iterator[None]:
    """Let the block do what it likes with a model's parameters, then undo it.

    Inside, parameters are copies without gradients, and dropout is off.
    """
    nodes = list(model.walk())
    saved = [(node, node.ops, node._params, dict(node.attrs)) for node in nodes]
    try:
        for node in nodes:
            params = {name: node.maybe_get_param(name) for name in node.param_names}
            node._params = ParamServer()
            for name, value in params.items():
                node.set_param(name, None if value is None else value.copy())
            if "dropout_rate" in node.attrs:
                node.attrs["dropout_rate"] = 0.0
        yield
    finally:
        for node, ops, server, attrs in saved:
            node.ops, node._params = ops, server
            node.attrs.clear()
            node.attrs.update(attrs)


def move_parameters(model: Model[Any, Any], rng: np.random.Generator) -> None:
    """Move every parameter a little at random, so that zeros hide no fault."""
    for node in model.walk():
        for name in node.param_names:
            value: Array = node.maybe_get_param(name)
            if value is not None:
                noise: Array = rng.normal(scale=0.3, size=value.shape)
                noise = node.ops.asarray(noise.astype(value.dtype))
                node.set_param(name, value + noise)


def clear_gradients(model: Model[Any, Any]) -> None:
    """Set the gradients of the parameters to zero, where there are any."""
    for node in model.walk():
        for name in node.grad_names:
            node.set_grad(name, node.ops.xp.zeros_like(node.get_grad(name)))


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape")


#: Threads that predict at once.
N_THREADS = 8


class ForeignOps(Ops):
    """Stand for the ops of a thread that are not those of a model: none works."""

    name = "foreign"

    # Asked for its class too: `isinstance` looks at what an object says of itself.
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"the ops of the thread were asked for {name!r}")


def predict_in_threads(
    model: Model[Any, Any], batches: Sequence[Batch], n_threads: int = N_THREADS
) -> list[list[Batch]]:
    """Predict every batch in each of some threads, each in another order.

    The current ops of the threads raise an error when they are used.

    Output: for each thread the predictions, in the order of the batches.
    """
    begin = threading.Barrier(n_threads)

    def work(first: int) -> list[Batch]:
        set_current_ops(ForeignOps())
        begin.wait()
        turn = [(first + i) % len(batches) for i in range(len(batches))]
        found = {i: model.predict(batches[i]) for i in turn}
        return [found[i] for i in range(len(batches))]

    own = get_current_ops()
    with ThreadPoolExecutor(n_threads) as pool:
        found = list(pool.map(work, range(n_threads)))
    assert get_current_ops() is own
    return found
