"""Write and read model folders: whole or not at all, and never with code in them."""

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import thinc
from safetensors import SafetensorError
from thinc.api import Config, Model
from thinc.compat import has_torch, torch_version

from .._atomic import recover_folder, replace_file, replace_folder
from .._version import __version__
from ..config import follow, format_config, load_config, parse_config
from ..config._validate import fits, show

#: The layout of a model folder. A reader refuses a number higher than its own.
FORMAT = 1
META = "meta.json"
CONFIG = "config.cfg"
#: The suffix of a file of weights.
WEIGHTS = ".safetensors"
#: The suffixes of other files that a model may have beside its weights.
TEXTS = (".transformer.json", ".tokenizer.json")


@contextmanager
def replace_model(path: str | Path) -> Iterator[Path]:
    """Replace the folder of a saved model, or make one, as `replace_folder` does.

    Raises FileExistsError if there is something else than a saved model.
    """
    path = Path(os.path.realpath(path))
    check_replaceable(path)
    with replace_folder(path) as new:
        yield new


def check_replaceable(path: Path) -> None:
    """Raise FileExistsError if there is something else than a saved model."""
    if not path.exists():
        return
    if not path.is_dir():
        raise FileExistsError(f"{path} is a file. Give the path of a folder.")
    names = {file.name for file in path.iterdir()}
    foreign = [n for n in names - {META, CONFIG} if not n.endswith((WEIGHTS, *TEXTS))]
    if names and (foreign or META not in names):
        found = ", ".join(sorted(foreign or names)[:5])
        raise FileExistsError(
            f"{path} is not replaced, as it is no saved model: it holds {found}."
        )


def write_json(path: Path, value: object) -> None:
    """Write a JSON file, whole or not at all; numbers of numpy are numbers."""
    with replace_file(path) as file:
        text = json.dumps(value, indent=2, ensure_ascii=False, default=float)
        file.write_text(text + "\n", encoding="utf8")


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write named numpy arrays as a safetensors file."""
    path.write_bytes(pack_arrays(arrays))


def read_arrays(path: Path) -> dict[str, Any]:
    """Read a safetensors file; ValueError if it is none."""
    return unpack_arrays(path.read_bytes(), str(path))


def pack_arrays(arrays: Mapping[str, Any]) -> bytes:
    """Give named numpy arrays as the content of a safetensors file."""
    # (`ascontiguousarray` would give a number without dimensions one.)
    contiguous = {n: np.asarray(array, order="C") for n, array in arrays.items()}
    return safetensors.numpy.save(contiguous)


def unpack_arrays(data: bytes, source: str) -> dict[str, Any]:
    """Give the arrays in the content of a safetensors file.

    source: Where it comes from, for the message of the ValueError if it is none.
    """
    try:
        return safetensors.numpy.load(data)
    except SafetensorError as error:
        raise ValueError(
            f"{source} is not a whole safetensors file: {error}."
        ) from error


def write_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    """Write what is known about a model, with a checksum of each file and of itself.

    The versions of Python and of the packages that compute are written too.
    """
    files = {file.name: checksum(file) for file in sorted(folder.iterdir())}
    whole = {"format": FORMAT, "versions": find_versions(), **meta, "files": files}
    write_json(folder / META, sealed(whole))


def find_versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that compute, by name."""
    versions = {
        "zoo": __version__,
        "thinc": thinc.about.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    return versions | ({"torch": str(torch_version)} if has_torch else {})


def sealed(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Put a checksum of all the rest into meta data, as "checksum"."""
    # As it comes back from the file: a tuple is a list there, and a key a string.
    content = json.loads(json.dumps(meta, default=float))
    content.pop("checksum", None)
    canonical = json.dumps(content, sort_keys=True).encode()
    return {**content, "checksum": hashlib.sha256(canonical).hexdigest()}


def read_meta(folder: str | Path) -> dict[str, Any]:
    """Read what is known about a model, and check that its files are as written.

    Raises FileNotFoundError if the folder holds no model, and ValueError if a file is
    missing, altered, or of a later version.
    """
    folder = Path(folder)
    meta = _parse_meta(find_meta(folder))
    if meta["format"] > FORMAT:
        raise ValueError(
            f"{folder} was written by a later version of zoo: its format is "
            f"{meta['format']}, this version reads up to {FORMAT}. Upgrade thinc-zoo."
        )
    if sealed(meta)["checksum"] != meta.get("checksum"):
        raise ValueError(
            f"{folder / META} is not as it was written: it does not fit the checksum "
            f"in it. It was altered."
        )
    # A name is looked for in the folder, so that it cannot lead to anywhere else.
    present = {file.name for file in folder.iterdir() if file.is_file()}
    for name, expected in meta["files"].items():
        if name not in present:
            raise ValueError(
                f"{folder} is not whole: the file {name[:100]!r} is missing."
            )
        if checksum(folder / name) != expected:
            raise ValueError(
                f"{folder / name} is not as it was written: its checksum differs from "
                f"the one in {META}. It was cut short or altered."
            )
    return meta


def find_meta(folder: Path) -> Path:
    """Give the file of what is known about a model.

    Raises FileNotFoundError if the folder holds no model; it names one below it.
    """
    recover_folder(folder)
    if (folder / META).is_file():
        return folder / META
    what = "no such folder" if not folder.exists() else f"no {META} in it"
    # A folder without a config is a checkpoint of a run.
    models = sorted(file.parent for file in folder.glob(f"*/{META}"))
    models = [model for model in models if (model / CONFIG).is_file()]
    hint = f" Did you mean {models[0]}?" if models else ""
    raise FileNotFoundError(f"{folder} is not a saved model: there is {what}.{hint}")


def checksum(file: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _parse_meta(file: Path) -> dict[str, Any]:
    try:
        meta = json.loads(file.read_text(encoding="utf8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not a model's meta data: {error}.") from error
    shape = {"format": int, "files": dict[str, str]}
    for name, kind in shape.items():
        if not isinstance(meta, dict) or not fits(meta.get(name), kind):
            raise ValueError(
                f"{file} is not a model's meta data: it lacks a valid {name!r}."
            )
    return dict(meta)


#: Sizes up to this one are not compared with the weights.
LEAST_LIMIT = 2**16


@dataclass
class SavedPipeline:
    """Hold what is saved of a pipeline: settings and numbers, nothing that runs.

    config: Describes the components.
    labels: Of each component with an objective, in the order of its outputs.
    weights: Arrays of each component, by the names of its parameters.
    scores: Those of the evaluation that chose the weights.
    vectors: Which table of word vectors the pipeline needs, if it needs one.
    files: The text of other files, by name: the setups and tokenizers of transformers.
    version: Of zoo, which wrote it.
    source: Where it was read from, for messages.
    """

    config: Config
    labels: dict[str, Any]
    weights: dict[str, dict[str, Any]]
    scores: dict[str, Any] = field(default_factory=dict)
    vectors: dict[str, Any] | None = None
    files: dict[str, str] = field(default_factory=dict)
    version: str = field(default=__version__, compare=False)
    source: Path = field(default=Path("pipeline"), compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """Give the content of the files, so that a pickle holds no more than these."""
        return vars(self) | {
            "config": format_config(self.config),
            "weights": {name: pack_arrays(part) for name, part in self.weights.items()},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.config = parse_config(state["config"])
        self.weights = {
            name: unpack_arrays(data, weights_file(name))
            for name, data in state["weights"].items()
        }

    def labels_of(self, component: str) -> list[str]:
        """Give the labels of a component; ValueError if there are none."""
        labels: Any = follow(self.labels, component)
        if not fits(labels, list[str]) or len(set(labels)) < len(labels):
            raise ValueError(
                f"{self.source / META}: expected a list of labels, none of them twice, "
                f"for the component '{component}', got {show(labels)}."
            )
        return list(labels)

    def check_sizes(self, component: str, model: Model[Any, Any]) -> None:
        """Raise ValueError for a size in the config that the weights have no room for.

        It is known before anything of that size is made.
        """
        weights = self.weights.get(component)
        most = max(LEAST_LIMIT, sum(array.size for array in (weights or {}).values()))
        for node in model.walk() if weights else ():
            for dim in node.dim_names:
                size = node.maybe_get_dim(dim)
                if size is not None and size > most:
                    raise ValueError(
                        f"{self.source / CONFIG}: {node.name} of the component "
                        f"'{component}' has a size {dim} of {size}, but "
                        f"{weights_file(component)} holds only {most} numbers."
                    )

    def weights_of(self, component: str) -> dict[str, Any]:
        """Give the arrays of a component; ValueError if there is no file of them."""
        if component not in self.weights:
            raise ValueError(_not_whole(self.source, weights_file(component)))
        return self.weights[component]


def weights_file(component: str) -> str:
    """Name the file that holds the weights of a component."""
    return f"{component}{WEIGHTS}"


def write_folder(path: str | Path, saved: SavedPipeline) -> None:
    """Write a pipeline to a folder, which is replaced as a whole.

    Raises FileExistsError if there is something else than a saved pipeline.
    """
    meta = {
        "labels": saved.labels,
        "scores": saved.scores,
    }
    if saved.vectors is not None:
        meta["vectors"] = saved.vectors
    with replace_model(path) as folder:
        (folder / CONFIG).write_text(format_config(saved.config), encoding="utf8")
        for component, arrays in saved.weights.items():
            write_arrays(folder / weights_file(component), arrays)
        for name, content in saved.files.items():
            (folder / name).write_text(content, encoding="utf8")
        write_meta(folder, meta)


def read_folder(path: str | Path) -> SavedPipeline:
    """Read what `write_folder` wrote.

    Raises FileNotFoundError if there is no saved pipeline, and ValueError if a file is
    missing, altered, or from a later version.
    """
    folder = Path(path)
    meta = read_meta(folder)
    if CONFIG not in meta["files"]:
        raise ValueError(_not_whole(folder, CONFIG))
    config = load_config(folder / CONFIG)
    files = [folder / name for name in meta["files"] if name.endswith(WEIGHTS)]
    return SavedPipeline(
        config=config,
        labels=_mapping(meta.get("labels")),
        weights={file.name.removesuffix(WEIGHTS): read_arrays(file) for file in files},
        scores=_mapping(meta.get("scores")),
        vectors=_mapping(meta.get("vectors")) or None,
        files={
            name: (folder / name).read_text(encoding="utf8")
            for name in meta["files"]
            if name.endswith(TEXTS)
        },
        version=str(follow(meta, "versions.zoo")),
        source=folder,
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _not_whole(folder: Path, file: str) -> str:
    return f"{folder} is not whole: {META} does not name {file}."
