"""Split, build and compare batches of any container."""

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

from .._arrays import as_array, as_thinc, on_device, rows_of
from .._thinc_internals import server_of, set_server
from .._types import Array
from ..doc import Doc

#: A Ragged, Padded, array, list of arrays, or list of documents.
Batch: TypeAlias = Any


def arrays_of(batch: Batch) -> list[Array]:
    """Return the arrays of values of a batch; documents have none."""
    if isinstance(batch, Ragged):
        return [rows_of(batch)]
    if isinstance(batch, Padded):
        return [as_array(batch.data)]
    if _is_array(batch):
        return [batch]
    return [item for item in batch if _is_array(item)]


def with_arrays(batch: Batch, arrays: Sequence[Array]) -> Batch:
    """Build a batch like another, with other values in the same container."""
    if isinstance(batch, Ragged):
        return Ragged(as_thinc(arrays[0]), batch.lengths)
    if isinstance(batch, Padded):
        return replace(batch, data=as_thinc(arrays[0]))
    if _is_array(batch):
        return arrays[0]
    return list(arrays) if arrays else batch


def container_of(batch: Batch) -> type:
    """Return the type of a batch; subclasses of Ragged count as Ragged."""
    return Ragged if isinstance(batch, Ragged) else type(batch)


def holds_floats(batch: Batch) -> bool:
    """Check whether a batch has arrays, all of floats."""
    arrays = arrays_of(batch)
    return bool(arrays) and all(array.dtype.kind == "f" for array in arrays)


def lengths_of(batch: Batch) -> list[int] | None:
    """Return the length of each sequence; None if a batch has no sequences."""
    if isinstance(batch, Ragged):
        lengths: list[int] = batch.lengths.tolist()
        return lengths
    if isinstance(batch, Padded) or _is_array(batch):
        return None
    return [len(item) for item in batch]


def split_by(batch: Batch, lengths: Sequence[int]) -> list[Batch] | None:
    """Split a batch into batches of one sequence; None if the lengths do not fit.

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
    """Build batches like another without tokens: of empty sequences, and of none.

    They have the width of the other batch. Some cannot be built from some batches.
    """
    if isinstance(batch, Ragged):
        data, none = as_thinc(rows_of(batch)[:0]), batch.lengths[:0]
        zeros = as_thinc(np.zeros(2, dtype=none.dtype))
        return {"no tokens": Ragged(data, zeros), "empty batch": Ragged(data, none)}
    if isinstance(batch, Padded):
        none = batch.lengths[:0]
        shape = as_thinc(as_array(batch.data)[:0, :0])
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
    """Return for each array 1 where it has values and 0 where it is padding."""
    if not isinstance(batch, Padded):
        return [np.ones_like(array) for array in arrays_of(batch)]
    cells = np.zeros_like(batch.data)
    for step, size in enumerate(batch.size_at_t.tolist()):
        cells[step, :size] = 1
    return [cells]


def snapshot(batch: Batch) -> Batch:
    """Copy a batch, to check later whether it was changed."""
    return copy.deepcopy(batch)


def is_same(batch: Batch, other: Batch) -> bool:
    """Check whether two batches are bitwise identical, with container and lengths."""
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
    """Undo all changes of a model's parameters, ops and attrs after the block.

    Inside, parameters are copies without gradients, and dropout is off.
    """
    nodes = list(model.walk())
    saved = [(n, n.ops, server_of(n), dict(n.attrs)) for n in nodes]
    try:
        for node in nodes:
            params = {name: node.maybe_get_param(name) for name in node.param_names}
            set_server(node, ParamServer())
            for name, value in params.items():
                node.set_param(name, None if value is None else value.copy())
            if "dropout_rate" in node.attrs:
                node.attrs["dropout_rate"] = 0.0
        yield
    finally:
        for node, ops, server, attrs in saved:
            node.ops = ops
            set_server(node, server)
            node.attrs.clear()
            node.attrs.update(attrs)


def move_parameters(model: Model[Any, Any], rng: np.random.Generator) -> None:
    """Move every parameter a little at random, because zeros hide errors."""
    for node in model.walk():
        for name in node.param_names:
            value = node.maybe_get_param(name)
            if value is not None:
                noise = rng.normal(scale=0.3, size=value.shape).astype(value.dtype)
                moved = as_array(value) + on_device(node.ops, noise)
                node.set_param(name, as_thinc(moved))


def clear_gradients(model: Model[Any, Any]) -> None:
    """Set all existing gradients of the parameters to zero."""
    for node in model.walk():
        for name in node.grad_names:
            node.set_grad(name, node.ops.xp.zeros_like(node.get_grad(name)))


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape")


#: Number of threads that predict at once.
N_THREADS = 8


class ForeignOps(Ops):
    """Ops of a thread that a model must not use: every attribute raises an error."""

    name = "foreign"

    # Even for `__class__`, which `isinstance` reads.
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"the ops of the thread were asked for {name!r}")


def predict_in_threads(
    model: Model[Any, Any], batches: Sequence[Batch], n_threads: int = N_THREADS
) -> list[list[Batch]]:
    """Predict every batch in each of several threads, each in another order.

    The current ops of the threads raise an error when they are used.

    Returns:
        The predictions of each thread, in the order of the batches.
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
