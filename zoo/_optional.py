"""Import optional packages and Python files."""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

#: Modules whose import is over: one that another thread imports is there before.
_WHOLE: set[str] = set()


def require(name: str, user: str, extra: str | None = None) -> Any:
    """Import a module that may be missing, and return its package.

    Args:
        name: The module, such as "torch.distributed".
        user: What needs it, for the message.
        extra: The extra of zoo that installs the package. If None, it is installed by
            its name.

    Raises:
        ImportError: The package is missing. The message says what to install.
    """
    package = name.partition(".")[0]
    if name in _WHOLE and sys.modules.get(name) and sys.modules.get(package):
        return sys.modules[package]  # Some callers ask for each array.
    try:
        import_module(package)  # Even if a module of it is imported already.
        import_module(name)
    except ImportError as error:
        what = package if extra is None else f"thinc-zoo[{extra}]"
        raise ImportError(
            f"{user} needs the package {package}, which is not installed. Install it "
            f"with `pip install {what}`."
        ) from error
    _WHOLE.add(name)
    return sys.modules[package]


def run_file(name: str, path: str | Path) -> bool:
    """Run a Python file as a module; return False if it is not a Python file."""
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return False
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]  # It is not there half.
        raise
    return True


def import_torch(user: str, extra: str = "torch") -> Any:
    """Import PyTorch; if it is missing, raise ImportError that says how to install it.

    Args:
        user: What needs it, for the message.
        extra: The extra of zoo that installs it.
    """
    return require("torch.utils.checkpoint", user, extra)


def import_transformers(user: str = "TransformerWrapper") -> Any:
    """Import transformers; if missing, raise ImportError with how to install it."""
    return require("transformers", user, "transformers")
