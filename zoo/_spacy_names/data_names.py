"""Register readers of data files, and callbacks, under spaCy's names."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import srsly

from .._message_limits import load_message
from .._registry import registry
from .._spacy_files import check_plain, read_plain
from ..pipeline import Pipeline, load


def _read(path: str | Path, kind: str, read: Callable[[Path], Any]) -> Any:
    """Read a file; ValueError, naming it, if it is damaged."""
    check_plain(Path(path))  # srsly hides what the system says, and waits for pipes.
    try:
        return read(Path(path))
    except Exception as error:  # The parsers raise errors of many kinds.
        raise ValueError(f"{path}: expected {kind}, got: {error}.") from error


@registry.readers("srsly.read_json.v1")
def read_json(path: str | Path) -> Any:
    """Read a file of JSON.

    Args:
        path: The file.
    """
    return _read(path, "JSON", lambda file: json.loads(file.read_bytes()))


@registry.readers("srsly.read_jsonl.v1")
def read_jsonl(path: str | Path, skip: bool = False) -> list[Any]:
    """Read a file with a JSON value on each line.

    Args:
        path: The file.
        skip: Whether lines that are no JSON are left out.
    """
    lines: list[Any] = _read(
        path, "JSON lines", lambda file: [*srsly.read_jsonl(file, skip=skip)]
    )
    return lines


@registry.readers("srsly.read_yaml.v1")
def read_yaml(path: str | Path) -> Any:
    """Read a file of YAML.

    Args:
        path: The file.
    """
    return _read(path, "YAML", srsly.read_yaml)


@registry.readers("srsly.read_msgpack.v1")
def read_msgpack(path: str | Path, use_list: bool = True) -> Any:
    """Read a file of MessagePack.

    Args:
        path: The file.
        use_list: Whether its arrays become lists; else they become tuples.
    """

    def read(file: Path) -> Any:
        return load_message(read_plain(file), use_list=use_list)

    return _read(path, "MessagePack", read)


@registry.readers("spacy.read_labels.v1")
def read_labels(path: str | Path, *, require: bool = False) -> Any:
    """Read the labels of a component from a file that ``spacy init labels`` wrote.

    Args:
        path: The file of JSON.
        require: Whether it is an error if there is none. If not, the labels are those
            of the training corpus.
    """
    return read_json(path) if require or Path(path).exists() else None


@registry.misc("spacy.LookupsDataLoader.v1")
def load_lookups(lang: str, tables: list[str] | None = None) -> None:
    """Load nothing: norms come from the tokenizer, and lemmas from their component.

    Args:
        lang: Without effect.
        tables: Without effect.
    """


@registry.callbacks("spacy.copy_from_base_model.v1")
def copy_from_base_model(
    tokenizer: str | None = None, vocab: str | None = None
) -> Callable[[Pipeline], None]:
    """Take the tokenizer of another pipeline, when the run begins.

    Args:
        tokenizer: A folder or package of a pipeline, whose tokenizer is taken. Null:
            the tokenizer stays.
        vocab: Without effect: there is no vocabulary, and `initialize.vectors` names
            word vectors.
    """

    def copy(pipeline: Pipeline) -> None:
        if tokenizer is not None:
            pipeline.tokenizer = load(tokenizer).tokenizer

    return copy


@registry.callbacks("spacy.models_with_nvtx_range.v1")
def models_with_nvtx_range(
    forward_color: int = -1, backprop_color: int = -1
) -> Callable[[Any], Any]:
    """Change nothing: layers are not marked for NVIDIA's profiler.

    Args:
        forward_color: Without effect.
        backprop_color: Without effect.
    """
    return lambda pipeline: pipeline


@registry.callbacks("spacy.models_and_pipes_with_nvtx_range.v1")
def models_and_pipes_with_nvtx_range(
    forward_color: int = -1,
    backprop_color: int = -1,
    additional_pipe_functions: dict[str, list[str]] | None = None,
) -> Callable[[Any], Any]:
    """Change nothing: layers are not marked for NVIDIA's profiler.

    Args:
        forward_color: Without effect.
        backprop_color: Without effect.
        additional_pipe_functions: Without effect.
    """
    return lambda pipeline: pipeline
