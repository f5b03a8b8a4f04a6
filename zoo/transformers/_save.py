"""Save a transformer beside its weights, to make it anew and to train it on."""

import json
from collections.abc import Mapping
from typing import Any

from thinc.api import Model

from .._parameters import ModuleScaler, named_nodes, wrapped_modules
from ._grad_scaler import GradScaler
from ._hugging_face import Transformer, rebuild
from .wrapper import is_wrapper, state_of

#: The files of a transformer, beside its weights: all but the tokenizer, and that.
SETUP, TOKENIZER = ".transformer.json", ".tokenizer.json"


def setup_files(name: str, model: Model[Any, Any]) -> dict[str, str]:
    """Return the content of the files by which a model's transformers can be made anew.

    Args:
        name: The first part of the names of the files.
    """
    files = {}
    for stem, node in _wrappers(name, model).items():
        transformer = state_of(node).transformer
        if transformer is None:  # It has no weights yet either.
            continue
        files[stem + SETUP] = json.dumps(transformer.setup(), indent=2) + "\n"
        files[stem + TOKENIZER] = transformer.tokenizer.to_str(pretty=True)
    return files


def find_scalers(
    models: Mapping[str, Model[Any, Any]],
) -> dict[str, GradScaler | ModuleScaler]:
    """Find what scales the gradients of transformers and wrapped modules, by path."""
    scalers: dict[str, GradScaler | ModuleScaler] = {}
    for name, model in models.items():
        for path, node in named_nodes(model, name):
            if is_wrapper(node):
                scalers[path] = state_of(node).scaler
            for step, module in wrapped_modules(node).items():
                scalers[".".join(filter(None, [path, step]))] = module.scaler
    return scalers


def take_files(name: str, model: Model[Any, Any], files: dict[str, str]) -> None:
    """Set a model's transformers to be built from files at initialization.

    Those that were wrapped as modules are not: only who wrapped them can make them.

    Raises:
        ValueError: A file is missing, or is not what `setup_files` gave.
    """
    for stem, node in _wrappers(name, model).items():
        missing = [stem + end for end in (SETUP, TOKENIZER) if stem + end not in files]
        if len(missing) == 2:
            continue
        if missing:
            raise ValueError(f"The folder is not whole: {missing[0]} is missing.")
        try:
            setup = json.loads(files[stem + SETUP])
        except ValueError as error:
            raise ValueError(f"{stem + SETUP} is no JSON: {error}.") from error
        if not isinstance(setup, dict) or "config" not in setup:
            raise ValueError(f"{stem + SETUP}: expected the setup of a transformer.")
        if setup["config"] is not None:
            state_of(node).load = _Rebuild(setup, files[stem + TOKENIZER])


class _Rebuild:
    """Build a transformer anew when it is asked for."""

    def __init__(self, setup: dict[str, Any], tokenizer: str) -> None:
        self.setup = setup
        self.tokenizer = tokenizer

    def __call__(self) -> Transformer:
        return rebuild(self.setup, self.tokenizer)


def _wrappers(name: str, model: Model[Any, Any]) -> dict[str, Model[Any, Any]]:
    """Return the TransformerWrappers of a model, by the names of their files."""
    nodes = {path: node for path, node in named_nodes(model) if is_wrapper(node)}
    return {".".join(filter(None, [name, path])): node for path, node in nodes.items()}
