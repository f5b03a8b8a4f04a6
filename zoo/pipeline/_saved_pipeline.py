"""Write and read what is saved of a pipeline: settings and numbers, no code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from thinc.api import Config

from .._name_some import name_some
from .._version import __version__
from ..config import follow, format_config, parse_config
from ..config._validate import fits, show
from ..vectors import Vectors, VectorTable, write_vectors
from ._model_folder import (
    CONFIG,
    META,
    TEXTS,
    VECTORS,
    WEIGHTS,
    checksum,
    checksum_of,
    pack_arrays,
    read_model,
    replace_model,
    unpack_arrays,
    write_arrays,
    write_meta,
)


@dataclass
class SavedPipeline:
    """What is saved of a pipeline.

    Attributes:
        config: Describes the components.
        labels: Of each component with an objective, in the order of its outputs.
        weights: Arrays of each component, by the names of its parameters.
        scores: Those of the evaluation that chose the weights.
        vectors: Which table of word vectors the pipeline needs, if it needs one.
        files: The text of other files, by name: settings and tokenizers of
            transformers.
        data: The content of other files, by name: of rules, which begin with the name
            of their component and a dot, and of the tokenizer.
        own_vectors: The file of the table, if it is in the folder.
        version: Of zoo, which wrote it.
        source: Where it was read from, for messages.
    """

    config: Config
    labels: dict[str, Any]
    weights: dict[str, dict[str, Any]]
    scores: dict[str, Any] = field(default_factory=dict)
    vectors: dict[str, Any] | None = None
    files: dict[str, str] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)
    own_vectors: Path | None = None
    version: str = field(default=__version__, compare=False)
    source: Path = field(default=Path("pipeline"), compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """Return the content of the files; a pickle holds nothing else."""
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
        """Return the labels of a component.

        Raises:
            ValueError: There are none.
        """
        labels: Any = follow(self.labels, component)
        if not fits(labels, list[str]) or len(set(labels)) < len(labels):
            raise ValueError(
                f"{self.source / META}: expected a list of labels, none of them twice, "
                f"for the component '{component}', got {show(labels)}."
            )
        return list(labels)

    def weights_of(self, component: str) -> dict[str, Any]:
        """Return the arrays of a component.

        Raises:
            ValueError: There is no file of them.
        """
        if component not in self.weights:
            raise ValueError(_not_whole(self.source, weights_file(component)))
        return self.weights[component]

    def data_of(self, component: str) -> dict[str, bytes]:
        """Return the files of a component that has rules, by their own names."""
        parts = ((name.partition("."), data) for name, data in self.data.items())
        return {rest: data for (owner, _, rest), data in parts if owner == component}

    def path_of(self, component: str) -> str:
        """Return the path of the file of a component's weights, for messages."""
        return str(self.source / weights_file(component))

    def check_finite(self) -> None:
        """Check that all weights are finite numbers.

        Raises:
            ValueError: Some are not; the message lists their arrays.
        """
        for component, arrays in self.weights.items():
            if wrong := list(_find_infinite(arrays)):
                raise ValueError(
                    f"{self.path_of(component)}: weights must be finite numbers of "
                    f"float32, got NaN, infinity or others in {name_some(wrong)}. "
                    f"Load another model, or train this one again."
                )


def weights_file(component: str) -> str:
    """Return the name of the file that holds the weights of a component."""
    return f"{component}{WEIGHTS}"


def write_folder(
    path: str | Path, saved: SavedPipeline, table: VectorTable | None = None
) -> None:
    """Write a pipeline to a folder, which is replaced as a whole.

    Args:
        path: The folder.
        saved: What to write.
        table: The word vectors to write too, if the pipeline needs them.

    Raises:
        FileExistsError: There is something else than a saved pipeline.
    """
    meta = {"labels": saved.labels, "scores": saved.scores}
    if saved.vectors is not None:
        meta["vectors"] = saved.vectors
    with replace_model(path) as folder:
        (folder / CONFIG).write_text(format_config(saved.config), encoding="utf8")
        for component, arrays in saved.weights.items():
            write_arrays(folder / weights_file(component), arrays)
        for name, content in saved.files.items():
            (folder / name).write_text(content, encoding="utf8")
        for name, data in saved.data.items():
            (folder / name).write_bytes(data)
        if table is not None and saved.vectors is not None:
            write_vectors(cast(Vectors, table), folder / VECTORS)
        write_meta(folder, meta)


def read_folder(path: str | Path) -> SavedPipeline:
    """Read what `write_folder` wrote.

    Args:
        path: The folder. Another process may replace it meanwhile.

    Returns:
        What is saved of the pipeline.

    Raises:
        FileNotFoundError: There is no saved pipeline.
        ValueError: A file is missing, altered, or from a later version, or weights are
            no finite numbers.
    """
    folder = Path(path)
    meta, contents = read_model(folder, _read_file)
    if CONFIG not in contents:
        raise ValueError(_not_whole(folder, CONFIG))
    texts, weights, data = {}, {}, {}
    for name in [*contents]:
        content = contents.pop(name)  # Else each array would be in memory twice.
        if name == VECTORS:
            continue
        if name.endswith(WEIGHTS):
            arrays = unpack_arrays(content, str(folder / name))
            weights[name.removesuffix(WEIGHTS)] = arrays
        elif _is_text(name):
            texts[name] = _decode(folder / name, content)
        else:
            data[name] = content
    saved = SavedPipeline(
        config=parse_config(texts.pop(CONFIG), name=str(folder / CONFIG)),
        labels=_mapping(meta.get("labels")),
        weights=weights,
        scores=_mapping(meta.get("scores")),
        vectors=_mapping(meta.get("vectors")) or None,
        files=texts,
        data=data,
        own_vectors=folder / VECTORS if VECTORS in meta["files"] else None,
        version=str(follow(meta, "versions.zoo")),
        source=folder,
    )
    saved.check_finite()
    return saved


def _is_text(name: str) -> bool:
    return name == CONFIG or name.endswith(TEXTS)


def _read_file(name: str, file: Path) -> tuple[str, bytes]:
    """Read a file of a pipeline once, for its checksum and its content."""
    if name == VECTORS:  # Read when it is needed.
        return checksum(file), b""
    data = file.read_bytes()
    return checksum_of(data), data


def _decode(file: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file}: expected UTF-8, got other bytes: {error}."
        ) from error


def _find_infinite(arrays: Mapping[str, Any]) -> Iterable[str]:
    """Find the arrays that hold anything but finite numbers of float32."""
    for name, array in arrays.items():
        if array.dtype.kind in "iub":  # Buffers of a transformer.
            continue
        if array.dtype.kind != "f":
            yield name
            continue
        with np.errstate(over="ignore"):
            if not np.isfinite(array.astype("float32", copy=False)).all():
                yield name


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _not_whole(folder: Path, file: str) -> str:
    return f"{folder} is not whole: {META} does not name {file}."
