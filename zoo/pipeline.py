"""Run named components over documents, on shared encoders or on their own."""

import itertools
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import thinc
from thinc.api import Config, Model, Optimizer, set_dropout_rate

from .about import __version__
from .checkpoint import read_arrays, read_meta, replace_folder, write_arrays, write_meta
from .config import (
    ConfigError,
    Fault,
    Schema,
    check,
    interpolate,
    load_config,
    nearest,
    resolve_block,
)
from .docs import Doc, DocLike, as_docs
from .layers.listener import Upstream, upstreams_in_scope
from .objectives import Loss, Objective
from .parameters import named_parameters, set_parameters
from .registries import registry

#: Documents that an initialization looks at to infer widths.
SAMPLE_SIZE = 10


@registry.factories("tok2vec")
def tok2vec() -> None:
    """Share an encoder among the components that listen to it."""


def nlp_settings(
    pipeline: list[str],
    lang: str = "xx",
    batch_size: int = 256,
    disabled: list[str] | None = None,
) -> None:
    """Set up the pipeline: the block [nlp] of a config.

    pipeline: Names of the components, in order; each has a block [components.NAME].
    lang: Language code. It is kept for information.
    batch_size: Documents that are predicted at a time.
    disabled: Components that are loaded but do not run.
    """


@dataclass
class Component:
    """A named part of a pipeline: a shared encoder, or a model with an objective."""

    name: str
    factory: str
    model: Model[Any, Any]
    objective: Objective | None = None
    upstream: Upstream | None = None


class Pipeline:
    """Hold components that annotate documents, and train them together.

    Each batch goes through every shared encoder once, and through every head that
    listens to it.
    """

    def __init__(self, components: Iterable[Component], config: Config) -> None:
        self.components = {component.name: component for component in components}
        self.config = config
        self.scores: dict[str, Any] = {}
        settings = interpolate(config)["nlp"]
        self.batch_size = int(settings["batch_size"])
        self.disabled = set(settings.get("disabled") or ())

    @classmethod
    def from_config(cls, config: Config) -> "Pipeline":
        """Build the components that a config describes, without weights.

        Raises ConfigError that lists all faults of [nlp] and [components].
        """
        values = interpolate(config)
        schemas = pipeline_schemas(values)
        used = {k: values[k] for k in ("nlp", "components") if k in values}
        check(used, schemas)
        upstreams: dict[str, Upstream] = {}
        components = []
        for name in values["nlp"]["pipeline"]:
            block = dict(values["components"][name])
            factory, model = block.pop("factory"), block.pop("model")
            with upstreams_in_scope(dict(upstreams)):
                built = resolve_block(model, f"components.{name}.model")
            settings = {
                key: resolve_block(value, f"components.{name}.{key}")
                if registry.is_promise(value)
                else value
                for key, value in block.items()
            }
            component = Component(name, factory, built)
            component.objective = registry.factories.get(factory)(**settings)
            if component.objective is None:
                component.upstream = upstreams[name] = Upstream(name, built)
            components.append(component)
        return cls(components, config)

    @property
    def heads(self) -> list[tuple[Component, Objective]]:
        """The components that predict something, with their objectives."""
        return [
            (c, o) for c, o in self._with_objective() if c.name not in self.disabled
        ]

    def _with_objective(self) -> Iterator[tuple[Component, Objective]]:
        for component in self.components.values():
            if component.objective is not None:
                yield component, component.objective

    def initialize(self, docs: Iterable[Doc]) -> None:
        """Collect the labels, infer the widths and draw the initial weights.

        docs: The training documents. They are gone through once per head.

        Raises ValueError if there are none, or none has a label for some head.
        """
        docs = docs if isinstance(docs, Sequence) else list(docs)
        sample = [doc for doc in itertools.islice(docs, SAMPLE_SIZE)]
        if not sample:
            raise ValueError("Pipeline: there are no documents to initialize it with.")
        for component, objective in self.heads:
            objective.add_labels(docs)
            if not objective.labels:
                raise ValueError(
                    f"Pipeline: none of the {len(docs)} documents has a label for the "
                    f"component '{component.name}' ({component.factory}). Check that "
                    f"the corpus holds them, or take the component out of the pipeline."
                )
        self._initialize_models(sample)

    def _initialize_models(self, sample: Sequence[Doc]) -> None:
        sample = list(sample)
        with ExitStack() as running:
            for component in self.components.values():
                if component.upstream is not None:
                    component.model.initialize(X=sample)
                    running.enter_context(component.upstream.run(sample))
                elif component.objective is not None:
                    Y = component.objective.sample(component.model.ops, sample)
                    component.model.initialize(X=sample, Y=Y)

    def predict(self, docs: Sequence[DocLike]) -> dict[str, Any]:
        """Give the scores of every head for a batch of documents, by component."""
        batch = list(docs)
        with self._running(batch):
            return {c.name: c.model.predict(batch) for c, _ in self.heads}

    def __call__(self, docs: Iterable[DocLike]) -> list[Doc]:
        """Annotate documents of any kind; those that are zoo Docs in place."""
        return list(self.pipe(docs))

    def pipe(
        self, docs: Iterable[DocLike], *, batch_size: int | None = None
    ) -> Iterator[Doc]:
        """Annotate a stream of documents, a batch at a time, in order."""
        stream = iter(docs)
        size = batch_size or self.batch_size
        while batch := as_docs(itertools.islice(stream, size)):
            scores = self.predict(batch)
            for component, objective in self.heads:
                objective.annotate(component.model.ops, batch, scores[component.name])
            yield from batch

    def update(
        self,
        docs: Sequence[Doc],
        *,
        dropout: float = 0.0,
        optimizer: Optimizer | None = None,
        frozen: Iterable[str] = (),
    ) -> dict[str, Loss]:
        """Learn from a batch of annotated documents.

        dropout: Chance of zeroing an activation, 0 to 1.
        optimizer: Changes the weights. If None, gradients add up until
            `finish_update`.
        frozen: Components that do not learn. A frozen encoder only predicts.

        Returns the loss of every head that learned.
        """
        batch, skipped = list(docs), set(frozen) | self.disabled
        losses = {}
        for component in self.components.values():
            set_dropout_rate(component.model, dropout)
        with self._running(batch, is_train=True, frozen=skipped):
            for component, objective in self.heads:
                if component.name in skipped:
                    continue
                scores, backprop = component.model(batch, is_train=True)
                loss = objective.loss(component.model.ops, batch, scores)
                backprop(loss.gradient)
                losses[component.name] = loss
        if optimizer is not None:
            self.finish_update(optimizer, frozen=skipped)
        return losses

    def finish_update(
        self, optimizer: Optimizer, *, frozen: Iterable[str] = ()
    ) -> None:
        """Change the weights by the gradients that have added up."""
        for component in self.components.values():
            if component.name not in set(frozen):
                component.model.finish_update(optimizer)

    def evaluate(self, docs: Iterable[Doc]) -> dict[str, Any]:
        """Compare predictions with the annotations of documents.

        Returns the scores of all heads under spaCy's names, and "speed" in words
        per second, annotation included.
        """
        gold = docs if isinstance(docs, Sequence) else list(docs)
        start = perf_counter()
        predicted = self([doc.copy(annotations=False) for doc in gold])
        seconds = perf_counter() - start
        scores: dict[str, Any] = {}
        for _, objective in self.heads:
            scores.update(objective.score(gold, predicted))
        scores["speed"] = sum(map(len, gold)) / max(seconds, 1e-9)
        return scores

    def score_weights(self) -> dict[str, float]:
        """Weigh the main score of each head alike, so that the weights sum to 1."""
        weights = [objective.score_weights for _, objective in self.heads]
        total = sum(sum(part.values()) for part in weights) or 1.0
        return {k: round(v / total, 2) for part in weights for k, v in part.items()}

    @contextmanager
    def use_params(self, averages: Mapping[Any, Any] | None) -> Iterator[None]:
        """Put other weights in, such as an optimizer's averages, inside the block."""
        with ExitStack() as stack:
            for component in self.components.values():
                if averages:
                    stack.enter_context(component.model.use_params(dict(averages)))
            yield

    def to_disk(self, path: str | Path) -> None:
        """Save the pipeline to a folder, which is replaced as a whole.

        It holds config.cfg, meta.json and a safetensors file per component.
        """
        with replace_folder(path) as folder:
            (folder / "config.cfg").write_text(
                self.config.to_str(interpolate=False) + "\n", encoding="utf8"
            )
            for component in self.components.values():
                arrays = {
                    name: component.model.ops.to_numpy(parameter.value)
                    for name, parameter in named_parameters(component.model).items()
                    if parameter.value is not None
                }
                write_arrays(folder / f"{component.name}.safetensors", arrays)
            versions = {
                "zoo": __version__,
                "thinc": thinc.about.__version__,
                "python": platform.python_version(),
            }
            labels = {c.name: o.labels for c, o in self._with_objective()}
            meta = {"versions": versions, "labels": labels, "scores": self.scores}
            write_meta(folder, meta)

    @contextmanager
    def _running(
        self, docs: list[Any], *, is_train: bool = False, frozen: Iterable[str] = ()
    ) -> Iterator[None]:
        """Run every shared encoder on a batch, in the order of the pipeline."""
        with ExitStack() as running:
            for component in self.components.values():
                if component.upstream is not None:
                    learns = is_train and component.name not in frozen
                    running.enter_context(component.upstream.run(docs, is_train=learns))
            yield


def load(path: str | Path) -> Pipeline:
    """Load a pipeline that `Pipeline.to_disk` saved. No code in the folder is run.

    Raises FileNotFoundError if there is none, and ValueError if a file is missing,
    altered, from a later version, or does not fit the config.
    """
    folder = Path(path)
    meta = read_meta(folder)
    pipeline = Pipeline.from_config(load_config(folder / "config.cfg"))
    for component, objective in pipeline._with_objective():
        objective.set_labels(meta["labels"][component.name])
    state = np.random.get_state()
    pipeline._initialize_models(
        [Doc(["a"])]
    )  # Infers widths; its weights are replaced.
    np.random.set_state(state)
    for component in pipeline.components.values():
        file = folder / f"{component.name}.safetensors"
        set_parameters(component.model, read_arrays(file), str(file))
    pipeline.scores = meta["scores"]
    return pipeline


def pipeline_schemas(config: Mapping[str, Any]) -> dict[str, Schema]:
    """Say what [nlp] and the components of a config may hold.

    Raises ConfigError if a component or its factory is not there.
    """
    faults: list[Fault] = []
    blocks = config.get("components") or {}
    schemas = {"nlp": Schema(nlp_settings, SPACY_NLP)}
    factories = sorted(registry.factories.get_all())
    names = config.get("nlp", {}).get("pipeline")
    if not isinstance(names, list) or not names:
        faults.append(Fault("nlp.pipeline", "expected a list of components."))
        names = []
    for name in names:
        path = f"components.{name}"
        if name not in blocks:
            hint = nearest(name, blocks)
            faults.append(
                Fault(path, f"nlp.pipeline names it, but the block is missing.{hint}")
            )
            continue
        factory = blocks[name].get("factory")
        if factory not in factories:
            hint = (
                nearest(str(factory), factories)
                or f" There are: {', '.join(factories)}."
            )
            faults.append(
                Fault(f"{path}.factory", f"there is no factory {factory!r}.{hint}")
            )
            continue
        if "model" not in blocks[name]:
            faults.append(
                Fault(f"{path}.model", "a block is missing, expected a model.")
            )
        schemas[path] = Schema(registry.factories.get(factory), ("factory", "model"))
    if faults:
        raise ConfigError("The config does not make a pipeline:", faults)
    return schemas


#: Settings of spaCy's [nlp] that mean nothing here, and are let through.
SPACY_NLP = (
    "after_creation",
    "after_pipeline_creation",
    "before_creation",
    "tokenizer",
    "vectors",
)
