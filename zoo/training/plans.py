"""Build all that a training run needs from a config, and find its faults first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from thinc.api import Config, fix_random_seed

from ..config import SECTIONS, Fault, follow, interpolate, nearest, raise_faults
from ..config.blocks import build, call
from ..config.faults import Schema, find_faults
from ..docs import Doc
from ..pipeline import Pipeline
from ..pipeline.assembly import build_components, pipeline_faults, pipeline_schemas
from ..pipeline.word_vectors import find_vector_faults, read_table
from .loop import Corpus, TrainingSettings, check_scores, out_of_range

Values = Mapping[str, Any]

#: The settings that name a corpus.
CORPORA = ("train_corpus", "dev_corpus")
#: Settings of spaCy's [initialize]. All must be null: labels come from the corpus,
#: and there is no vocabulary.
SPACY_INITIALIZE = (
    "after_init",
    "before_init",
    "components",
    "init_tok2vec",
    "lookups",
    "tokenizer",
    "vocab_data",
)


@dataclass
class InitializeSettings:
    """Say what a run begins with: the block [initialize] of a config.

    vectors: A file or folder of word vectors, or a block that makes a table; for
        models that embed words by static vectors. Null: there are none.
    """

    vectors: Any = None


@dataclass
class Plan:
    """A pipeline, its corpora and its settings, as a config describes them."""

    pipeline: Pipeline
    train_corpus: Corpus
    dev_corpus: Corpus
    settings: TrainingSettings

    def initialize(self) -> None:
        """Read the corpora, check that they hold labels, and draw the weights.

        Afterwards the corpora are in memory, but for a training corpus that is
        streamed.

        Raises ValueError if a corpus has no documents, or no labels for a component.
        """
        if self.settings.max_epochs >= 0:
            self.train_corpus = _in_memory(self.train_corpus)
        self.dev_corpus = _in_memory(self.dev_corpus)
        vectors = read_table(interpolate(self.pipeline.config))
        fix_random_seed(self.settings.seed)
        self.pipeline.initialize(_Again(self.train_corpus), vectors=vectors)
        dev_docs = list(self.dev_corpus())
        check_scores(self.pipeline, dev_docs, self.settings.score_weights)


@dataclass
class _Again:
    """Go through a corpus from its start, as often as wanted."""

    corpus: Corpus

    def __iter__(self) -> Iterator[Doc]:
        return iter(self.corpus())


def plan_training(config: Config) -> Plan:
    """Build everything that a run needs from a config. No corpus is read.

    Raises ConfigError with all faults of the config.
    """
    values = interpolate(config)
    faults = training_faults(values, config, need_all=True)
    components = build_components(values, faults)
    faults += find_vector_faults(values, components)
    training = build(values.get("training"), "training", faults)
    corpora = {
        name: _build_corpus(values, path, faults)
        for name, path in _corpora(values).items()
    }
    settings = call(TrainingSettings, training or {}, "training", faults)
    raise_faults(faults)
    pipeline = Pipeline(components, config)
    raise_faults(list(_check_score_names(pipeline, settings)))
    return Plan(pipeline, corpora["train_corpus"], corpora["dev_corpus"], settings)


def training_faults(
    values: Values, config: Values, *, need_all: bool = False
) -> list[Fault]:
    """Find what is wrong in a training config, but for what its functions say.

    values: The config, with its variables interpolated.
    config: The config as it was read.
    need_all: Whether what a run needs must all be there: values that have a default,
        and the files of the corpora.
    """
    faults = list(_check_sections(values))
    faults += pipeline_faults(values, need_all=need_all)
    schemas = training_schemas(values)
    for path in ("training", "initialize"):
        block, schema = values.get(path), schemas[path]
        faults += find_faults(block, path, schema, need_all=need_all)
    faults += _check_training(values)
    for path in dict.fromkeys(_corpora(values).values()):
        faults += find_faults(follow(values, path), path, need_all=need_all)
        if need_all:
            faults += _check_file(values, config, path)
    return faults


def training_schemas(values: Values) -> dict[str, Schema]:
    """Say what the blocks of a training config hold that name no function."""
    return {
        **pipeline_schemas(values),
        "training": Schema(TrainingSettings),
        "initialize": Schema(InitializeSettings, empty=SPACY_INITIALIZE),
    }


def _build_corpus(values: Values, path: str, faults: list[Fault]) -> Any:
    corpus = build(follow(values, path), path, faults)
    if corpus is not None and not callable(corpus):
        faults.append(Fault(path, "expected a reader (@readers)."))
    return corpus


def _check_sections(values: Values) -> Iterator[Fault]:
    for name in values:
        # Others may hold variables, unless one seems to stand for what is not there.
        hint = "" if name in SECTIONS else nearest(name, SECTIONS)
        if hint and not any(repr(known) in hint for known in (*values, "variables")):
            yield Fault(name, f"there is no such section.{hint}")
    if not isinstance(values.get("training"), Mapping):
        message = "the section is missing. `zoo init config` writes one."
        yield Fault("training", message)


def _check_training(values: Values) -> Iterator[Fault]:
    training = values.get("training")
    if not isinstance(training, Mapping):
        return
    for name, problem in out_of_range(training):
        yield Fault(f"training.{name}", problem)
    names = follow(values, "nlp.pipeline")
    for setting in ("frozen_components", "annotating_components"):
        chosen = training.get(setting)
        for name in chosen if isinstance(chosen, list) else ():
            if isinstance(names, list) and name not in names:
                message = f"there is no component {name!r}.{nearest(str(name), names)}"
                yield Fault(f"training.{setting}", message)
    for setting, path in _corpora(values).items():
        if not isinstance(follow(values, path), Mapping):
            section = path.rpartition(".")[0]
            known = [f"{section}.{name}" for name in follow(values, section) or ()]
            message = f"there is no section [{path}].{nearest(path, known)}"
            yield Fault(f"training.{setting}", message)


def _check_file(values: Values, config: Values, path: str) -> Iterator[Fault]:
    """Tell how to name a corpus file, if that is null."""
    block = follow(values, path)
    if isinstance(block, Mapping) and block.get("path", "") is None:
        source = str(follow(config, f"{path}.path"))
        is_variable = source.startswith("${") and source.endswith("}")
        option = source[2:-1].replace(":", ".") if is_variable else f"{path}.path"
        yield Fault(f"{path}.path", f"no file is named. Pass --{option} FILE.")


def _check_score_names(
    pipeline: Pipeline, settings: TrainingSettings
) -> Iterator[Fault]:
    known = pipeline.score_names()
    for name, weight in settings.score_weights.items():
        if weight and name not in known:
            hint = nearest(name, known) or f" There are: {', '.join(known)}."
            message = f"no component gives such a score.{hint}"
            yield Fault(f"training.score_weights.{name}", message)
    heads = {component.name for component, _ in pipeline.heads}
    if heads <= set(settings.frozen_components):
        message = "no component that predicts something is left to learn."
        yield Fault("training.frozen_components", message)


def _corpora(values: Values) -> dict[str, str]:
    paths = {name: follow(values, f"training.{name}") for name in CORPORA}
    return {name: path for name, path in paths.items() if isinstance(path, str)}


def _in_memory(corpus: Corpus) -> Corpus:
    docs = list(corpus())
    return lambda: docs
