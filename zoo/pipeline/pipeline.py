"""Run named components over documents, on shared encoders or on their own."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from thinc.api import Optimizer, set_dropout_rate

from .._checks import SHARE, check_numbers, check_sizes
from ..config import interpolate
from ..doc import Doc, DocLike, as_doc, as_docs, refuse_one
from ..fused_adam import finish_update
from ..layers.listener import grad_factor_of
from ..objectives import Loss
from ..threads import threads
from ..vectors import VectorTable
from ._components import Components, as_batch
from ._model_folder import SavedPipeline, read_folder, write_folder
from ._processes import annotate_in_processes, check_origins, count_cores, find_origins
from ._share import listeners_of, replace_listeners, share


class Pipeline(Components):
    """Hold components that annotate documents, and train them together.

    Each batch goes through every shared encoder once, and through every head that
    listens to it.
    """

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
        refuse_one("Pipeline", docs)
        size = self.batch_size if batch_size is None else batch_size
        check_sizes("Pipeline", 1, batch_size=size)
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
        check_numbers("Pipeline.update", SHARE, dropout=dropout)
        batch, losses = as_batch(docs, "update"), {}
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
        gold = as_batch(docs, "evaluate")
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
            "_disabled": self.disabled,
            "batch_size": self.batch_size,
            "frozen": self._frozen,
            "_annotating": self.annotating,
            "tokenizer": self.tokenizer,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        check_origins(state.pop("origins"))
        saved, frozen = state.pop("saved"), state.pop("frozen")
        vars(self).update(vars(Pipeline._restore(saved, state["vectors"])) | state)
        self._freeze(frozen)


def load(path: str | Path, *, vectors: VectorTable | None = None) -> Pipeline:
    """Load a pipeline that `Pipeline.to_disk` saved. No code in the folder is run.

    vectors: The table of word vectors that the pipeline was trained with, if it was
        with one. If None, it is read from where the config says.

    Raises FileNotFoundError if there is none, and ValueError if a file is missing,
    altered, from a later version, or does not fit the config, or if the vectors are
    not those that it was trained with, or it was trained without any.
    """
    saved = read_folder(path)
    if vectors is not None and saved.vectors is None:
        raise ValueError(
            f"{path} was trained without word vectors, got '{vectors.name}'. Leave "
            f"them out."
        )
    return Pipeline._restore(saved, vectors)


def _take(stream: Iterator[DocLike | str], size: int) -> list[Doc | str]:
    """Take a batch off a stream, and turn documents of other kinds into zoo Docs."""
    batch: list[Doc | str] = []
    for doc in itertools.islice(stream, size):
        batch.append(doc if isinstance(doc, str) else as_doc(doc))
    return batch
