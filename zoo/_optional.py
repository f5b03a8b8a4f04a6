"""Import packages that zoo can do without, and files of Python."""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any


def require(name: str, user: str, extra: str | None = None) -> Any:
    """Import a module that may be missing, and give the package that it stands in.

    name: The module, such as "torch.distributed".
    user: What needs it, for the message.
    extra: The extra of zoo that brings the package. None: it is installed by its name.

    Raises ImportError, with what to install, if it is missing.
    """
    package = name.partition(".")[0]
    try:
        import_module(name)
    except ImportError as error:
        what = package if extra is None else f"thinc-zoo[{extra}]"
        raise ImportError(
            f"{user} needs the package {package}, which is not installed. Install it "
            f"with `pip install {what}`."
        ) from error
    return sys.modules[package]


def run_file(name: str, path: str | Path) -> bool:
    """Run a file as a module of some name; tell whether it is one of Python."""
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return False
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return True


def import_torch(user: str, extra: str = "torch") -> Any:
    """Import PyTorch; raise ImportError that says how to install it.

    Args:
        user: What needs it, for the message.
        extra: The extra of zoo that brings it.
    """
    return require("torch.utils.checkpoint", user, extra)


def import_transformers(user: str = "TransformerWrapper") -> Any:
    """Import transformers; raise ImportError that says how to install it."""
    return require("transformers", user, "transformers")
