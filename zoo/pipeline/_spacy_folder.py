"""Find a folder that spaCy saved, and read its config as one of zoo's."""

import importlib.util
import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from thinc.api import Config

from .._registry import registry
from .._spacy_files import read_plain
from ..config import (
    ConfigError,
    Fault,
    follow,
    interpolate,
    load_config,
    nearest,
    raise_faults,
)
from ..config._validate import parameters
from ._model_folder import CONFIG, META
from ._spacy_blocks import CURATED, convert_transformers, find_curated_faults

#: The sections of a config that have nothing to do with prediction. They may name
#: functions that zoo does not have.
_TRAINING = ("corpora", "initialize", "pretraining", "training")
#: The tokenizers whose rules are in the file `tokenizer`.
_TOKENIZERS = ("spacy.Tokenizer.v1",)
#: Functions of [nlp] that would have to be run.
_CALLBACKS = ("before_creation", "after_creation", "after_pipeline_creation")
#: Layers up to this number are not compared with the size of the file, and the bytes
#: that each takes in it at least.
_LEAST_DEPTH, _LAYER_BYTES = 64, 256
#: What packages of pipelines are called: a name, and perhaps a version.
_PACKAGE = re.compile(r"([A-Za-z_]\w*)(?:-(\d[\w.]*))?")


def find_spacy_folder(path: str | Path) -> Path | None:
    """Find the folder of a pipeline that spaCy saved.

    Args:
        path: The folder itself, the folder of a package that holds it, or the name of
            an installed package, with or without its version. Nothing is imported.

    Returns:
        The folder; None if there is something else, or nothing.

    Raises:
        ValueError: The folder was saved by spaCy 2, or the installed package has
            another version.
    """
    folder = Path(path)
    if folder.is_dir():
        return _inside(folder)
    match = _PACKAGE.fullmatch(str(path))
    if match is None:
        return None
    name, version = match.groups()
    # Of a name without dots, the search runs no code of the package.
    spec = importlib.util.find_spec(name)
    for place in (spec and spec.submodule_search_locations) or ():
        found = _inside(Path(place))
        if found is not None and version not in (None, _meta(found).get("version")):
            raise ValueError(
                f"{path} is not installed: {found} has the version "
                f"{_meta(found).get('version')}."
            )
        if found is not None:
            return found
    return None


def refuse_unknown_package(path: str | Path) -> None:
    """Raise FileNotFoundError if a path may be a package's name, but is none."""
    if not Path(path).exists() and _PACKAGE.fullmatch(str(path)):
        raise FileNotFoundError(
            f"{path} is not a saved model: there is no such folder, nor an installed "
            f"package of this name that holds a pipeline. Give the path of a folder, "
            f"or install the package: pip install ..., or python -m spacy download "
            f"..., which needs spaCy once."
        )


def read_spacy_config(folder: Path, exclude: Collection[str]) -> Config:
    """Read the config of a folder of spaCy's, and write it as one of zoo's.

    Args:
        folder: The folder.
        exclude: Names of components to leave out.

    Returns:
        A config with the sections [nlp] and [components], without variables.

    Raises:
        ConfigError: Lists everything in it that zoo cannot run, and how to go on.
        ValueError: A file is missing.
    """
    values = _read_values(folder)
    nlp, blocks = values.get("nlp"), values.get("components")
    names = follow(values, "nlp.pipeline")
    if not isinstance(nlp, Mapping) or not isinstance(names, list):
        raise ValueError(f"{folder / CONFIG}: the section [nlp] names no pipeline.")
    for name in exclude:
        if name not in names:
            hint = nearest(name, names) or f" There are: {', '.join(map(str, names))}."
            raise ValueError(f"exclude: there is no component {name!r}.{hint}")
    kept = [name for name in names if name not in exclude]
    lang = nlp.get("lang")
    faults = [*_find_callbacks(nlp)]
    components = {}
    for name in kept:
        block = follow(blocks, str(name)) if isinstance(blocks, Mapping) else None
        if isinstance(block, Mapping) and block.get("factory"):
            faults += find_curated_faults(f"components.{name}", block)
            block = block if faults else convert_transformers(block)
        faults += _find_faults(name, block)
        if isinstance(block, Mapping):
            components[name] = _convert(folder / str(name), block, str(lang))
    _raise(folder, faults)
    settings = {
        "lang": lang,
        "pipeline": kept,
        "disabled": [n for n in nlp.get("disabled") or () if n in kept],
        "batch_size": nlp.get("batch_size") or 256,
        "tokenizer": {"@tokenizers": "zoo.SavedTokenizer.v1"},
    }
    return Config({"nlp": settings, "components": components})


def read_model_block(folder: Path, name: str) -> Mapping[str, Any]:
    """Read the section of a component's model as spaCy wrote it."""
    found = follow(_read_values(folder), f"components.{name}.model")
    return found if isinstance(found, Mapping) else {}


def read_cfg(folder: Path) -> dict[str, Any]:
    """Read the file `cfg` of a component of spaCy's; it is empty if there is none.

    Raises:
        ValueError: The file is damaged.
    """
    file = folder / "cfg"
    return _read_json(file) if file.is_file() else {}


def _read_settings(folder: Path) -> dict[str, Any]:
    try:
        return read_cfg(folder)
    except ValueError as error:
        raise ValueError(f"{error} {describe_exclusion([folder.name])}") from error


def describe_exclusion(names: Collection[str]) -> str:
    """Return the advice how to load a folder without some components."""
    shown = ", ".join(repr(name) for name in names)
    return f"To go on without: zoo.load(path, exclude=[{shown}])."


def _inside(folder: Path) -> Path | None:
    """Return the folder of a pipeline, which may be that of its package."""
    if (folder / CONFIG).is_file():
        is_spacys = any((folder / n).exists() for n in ("tokenizer", "vocab"))
        return folder if "files" not in _meta(folder, is_spacys) and is_spacys else None
    meta = _meta(folder)
    if (folder / "__init__.py").is_file() and {"lang", "name", "version"} <= {*meta}:
        # The parts of a package's name are parts of a path: nothing else may be.
        parts = [str(meta[key]) for key in ("lang", "name", "version")]
        inner = folder / "{}_{}-{}".format(*parts)
        if inner.parent == folder and inner.is_dir():
            return _inside(inner)
    if str(meta.get("spacy_version", "")).lstrip("=<>~^")[:2] in ("1.", "2."):
        raise ValueError(
            f"{folder / META}: the pipeline was saved by spaCy "
            f"{meta['spacy_version']}, and zoo reads those of spaCy 3. Train it again "
            f"with spaCy 3 or zoo."
        )
    if "spacy_version" in meta:
        raise ValueError(f"{folder} is not whole: {CONFIG} is missing.")
    return None


def _meta(folder: Path, must_be_sound: bool = False) -> dict[str, Any]:
    """Read what a folder says of itself; it is empty if that is damaged."""
    file = folder / META
    if not file.is_file():
        return {}
    try:
        return _read_json(file)
    except ValueError:
        if must_be_sound:
            raise
        return {}


def _read_json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_plain(file))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: expected JSON, got: {error}.") from error
    if not isinstance(found, dict):
        raise ValueError(f"{file}: expected settings by name, got a list or a value.")
    return found


def _read_values(folder: Path) -> Mapping[str, Any]:
    """Read the settings of prediction, without variables."""
    config = load_config(folder / CONFIG)
    part = Config({k: v for k, v in config.items() if k not in _TRAINING})
    part.is_interpolated = config.is_interpolated
    try:
        return interpolate(part)
    except ConfigError:  # A setting may refer to one of training.
        return interpolate(config)


def _find_callbacks(nlp: Mapping[str, Any]) -> Iterator[Fault]:
    for name in _CALLBACKS:
        if nlp.get(name):
            message = "it names a function of Python, which zoo does not run."
            yield Fault(f"nlp.{name}", message)
    tokenizer = follow(nlp, "tokenizer.@tokenizers")
    if tokenizer is not None and tokenizer not in _TOKENIZERS:
        message = f"zoo has no tokenizer {tokenizer!r}, which needs code of its own."
        yield Fault("nlp.tokenizer", message)


def _find_faults(name: Any, block: Any) -> Iterator[Fault]:
    """Find out why a component cannot be run at all."""
    path = f"components.{name}"
    if not isinstance(name, str) or {*name} & {*"/\\."} or not name:
        yield Fault("nlp.pipeline", f"{name!r} is no name of a component.")
    elif not isinstance(block, Mapping):
        yield Fault(path, "nlp.pipeline names it, but its section is missing.")
    elif block.get("factory") == CURATED:
        return  # Its faults are found already.
    elif not registry.has("factories", str(block.get("factory"))):
        message = f"zoo has no factory {block.get('factory')!r}."
        yield Fault(path, f"{message} {describe_exclusion([name])}")


def _convert(folder: Path, block: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Write the section of a component as zoo has it.

    What the file `cfg` says goes before the config, as in spaCy.
    """
    factory = str(block.get("factory"))
    if not registry.has("factories", factory):
        return dict(block)
    known = parameters(registry.factories.get(factory))
    converted = {k: v for k, v in block.items() if k != "scorer" and v is not None}
    if "lang" in known:
        converted["lang"] = lang
    if block.get("model") is not None or "model" in known:
        converted["model"] = block["model"]
    for name, value in _read_settings(folder).items():
        if name in known and isinstance(value, bool | int | float | str):
            converted[name] = value
    return converted


def find_depth_faults(folder: Path, config: Config) -> Iterator[Fault]:
    """Find components with more layers than their files have room for."""
    for name, block in config["components"].items():
        file = folder / name / "model"
        size = file.stat().st_size if file.is_file() else 0
        most = max(_LEAST_DEPTH, size // _LAYER_BYTES)
        for path, depth in _find_depths(block, f"components.{name}"):
            if depth > most:
                message = f"{depth} layers have no room in {file} of {size} bytes."
                yield Fault(path, message)


def _find_depths(block: Any, path: str) -> Iterator[tuple[str, int]]:
    for name, value in block.items() if isinstance(block, Mapping) else ():
        if name == "depth" and isinstance(value, int):
            yield f"{path}.{name}", value
        yield from _find_depths(value, f"{path}.{name}")


def _raise(folder: Path, faults: list[Fault]) -> None:
    title = f"{folder / CONFIG} of spaCy names what zoo cannot run:"
    try:
        raise_faults(faults)
    except ConfigError as error:
        raise ConfigError(title, error.faults) from None
