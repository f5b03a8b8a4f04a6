"""Check the config of a pretraining, and build what it describes."""

import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal

from thinc.api import Config, fix_random_seed

from .._check_numbers import SHARE, Range, find_out_of_range
from .._garbage import collector_paused
from .._terminal import escape_controls
from ..config import Fault, follow, interpolate, raise_faults
from ..config._blocks import build, call
from ..config._validate import Schema, find_faults
from ..corpora import RawText
from ..objectives.mask import CHOSEN, Masking
from ..objectives.token_objective import TokenObjective
from ..pipeline._assemble import (
    Component,
    build_components,
    build_tokenizer,
    pipeline_faults,
)
from ..pipeline._encoder_weights import find_encoder
from ..pipeline._word_vectors import SETTING as VECTORS
from ..pipeline._word_vectors import (
    find_vector_faults,
    give_table,
    read_table,
    unused_faults,
)
from ..training._batches import Place
from ..training._init_tok2vec import find_pretrained_faults, load_pretrained
from ..training._loop_settings import (
    LoopSettings,
    check_settings,
    out_of_range,
    seed_building,
)
from ..training._optimizers import find_optimizer_problems
from ..training._run_advice import warn_of_short_run
from ..training._system_section import system_faults
from ..training._training_config import find_values_as_sections, training_schemas
from ..training._training_data import build_corpora, corpus_faults, find_unnamed_files
from ..training.learner import Corpus
from .encoder_learner import HeldOut, Pretraining

#: The ranges of the numbers that only pretraining has.
RANGES = {
    "held_out": Range(0, 1, above=True, below=True),
    "mask_share": CHOSEN,
    "mask_random": SHARE,
    "mask_keep": SHARE,
    "n_save_epoch": Range(1, or_null=True),
    "n_save_every": Range(1, or_null=True),
}


@dataclass(kw_only=True)
class PretrainingSettings(LoopSettings):
    """Settings of the pretraining of an encoder: the block [pretraining] of a config.

    They are those of the loop (`LoopSettings`), and the following.

    Args:
        objective: What the encoder learns.
        component: The component whose encoder learns. If it listens to a shared
            encoder, that one does.
        layer: The name by which the component's model refers to its encoder, such as
            "tok2vec". "" is the model itself.
        corpus: Path in the config of the corpus to learn from.
        dev_corpus: Path in the config of the corpus for the validation loss. Null:
            some of the documents of `corpus` are held out for it.
        held_out: The share of the documents that are held out then, above 0, below 1.
        mask_share: Probability of a word to be chosen for prediction, above 0 and at
            most 1.
        mask_random: Share of the chosen words that are replaced by another word.
        mask_keep: Share of the chosen words that stay. The others are masked.
        n_save_every: Updates between evaluations, after each of which the encoder is
            saved. Null: there are none within an epoch.
        n_save_epoch: Epochs between evaluations. Null: every epoch, unless
            n_save_every is set.
        gpu_allocator: "pytorch" lets CuPy use PyTorch's memory pool; null for CuPy's
            own.
    """

    objective: TokenObjective
    component: str = "tok2vec"
    layer: str = ""
    corpus: str = "corpora.pretrain"
    dev_corpus: str | None = None
    held_out: float = 0.02
    mask_share: float = 0.15
    mask_random: float = 0.1
    mask_keep: float = 0.1
    dropout: float | Iterator[float] = 0.2
    patience: int = 0
    max_epochs: int = 1000
    max_steps: int = 0
    n_save_every: int | None = None
    n_save_epoch: int | None = None
    gpu_allocator: Literal["pytorch", "tensorflow"] | None = None
    #: Not a setting here: `n_save_every` and `n_save_epoch` are.
    eval_frequency: int = field(default=1, init=False, repr=False)

    def __post_init__(self) -> None:
        check_settings("pretraining", self, find_problems(vars(self)))

    @property
    def masking(self) -> Masking:
        """How words are masked."""
        return Masking(self.mask_share, self.mask_random, self.mask_keep)

    def is_due(self, step: int, place: Place) -> bool:
        """Return whether to evaluate after an update."""
        if self.n_save_every is not None and step % self.n_save_every == 0:
            return True
        if self.n_save_epoch is None and self.n_save_every is not None:
            return False
        return place.ends_epoch and place.n_epochs % (self.n_save_epoch or 1) == 0


def find_problems(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find the settings that are out of range; yield their names and the problems."""
    yield from out_of_range(settings)
    yield from find_out_of_range(RANGES, settings)
    parts: list[Any] = [settings.get("mask_random"), settings.get("mask_keep")]
    if all(isinstance(n, Real) and n in SHARE for n in parts) and sum(parts) > 1:
        got = f"got {parts[0]} and {parts[1]}."
        yield "mask_random", f"must be at most 1 together with mask_keep, {got}"


Values = Mapping[str, Any]

#: The settings that name a corpus.
CORPORA = ("pretraining.corpus", "pretraining.dev_corpus")


@dataclass
class PretrainingPlan:
    """An encoder with an objective, corpora and settings, as a config describes them.

    Args:
        learner: The encoder and the objective.
        held_out: The corpus, and what is held out of it.
        own_dev_corpus: The corpus to evaluate on instead of that, if not None.
        settings: The settings of the run.
        components: The components of the pipeline that the encoder is part of.
    """

    learner: Pretraining
    held_out: HeldOut
    own_dev_corpus: Corpus | None
    settings: PretrainingSettings
    components: list[Component]

    @property
    def train_corpus(self) -> Corpus:
        """What is learned from."""
        return self.held_out.train

    @property
    def dev_corpus(self) -> Corpus:
        """What is evaluated on."""
        return self.own_dev_corpus or self.held_out.dev

    def initialize(self) -> None:
        """Read the corpus, and draw the weights.

        Afterwards the corpus is in memory, unless it is streamed. The encoder goes on
        from the weights that `initialize.init_tok2vec` names. Warns of a reader that
        leaves long texts out.

        Raises:
            ValueError: A corpus has no words, the objective lacks something, or the
                weights do not fit.
        """
        corpus = self.held_out.corpus
        self._warn_of_long_texts()
        if self.settings.max_epochs >= 0:
            with collector_paused():
                docs = list(corpus())
            self.held_out.corpus = lambda: docs
        sample = list(self.held_out.sample())
        read = corpus.describe() if isinstance(corpus, RawText) else ""
        if not any(map(len, sample)):
            raise ValueError(
                f"{self.settings.corpus}: the corpus holds no words to learn from. "
                f"{read}".rstrip()
            )
        vectors = read_table(interpolate(self.learner.config))
        if vectors is not None:
            give_table(self.components, vectors)
        fix_random_seed(self.settings.seed)
        self.learner.initialize(sample, vectors)
        by_name = {component.name: component for component in self.components}
        load_pretrained(by_name, self.learner.config)
        self.learner.check(self.dev_corpus())
        values = interpolate(self.learner.config)
        warn_of_short_run(values, "pretraining", self.settings, self.train_corpus)
        if read:
            print(escape_controls(str(read)), file=sys.stderr)

    def _warn_of_long_texts(self) -> None:
        """Warn of a reader of spaCy's, which leaves long texts out."""
        path = self.settings.corpus
        block = follow(interpolate(self.learner.config), path)
        reader, longest = block.get("@readers", ""), block.get("max_length")
        if longest and str(reader).startswith("spacy."):
            warnings.warn(
                f"{path}: {reader} leaves long texts out, as max_length is {longest}. "
                f"zoo.RawText.v1 splits them.",
                stacklevel=2,
            )


def plan_pretraining(config: Config) -> PretrainingPlan:
    """Build everything that a run needs from a config. No corpus is read.

    Raises:
        ConfigError: The config has errors; all of them are in the message.
    """
    values = interpolate(config)
    faults = pretraining_faults(values, config, need_all=True)
    seed_building(values, "pretraining")
    components = build_components(values, faults)
    faults += find_vector_faults(values, components)
    faults += find_pretrained_faults(values, components)
    block = build(values.get("pretraining"), "pretraining", faults) or {}
    for name, problem in find_optimizer_problems(block.get("optimizer")):
        faults.append(Fault(f"pretraining.{name}", problem))
    corpora = build_corpora(values, CORPORA, build_tokenizer(values, faults), faults)
    settings = call(PretrainingSettings, block, "pretraining", faults)
    raise_faults(faults)
    if settings.objective.prepare is None and follow(values, VECTORS) is not None:
        faults += unused_faults(values, components)
    path, encoder = _find_encoder(components, settings, faults)
    raise_faults(faults)
    learner = Pretraining(
        encoder,
        settings.objective,
        settings.masking,
        seed=settings.seed,
        config=Config(config),
        path=path,
    )
    dev_corpus = corpora.get("pretraining.dev_corpus")
    share = settings.held_out if dev_corpus is None else 0.0
    held_out = HeldOut(corpora["pretraining.corpus"], share)
    return PretrainingPlan(learner, held_out, dev_corpus, settings, components)


def pretraining_faults(
    values: Values, config: Values, *, need_all: bool = False
) -> list[Fault]:
    """Find the errors of a pretraining config that show before anything is built.

    Args:
        values: The config, with its variables interpolated.
        config: The config as it was read.
        need_all: Whether all that a run needs must be there: values that have a
            default, and the files of the corpora.
    """
    block = values.get("pretraining")
    if not isinstance(block, Mapping):
        message = (
            "the section is missing. `zoo init fill-config --pretraining` adds it."
        )
        return [Fault("pretraining", message)]
    faults = [*find_values_as_sections(values), *system_faults(values, config)]
    faults += pipeline_faults(values, need_all=need_all)
    schemas = pretraining_schemas(values)
    for path in ("pretraining", "initialize"):
        found = values.get(path)
        faults += find_faults(found, path, schemas[path], need_all=need_all)
    for name, problem in find_problems(block):
        faults.append(Fault(f"pretraining.{name}", problem))
    faults += corpus_faults(values, CORPORA, need_all=need_all)
    if need_all:
        faults += find_unnamed_files(values, config, CORPORA)
    return faults


def pretraining_schemas(values: Values) -> dict[str, Schema]:
    """Return the schemas of the blocks that name no function."""
    return {**training_schemas(values), "pretraining": Schema(PretrainingSettings)}


def _find_encoder(
    components: list[Component], settings: PretrainingSettings, faults: list[Fault]
) -> tuple[str, Any]:
    by_name = {component.name: component for component in components}
    name, layer = settings.component, settings.layer
    try:
        path, encoder = find_encoder(by_name, name, layer)
    except ValueError as error:
        setting = "layer" if name in by_name else "component"
        faults.append(Fault(f"pretraining.{setting}", str(error)))
        return "", None
    if by_name[name].objective is not None and not layer:
        message = (
            f"the model of '{name}' predicts labels, and is no encoder. Name the "
            f'encoder in it: layer = "tok2vec".'
        )
        faults.append(Fault("pretraining.layer", message))
    return path, encoder
