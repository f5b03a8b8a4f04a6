"""Create the pretrained encoders that come with the package."""

from collections.abc import Mapping
from typing import Any, Final

from thinc.api import Model

from ..pipeline._encoder_weights import build_encoder
from ..pipeline._shipped_encoders import (
    ShippedEncoder,
    read_shipped,
    shipped_encoder,
    shipped_names,
)

#: The titles of the table of encoders.
TITLES: Final = ("name", "parameters", "MB", "width", "depth", "licence")


def create_pretrained(name: str, settings: Mapping[str, Any]) -> Model[Any, Any]:
    """Create a pretrained encoder, with its weights in float32.

    Its layers keep their weights when they are initialized, so that the encoder can
    be a part of a larger model, whose other layers are then drawn at random.

    Args:
        name: One of `list_models(pretrained=True)`.
        settings: There must be none, as the weights fit one size only.

    Raises:
        FileNotFoundError: The file of weights is missing.
        ValueError: There is no such encoder, there are settings, or the file of
            weights is damaged.
    """
    try:
        encoder = shipped_encoder(name)
    except ValueError as error:
        raise ValueError(f"create_model: {error}") from error
    if settings:
        raise ValueError(
            f"create_model: the weights of {encoder.name} fit its own settings only, "
            f"got {', '.join(settings)}. Leave them out, or pass pretrained=False."
        )
    model = build_encoder(read_shipped(name), encoder.model)
    for node in model.walk():
        node.init = _keep
    return model


def _keep(model: Model[Any, Any], X: Any = None, Y: Any = None) -> Model[Any, Any]:
    """Leave the weights of a layer as they are, in place of drawing others."""
    return model


def _cells_of(encoder: ShippedEncoder) -> list[str]:
    """Return name, sizes and licence of an encoder, as a row of a table."""
    encode = encoder.model["encode"]
    return [
        encoder.name,
        f"{encoder.n_parameters:,}",
        f"{encoder.megabytes:.2f}",
        str(encode["width"]),
        str(encode["depth"]),
        encoder.licence,
    ]


def pretrained_cells() -> list[list[str]]:
    """Return a row for each pretrained encoder, below the titles."""
    rows = [_cells_of(shipped_encoder(name)) for name in shipped_names()]
    return [list(TITLES), *rows]
