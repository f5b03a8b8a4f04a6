"""Put the usual model into components of a config that name only a factory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thinc.config import Config

from ..config._blocks import fill

#: The folder of the templates, one for each kind of component.
FOLDER = Path(__file__).parent.parent / "models" / "templates"
#: The components of templates that others listen to.
ENCODER, TRANSFORMER = "tok2vec", "transformer"


def component_names() -> list[str]:
    """List the components that there are templates for."""
    return sorted(path.stem for path in FOLDER.glob("*.cfg") if path.stem != "base")


def read_template(name: str) -> Config:
    """Read a template, such as "tagger", without replacing its variables."""
    return Config().from_disk(FOLDER / f"{name}.cfg", interpolate=False)


def own_encoder(path: str) -> Config:
    """Return the usual encoder, for a position in a config."""
    encoder: Config = read_template(ENCODER)["component"]["model"]
    encoder["embed"]["width"] = f"${{{path}.encode.width}}"
    return encoder


def words_alone(model: Config) -> Config:
    """Return the part of a classifier that reads words, without its encoder."""
    linear: Config = model["linear_model"]
    linear["no_output_layer"] = False
    return linear


def put_usual_models(config: Mapping[str, Any]) -> Config:
    """Add the usual model where a component has none.

    It has an encoder of its own, or reads words alone if it is a classifier.

    Components with a `source` have one there, and for factories without a template
    nothing is added.

    Args:
        config: A config, which stays as it is.

    Returns:
        The same config if no model is missing, or else a copy.
    """
    given = config.get("components")
    blocks = given if isinstance(given, Mapping) else {}  # Else it is an error later.
    names = [name for name, block in blocks.items() if _lacks_model(block)]
    found = {name: usual_model(config, name) for name in names}
    models = {name: model for name, model in found.items() if model}
    if not models:
        return config if isinstance(config, Config) else Config(dict(config))
    completed = Config(dict(config), is_interpolated=False).copy()
    for name, model in models.items():
        completed["components"][name]["model"] = fill(model, {})
    return completed


def usual_model(config: Mapping[str, Any], name: str) -> Config | None:
    """Return the usual model of a component of a config; None without a template."""
    factory, path = config["components"][name]["factory"], f"components.{name}.model"
    for template in component_names():
        component = read_template(template)["component"]
        if component["factory"] == factory:
            model: Config = component["model"]
            if template == ENCODER:
                return own_encoder(path)
            if "linear_model" in model:
                return words_alone(model)
            if template != TRANSFORMER:
                model["tok2vec"] = own_encoder(f"{path}.tok2vec")
            return model
    return None


def _lacks_model(block: Any) -> bool:
    return (
        isinstance(block, Mapping)
        and isinstance(block.get("factory"), str)
        and "source" not in block
        and not block.get("model")
    )
