"""Hold the components that a pipeline consists of, with their weights."""

import itertools
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from thinc.api import Config, Model

from .._freeze import freeze_parameters, frozen_paths, match_paths
from .._parameters import (
    Parameter,
    named_parameters,
    parameters_of,
    set_parameters,
    use_params,
)
from .._version import __version__
from ..config import ConfigError, interpolate, nearest, raise_faults
from ..doc import Doc
from ..objectives import Objective
from ..tokenizer import Tokenize, Tokenizer
from ..transformers._save import setup_files, take_files
from ..vectors import VectorTable
from ._assemble import (
    Component,
    build_components,
    build_tokenizer,
    pipeline_faults,
    read_settings,
)
from ._model_folder import CONFIG, SavedPipeline, weights_file
from ._share import describe_moving_encoders, find_upstreams
from ._source import Source, resolve_sources
from ._word_vectors import (
    check_table,
    describe_table,
    give_table,
    read_table,
    users_of_vectors,
)

if TYPE_CHECKING:
    from typing_extensions import Self

#: Documents that an initialization looks at to infer widths.
SAMPLE_SIZE = 10


class Components:
    """Hold named components: build and initialize them, freeze, save and restore them.

    `Pipeline` lets them work on documents.
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
        self.disabled = settings.disabled
        self._sources = dict(sources or {})  # Of components that are trained already.
        self.annotating = ()
        self._frozen: tuple[str, ...] = ()  # As `freeze` was told.
        self._taught: set[str] = set()  # Components with gradients to learn from.
        self.tokenizer = tokenizer or Tokenizer(settings.lang or "xx")

    @classmethod
    def from_config(cls, config: Config) -> "Self":
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

    @property
    def disabled(self) -> set[str]:
        """Components that do not run; ValueError for one that there is not."""
        return self._disabled

    @disabled.setter
    def disabled(self, names: Collection[str]) -> None:
        self._check_names("disabled", names)
        self._disabled = {*names}

    @property
    def annotating(self) -> Collection[str]:
        """Components that annotate a batch before later ones learn from it.

        ValueError for one that there is not.
        """
        return self._annotating

    @annotating.setter
    def annotating(self, names: Collection[str]) -> None:
        self._check_names("annotating", names)
        self._annotating = names

    def _check_names(self, setting: str, names: Collection[str]) -> None:
        for name in names:
            if name not in self.components:
                raise ValueError(
                    f"Pipeline.{setting}: there is no component {name!r}."
                    f"{nearest(name, self.components)}"
                )

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
        sample = as_batch(itertools.islice(docs, SAMPLE_SIZE), "initialize")
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
        """Give every layer of static vectors the table, in the place of any it has.

        Raises ValueError if there is no such layer.
        """
        if not users_of_vectors(self.components.values()):
            raise ValueError(
                f"Pipeline: no layer uses a table of vectors, got '{vectors.name}'. "
                f"Set include_static_vectors = true in an embedding of its config."
            )
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

    @property
    def models(self) -> dict[str, Model[Any, Any]]:
        """The models of the components, by name."""
        return {name: c.model for name, c in self.components.items()}

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by its full path, such as "tok2vec.embed.norm.E"."""
        return parameters_of(self.models)

    @property
    def generators(self) -> dict[str, np.random.Generator]:
        """Random numbers of its own: none, as layers draw from NumPy's."""
        return {}

    @property
    def frozen(self) -> list[str]:
        """The paths of the parameters that do not learn, such as "tok2vec.embed.E"."""
        models = self.models.items()
        frozen = {f"{name}.{p}" for name, m in models for p in frozen_paths(m)}
        return [path for path in self.parameters if path in frozen]

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

    @contextmanager
    def use_params(self, averages: Mapping[Any, Any] | None) -> Iterator[None]:
        """Put other weights in, such as an optimizer's averages, inside the block."""
        with ExitStack() as stack:
            for component in self.components.values():
                if averages:
                    stack.enter_context(use_params(component.model, averages))
            yield

    @contextmanager
    def _running(
        self, docs: list[Any], heads: list[Component], *, is_train: bool = False
    ) -> Iterator[None]:
        """Run the shared encoders that heads read from, in the pipeline's order.

        In training, those learn that get gradients from a head; others predict.
        """
        self._check_names("disabled", self.disabled)  # As names can be added to it.
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
    def _restore(cls, saved: SavedPipeline, vectors: VectorTable | None) -> "Self":
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


def as_batch(docs: Iterable[Doc], caller: str) -> list[Doc]:
    """Give documents as a list; TypeError, naming the caller, for another type."""
    batch = list(docs)
    for doc in batch:
        if not isinstance(doc, Doc):
            raise TypeError(
                f"Pipeline.{caller}: documents with labels must be of the type "
                f"zoo.Doc, got {type(doc).__name__}."
            )
    return batch


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


def _check_width(component: Component, n_labels: int) -> None:
    model = component.model
    width = model.maybe_get_dim("nO") if model.has_dim("nO") else None
    if width not in (None, n_labels):
        raise ValueError(
            f"Pipeline: the component '{component.name}' needs one output per label, "
            f"got {width} outputs and {n_labels} labels. Set "
            f"components.{component.name}.model.nO to null."
        )
