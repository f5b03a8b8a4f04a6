"""Run named components over documents, on shared encoders or on their own."""

import itertools
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import thinc
from thinc.api import Config, Optimizer, set_dropout_rate

from ..about import __version__
from ..config import follow, format_config, interpolate, load_config, raise_faults
from ..config.values import fits, show
from ..docs import Doc, DocLike, as_docs
from ..objectives import Loss, Objective
from ..parameters import named_parameters, set_parameters
from ..vectors import VectorTable
from .assembly import Component, build_components, pipeline_faults, read_settings
from .checkpoint import (
    META,
    read_arrays,
    read_meta,
    replace_model,
    write_arrays,
    write_meta,
)
from .word_vectors import (
    check_table,
    describe_table,
    give_table,
    read_table,
    users_of_vectors,
)

#: Documents that an initialization looks at to infer widths.
SAMPLE_SIZE = 10


class Pipeline:
    """Hold components that annotate documents, and train them together.

    Each batch goes through every shared encoder once, and through every head that
    listens to it.
    """

    def __init__(self, components: Iterable[Component], config: Config) -> None:
        self.components = {component.name: component for component in components}
        self.config = config
        self.scores: dict[str, Any] = {}
        self.vectors: VectorTable | None = None
        settings = read_settings(interpolate(config))
        self.batch_size = settings.batch_size
        self.disabled = set(settings.disabled)

    @classmethod
    def from_config(cls, config: Config) -> "Pipeline":
        """Build the components that a config describes, without weights.

        Raises ConfigError that lists all faults of [nlp] and [components].
        """
        values = interpolate(config)
        faults = pipeline_faults(values)
        components = build_components(values, faults)
        raise_faults(faults)
        return cls(components, Config(config))

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

    def initialize(
        self, docs: Iterable[Doc], *, vectors: VectorTable | None = None
    ) -> None:
        """Collect the labels, infer the widths and draw the initial weights.

        docs: The training documents. They are gone through once per head.
        vectors: The table for layers of static vectors. They refer to it.

        Raises ValueError if there are none, none has a label for some head, or a
        model has not one output per label.
        """
        if vectors is not None:
            self.set_vectors(vectors)
        docs = list(docs) if isinstance(docs, Iterator) else docs
        sample = _as_batch(itertools.islice(docs, SAMPLE_SIZE), "initialize")
        if not sample:
            raise ValueError("Pipeline: there are no documents to initialize it with.")
        for component, objective in self._with_objective():
            objective.add_labels(docs)
            if not objective.labels and component.name not in self.disabled:
                raise ValueError(
                    f"Pipeline: none of the documents has a label for the component "
                    f"'{component.name}' ({component.factory}). Check that the corpus "
                    f"holds them, or take the component out of the pipeline."
                )
            _check_width(component, len(objective.labels))
        self._initialize_models(sample)

    def set_vectors(self, vectors: VectorTable) -> None:
        """Give every layer of static vectors the table, in the place of any it has."""
        give_table(self.components.values(), vectors)
        self.vectors = vectors

    def _initialize_models(self, sample: list[Doc]) -> None:
        with ExitStack() as running:
            for component in self.components.values():
                if component.upstream is not None:
                    component.model.initialize(X=sample)
                    running.enter_context(component.upstream.run(sample))
                elif component.objective is not None and component.objective.labels:
                    Y = component.objective.sample(component.model.ops, sample)
                    component.model.initialize(X=sample, Y=Y)

    def predict(self, docs: Sequence[DocLike]) -> dict[str, Any]:
        """Give the scores of every head for a batch of documents, by component."""
        batch, heads = list(docs), [component for component, _ in self.heads]
        with self._running(batch, heads):
            return {c.name: c.model.predict(batch) for c in heads}

    def __call__(self, docs: Iterable[DocLike]) -> list[Doc]:
        """Annotate documents of any kind; those that are zoo Docs in place."""
        return list(self.pipe(docs))

    def pipe(
        self, docs: Iterable[DocLike], *, batch_size: int | None = None
    ) -> Iterator[Doc]:
        """Annotate a stream of documents, a batch at a time, in order.

        batch_size: How many are predicted at a time. If None, what the config says.
        """
        stream = iter(docs)
        size = self.batch_size if batch_size is None else batch_size
        if size < 1:
            raise ValueError(f"Pipeline: batch_size must be 1 or more, got {size}.")
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
        batch, frozen = _as_batch(docs, "update"), set(frozen)
        learners = [(c, o) for c, o in self.heads if c.name not in frozen]
        losses = {}
        for component in self.components.values():
            set_dropout_rate(component.model, dropout)
        heads = [component for component, _ in learners]
        with self._running(batch, heads, is_train=True, frozen=frozen):
            for component, objective in learners:
                scores, backprop = component.model(batch, is_train=True)
                loss = objective.loss(component.model.ops, batch, scores)
                backprop(loss.gradient)
                losses[component.name] = loss
        if optimizer is not None:
            self.finish_update(optimizer, frozen=frozen)
        return losses

    def finish_update(
        self, optimizer: Optimizer, *, frozen: Iterable[str] = ()
    ) -> None:
        """Change the weights by the gradients that have added up."""
        still = {*frozen, *self.disabled}
        for component in self.components.values():
            if component.name not in still:
                component.model.finish_update(optimizer)

    def evaluate(self, docs: Iterable[Doc]) -> dict[str, Any]:
        """Compare predictions with the annotations of documents.

        Returns the scores of all heads under spaCy's names, and "speed" in words
        per second, annotation included.
        """
        gold = _as_batch(docs, "evaluate")
        start = perf_counter()
        predicted = self([doc.copy(annotations=False) for doc in gold])
        seconds = perf_counter() - start
        scores: dict[str, Any] = {}
        for _, objective in self.heads:
            scores.update(objective.score(gold, predicted))
        scores["speed"] = sum(map(len, gold)) / max(seconds, 1e-9)
        return scores

    @property
    def fields(self) -> list[str]:
        """The fields of a document that the heads write."""
        return [objective.field for _, objective in self.heads]

    def score_names(self) -> list[str]:
        """List the names of the scores that an evaluation gives."""
        return [name for _, o in self.heads for name in o.score([], [])]

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

        Raises FileExistsError if there is something else than a saved pipeline.
        """
        with replace_model(path) as folder:
            (folder / "config.cfg").write_text(
                format_config(self.config), encoding="utf8"
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
            if self.vectors is not None and users_of_vectors(self.components.values()):
                meta["vectors"] = describe_table(self.vectors)
            write_meta(folder, meta)

    @contextmanager
    def _running(
        self,
        docs: list[Any],
        heads: list[Component],
        *,
        is_train: bool = False,
        frozen: Iterable[str] = (),
    ) -> Iterator[None]:
        """Run the shared encoders that heads read from, in the pipeline's order."""
        names, wanted = [head.name for head in heads], set()
        for component in reversed(self.components.values()):
            if component.name in names or component.upstream in wanted:
                wanted |= _upstreams_of(component)
        with ExitStack() as running:
            for component in self.components.values():
                if component.upstream is not None and component.upstream in wanted:
                    learns = is_train and component.name not in frozen
                    running.enter_context(component.upstream.run(docs, is_train=learns))
            yield


def load(path: str | Path, *, vectors: VectorTable | None = None) -> Pipeline:
    """Load a pipeline that `Pipeline.to_disk` saved. No code in the folder is run.

    vectors: The table of word vectors that the pipeline was trained with, if it was
        with one. If None, it is read from where the config says.

    Raises FileNotFoundError if there is none, and ValueError if a file is missing,
    altered, from a later version, or does not fit the config, or if the vectors are
    not those that it was trained with.
    """
    folder = Path(path)
    meta = read_meta(folder)
    _require(folder, meta, "config.cfg")
    pipeline = Pipeline.from_config(load_config(folder / "config.cfg"))
    _load_vectors(folder, meta, pipeline, vectors)
    for component, objective in pipeline._with_objective():
        objective.set_labels(_read_labels(folder, meta, component.name))
    state = np.random.get_state()
    # Infers the widths. The weights that it draws are replaced.
    pipeline._initialize_models([Doc(["a"])])
    np.random.set_state(state)
    for component in pipeline.components.values():
        file = _require(folder, meta, f"{component.name}.safetensors")
        set_parameters(component.model, read_arrays(file), str(file))
    scores = meta.get("scores")
    pipeline.scores = scores if isinstance(scores, dict) else {}
    return pipeline


def _load_vectors(
    folder: Path, meta: dict[str, Any], pipeline: Pipeline, table: VectorTable | None
) -> None:
    """Give a loaded pipeline its table, if it needs one and it is the right one."""
    wanted = meta.get("vectors")
    if not isinstance(wanted, dict):
        return
    if table is None:
        table = read_table(interpolate(pipeline.config))
    if table is None:
        raise ValueError(
            f"{folder} needs the vectors '{wanted.get('name')}', and its config does "
            f"not say where they are. Give them: zoo.load(path, vectors=table)."
        )
    check_table(str(folder), wanted, table)
    pipeline.set_vectors(table)


def _upstreams_of(component: Component) -> set[Any]:
    nodes = component.model.walk()
    return {n.attrs["upstream"].obj for n in nodes if "upstream" in n.attrs}


def _as_batch(docs: Iterable[Doc], caller: str) -> list[Doc]:
    batch = list(docs)
    for doc in batch:
        if not isinstance(doc, Doc):
            raise TypeError(
                f"Pipeline.{caller}: documents with labels must be of the type "
                f"zoo.Doc, got {type(doc).__name__}."
            )
    return batch


def _check_width(component: Component, n_labels: int) -> None:
    model = component.model
    width = model.maybe_get_dim("nO") if model.has_dim("nO") else None
    if width not in (None, n_labels):
        raise ValueError(
            f"Pipeline: the component '{component.name}' needs one output per label, "
            f"got {width} outputs and {n_labels} labels. Set "
            f"components.{component.name}.model.nO to null."
        )


def _require(folder: Path, meta: dict[str, Any], name: str) -> Path:
    """Give the path of a file that must have been written with the model."""
    if name not in meta["files"]:
        raise ValueError(f"{folder} is not whole: {META} does not name {name}.")
    return folder / name


def _read_labels(folder: Path, meta: dict[str, Any], name: str) -> list[str]:
    labels: Any = follow(meta, f"labels.{name}")
    if not fits(labels, list[str]) or len(set(labels)) < len(labels):
        raise ValueError(
            f"{folder / META}: expected a list of labels, none of them twice, for the "
            f"component '{name}', got {show(labels)}."
        )
    return list(labels)
