"""Build training configs from the templates of this package."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

from thinc.config import Config

from ..config import interpolate, raise_faults
from ..config._blocks import fill, strip
from ..config.errors import suggest
from ..pretraining._pretraining_config import pretraining_faults, pretraining_schemas
from ..training._training_config import training_faults, training_schemas

FOLDER = Path(__file__).parent / "templates"
#: The component that the others listen to, if a pipeline has it.
ENCODER = "tok2vec"
#: Another such component, which brings settings of the training along.
TRANSFORMER = "transformer"


def component_names() -> list[str]:
    """List the components that there are templates for."""
    return sorted(path.stem for path in FOLDER.glob("*.cfg") if path.stem != "base")


def make_config(
    pipeline: Sequence[str],
    *,
    lang: str = "en",
    shared: bool | None = None,
    pretraining: bool = False,
) -> Config:
    """Make a training config for some components, with every setting written out.

    shared: Whether the components share an encoder. If so, "tok2vec" is put in front
        of them if neither it nor "transformer" is among them; if not, each has one of
        its own, and "tok2vec" is left out. None: they share one that is among them.
    pretraining: Whether to add the section [pretraining], for the encoder that they
        share, or else that of the first of them.

    Raises ValueError if there is no template for one of them, for two encoders to
    share, and for a transformer that is not to be shared, or to be pretrained.
    """
    known = component_names()
    encoders = [name for name in pipeline if name in (ENCODER, TRANSFORMER)]
    if len(encoders) > 1:
        raise ValueError(
            f"init config: components share one encoder, got {' and '.join(encoders)}. "
            f"Leave one out."
        )
    if TRANSFORMER in encoders and shared is False:
        raise ValueError(
            f"init config: components share a {TRANSFORMER}, got it in a pipeline of "
            f"independent ones. Leave it out, or let them share it."
        )
    if TRANSFORMER in encoders and pretraining:
        raise ValueError(
            f"init config: what is pretrained is an encoder of words, got a pipeline "
            f"with a {TRANSFORMER}. Leave one of both out."
        )
    if shared is not None and bool(encoders) != shared:
        others = [name for name in pipeline if name != ENCODER]
        pipeline = [ENCODER, *others] if shared and others else others
    if not pipeline:
        raise ValueError("init config: the pipeline must have at least one component.")
    for name in pipeline:
        if name not in known:
            raise ValueError(
                f"init config: there is no template for the component {name!r}."
                f"{suggest(name, known)} There are: {', '.join(known)}."
            )
    config = _read("base")
    config["nlp"]["pipeline"] = list(pipeline)
    config["nlp"]["lang"] = lang
    for name in pipeline:
        template = _read(name)
        component = template.pop("component")
        config = config.merge(template)
        config["components"][name] = component
        if name == TRANSFORMER:
            continue
        if name == ENCODER:
            component["model"]["embed"]["width"] = f"${{{_WIDTH}}}"
        elif TRANSFORMER in pipeline:
            component["model"]["tok2vec"] = deepcopy(TRANSFORMER_LISTENER)
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
    made = complete(Config(config, is_interpolated=False), pretraining=pretraining)
    if pretraining and ENCODER not in pipeline:
        made["pretraining"] |= {"component": pipeline[0], "layer": ENCODER}
    return made


def complete(config: Config, *, pretraining: bool = False) -> Config:
    """Write every default into a training config.

    pretraining: Whether to add the section [pretraining], if it is not there.

    Raises ConfigError with all faults of the config, but for missing defaults.
    """
    template = _read("base")
    if pretraining or config.get("pretraining"):
        template = template.merge(_read("sections/pretraining"))
    merged = template.merge(config)
    values = interpolate(merged)
    faults = training_faults(values, merged)
    schemas = training_schemas(values)
    if merged.get("pretraining"):  # spaCy's configs have the section, and it is empty.
        faults += pretraining_faults(values, merged)
        schemas = pretraining_schemas(values)
    raise_faults(faults)
    return Config(fill(merged, schemas), is_interpolated=False)


def default_config(config: Config) -> Config:
    """Make a config for the same components that leaves all it can to the defaults.

    Sections that the template of all configs lacks stay as they are, but for what
    has a default in them.

    config: One without faults.
    """
    schemas = pretraining_schemas(interpolate(config))
    base = _read("base")
    base["nlp"]["pipeline"] = config["nlp"]["pipeline"]
    own = {name: config[name] for name in config if name not in base}
    own["components"] = config["components"]
    bare = base.merge(strip(own, schemas))
    return complete(Config(bare, is_interpolated=False))


#: How components listen to a transformer: to the mean of each token's pieces.
TRANSFORMER_LISTENER = {
    "@architectures": "zoo.Listener.v1",
    "upstream": TRANSFORMER,
    "width": None,
    "pooling": {
        "@layers": "zoo.PoolPieces.v1",
        "pooling": {"@layers": "zoo.reduce.v1", "poolings": ["mean"]},
    },
}
_WIDTH = f"components.{ENCODER}.model.encode.width"


def _read(name: str) -> Config:
    return Config().from_disk(FOLDER / f"{name}.cfg", interpolate=False)
