"""The command `zoo warmup`."""


def warmup() -> None:
    """Compile the kernels of predictions, so that the first one is not slow.

    They are kept on disk, for this processor and these versions of zoo and numba. Needs
    the extra numba.
    """
    from .._optional import require
    from .._terminal import print_line
    from ..layers._call_kernels import warm_up

    require("numba", "zoo warmup", "numba")
    seconds, folder = warm_up()
    print_line(f"Kernels are ready after {seconds:.1f} seconds, in {folder}.")
