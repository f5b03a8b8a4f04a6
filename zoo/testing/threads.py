"""Predict in several threads at once, none of which has the model's ops."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from thinc.api import Model, Ops, get_current_ops, set_current_ops

from .batches import Batch

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
