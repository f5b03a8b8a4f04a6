"""Save a transformer beside its weights, to make it anew and to train it on."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import safetensors.numpy
from thinc.api import Model

from .._optional import import_torch
from .._parameters import ModuleScaler, named_nodes, wrapped_modules
from ._grad_scaler import GradScaler
from ._hugging_face import Batching, Transformer, rebuild
from ._trust import check_saved_config, is_trusted
from .wrapper import is_wrapper, state_of

#: The files of a transformer, beside its weights: all but the tokenizer, and that.
SETUP, TOKENIZER = ".transformer.json", ".tokenizer.json"
#: What the former holds: see `Transformer.setup`.
SETTINGS = ("width", "max_length", "pad_id", "n_layers", "config")
#: One that older folders lack. It cannot be measured before the weights are read.
BATCHING = "batching"


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


def restore_files(
    name: str,
    model: Model[Any, Any],
    files: Mapping[str, str],
    arrays: Mapping[str, Any],
) -> None:
    """Build the transformers of a model from files only, inside the block.

    What a folder lacks is never fetched or loaded from elsewhere, as its config could
    name anything.

    Args:
        name: The first part of the names of the files.
        model: Built by the config of the folder, not initialized.
        files: The text of the files, by name.
        arrays: The weights of the model, by the names of its parameters.

    Raises:
        ValueError: A file is missing, or is not what `setup_files` returned.
    """
    for stem, node in _wrappers(name, model).items():
        missing = [stem + end for end in (SETUP, TOKENIZER) if stem + end not in files]
        if missing:
            raise ValueError(
                f"The folder is not whole: {missing[0]} is missing, which describes "
                f"the transformer of '{name}'."
            )
        setup = _read_setup(stem + SETUP, files[stem + SETUP])
        if setup["config"] is not None and "auto_map" in setup["config"]:
            state_of(node).load = _LoadTrusted(stem, state_of(node).load)
        elif setup["config"] is not None:
            weights = _weights_of(stem, name, arrays)
            shapes = {key: (*array.shape,) for key, array in weights.items()}
            state_of(node).load = _Rebuild(stem, setup, files[stem + TOKENIZER], shapes)
        elif not state_of(node).is_given:
            raise ValueError(
                f"{stem + SETUP}: the transformer was a module made in Python, and "
                f"only the function that made it can make it again, but the config "
                f"names none."
            )


def is_saved(folder: str | Path) -> bool:
    """Check whether a path is the folder of a saved pipeline."""
    return (Path(folder).expanduser() / "meta.json").is_file()


def read_saved(folder: str | Path, **settings: Any) -> Transformer:
    """Read the transformer of a saved pipeline, with its weights.

    Args:
        folder: Of the pipeline, which holds one transformer.
        settings: Other values for settings of its config.

    Raises:
        ValueError: It holds none or several, or one that cannot be built again.
        OSError: A file cannot be read.
    """
    folder = Path(folder).expanduser()
    found = sorted(file.name for file in folder.glob(f"*{SETUP}"))
    if len(found) != 1:
        raise ValueError(
            f"{folder}: expected a pipeline with one transformer, got {len(found)}."
        )
    stem = found[0].removesuffix(SETUP)
    setup = _read_setup(found[0], (folder / found[0]).read_text(encoding="utf-8"))
    names = [file.stem for file in folder.glob("*.safetensors")]
    name = max(
        (n for n in names if f"{stem}.".startswith(f"{n}.")), key=len, default=""
    )
    if setup["config"] is None or "auto_map" in setup["config"] or not name:
        raise ValueError(
            f"{folder}: the transformer cannot be built from the folder alone. Load "
            f"the pipeline by the code that made it."
        )
    arrays = safetensors.numpy.load_file(folder / f"{name}.safetensors")
    weights = _weights_of(stem, name, arrays)
    setup["config"].update(settings)
    shapes = {parameter: (*array.shape,) for parameter, array in weights.items()}
    tokenizer = (folder / f"{stem}{TOKENIZER}").read_text(encoding="utf-8")
    transformer = _Rebuild(stem, setup, tokenizer, shapes)()
    torch = import_torch("TransformerWrapper", "transformers")
    tensors = {parameter: torch.from_numpy(a) for parameter, a in weights.items()}
    transformer.module.load_state_dict(tensors, strict=False)
    return transformer


def _weights_of(stem: str, name: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arrays of one transformer of a component, by their names in it."""
    prefix = stem[len(name) :].lstrip(".")
    prefix = f"{prefix}." if prefix else ""
    return {
        parameter.removeprefix(prefix): array
        for parameter, array in arrays.items()
        if parameter.startswith(prefix)
    }


def _read_setup(file: str, text: str) -> dict[str, Any]:
    """Read the settings of a transformer; ValueError if they are none."""
    try:
        setup = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is no JSON: {error}.") from error
    if not isinstance(setup, dict) or {*setup} - {BATCHING} != {*SETTINGS}:
        raise ValueError(
            f"{file}: expected the settings of a transformer: {', '.join(SETTINGS)}."
        )
    choices = get_args(Batching)
    if setup.get(BATCHING) not in (None, *choices):
        raise ValueError(
            f"{file}: expected {BATCHING} to be one of {', '.join(choices)}, got "
            f"{setup[BATCHING]!r:.50}."
        )
    for key in SETTINGS:
        value = setup[key]
        kinds = (dict, type(None)) if key == "config" else (int, type(None))
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(
                f"{file}: expected {key} to be a "
                f"{'section' if key == 'config' else 'number'}, got {value!r:.50}."
            )
    return setup


class _Rebuild:
    """Build a transformer from what is saved of it when it is asked for."""

    def __init__(
        self,
        stem: str,
        setup: dict[str, Any],
        tokenizer: str,
        shapes: Mapping[str, tuple[int, ...]],
    ) -> None:
        self.stem = stem
        self.setup = setup
        self.tokenizer = tokenizer
        self.shapes = shapes

    def __call__(self) -> Transformer:
        check_saved_config(self.stem + SETUP, self.setup["config"], self.shapes)
        try:
            return rebuild(self.setup, self.tokenizer, self.shapes)
        except (ImportError, MemoryError):
            raise
        except Exception as error:  # The packages below have no common type.
            raise ValueError(
                f"{self.stem + SETUP}: the transformer cannot be built again: "
                f"{type(error).__name__}: {error}"
            ) from error


class _LoadTrusted:
    """Load a transformer whose code came with its weights from where it came from.

    Its code is not in the folder, and runs only if a person trusts it.
    """

    def __init__(self, stem: str, load: Callable[[], Transformer]) -> None:
        self.stem = stem
        self.load = load

    def __call__(self) -> Transformer:
        if not is_trusted():
            raise ValueError(
                f"{self.stem + SETUP}: the code of the transformer came with its "
                f"weights, and is run only if you trust it: load within `with "
                f"zoo.transformers.trust_remote_code():`, or with --trust-remote-code. "
                f"The transformer that the config names must still be there."
            )
        return self.load()


def _wrappers(name: str, model: Model[Any, Any]) -> dict[str, Model[Any, Any]]:
    """Return the TransformerWrappers of a model, by the names of their files."""
    nodes = {path: node for path, node in named_nodes(model) if is_wrapper(node)}
    return {".".join(filter(None, [name, path])): node for path, node in nodes.items()}
