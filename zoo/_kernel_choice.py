"""Choose between numpy and compiled kernels, and compile those when they are needed."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ._fork_lock import ForkLock
from ._optional import require


class _Choice:
    """Which kernels this process uses: "numpy", "numba", or None at first."""

    name: str | None = None


def kernels_name() -> str:
    """Return "numba" if compiled kernels compute on CPU, otherwise "numpy".

    The environment variable ZOO_KERNELS chooses; without it, numba is used if it is
    installed and the processor multiplies and adds vectors in one instruction.

    Raises:
        ValueError: ZOO_KERNELS is neither of the two.
        ImportError: It is "numba", which is not installed.
    """
    if _Choice.name is None:
        given = os.environ.get("ZOO_KERNELS", "")
        if given not in ("", "numpy", "numba"):
            raise ValueError(
                f"ZOO_KERNELS must be 'numpy' or 'numba', got {given!r}. Without it, "
                f"numba is used if it is installed."
            )
        if given == "numba":
            require("numba", "ZOO_KERNELS=numba", "numba")
        _Choice.name = given or _usual_name()
    return _Choice.name


def _usual_name() -> str:
    is_usable = find_spec("numba") is not None and _is_fast()
    return "numba" if is_usable else "numpy"


def _is_fast() -> bool:
    """Check whether the processor has fused multiply-add on vectors."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    return bool(features.get("fma") or features.get("neon"))


class Kernels:
    """The kernels of one file, which are imported and compiled when first needed.

    Args:
        purpose: What they are for.
        last: The name of the kernel that is compiled last.
        name: The module of the file, which is not imported before, as it needs numba.
        run: Calls each kernel, so that all are compiled.
    """

    def __init__(
        self,
        purpose: str,
        last: str,
        name: str,
        run: Callable[[], object],
    ) -> None:
        self.module: Any = None
        self._purpose = purpose
        self._last = last
        self._name = name
        self._run = run
        self._lock = ForkLock()

    def load(self) -> Any:
        """Import the kernels; say so if they are compiled now, which takes seconds."""
        if self.module is None:
            with self._lock:
                if self.module is None:
                    module = import_module(self._name)
                    if not self._is_compiled(module):
                        self._compile(module)
                    self.module = module
        return self.module

    def warm_up(self) -> str:
        """Compile what is not compiled yet, and run each kernel once.

        Returns:
            The folder with the compiled kernels, or "memory" if none can be written to.
        """
        self.load()
        self._run()
        return str(self._folder(self.module) or "memory")

    def _folder(self, module: Any) -> str | None:
        folder: str | None = getattr(module, self._last).stats.cache_path
        return folder

    def _is_compiled(self, module: Any) -> bool:
        """Check whether kernels are on disk, compiled from the file as it is."""
        changed = Path(module.__file__).stat().st_mtime
        return any(file.stat().st_mtime >= changed for file in self._files(module))

    def _files(self, module: Any) -> Iterator[Path]:
        """Find what numba wrote of the last kernel, for this file or older ones."""
        folder = Path(self._folder(module) or "")
        return folder.glob(f"{Path(module.__file__).stem}.{self._last}-*.nbi")

    def _compile(self, module: Any) -> None:
        text = f"zoo: compiling kernels with numba, once, for {self._purpose} ..."
        print(text, end=" ", file=sys.stderr, flush=True)
        start = time.perf_counter()
        self.module = module
        self._run()
        for file in self._files(module):
            # numba 0.68 goes by the content of a file: if only the time of the file has
            # changed, it writes nothing, and each process would say that it compiles.
            with suppress(OSError):
                file.touch()
        seconds = time.perf_counter() - start
        print(f"{seconds:.0f} seconds.", file=sys.stderr, flush=True)
