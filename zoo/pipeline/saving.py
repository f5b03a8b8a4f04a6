"""Write all that a pipeline knows to a folder, and read it back, without any code."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thinc.api import Config, Model

from ..about import __version__
from ..config import follow, format_config, load_config, parse_config
from ..config.values import fits, show
from .checkpoint import (
    CONFIG,
    META,
    TEXTS,
    WEIGHTS,
    pack_arrays,
    read_arrays,
    read_meta,
    replace_model,
    unpack_arrays,
    write_arrays,
    write_meta,
)

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
