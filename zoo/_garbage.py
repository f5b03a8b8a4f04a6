"""Spare objects that stay Python's search for garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Make no search for cycles of objects in this block.

    Python looks through all lists and maps again and again while their number grows:
    in a third of the time that it takes to read a corpus into memory. Objects without
    cycles are freed as ever.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


@contextmanager
def present_objects_spared() -> Iterator[None]:
    """Leave the objects that exist now out of all searches for cycles in this block.

    A corpus in memory and the modules of PyTorch are a million objects, which stay
    until the end of a training and need not be looked through again and again.
    """
    is_first = gc.get_freeze_count() == 0  # Others may spare objects for longer.
    if is_first:
        gc.freeze()
    try:
        yield
    finally:
        if is_first:
            gc.unfreeze()
