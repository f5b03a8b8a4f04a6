"""Pretrain an encoder, in Python or from a config into a folder."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from thinc.api import Adam, Config, Model, Optimizer, fix_random_seed

from .._check_numbers import check_numbers, check_sizes
from ..corpora.raw_text import split_long
from ..doc import Doc, DocLike, as_doc, refuse_one
from ..objectives.mask import Masking
from ..objectives.pretrain_characters import PretrainCharacters
from ..objectives.token_objective import TokenObjective
from ..tokenizer import Tokenize, Tokenizer
from ..training._batchers import Batcher, batch_by_words
from ..training.loggers import Evaluation, LoggerSetup
from ..training.loop import train
from ..training.run_training import run_training
from ..vectors import VectorTable
from ._pretraining_config import RANGES, PretrainingSettings, plan_pretraining
from .encoder_learner import HeldOut, Pretraining

Texts = Iterable[str | DocLike]


def run_pretraining(
    config: Config,
    output: Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    gpu_id: int = -1,
) -> Evaluation | None:
    """Pretrain what a config describes, and leave everything in a folder.

    The arguments and errors are those of `run_training`.
    """
    return run_training(
        config,
        output,
        overwrite=overwrite,
        resume=resume,
        gpu_id=gpu_id,
        make_plan=plan_pretraining,
        section="pretraining",
    )


def pretrain(
    encoder: Model[Any, Any],
    texts: Texts | Callable[[], Texts],
    *,
    objective: TokenObjective | None = None,
    masking: Masking | None = None,
    vectors: VectorTable | None = None,
    held_out: float = 0.02,
    max_length: int = 500,
    tokenizer: Tokenize | None = None,
    batcher: Batcher | None = None,
    optimizer: Optimizer | None = None,
    dropout: float = 0.2,
    max_epochs: int = 10,
    max_steps: int = 0,
    seed: int = 0,
    output: str | Path | None = None,
    resume: bool = False,
    loggers: Sequence[LoggerSetup] = (),
) -> Evaluation | None:
    """Train an encoder on raw text, in place.

    Afterwards the encoder has the weights of the last update, or their averages if the
    optimizer keeps them.

    Args:
        encoder: From documents to token vectors, such as a `Tok2Vec`.
        texts: Texts, or documents of any kind. An iterator is held in memory. Or a
            function that returns them, such as `RawText`.
        objective: What to predict of tokens. If None, characters.
        masking: How words are masked. If None, 15 % of them are chosen.
        vectors: The table of word vectors, for an objective that needs one.
        held_out: The share of the documents that is held out and evaluated on after
            each epoch, above 0 and below 1.
        max_length: Words above which a document is split. 0 splits none.
        tokenizer: Splits texts into words. If None, `Tokenizer()`.
        batcher: Groups documents. If None, by 3,000 words.
        optimizer: Changes the weights. If None, Adam with a learning rate of 0.001
            and averages.
        dropout: Probability of zeroing an activation, 0 or more and below 1.
        max_epochs: Passes over the documents. -1: no limit, and they are streamed
            instead of held in memory and shuffled.
        max_steps: Updates. 0: no limit.
        seed: Seed of all random numbers.
        output: Folder for model-best, model-last and a checkpoint. If None, nothing
            is saved.
        resume: Whether to go on from the checkpoint in `output`, if there is one.
        loggers: Make what follows the run.

    Returns:
        The best evaluation, or None if there was none.

    Raises:
        ValueError: A number is out of range, or there are no words to learn from or
            to evaluate on; and what `zoo.training.train` raises.
    """
    check_numbers("pretrain", RANGES["held_out"], held_out=held_out)
    check_sizes("pretrain", 0, max_length=max_length)
    split = HeldOut(_Documents(texts, tokenizer or Tokenizer(), max_length), held_out)
    if max_epochs >= 0:
        docs = list(split.corpus())
        split.corpus = lambda: docs
    settings = PretrainingSettings(
        objective=objective or PretrainCharacters(),
        optimizer=optimizer or Adam(0.001, L2=0.01, use_averages=True),
        batcher=batcher or batch_by_words(3000),
        dropout=dropout,
        max_epochs=max_epochs,
        max_steps=max_steps,
        seed=seed,
    )
    learner = Pretraining(
        encoder, settings.objective, masking or Masking(), seed=seed, path=""
    )
    fix_random_seed(seed)
    learner.initialize(list(split.sample()), vectors)
    learner.check(split.dev())
    best = train(
        learner,
        split.train,
        split.dev,
        settings,
        output=None if output is None else Path(output),
        loggers=loggers,
        resume=resume,
    )
    for node, name in learner.parameters.values():
        average: Any = (settings.optimizer.averages or {}).get((node.id, name))
        if average is not None:
            node.set_param(name, average)
    return best


class _Documents:
    """A corpus of texts and documents of any kind, with long ones split."""

    def __init__(
        self,
        texts: Texts | Callable[[], Texts],
        tokenizer: Tokenize,
        max_length: int,
    ) -> None:
        if not callable(texts):
            advice = "To read a file, pass zoo.corpora.RawText(path)."
            refuse_one("pretrain", texts, advice)
        self.texts = list(texts) if isinstance(texts, Iterator) else texts
        self.tokenizer = tokenizer
        self.max_length = max_length

    def __call__(self) -> Iterator[Doc]:
        for text in self.texts() if callable(self.texts) else self.texts:
            doc = self.tokenizer(text) if isinstance(text, str) else as_doc(text)
            yield from split_long(doc, self.max_length)
