"""Check the config of a training run, and build what it describes."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from thinc.api import Config, fix_random_seed

from .._freeze import match_paths
from .._garbage import collector_paused
from ..config import SECTIONS, Fault, follow, interpolate, nearest, raise_faults
from ..config._blocks import build, call
from ..config._validate import Schema, find_faults, show
from ..doc import Doc
from ..pipeline import Pipeline
from ..pipeline._assemble import (
    Component,
    build_components,
    build_tokenizer,
    is_foreign,
    named_blocks,
    pipeline_faults,
    pipeline_schemas,
)
from ..pipeline._initial_data import data_faults, put_data
from ..pipeline._share_encoders import find_idle_encoders
from ..pipeline._sourced_components import resolve_sources
from ..pipeline._word_vectors import find_vector_faults, read_table, users_of_vectors
from ..transformers.wrapper import awaits_transformer
from ._init_tok2vec import find_pretrained_faults, load_pretrained
from ._loop_settings import LoopSettings, out_of_range, seed_building
from ._optimizers import GroupOptimizer, find_optimizer_problems
from ._run_advice import warn_of_short_run
from ._spacy_config import complete_config, is_of_spacy, zoo_sources
from ._system_section import SYSTEM, system_faults
from ._training_data import (
    build_corpora,
    corpus_faults,
    find_unnamed_files,
    warn_of_labels,
)
from .learner import Corpus
from .loggers import weigh

Values = Mapping[str, Any]

#: The settings that name a corpus.
CORPORA = ("training.train_corpus", "training.dev_corpus")
#: Settings of spaCy's [initialize] that must be null, each with what to write instead.
SPACY_INITIALIZE = {
    "tokenizer": "nlp.tokenizer holds the settings of a tokenizer",
    "vocab_data": "there is no vocabulary: initialize.vectors names word vectors",
}


#: Settings of spaCy's [initialize] that zoo's configs may lack.
START_SETTINGS = ("components", "lookups", "before_init", "after_init")


@dataclass(kw_only=True)
class TrainingSettings(LoopSettings):
    """Settings of the training of a pipeline: the block [training] of a config.

    They are those of the loop (`LoopSettings`), and the following.

    Args:
        train_corpus: Path in the config of the corpus to learn from.
        dev_corpus: Path in the config of the corpus to evaluate on.
        frozen_components: Components and parameters that do not learn, as
            `Pipeline.freeze` takes them.
        annotating_components: Components that annotate a batch before later ones
            learn from it. These then read predictions, never the truth.
    """

    train_corpus: str
    dev_corpus: str
    frozen_components: list[str] = field(default_factory=list)
    annotating_components: list[str] = field(default_factory=list)


@dataclass
class InitializeSettings:
    """What a run begins with: the block [initialize] of a config.

    Args:
        vectors: A file or folder of word vectors, or a block that makes a table; for
            models that embed words by static vectors. Null: there are none.
        init_tok2vec: What `zoo pretrain` saved, such as the folder model-best, or a
            file of ``spacy pretrain``. Its weights are loaded into the encoder that
            the section [pretraining] names, or else into the component "tok2vec". A
            pretraining goes on from them. Null: none are loaded.
        components: Data for components, by name: `labels`, in place of those of the
            training corpus, the `positive_label` of a textcat, the `patterns` of a
            ruler.
        lookups: Without effect, and warned of: norms come from the tokenizer, lemmas
            from their component.
        before_init: Called with the pipeline before it is initialized.
        after_init: Called with the pipeline after it has been initialized.
    """

    vectors: Any = None
    init_tok2vec: str | None = None
    components: dict[str, dict[str, Any]] | None = None
    lookups: Any = None
    before_init: Callable[[Any], Any] | None = None
    after_init: Callable[[Any], Any] | None = None


@dataclass
class Plan:
    """A pipeline, its corpora and its settings, as a config describes them."""

    pipeline: Pipeline
    train_corpus: Corpus
    dev_corpus: Corpus
    settings: TrainingSettings
    start: InitializeSettings

    @property
    def learner(self) -> Pipeline:
        """What learns."""
        return self.pipeline

    def initialize(self) -> None:
        """Read the corpora, check that they hold labels, and draw the weights.

        Afterwards the corpora are in memory, except for a training corpus that is
        streamed. Warns of labels that cannot be learned, and of shared encoders that
        no component listens to.

        Raises:
            ConfigError: A path leads to no parameter of a transformer.
            ValueError: A corpus has no documents, or no labels for a component.
        """
        if self.start.before_init is not None:
            self.start.before_init(self.pipeline)
        values = interpolate(self.pipeline.config)
        users = users_of_vectors(self.pipeline.components.values())
        vectors = read_table(values) if users else None
        if vectors is not None:  # A table of another width is refused first of all.
            self.pipeline.set_vectors(vectors)
        if self.settings.max_epochs >= 0:
            self.train_corpus = _in_memory(self.train_corpus)
        self.dev_corpus = _in_memory(self.dev_corpus)
        train, dev = self.settings.train_corpus, self.settings.dev_corpus
        train_docs = _Again(self.train_corpus, train, follow(values, f"{train}.path"))
        dev_docs = [*_Again(self.dev_corpus, dev, follow(values, f"{dev}.path"))]
        fix_random_seed(self.settings.seed)
        put_data(self.start.components or {}, self.pipeline.components)
        for name in self.settings.frozen_components:
            if name in self.pipeline.components:
                self.pipeline.components[name].keeps_labels = True
        self.pipeline.initialize(train_docs)
        # Those of a transformer are known only now.
        raise_faults(list(_check_paths(self.pipeline, self.settings)))
        load_pretrained(self.pipeline.components, self.pipeline.config)
        if self.start.after_init is not None:
            self.start.after_init(self.pipeline)
        _check_scores(self.pipeline, dev_docs, self.settings.score_weights)
        self._warn_of_idle_encoders()
        self.pipeline.freeze(*self.settings.frozen_components)
        self.pipeline.annotating = self.settings.annotating_components
        warn_of_labels(self.pipeline.fields, train_docs, dev_docs)
        warn_of_short_run(values, "training", self.settings, self.train_corpus)

    def _warn_of_idle_encoders(self) -> None:
        idle = find_idle_encoders([*self.pipeline.components.values()])
        if idle:
            warnings.warn(
                f"nlp.pipeline: no component listens to {', '.join(idle)}, which does "
                f"not learn. Take it out, or let components listen to it "
                f"(zoo.Listener.v1).",
                stacklevel=3,
            )


@dataclass
class _Again:
    """Read a corpus from its start, as often as wanted.

    Args:
        corpus: The corpus.
        section: The section of the corpus in the config.
        file: Its path there, if it has one.

    Raises:
        ValueError: At the end of a corpus that has no documents.
    """

    corpus: Corpus
    section: str
    file: Any

    def __iter__(self) -> Iterator[Doc]:
        doc = None
        for doc in self.corpus():
            yield doc
        if doc is None:
            file = f" Its path is {show(self.file)}." if self.file else ""
            raise ValueError(f"{self.section}: the corpus holds no documents.{file}")


def plan_training(config: Config) -> Plan:
    """Build everything that a run needs from a config. No corpus is read.

    Raises:
        ConfigError: The config has errors; all of them are in the message.
    """
    is_spacys = is_of_spacy(config)
    with zoo_sources(complete_config(config, training_schemas)) as config:
        config, sources = resolve_sources(config)
    values = interpolate(config)
    faults = training_faults(values, config, need_all=True)
    seed_building(values, "training")
    components = build_components(values, faults)
    faults += find_vector_faults(values, components, warn=is_spacys)
    faults += find_pretrained_faults(values, components)
    training = build(values.get("training"), "training", faults)
    training = training if isinstance(training, Mapping) else {}
    for name, problem in find_optimizer_problems(training.get("optimizer")):
        faults.append(Fault(f"training.{name}", problem))
    tokenizer = build_tokenizer(values, faults)
    corpora = build_corpora(values, CORPORA, tokenizer, faults)
    settings = call(TrainingSettings, training, "training", faults)
    start = _build_start(values, components, faults)
    raise_faults(faults)
    pipeline = Pipeline(components, config, tokenizer, sources)
    faults += _check_names(pipeline, settings, warn=is_spacys)
    if not any(map(awaits_transformer, pipeline.models.values())):
        faults += _check_paths(pipeline, settings)
    raise_faults(faults)
    train, dev = (corpora[name] for name in CORPORA)
    return Plan(pipeline, train, dev, settings, start)


def _build_start(
    values: Values, components: Sequence[Component], faults: list[Fault]
) -> InitializeSettings:
    """Build [initialize], but for the word vectors, which are read later."""
    block = values.get("initialize")
    if isinstance(block, Mapping):
        block = _without_foreign(block, values)
    known = {f.name for f in fields(InitializeSettings)} - {"vectors"}
    built = {
        name: build(child, f"initialize.{name}", faults)
        for name, child in (block if isinstance(block, Mapping) else {}).items()
        if name in known
    }
    start = call(InitializeSettings, built, "initialize", faults)
    if start is None:
        return InitializeSettings()
    faults += data_faults(start.components or {}, components)
    if follow(values, "initialize.lookups"):
        warnings.warn(
            "initialize.lookups: it is not read: norms come from the tokenizer, and "
            "lemmas from their component. Set lookups = null.",
            stacklevel=3,
        )
    made: InitializeSettings = start
    return made


def training_faults(
    values: Values, config: Values, *, need_all: bool = False
) -> list[Fault]:
    """Find the errors of a training config that show before anything is built.

    Args:
        values: The config, with its variables interpolated.
        config: The config as it was read.
        need_all: Whether all that a run needs must be there: values that have a
            default, and the files of the corpora.
    """
    faults = [*_check_sections(values), *system_faults(values, config)]
    faults += pipeline_faults(values, need_all=need_all)
    schemas = training_schemas(values)
    for path in ("training", "initialize"):
        block, schema = values.get(path), schemas[path]
        if path == "initialize" and isinstance(block, Mapping):
            block = _without_foreign(block, values)
        faults += find_faults(block, path, schema, need_all=need_all)
    faults += _check_training(values)
    faults += corpus_faults(values, CORPORA, need_all=need_all)
    if need_all:
        faults += find_unnamed_files(values, config, CORPORA)
    return faults


def _without_foreign(block: Values, values: Values) -> Values:
    """Leave out the data of components whose factory zoo has not."""
    data = block.get("components")
    if not isinstance(data, Mapping):
        return block
    foreign = {name for name, part in named_blocks(values) if is_foreign(part)}
    kept = {name: part for name, part in data.items() if name not in foreign}
    return {**block, "components": kept} if foreign else block


def training_schemas(values: Values) -> dict[str, Schema]:
    """Return the schemas of the blocks of a training config that name no function."""
    return {
        **pipeline_schemas(values),
        "system": SYSTEM,
        "training": Schema(TrainingSettings),
        "initialize": Schema(
            InitializeSettings, empty=SPACY_INITIALIZE, own=START_SETTINGS
        ),
    }


def _check_sections(values: Values) -> Iterator[Fault]:
    for name in values:
        # Others may hold variables, unless one seems to stand for what is not there.
        hint = "" if name in SECTIONS else nearest(name, SECTIONS)
        if hint and not any(repr(known) in hint for known in (*values, "variables")):
            yield Fault(name, f"there is no such section.{hint}")
    if not isinstance(values.get("training"), Mapping):
        message = "the section is missing. `zoo init config` writes one."
        yield Fault("training", message)
    yield from find_values_as_sections(values)


def find_values_as_sections(values: Values) -> Iterator[Fault]:
    """Find values in the place of sections that a run can do without."""
    for name in SECTIONS:
        found = values.get(name)
        is_value = found is not None and not isinstance(found, Mapping)
        if is_value and name not in ("nlp", "components", "training", "pretraining"):
            yield Fault(name, f"expected a section, got {show(found)}.")


def _check_training(values: Values) -> Iterator[Fault]:
    training = values.get("training")
    if not isinstance(training, Mapping):
        return
    for name, problem in out_of_range(training):
        yield Fault(f"training.{name}", problem)
    names = follow(values, "nlp.pipeline")
    for setting in ("frozen_components", "annotating_components"):
        chosen = training.get(setting)
        for path in chosen if isinstance(chosen, list) else ():
            is_path = setting == "frozen_components"
            name = str(path).partition(".")[0] if is_path else str(path)
            is_pattern = is_path and {*name} & {*"*?["}
            if isinstance(names, list) and name not in names and not is_pattern:
                message = f"there is no component {name!r}.{nearest(str(name), names)}"
                yield Fault(f"training.{setting}", message)


def _check_names(
    pipeline: Pipeline, settings: TrainingSettings, *, warn: bool
) -> Iterator[Fault]:
    """Check names of scores and components; warn of scores that spaCy passes over."""
    known = pipeline.score_names()
    for name, weight in [*settings.score_weights.items()]:
        if weight and name not in known:
            hint = nearest(name, known) or f" There are: {', '.join(known)}."
            path = f"training.score_weights.{name}"
            message = f"no component gives such a score.{hint}"
            if warn:
                warnings.warn(f"{path}: {message}", stacklevel=3)
                del settings.score_weights[name]
            else:
                yield Fault(path, message)
    heads = {component.name for component, _ in pipeline.heads}
    if not heads:
        message = (
            "no component in it predicts anything to learn from. Add one, such as a "
            "tagger; an encoder alone learns by `zoo pretrain`."
        )
        yield Fault("nlp.pipeline", message)
    elif heads <= set(settings.frozen_components):
        message = "no component that predicts something is left to learn."
        yield Fault("training.frozen_components", message)


def _check_paths(pipeline: Pipeline, settings: TrainingSettings) -> Iterator[Fault]:
    for path in set(settings.frozen_components) - pipeline.components.keys():
        try:
            match_paths(pipeline.parameters, [path])
        except ValueError as error:
            yield Fault("training.frozen_components", str(error))
    if isinstance(settings.optimizer, GroupOptimizer):
        try:
            settings.optimizer.bind(pipeline.parameters)
        except ValueError as error:
            yield Fault("training.optimizer.groups", str(error))


def _in_memory(corpus: Corpus) -> Corpus:
    with collector_paused():
        docs = list(corpus())
    return lambda: docs


def _check_scores(
    pipeline: Pipeline, dev_docs: list[Doc], weights: Mapping[str, float | None]
) -> None:
    """Raise ValueError if the documents have no labels for a score that counts."""
    known: dict[str, Any] = {}
    for _, objective in pipeline.heads:
        known |= objective.score(dev_docs, dev_docs)
    weigh({}, known, weights or pipeline.score_weights(), None)
