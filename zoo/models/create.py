"""Create models from the configs beside this file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thinc.api import Model

from .. import layers as _layers  # noqa: F401  Registers its layers.
from .. import transformers as _transformers  # noqa: F401  Likewise.
from ..config import Fault, interpolate, nearest, parse_config, raise_faults
from ..config._blocks import build, fill
from ..config._validate import find_faults, function_of, parameters
from ._pretrained import create_pretrained

FOLDER = Path(__file__).parent


def create_model(
    name: str, /, *, pretrained: bool = False, **settings: Any
) -> Model[Any, Any]:
    """Create a ready-made model, without weights: `initialize` draws them.

    Args:
        name: One of those that `list_models` returns; "hash-cnn-small" is the same as
            "hash_cnn_small".
        pretrained: Whether to load the weights that come with zoo, for the models of
            ``list_models(pretrained=True)``. `initialize` keeps them.
        **settings: Other values for settings of the model, by the name of a variable
            of its config (``width=64``), of an argument of the model (``nO=17``), or
            by a path (``**{"embed.rows": [500, 100, 250, 250]}``).

    Raises:
        ValueError: There is no such model or setting, a value does not fit, or a
            package is missing that the model needs; or, with `pretrained`, there are
            no weights for it, their file is damaged, or a setting is given.
        FileNotFoundError: The file of weights is missing.
    """
    if pretrained:
        return create_pretrained(name, settings)
    faults: list[Fault] = []
    model: Model[Any, Any] = build(model_config(name, **settings), "model", faults)
    raise_faults(faults)
    return model


def model_config(name: str, /, **settings: Any) -> dict[str, Any]:
    """Return the block that makes a ready-made model, to put into a config.

    Every default is written out, as training needs it. The arguments and errors are
    those of `create_model`.
    """
    text = read_text(name)
    config = parse_config(text)
    variables, model = config.get("variables", {}), config["model"]
    known = [*variables, *parameters(function_of(model))]
    overrides = {}
    for path, value in settings.items():
        if "." not in path and path not in known:
            raise ValueError(
                f"create_model: {name} has no setting {path!r}.{nearest(path, known)} "
                f"There are: {', '.join(known)}; and what stands within these, by a "
                f'path such as **{{"embed.rows": […]}}.'
            )
        section = "variables" if path in variables else "model"
        overrides[f"{section}.{path}"] = value
    found: Mapping[str, Any] = interpolate(parse_config(text, overrides))["model"]
    raise_faults(list(find_faults(found, "model")))
    filled: dict[str, Any] = fill(found, {})
    return filled


def model_names() -> list[str]:
    """List all names in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.cfg"))


def read_text(name: str) -> str:
    """Read the config of a model; raise ValueError if there is none."""
    names, plain = model_names(), name.replace("-", "_")
    if plain not in names:
        raise ValueError(
            f"create_model: there is no model {name!r}.{nearest(plain, names)} "
            f"There are: {', '.join(names)}."
        )
    return (FOLDER / f"{plain}.cfg").read_text(encoding="utf8")
