"""Run named components over documents, on shared encoders or on their own."""

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, overload

import numpy as np
from thinc.api import Config, Model, Optimizer

from .._check_numbers import SHARE, check_numbers
from .._parameters import Parameter
from ..config import interpolate, raise_faults
from ..doc import Doc, DocLike, as_docs
from ..objectives import Loss, Objective
from ..threads import threads
from ..tokenizer import Tokenize, Tokenizer
from ..vectors import VectorTable
from ._assemble import (
    Component,
    build_components,
    build_tokenizer,
    pipeline_faults,
    read_settings,
)
from ._components import Components
from ._describe import describe, describe_in_html
from ._initialize import as_batch, initialize
from ._processes import check_origins, find_origins
from ._restore import named_in_errors, restore, restore_tokenizer, save
from ._saved_pipeline import SavedPipeline, write_folder
from ._share_encoders import check_restorable, replace_listeners, share
from ._sourced_components import Source, resolve_sources
from ._stream import annotate_pairs, annotate_stream
from ._token_vectors import similarity, token_vectors
from ._update import add_gradients_of_batch, apply_gradients, step_schedules
from ._usual_models import put_usual_models


class Pipeline:
    """Named components that annotate documents and are trained together.

    Each batch goes through every shared encoder once, and then through its heads.

    Args:
        components: The components, in order: encoders before their listeners.
        config: Describes them, with a section `[nlp]`.
        tokenizer: Splits raw text into words. None: the rules for `nlp.lang`.
        sources: Components that are trained already, by name.

    Attributes:
        config: The config that the pipeline was built from.
        scores: The scores of the evaluation that chose the weights.
        vectors: The table of word vectors that layers read, or None.
        holds_vectors: Whether `to_disk` writes the table too.
        batch_size: How many documents are predicted at a time.
        tokenizer: Splits raw text into words.
    """

    def __init__(
        self,
        components: Iterable[Component],
        config: Config,
        tokenizer: Tokenize | None = None,
        sources: Mapping[str, Source] | None = None,
    ) -> None:
        settings = read_settings(interpolate(config))
        self._parts = Components(components, settings.disabled)
        self._sources = dict(sources or {})
        self.config, self.holds_vectors = config, False
        self.scores: dict[str, Any] = {}
        self.vectors: VectorTable | None = None
        self.batch_size = settings.batch_size
        self.tokenizer = tokenizer or Tokenizer(settings.lang or "xx")
        self._parts.use_tokenizer(self.tokenizer)

    @classmethod
    def from_config(cls, config: Config) -> "Pipeline":
        """Build the components that a config describes, without weights.

        Args:
            config: With the sections `[nlp]` and `[components]`.

        Returns:
            A new pipeline, which has to be initialized.

        Raises:
            ConfigError: Lists all errors in [nlp] and [components].
        """
        config, sources = resolve_sources(put_usual_models(config))
        values = interpolate(config)
        faults = pipeline_faults(values)
        components = build_components(values, faults)
        tokenizer = build_tokenizer(values, faults)
        raise_faults(faults)
        return cls(components, Config(config), tokenizer, sources)

    @property
    def components(self) -> dict[str, Component]:
        """The components by name, in order."""
        return self._parts.by_name

    @property
    def heads(self) -> list[tuple[Component, Objective]]:
        """The components that predict something, with their objectives."""
        return self._parts.heads

    @property
    def models(self) -> dict[str, Model[Any, Any]]:
        """The models of the components, by name."""
        return self._parts.models

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by its full path, such as "tok2vec.embed.norm.E"."""
        return self._parts.parameters

    @property
    def generators(self) -> dict[str, np.random.Generator]:
        """Random numbers of its own: none, as layers draw from NumPy's."""
        return {}

    def __repr__(self) -> str:
        return describe(self._parts)

    def _repr_html_(self) -> str:
        return describe_in_html(self._parts)

    @property
    def fields(self) -> list[str]:
        """The fields of a document that the components write."""
        fields = (field for writer in self._parts.writers for field in writer.fields)
        return list(dict.fromkeys(fields))

    @property
    def disabled(self) -> set[str]:
        """Names of components that do not run; ValueError for an unknown name."""
        return self._parts.disabled

    @disabled.setter
    def disabled(self, names: Collection[str]) -> None:
        self._parts.disabled = names

    @property
    def annotating(self) -> Collection[str]:
        """Names of components that annotate a batch before later ones learn."""
        return self._parts.annotating

    @annotating.setter
    def annotating(self, names: Collection[str]) -> None:
        self._parts.annotating = names

    @property
    def frozen(self) -> list[str]:
        """The paths of the parameters that do not learn, such as "tok2vec.embed.E"."""
        return self._parts.frozen

    def freeze(self, *paths: str) -> None:
        """Freeze components and parameters; everything else learns.

        A frozen component neither changes nor teaches the encoder that it listens to;
        gradients go on through frozen parameters to what learns below. A frozen
        component that listens to an encoder that learns is warned of.

        Args:
            *paths: Names of components, and paths or patterns of parameters or nodes,
                such as "tok2vec.embed" or "*.softmax.b".

        Raises:
            ValueError: A path leads to no parameter.
        """
        self._parts.freeze(paths)
        if warning := self._parts.describe_moving_encoders():
            warnings.warn(f"Pipeline.freeze: {warning}", stacklevel=2)

    def initialize(
        self, docs: Iterable[Doc], *, vectors: VectorTable | None = None
    ) -> None:
        """Collect the labels, infer the widths and draw the initial weights.

        Components that a config takes from saved pipelines keep what they have.

        Args:
            docs: The training documents. They are gone through once per head.
            vectors: The table for layers of static vectors. It is shared, not copied.

        Raises:
            ValueError: There are no documents or labels, or a model's width is wrong.
        """
        if vectors is not None:
            self.set_vectors(vectors)
        initialize(self._parts, docs, self._sources, self.vectors)

    def set_vectors(self, vectors: VectorTable) -> None:
        """Set the table of every layer of static vectors; ValueError if there is none.

        The table is shared, not copied.
        """
        self._parts.set_vectors(vectors)
        self.vectors = vectors

    def use_params(
        self, averages: Mapping[Any, Any] | None
    ) -> AbstractContextManager[None]:
        """Replace parameters inside a `with` block, such as by an optimizer's averages.

        Args:
            averages: By the keys of the optimizer. None: nothing is replaced.
        """
        return self._parts.use_params(averages)

    def predict(self, docs: Sequence[DocLike]) -> dict[str, Any]:
        """Compute the scores of every head for a batch of documents.

        Several threads may call it at once; the bits are those of one thread alone.

        Returns:
            What the model of each head returns, by component.
        """
        batch, heads = as_docs(docs), [component for component, _ in self.heads]
        with threads.one_blas_thread(), self._parts.running(batch, heads):
            return {c.name: c.model.predict(batch) for c in heads}

    def __call__(self, docs: Iterable[DocLike | str]) -> list[Doc]:
        """Annotate texts, and documents of any kind; zoo Docs in place."""
        return list(self.pipe(docs))

    @overload
    def pipe(
        self,
        docs: Iterable[DocLike | str],
        *,
        batch_size: int | None = None,
        n_process: int = 1,
        as_tuples: Literal[False] = False,
    ) -> Iterator[Doc]: ...

    @overload
    def pipe(
        self,
        docs: Iterable[tuple[DocLike | str, Any]],
        *,
        batch_size: int | None = None,
        n_process: int = 1,
        as_tuples: Literal[True],
    ) -> Iterator[tuple[Doc, Any]]: ...

    def pipe(
        self,
        docs: Iterable[Any],
        *,
        batch_size: int | None = None,
        n_process: int = 1,
        as_tuples: bool = False,
    ) -> Iterator[Any]:
        """Annotate a stream of texts and documents, a batch at a time, in order.

        Texts are split into words by `tokenizer`; zoo Docs are annotated in place.

        Args:
            docs: Texts, and documents of any kind.
            batch_size: How many are predicted at a time. None: as the config says.
            n_process: How many processes share the work; -1 for one per core. With 1
                it is this one, else they are new ones, which end with the stream.
            as_tuples: Whether `docs` holds pairs of a text or document and anything
                that belongs to it, such as its number in a database.

        Returns:
            The documents, one by one; with as_tuples in pairs, as they came.

        Raises:
            RuntimeError: An error in a new process, with the number of the document,
                or a process that died.
            TypeError: Something is no text and no document.
            ValueError: A number is out of range.
        """
        size = self.batch_size if batch_size is None else batch_size
        annotate = annotate_pairs if as_tuples else annotate_stream
        return annotate(self, docs, size, n_process)

    def annotate(self, docs: Iterable[DocLike | str]) -> list[Doc]:
        """Annotate texts and documents as one batch; zoo Docs in place."""
        batch = as_docs(self.tokenizer(d) if isinstance(d, str) else d for d in docs)
        writers = self._parts.writers
        with threads.one_blas_thread(), self._parts.running(batch, writers):
            for component in writers:
                component.annotate(batch)
        return batch

    def token_vectors(
        self, docs: Sequence[DocLike], component: str | None = None
    ) -> list[Any]:
        """Compute the vectors of tokens: an array for each document, (n_tokens, width).

        Args:
            docs: Documents of any kind.
            component: A shared encoder or a head. None: the first that has an encoder.
        """
        return token_vectors(self._parts, docs, component)

    def similarity(
        self, a: DocLike | str, b: DocLike | str, component: str | None = None
    ) -> float:
        """Compute the cosine of the mean token vectors of two texts, -1 to 1.

        Args:
            a, b: Texts, which `tokenizer` splits, or documents of any kind. The cosine
                is 0 if one of them has no words.
            component: As for `token_vectors`.
        """
        docs = [self.tokenizer(x) if isinstance(x, str) else x for x in (a, b)]
        return similarity(self._parts, docs, component)

    def update(
        self,
        docs: Sequence[Doc],
        *,
        dropout: float = 0.0,
        optimizer: Optimizer | None = None,
    ) -> dict[str, Loss]:
        """Learn from a batch of annotated documents.

        Args:
            docs: zoo Docs with labels.
            dropout: Probability of zeroing an activation, 0 to 1.
            optimizer: None: gradients add up until `finish_update`.

        Returns:
            The loss of every head that learned, by component.
        """
        check_numbers("Pipeline.update", SHARE, dropout=dropout)
        batch = as_batch(docs, "update")
        losses = add_gradients_of_batch(self._parts, batch, dropout)
        if optimizer is not None:
            self.finish_update(optimizer)
        return losses

    def finish_update(self, optimizer: Optimizer) -> None:
        """Change the weights of the components that have learned since the last time.

        An optimizer would move the others too, by their momentum and weight decay.
        """
        apply_gradients(self._parts, optimizer)
        self.step_schedules()

    def step_schedules(self, steps: int = 1) -> None:
        """Step the schedules of listeners, as so many updates do."""
        step_schedules(self._parts, steps)

    def evaluate(self, docs: Iterable[Doc]) -> dict[str, Any]:
        """Compare predictions with the annotations of zoo Docs, which stay as they are.

        Returns:
            The scores of all heads under spaCy's names, and "speed" in words per
            second, annotation included.
        """
        gold = as_batch(docs, "evaluate")
        start = perf_counter()
        predicted = self(self._parts.unannotated(gold))
        speed = sum(map(len, gold)) / max(perf_counter() - start, 1e-9)
        return {**self._parts.score(gold, predicted), "speed": speed}

    def score_names(self) -> list[str]:
        """List the names of the scores that `evaluate` computes."""
        return self._parts.score_names()

    def score_weights(self) -> dict[str, float]:
        """Weigh the main score of each head alike, so that the weights sum to 1."""
        return self._parts.score_weights()

    def replace_listeners(
        self, upstream: str = "tok2vec", components: Sequence[str] | None = None
    ) -> "Pipeline":
        """Copy a shared encoder into components that listen to it.

        Args:
            upstream: Name of the shared encoder. It is left out of the new pipeline
                if no component listens to it any more.
            components: Names of the components. None: all its listeners.

        Returns:
            A new pipeline, whose predictions are bitwise identical.

        Raises:
            ValueError: A component does not exist, or does not listen to the encoder
                itself.
        """
        return self._remade(replace_listeners(self._save(), upstream, components))

    def share(self, components: Sequence[str], *, name: str = "tok2vec") -> "Pipeline":
        """Replace the equal encoders of several components by one that they share.

        Args:
            components: Names of those that are to listen, each of which has an
                encoder of its own: the part `tok2vec` of its model.
            name: Name for the component of the shared encoder.

        Returns:
            A new pipeline, whose predictions are bitwise identical.

        Raises:
            ValueError: The encoders differ; the message lists how.
        """
        return self._remade(share(self._save(), components, name))

    def to_disk(self, path: str | Path) -> None:
        """Save the pipeline to a folder, which is replaced as a whole.

        Raises:
            FileExistsError: The folder holds something else than a saved pipeline.
        """
        write_folder(path, self._save(), self.vectors if self.holds_vectors else None)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled or copied: what would be saved, and the settings."""
        names = ("vectors", "holds_vectors", "batch_size", "tokenizer")
        settings = {n: getattr(self, n) for n in (*names, "disabled", "annotating")}
        origins, frozen = find_origins(interpolate(self.config)), self._parts.frozen_by
        return {"saved": self._save(), "origins": origins, "frozen": frozen, **settings}

    def __setstate__(self, state: dict[str, Any]) -> None:
        check_origins(state["origins"])
        restored = Pipeline._restore(state["saved"], state["vectors"])
        vars(self).update(vars(restored))
        for name in state.keys() - {"saved", "origins", "frozen"}:
            setattr(self, name, state[name])
        self._parts.freeze(state["frozen"])

    def _remade(self, saved: SavedPipeline) -> "Pipeline":
        new = Pipeline._restore(saved, self.vectors)
        new.disabled = self.disabled & new.components.keys()
        new.tokenizer, new.holds_vectors = self.tokenizer, self.holds_vectors
        return new

    def _save(self) -> SavedPipeline:
        return save(self._parts, self.config, self.scores, self.vectors, self.tokenizer)

    @classmethod
    def _restore(cls, saved: SavedPipeline, vectors: VectorTable | None) -> "Pipeline":
        """Build the pipeline that `_save` returned, with its weights."""
        with named_in_errors(saved):
            check_restorable(saved)
            pipeline = cls.from_config(saved.config)
        pipeline.vectors = restore(pipeline._parts, saved, vectors)
        restore_tokenizer(pipeline.tokenizer, saved)
        pipeline.scores = saved.scores
        pipeline.holds_vectors = saved.own_vectors is not None
        return pipeline
