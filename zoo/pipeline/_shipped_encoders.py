"""Read the pretrained encoders that come with the package."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from thinc.api import Config

from ..config import nearest
from ._encoder_weights import SavedEncoder
from ._model_folder import WEIGHTS, checksum_of, unpack_arrays

#: The folder of the encoders: a file of weights and one of facts for each.
FOLDER: Final = Path(__file__).parent.parent / "data" / "encoders"
#: What the name of an encoder begins with, where a path could be too.
PREFIX: Final = "zoo:"
#: The encoder that is used if none is named.
DEFAULT: Final = "hash-cnn-medium"
#: The path of an encoder in a config.
PLACE: Final = "components.tok2vec.model"


class ShippedEncoder(NamedTuple):
    """What is known about a pretrained encoder that comes with the package.

    Args:
        name: Its name, such as "hash-cnn-small".
        lang: The language that it was trained on.
        model: The block of a config that makes it, with every setting.
        n_parameters: Number of weights.
        sha256: Checksum of the file of weights.
        licence: Of the weights.
        data: The texts that it was trained on, with their licences.
        training: How it was trained: objective, teacher, updates, hours, command.
        scores: What it was measured by, and its scores.
        limits: What it is not good for.
    """

    name: str
    lang: str
    model: dict[str, Any]
    n_parameters: int
    sha256: str
    licence: str
    data: list[str]
    training: dict[str, Any]
    scores: dict[str, Any]
    limits: list[str]

    @property
    def file(self) -> Path:
        """The file of weights, in float16."""
        return FOLDER / f"{self.name}{WEIGHTS}"

    @property
    def megabytes(self) -> float:
        """Size of the file of weights."""
        return self.file.stat().st_size / 1e6

    def card(self) -> list[tuple[str, str]]:
        """Return what is known, in rows of a title and a text."""
        rows = [
            ("size", f"{self.megabytes:.2f} MB in float16"),
            ("licence", self.licence),
        ]
        how = self.training
        rows += [("data", text) for text in self.data]
        rows += [("teacher", how["teacher"]), ("words", how["words"])]
        if how["objective"] is not None:
            rows += [("objective", _in_words(how["objective"]))]
        rows += [("updates", f"{how['updates']:,}"), ("hours", f"{how['cpu_hours']:g}")]
        rows += [("command", how["command"])]
        rows += [("score", f"{name}: {text}") for name, text in self.scores.items()]
        return rows + [("limit", text) for text in self.limits]

    @property
    def config(self) -> Config:
        """A config with the encoder as the component tok2vec, and nothing else."""
        nlp = {"lang": self.lang, "pipeline": ["tok2vec"]}
        component = {"factory": "tok2vec", "model": self.model}
        return Config({"nlp": nlp, "components": {"tok2vec": component}})


def _in_words(objective: dict[str, Any]) -> str:
    """Return the names of the parts of an objective."""
    name = str(objective["@objectives"])
    parts = [_in_words(objective[k]) for k in ("first", "second") if k in objective]
    return f"{name}({', '.join(parts)})" if parts else name


def is_shipped(source: object) -> bool:
    """Return whether a source is the name of such an encoder, and no path."""
    return isinstance(source, str) and source.startswith(PREFIX)


def shipped_names() -> list[str]:
    """List the names of the encoders, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def shipped_encoder(name: str) -> ShippedEncoder:
    """Return what is known about an encoder.

    Args:
        name: Its name, with or without "zoo:" in front, and with hyphens or
            underscores: "zoo:hash-cnn-small" and "hash_cnn_small" are the same.

    Raises:
        ValueError: There is none of that name.
    """
    known, plain = shipped_names(), name.removeprefix(PREFIX).replace("_", "-")
    if plain not in known:
        raise ValueError(
            f"there is no pretrained encoder {name!r}.{nearest(plain, known)} There "
            f"are: {', '.join(known)}."
        )
    return _read_facts(plain)


@cache
def _read_facts(name: str) -> ShippedEncoder:
    path = FOLDER / f"{name}.json"
    try:
        facts = json.loads(path.read_text(encoding="utf8"))
        return ShippedEncoder(name=name, **facts)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{path} is not as it was written: {error}. Install thinc-zoo again."
        ) from error


def read_shipped(name: str) -> SavedEncoder:
    """Read an encoder, with its weights in float32.

    Raises:
        FileNotFoundError: The file of weights is missing.
        ValueError: There is no such encoder, or the file is damaged.
    """
    encoder = shipped_encoder(name)
    try:
        data = encoder.file.read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"the weights of {encoder.name} are missing: there is no file "
            f"{encoder.file}. Install thinc-zoo again."
        ) from error
    if checksum_of(data) != encoder.sha256:
        raise ValueError(
            f"{encoder.file} is not as it was written: its checksum differs from the "
            f"one in {encoder.name}.json. It was cut short or altered. Install "
            f"thinc-zoo again."
        )
    arrays = unpack_arrays(data, str(encoder.file))
    weights = {key: array.astype(np.float32) for key, array in arrays.items()}
    return SavedEncoder(encoder.config, PLACE, weights)
