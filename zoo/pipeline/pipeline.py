"""Run named components over documents, on shared encoders or on their own."""

import itertools
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from thinc.api import Config, Model, Optimizer, set_dropout_rate

from ..about import __version__
from ..config import ConfigError, interpolate, raise_faults
from ..docs import Doc, DocLike, as_docs
from ..freezing import freeze_parameters, frozen_names, match_paths
from ..layers.listener import grad_factor_of
from ..objectives import Loss, Objective
from ..optimizing import finish_update
from ..parameters import Parameter, named_parameters, set_parameters
from ..threads import threads
from ..tokenizer import Tokenize, Tokenizer
from ..transformers.saving import setup_files, take_files
from ..vectors import VectorTable
from .assembly import (
    Component,
    build_components,
    build_tokenizer,
    pipeline_faults,
    read_settings,
)
from .checkpoint import CONFIG
from .listening import (
    describe_moving_encoders,
    find_upstreams,
    listeners_of,
)
from .origins import check_origins, find_origins
from .processes import annotate_in_processes, count_cores
from .saving import SavedPipeline, read_folder, weights_file, write_folder
from .sharing import replace_listeners, share
from .sourcing import Source, resolve_sources
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

    def __init__(
        self,
        components: Iterable[Component],
        config: Config,
        tokenizer: Tokenize | None = None,
        sources: Mapping[str, Source] | None = None,
    ) -> None:
        self.components = {component.name: component for component in components}
        self.config = config
        self.scores: dict[str, Any] = {}
        self.vectors: VectorTable | None = None
        settings = read_settings(interpolate(config))
        self.batch_size = settings.batch_size
        self.disabled = set(settings.disabled)
        self._sources = dict(sources or {})  # Of components that are trained already.
        #: Components that annotate a batch before later ones learn from it.
        self.annotating: Collection[str] = ()
        self._frozen: tuple[str, ...] = ()  # As `freeze` was told.
        self._taught: set[str] = set()  # Components with gradients to learn from.
        self.tokenizer = tokenizer or Tokenizer(settings.lang or "xx")

    @classmethod
    def from_config(cls, config: Config) -> "Pipeline":
        """Build the components that a config describes, without weights.

        Raises ConfigError that lists all faults of [nlp] and [components].
        """
        config, sources = resolve_sources(config)
        values = interpolate(config)
        faults = pipeline_faults(values)
        components = build_components(values, faults)
        tokenizer = build_tokenizer(values, faults)
        raise_faults(faults)
        return cls(components, Config(config), tokenizer, sources)

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

        Components that a config takes from saved pipelines keep what they have.

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
            if component.name in self._sources:
                objective.set_labels(self._sources[component.name].labels)
            else:
                objective.add_labels(docs)
            if not objective.labels and component.name not in self.disabled:
                raise ValueError(
                    f"Pipeline: none of the documents has a label for the component "
                    f"'{component.name}' ({component.factory}). Check that the corpus "
                    f"holds them, or take the component out of the pipeline."
                )
            _check_width(component, len(objective.labels))
        for name, source in self._sources.items():
            source.check_vectors(self.vectors)
            model = self.components[name].model
            take_files(source.component, model, source.saved.files)
        self._initialize_models(sample)
        for name, source in self._sources.items():
            model, folder = self.components[name].model, str(source.folder)
            set_parameters(model, source.weights, folder)

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
        """Give the scores of every head for a batch of documents, by component.

        Several threads may call it at once; each gets the bits that one alone gets.
        """
        batch, heads = list(docs), [component for component, _ in self.heads]
        with threads.one_blas_thread(), self._running(batch, heads):
            return {c.name: c.model.predict(batch) for c in heads}

    def __call__(self, docs: Iterable[DocLike | str]) -> list[Doc]:
        """Annotate texts, and documents of any kind; zoo Docs in place."""
        return list(self.pipe(docs))

    def pipe(
        self,
        docs: Iterable[DocLike | str],
        *,
        batch_size: int | None = None,
        n_process: int = 1,
    ) -> Iterator[Doc]:
        """Annotate a stream of texts and documents, a batch at a time, in order.

        Texts are split into words by `tokenizer`; zoo Docs are annotated in place.

        batch_size: How many are predicted at a time. If None, what the config says.
        n_process: How many processes share the work; with -1, one per core. With 1
            it is this one, else they are new ones, which end with the stream.

        Raises RuntimeError, with the number of the document, for an error in a new
        process, and if one dies.
        """
        if isinstance(docs, str | Doc):
            kind = type(docs).__name__
            raise TypeError(
                f"Pipeline: takes an iterable of texts or documents, got one {kind}. "
                f"Put it into a list."
            )
        size = self.batch_size if batch_size is None else batch_size
        if size < 1:
            raise ValueError(f"Pipeline: batch_size must be 1 or more, got {size}.")
        if n_process < 1 and n_process != -1:
            raise ValueError(
                f"Pipeline: n_process must be 1 or more, or -1, got {n_process}."
            )
        n_process = count_cores() if n_process == -1 else n_process
        stream = iter(docs)
        # An empty batch is the end.
        batches = iter(lambda: _take(stream, size), [])
        if n_process > 1:
            return annotate_in_processes(self, batches, n_process)
        return (doc for batch in batches for doc in self.annotate(batch))

    def annotate(self, docs: Iterable[DocLike | str]) -> list[Doc]:
        """Annotate texts and documents as one batch; zoo Docs in place."""
        batch = as_docs(self.tokenizer(d) if isinstance(d, str) else d for d in docs)
        writers = [c for c in self.components.values() if c.writes]
        writers = [c for c in writers if c.name not in self.disabled]
        with threads.one_blas_thread(), self._running(batch, writers):
            for component in writers:
                component.annotate(batch)
        return batch

    @property
    def models(self) -> dict[str, Model[Any, Any]]:
        """The models of the components, by name."""
        return {name: c.model for name, c in self.components.items()}

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by its full path, such as "tok2vec.embed.norm.E"."""
        return {
            f"{name}.{path}": parameter
            for name, model in self.models.items()
            for path, parameter in named_parameters(model).items()
        }

    @property
    def generators(self) -> dict[str, np.random.Generator]:
        """Random numbers of its own: none, as layers draw from NumPy's."""
        return {}

    @property
    def frozen(self) -> list[str]:
        """The paths of the parameters that do not learn, such as "tok2vec.embed.E"."""
        known = self.parameters.items()
        return [path for path, (node, name) in known if name in frozen_names(node)]

    def freeze(self, *paths: str) -> None:
        """Say what does not learn from now on, instead of anything said before.

        A frozen component predicts as before, and neither changes nor teaches the
        encoder that it listens to. Frozen parameters keep their bits, while gradients
        go on through them to what learns below; where nothing below learns, they
        only predict, without dropout.

        paths: Names of components, and paths of parameters or nodes or patterns of
            them, such as "tok2vec.embed" or "*.softmax.b". None: everything learns.

        Raises ValueError if a path leads to no parameter. Warns if a frozen component
        listens to an encoder that learns.
        """
        self._freeze(paths)
        warning = describe_moving_encoders(
            self.components.values(), {*paths} - self.disabled
        )
        if warning is not None:
            warnings.warn(f"Pipeline.freeze: {warning}", stacklevel=2)

    def _freeze(self, paths: tuple[str, ...]) -> None:
        parts = [path for path in paths if path not in self.components]
        frozen = match_paths(self.parameters, parts)
        for name, model in self.models.items():
            own = {n for n in named_parameters(model) if f"{name}.{n}" in frozen}
            freeze_parameters(model, named_parameters(model) if name in paths else own)
        self._frozen = paths

    def update(
        self,
        docs: Sequence[Doc],
        *,
        dropout: float = 0.0,
        optimizer: Optimizer | None = None,
    ) -> dict[str, Loss]:
        """Learn from a batch of annotated documents.

        dropout: Chance of zeroing an activation, 0 to 1.
        optimizer: Changes the weights. If None, gradients add up until
            `finish_update`.

        Returns the loss of every head that learned.
        """
        batch, losses = _as_batch(docs, "update"), {}
        inputs = batch
        if self.annotating:  # What is read is what was predicted, never the truth.
            inputs = [doc.copy(annotations=False) for doc in batch]
        for component in self.components.values():
            set_dropout_rate(component.model, dropout)
        heads = [(c, o) for c, o in self.heads if c.name not in self._frozen]
        objectives = {component.name: objective for component, objective in heads}
        with self._running(inputs, [c for c, _ in heads], is_train=True):
            for name, component in self.components.items():
                if name in objectives:
                    scores, backprop = component.model(inputs, is_train=True)
                    loss = objectives[name].loss(component.model.ops, batch, scores)
                    backprop(loss.gradient)
                    losses[name] = loss
                if name in self.annotating and component.writes:
                    with self._running(inputs, [component]):
                        component.annotate(inputs)
        self._taught |= losses.keys()
        if optimizer is not None:
            self.finish_update(optimizer)
        return losses

    def finish_update(self, optimizer: Optimizer) -> None:
        """Change the weights by the gradients that have added up.

        Only those of components that have learned since the last time: an optimizer
        would go on to move the others, by their momentum and weight decay.
        """
        for component in self.components.values():
            if component.name in self._taught:
                finish_update(component.model, optimizer)
        self._taught.clear()
        self.step_schedules()

    def step_schedules(self, steps: int = 1) -> None:
        """Step the schedules of listeners, as so many updates do."""
        for component in self.components.values():
            for listener, _ in listeners_of(component):
                for _ in range(steps):
                    grad_factor_of(listener).step()

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

    def replace_listeners(
        self, upstream: str = "tok2vec", components: Sequence[str] | None = None
    ) -> "Pipeline":
        """Give components a copy of the encoder that they listen to, for themselves.

        upstream: Name of the shared encoder. It is left out if nobody listens to it
            any more.
        components: Names of those to make independent. If None, all its listeners.

        Returns a new pipeline, whose predictions have the same bits. Raises ValueError
        if a component does not exist, or does not listen to the encoder itself.
        """
        return self._remade(replace_listeners(self._save(), upstream, components))

    def share(self, components: Sequence[str], *, name: str = "tok2vec") -> "Pipeline":
        """Let components share one encoder, in the place of an equal one of each.

        components: Names of those that are to listen, each of which has an encoder of
            its own: the part `tok2vec` of its model.
        name: What to call the component of the shared encoder.

        Returns a new pipeline, whose predictions have the same bits. Raises ValueError
        if the encoders differ, and says in what.
        """
        return self._remade(share(self._save(), components, name))

    def _remade(self, saved: SavedPipeline) -> "Pipeline":
        new = Pipeline._restore(saved, self.vectors)
        new.disabled = self.disabled & new.components.keys()
        new.tokenizer = self.tokenizer
        return new

    def to_disk(self, path: str | Path) -> None:
        """Save the pipeline to a folder, which is replaced as a whole.

        It holds config.cfg, meta.json and a safetensors file per component.

        Raises FileExistsError if there is something else than a saved pipeline.
        """
        write_folder(path, self._save())

    def __getstate__(self) -> dict[str, Any]:
        """Give what is pickled or copied: what would be saved, and the settings."""
        return {
            "saved": self._save(),
            "origins": find_origins(interpolate(self.config)),
            "vectors": self.vectors,
            "disabled": self.disabled,
            "batch_size": self.batch_size,
            "frozen": self._frozen,
            "annotating": self.annotating,
            "tokenizer": self.tokenizer,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        check_origins(state.pop("origins"))
        saved, frozen = state.pop("saved"), state.pop("frozen")
        vars(self).update(vars(Pipeline._restore(saved, state["vectors"])) | state)
        self._freeze(frozen)

    def _save(self) -> SavedPipeline:
        needs_vectors = users_of_vectors(self.components.values())
        table = self.vectors if needs_vectors else None
        return SavedPipeline(
            config=self.config,
            labels={c.name: o.labels for c, o in self._with_objective()},
            weights={
                component.name: {
                    name: component.model.ops.to_numpy(parameter.value)
                    for name, parameter in named_parameters(component.model).items()
                    if parameter.value is not None
                }
                for component in self.components.values()
            },
            scores=self.scores,
            vectors=None if table is None else describe_table(table),
            files={
                file: content
                for name, model in self.models.items()
                for file, content in setup_files(name, model).items()
            },
        )

    @classmethod
    def _restore(cls, saved: SavedPipeline, vectors: VectorTable | None) -> "Pipeline":
        file = saved.source / CONFIG
        try:
            pipeline = cls.from_config(saved.config)
        except ConfigError as error:
            wrote = f"zoo {saved.version} wrote it, and this is {__version__}"
            title = f"{file} describes no pipeline that can be built here ({wrote}):"
            raise ConfigError(title, error.faults) from error
        for name, model in pipeline.models.items():
            saved.check_sizes(name, model)
        if saved.vectors is not None:
            pipeline.set_vectors(_find_vectors(saved, vectors))
        for component, objective in pipeline._with_objective():
            objective.set_labels(saved.labels_of(component.name))
        for name, model in pipeline.models.items():
            take_files(name, model, saved.files)
        state = np.random.get_state()
        if any(saved.weights.values()):
            # Infers the widths. The weights that it draws are replaced.
            try:
                pipeline._initialize_models([Doc(["a"], sent_starts=[True])])
            except MemoryError as error:
                raise ValueError(f"{file} needs more memory: {error}.") from error
        np.random.set_state(state)
        for component in pipeline.components.values():
            source = str(saved.source / weights_file(component.name))
            set_parameters(component.model, saved.weights_of(component.name), source)
        pipeline.scores = saved.scores
        return pipeline

    @contextmanager
    def _running(
        self, docs: list[Any], heads: list[Component], *, is_train: bool = False
    ) -> Iterator[None]:
        """Run the shared encoders that heads read from, in the pipeline's order.

        In training, those learn that get gradients from a head; others predict.
        """
        components, names = [*self.components.values()], [head.name for head in heads]
        wanted, taught = find_upstreams(components, names, self._frozen)
        with ExitStack() as running:
            for component in components:
                upstream = component.upstream
                if upstream is not None and upstream in wanted:
                    learns = is_train and upstream in taught
                    running.enter_context(upstream.run(docs, is_train=learns))
                    if learns:
                        self._taught.add(component.name)
            yield


def load(path: str | Path, *, vectors: VectorTable | None = None) -> Pipeline:
    """Load a pipeline that `Pipeline.to_disk` saved. No code in the folder is run.

    vectors: The table of word vectors that the pipeline was trained with, if it was
        with one. If None, it is read from where the config says.

    Raises FileNotFoundError if there is none, and ValueError if a file is missing,
    altered, from a later version, or does not fit the config, or if the vectors are
    not those that it was trained with.
    """
    return Pipeline._restore(read_folder(path), vectors)


def _find_vectors(saved: SavedPipeline, table: VectorTable | None) -> VectorTable:
    """Give the table that a saved pipeline needs, if it is the right one."""
    wanted = saved.vectors or {}
    if table is None:
        table = read_table(interpolate(saved.config))
    if table is None:
        raise ValueError(
            f"{saved.source} needs the vectors '{wanted.get('name')}', and its config "
            f"does not say where they are. Give them: zoo.load(path, vectors=table)."
        )
    check_table(str(saved.source), wanted, table)
    return table


def _take(stream: Iterator[DocLike | str], size: int) -> list[Doc | str]:
    """Take a batch off a stream, and turn documents of other kinds into zoo Docs."""
    batch: list[Doc | str] = []
    for doc in itertools.islice(stream, size):
        batch += [doc] if isinstance(doc, str) else as_docs([doc])
    return batch


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
