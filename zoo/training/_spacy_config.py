"""Complete the configs of spaCy, which fills in what they leave out."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from thinc.api import Config

from .._registry import registry
from ..config._blocks import fill
from ..config._validate import Schema
from ..pipeline import load
from ..pipeline._sourced_components import sourced_blocks
from ..pipeline._spacy_folder import find_spacy_folder
from ..pipeline._usual_models import put_usual_models, read_template

#: What [training] has in spaCy if a config leaves it out, beside the optimizer.
DEFAULTS: Final = {
    "train_corpus": "corpora.train",
    "dev_corpus": "corpora.dev",
    "logger": {"@loggers": "spacy.ConsoleLogger.v1"},
    "batcher": {
        "@batchers": "spacy.batch_by_words.v1",
        "size": {
            "@schedules": "compounding.v1",
            "start": 100,
            "stop": 1000,
            "compound": 1.001,
        },
        "tolerance": 0.2,
        "discard_oversize": False,
    },
}
#: Characters of the longest name of a source that is looked for.
LONGEST: Final = 1024

Schemas = Callable[[Mapping[str, Any]], Mapping[str, Schema]]


def complete_config(config: Config, schemas: Schemas) -> Config:
    """Add usual models, and to a config of spaCy's all settings that it leaves out.

    spaCy trains from configs that leave out settings and sections. What has a default
    gets it, and the optimizer, the batcher and the corpora are those of the templates.
    Configs of zoo must have all.

    Args:
        config: A config, which stays as it is.
        schemas: Returns the schemas of its blocks, from its interpolated values.
    """
    is_spacys, config = is_of_spacy(config), put_usual_models(config)
    if not is_spacys:
        return config
    if isinstance(config.get("training"), Mapping):
        config = Config(_add_sections(config), is_interpolated=False)
    # Variables may stand for settings that come with a source: they are kept.
    return Config(fill(config, schemas(config)), is_interpolated=False)


def _add_sections(config: Config) -> dict[str, Any]:
    """Add the blocks that a training needs and that have no default of a function."""
    training = {**DEFAULTS, **config["training"]}
    training.setdefault("optimizer", read_template("base")["training"]["optimizer"])
    added = {**config, "training": training}
    for name, corpus in (("train", "train_corpus"), ("dev", "dev_corpus")):
        corpora = added.get("corpora") or {}
        is_named = training[corpus] == f"corpora.{name}"
        if is_named and not corpora.get(name) and not registry.is_promise(corpora):
            reader = {"@readers": "spacy.Corpus.v1", "path": f"${{paths.{name}}}"}
            added["corpora"] = {**corpora, name: reader}
            added["paths"] = {name: None, **(added.get("paths") or {})}
    return added


@contextmanager
def zoo_sources(config: Config) -> Iterator[Config]:
    """Convert the pipelines of spaCy that components come from, inside the block.

    Args:
        config: A config, which stays as it is.

    Yields:
        A config whose sources are folders of zoo's, which are removed afterwards.
    """
    named = {}
    for name, block in sourced_blocks(config):
        source = block.get("source")
        if isinstance(source, str) and len(source) < LONGEST:
            folder = find_spacy_folder(source)
            if folder is not None:
                named[name] = folder
    if not named:
        yield config
        return
    config = Config(config, is_interpolated=False).copy()
    with TemporaryDirectory() as place:
        for number, folder in enumerate(dict.fromkeys(named.values())):
            converted = Path(place, str(number), folder.name)
            converted.parent.mkdir()
            load(folder).to_disk(converted)
            for name in (n for n in named if named[n] == folder):
                config["components"][name]["source"] = str(converted)
        yield config


def is_of_spacy(config: Mapping[str, Any]) -> bool:
    """Return whether a config names functions of spaCy's, and none of zoo's.

    The components count only if the other sections name neither: they may have usual
    models, which are zoo's.
    """
    others = {name: block for name, block in config.items() if name != "components"}
    for part in (others, config):
        names = list(_names(part))
        if any(name.startswith("zoo.") for name in names):
            return False
        if any(name.startswith(("spacy.", "spacy-")) for name in names):
            return True
    return False


def _names(block: Any) -> Iterator[str]:
    """Yield the names of all functions in a block."""
    for key, value in block.items() if isinstance(block, Mapping) else ():
        if key.startswith("@") and isinstance(value, str):
            yield value
        yield from _names(value)
