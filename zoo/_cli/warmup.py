"""The command `zoo warmup`."""

from time import perf_counter
from typing import Any


def warmup() -> None:
    """Compile all kernels, so that the first prediction or update is not slow.

    They are kept on disk, for this processor and these versions of zoo and numba. Needs
    the extra numba.
    """
    from .._optional import require
    from .._terminal import print_line

    require("numba", "zoo warmup", "numba")
    from .. import _call_adam, _random_masks
    from .._lexical import hashing
    from .._transitions import find_compiled, parse_compiled, walk_compiled
    from ..layers import _call_kernels, _call_train_kernels

    start = perf_counter()
    modules: list[Any] = [hashing, _call_kernels, parse_compiled, find_compiled]
    modules += [_call_train_kernels, _call_adam, _random_masks, walk_compiled]
    kernels = [module.KERNELS for module in modules] + [_call_train_kernels.GRADIENTS]
    folders = dict.fromkeys(each.warm_up() for each in kernels)
    seconds = perf_counter() - start
    print_line(
        f"Kernels are ready after {seconds:.1f} seconds, in {', '.join(folders)}."
    )
