"""Make training configs from the templates beside this file."""

from collections.abc import Sequence
from pathlib import Path

from thinc.config import Config

from ..config import interpolate, nearest, raise_faults
from ..config.blocks import fill
from ..training.plans import training_faults, training_schemas

FOLDER = Path(__file__).parent
#: The component that the others listen to, if a pipeline has it.
ENCODER = "tok2vec"


def component_names() -> list[str]:
    """List the components that there are templates for."""
    return sorted(path.stem for path in FOLDER.glob("*.cfg") if path.stem != "base")


def make_config(pipeline: Sequence[str], *, lang: str = "en") -> Config:
    """Make a training config for some components, with every setting written out.

    With "tok2vec" among them the others share that encoder; without it each has its
    own.

    Raises ValueError if there is no template for one of them.
    """
    known = component_names()
    if not pipeline:
        raise ValueError("init config: the pipeline must have at least one component.")
    for name in pipeline:
        if name not in known:
            raise ValueError(
                f"init config: there is no template for the component {name!r}."
                f"{nearest(name, known)} There are: {', '.join(known)}."
            )
    config = _read("base")
    config["nlp"]["pipeline"] = list(pipeline)
    config["nlp"]["lang"] = lang
    for name in pipeline:
        config["components"][name] = component = _read(name)["component"]
        if name == ENCODER:
            component["model"]["embed"]["width"] = f"${{{_WIDTH}}}"
        elif ENCODER in pipeline:
            component["model"]["tok2vec"] = {
                "@architectures": "zoo.Listener.v1",
                "upstream": ENCODER,
                "width": f"${{{_WIDTH}}}",
            }
        else:
            encoder = _read(ENCODER)["component"]["model"]
            width = f"components.{name}.model.tok2vec.encode.width"
            encoder["embed"]["width"] = f"${{{width}}}"
            component["model"]["tok2vec"] = encoder
    return complete(Config(config, is_interpolated=False))


def complete(config: Config) -> Config:
    """Write every default into a training config.

    Raises ConfigError with all faults of the config, but for missing defaults.
    """
    merged = _read("base").merge(config)
    values = interpolate(merged)
    raise_faults(training_faults(values, merged))
    return Config(fill(merged, training_schemas(values)), is_interpolated=False)


_WIDTH = f"components.{ENCODER}.model.encode.width"


def _read(name: str) -> Config:
    return Config().from_disk(FOLDER / f"{name}.cfg", interpolate=False)
