"""Train an encoder on an objective that needs no labels."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, cast
from zlib import crc32

import numpy as np
from thinc.api import Config, Model, Optimizer, set_dropout_rate
from thinc.types import Floats2d

from .._parameters import Parameter, named_parameters, parameters_of, use_params
from .._types import Docs
from ..doc import Doc
from ..fused_adam import finish_update
from ..objectives import Loss
from ..objectives.mask import Masked, Masking
from ..objectives.token_objective import TokenObjective
from ..pipeline._encoder_weights import SavedEncoder, write_encoder
from ..training._batchers import batch_by_words
from ..training.learner import Corpus
from ..vectors import VectorTable
from ._encode_masked import encode_tokens

#: Words that are evaluated at a time.
EVALUATION_WORDS = 3000
#: Seed of the masking in an evaluation. It is always the same, so that evaluations
#: can be compared.
EVALUATION_SEED = 0


@dataclass
class Pretraining:
    """An encoder, and an objective with a head of its own: what the loop trains.

    Args:
        encoder: From documents to token vectors, (n_tokens, width) each.
        objective: What to predict of tokens.
        masking: How words are masked, if the objective needs that.
        seed: Seed of the masking.
        config: The config that describes it, which is saved with the encoder.
        path: The path of the encoder in the config.
        scores: The scores of the last evaluation.
    """

    encoder: Model[Docs, list[Floats2d]]
    objective: TokenObjective
    masking: Masking = field(default_factory=Masking)
    seed: int = 0
    config: Config = field(default_factory=Config)
    path: str = "components.tok2vec.model"
    scores: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._words: list[str] = []  # Running text, to draw random words from.
        self._generator = np.random.default_rng(self.seed)
        self._mask_seed: int | None = None

    def initialize(
        self, docs: Sequence[Doc], vectors: VectorTable | None = None
    ) -> None:
        """Draw the initial weights, and collect the words that replace others.

        Args:
            docs: Some of the documents to learn from: the more, the better the random
                words represent the corpus.
            vectors: The table of word vectors, for an objective that needs one.

        Raises:
            ValueError: There are no words, or the objective lacks something.
        """
        self._words = [word for doc in docs for word in doc.words]
        if not self._words:
            raise ValueError("pretraining: the corpus holds no words to learn from.")
        sample = [doc for doc in docs if len(doc)][:10]
        X = self._initialize_encoder(sample)
        if self.objective.prepare is not None:
            self.objective.prepare(sample, vectors)
        self.objective.head.initialize(X=X)

    def check(self, docs: Iterable[Doc]) -> None:
        """Raise ValueError if there is nothing to predict in what is evaluated on."""
        n_docs = 0
        for batch in batch_by_words(EVALUATION_WORDS)(docs):
            n_docs += len(batch)
            if self._compare(batch).count:
                return
        raise ValueError(
            f"pretraining: there is no word to evaluate on, in {n_docs} documents that "
            f"are held out. Add more text, raise held_out, or name a corpus as "
            f"dev_corpus."
        )

    @property
    def models(self) -> dict[str, Model[Any, Any]]:
        """The encoder, and the head of the objective."""
        return {"encoder": self.encoder, "head": self.objective.head}

    @property
    def parameters(self) -> dict[str, Parameter]:
        """All parameters by their full paths, such as "encoder.embed.norm.E"."""
        return parameters_of(self.models)

    @property
    def generators(self) -> dict[str, np.random.Generator]:
        """The source of the seeds of masking, one for each change of weights."""
        return {"masking": self._generator}

    def update(self, docs: Sequence[Doc], *, dropout: float = 0.0) -> dict[str, Loss]:
        """Add up the gradients of a batch, and return the loss."""
        for model in self.models.values():
            set_dropout_rate(model, dropout)
        masked = self._mask(docs, self._draw_seed())
        vectors, backprop = encode_tokens(
            self.encoder, masked.docs, masked.tokens, is_train=True
        )
        Y, backprop_head = self.objective.head(vectors, is_train=True)
        loss = self.objective.loss(self.encoder.ops, docs, masked.tokens, Y)
        if len(masked.tokens):
            backprop(backprop_head(loss.gradient))
        return {self.objective.name: loss}

    def finish_update(self, optimizer: Optimizer) -> None:
        """Change the weights by the gradients, and set the gradients to zero."""
        for model in self.models.values():
            finish_update(model, optimizer)
        self._draw_seed()  # One an update, also if there was nothing to mask.
        self._mask_seed = None

    def step_schedules(self, steps: int = 1) -> None:
        """Do nothing: only the optimizer has schedules."""

    def evaluate(self, docs: Sequence[Doc]) -> dict[str, Any]:
        """Return the mean loss of a predicted token, and what the objective measures.

        The same words are masked each time. "speed" is in words per second.
        """
        start, total, count = perf_counter(), 0.0, 0
        for batch in batch_by_words(EVALUATION_WORDS)(docs):
            loss = self._compare(batch)
            total, count = total + float(loss.total), count + loss.count
        mean = total / max(count, 1)
        scores = {"loss": mean}
        if self.objective.measure is not None:
            scores |= self.objective.measure(mean)
        seconds = perf_counter() - start
        return {**scores, "speed": sum(map(len, docs)) / max(seconds, 1e-9)}

    def score_weights(self) -> Mapping[str, float]:
        """Return the weights: less loss is better; other measures are shown only."""
        measure = self.objective.measure
        shown = [] if measure is None else measure(1.0)
        return {"loss": -1.0, **dict.fromkeys(shown, 0.0)}

    @contextmanager
    def use_params(self, averages: Mapping[Any, Any] | None) -> Iterator[None]:
        """Use other weights, such as an optimizer's averages, inside the block."""
        with ExitStack() as stack:
            for model in self.models.values() if averages else ():
                stack.enter_context(use_params(model, averages or {}))
            yield

    def to_disk(self, path: str | Path) -> None:
        """Save the encoder to a folder, which is replaced as a whole."""
        weights = {
            name: self.encoder.ops.to_numpy(parameter.value)
            for name, parameter in named_parameters(self.encoder).items()
            if parameter.value is not None
        }
        saved = SavedEncoder(self.config, self.path, weights, self.scores)
        write_encoder(path, saved)

    def _initialize_encoder(self, sample: Sequence[Doc]) -> Floats2d:
        """Draw the weights of the encoder, and give the vectors of a document."""
        try:
            self.encoder.initialize(X=sample)
            # A look at an output, as not every encoder knows its width.
            Y: Any = self.encoder.predict(sample[:1])
            if not isinstance(Y, list) or len(Y[0]) != len(sample[0]):
                raise TypeError(f"got {type(Y).__name__} from it")
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"pretraining: {self.path or 'the encoder'}, which is "
                f"'{self.encoder.name}', must be an encoder: from documents to a list "
                f"of arrays (n_tokens, width). {type(error).__name__}: {error}. "
                f"component and layer name what is pretrained."
            ) from error
        return cast(Floats2d, Y[0])

    def _compare(self, batch: Sequence[Doc]) -> Loss:
        """Return the loss of a batch, with the same words masked each time."""
        masked = self._mask(batch, EVALUATION_SEED)
        vectors, _ = encode_tokens(
            self.encoder, masked.docs, masked.tokens, is_train=False
        )
        Y = self.objective.head.predict(vectors)
        return self.objective.loss(self.encoder.ops, batch, masked.tokens, Y)

    def _draw_seed(self) -> int:
        """Draw what masks the documents until the weights change."""
        if self._mask_seed is None:
            self._mask_seed = int(self._generator.integers(2**63))
        return self._mask_seed

    def _mask(self, docs: Sequence[Doc], seed: int) -> Masked:
        if self.objective.is_masked:
            return self.masking(docs, self._words, seed)
        return Masked(list(docs), np.arange(sum(map(len, docs))))


#: The numbers of documents and of words that are searched for documents to hold out,
#: and for random words. Later documents that would be held out are not used at all.
N_SEARCHED, WORDS_SEARCHED = 50_000, 5_000_000


@dataclass
class HeldOut:
    """Split a corpus into documents to learn from and documents that are held out.

    The side of a document depends on its words only. So it is the same in each epoch,
    whatever the order, and equal documents are on one side.

    Args:
        corpus: Returns the documents, from the start at each call.
        share: The share of the documents that are held out, 0 to 1.
    """

    corpus: Corpus
    share: float

    def train(self) -> Iterator[Doc]:
        """Return the documents to learn from."""
        return (doc for doc in self.corpus() if not self._is_held_out(doc))

    def dev(self) -> Iterator[Doc]:
        """Return the documents that are held out of the first `N_SEARCHED`."""
        return (doc for doc in _first(self.corpus()) if self._is_held_out(doc))

    def sample(self) -> Iterator[Doc]:
        """Return the first of the documents to learn from."""
        return _first(self.train())

    def _is_held_out(self, doc: Doc) -> bool:
        digest = crc32("\0".join(doc.words).encode("utf8", "surrogatepass"))
        return digest < self.share * 2**32


def _first(docs: Iterable[Doc]) -> Iterator[Doc]:
    n_words = 0
    for doc in islice(docs, N_SEARCHED):
        yield doc
        n_words += len(doc)
        if n_words >= WORDS_SEARCHED:
            return
