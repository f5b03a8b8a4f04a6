"""Turn a pretrained encoder into a file and settings for spaCy."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from thinc.api import Config

from .. import layers as _layers  # noqa: F401  Registers its layers.
from ..config import follow, format_config, interpolate
from ..interop._spacy_weights import spacy_weights
from ..pipeline._encoder_weights import SavedEncoder, build_encoder, read_encoder
from ..pipeline._shipped_encoders import PREFIX, read_shipped

#: spaCy's names of the layers of encoders, whose arguments are the same there.
NAMES: Final = {
    "zoo.Tok2Vec.v1": "spacy.Tok2Vec.v2",
    "zoo.HashEmbedCNN.v1": "spacy.HashEmbedCNN.v2",
    "zoo.MultiHashEmbed.v1": "spacy.MultiHashEmbed.v2",
    "zoo.CharacterEmbed.v1": "spacy.CharacterEmbed.v2",
    "zoo.MaxoutWindowEncoder.v1": "spacy.MaxoutWindowEncoder.v2",
    "zoo.MishWindowEncoder.v1": "spacy.MishWindowEncoder.v2",
}
#: Settings that spaCy's layers call by another name.
RENAMED: Final = {"features": "attrs"}


def spacy_encoder(source: str, file: str) -> tuple[bytes, str]:
    """Return the weights of an encoder and settings for spaCy's config.

    Args:
        source: The name of a pretrained encoder that comes with zoo, or a folder that
            `zoo pretrain` wrote.
        file: The path that the settings name.

    Raises:
        FileNotFoundError: There is no such encoder.
        ValueError: It is damaged, or spaCy has no such layers.
    """
    saved = _read(source)
    block = follow(interpolate(saved.config), saved.path)
    if not isinstance(block, Mapping):
        raise ValueError(
            f"export: {source} has no config of its encoder, which was built in "
            f"Python. Pretrain it from a config."
        )
    theirs = _rename(block)
    model = build_encoder(saved, block)
    config = {
        "components": {"tok2vec": {"factory": "tok2vec", "model": theirs}},
        "initialize": {"init_tok2vec": file},
    }
    return spacy_weights(model), format_config(Config(config))


def _read(source: str) -> SavedEncoder:
    if not source.startswith(PREFIX) and os.path.isdir(source):
        return read_encoder(Path(source))
    try:
        return read_shipped(source)
    except ValueError as error:
        raise ValueError(f"export: {error} {source} is no folder either.") from error


def _rename(block: Mapping[str, Any]) -> dict[str, Any]:
    """Write a block with spaCy's names; ValueError if spaCy has no such layer."""
    renamed: dict[str, Any] = {}
    for key, value in block.items():
        if key == "@architectures" and value not in NAMES.values():
            if value not in NAMES:
                raise ValueError(
                    f"export: spaCy has no counterpart of {value}. It has one of: "
                    f"{', '.join(NAMES)}."
                )
            value = NAMES[value]
        child = _rename(value) if isinstance(value, Mapping) else value
        renamed[RENAMED.get(key, key)] = child
    return renamed
