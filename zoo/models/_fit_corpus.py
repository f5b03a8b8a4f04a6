"""Fit the settings of a training to the size of a corpus."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..doc import Doc

#: Documents up to which a corpus is small, and gets more passes.
SMALL = 2000
#: Documents from which on it is large, and gets fewer.
LARGE = 20_000
#: Passes over a small, a middle and a large corpus.
EPOCHS = (30, 20, 10)
#: Least dropout on a small corpus, but for transformers.
DROPOUT_OF_SMALL = 0.2
#: Passes of a pretrained transformer, which needs few.
EPOCHS_OF_TRANSFORMER = (8, 4, 3)
#: Updates of a pass over a small corpus, if batches can be made small enough.
UPDATES = 30
#: Words of the smallest and the largest batch, padding included.
FEWEST_WORDS, MOST_WORDS = 300, 2000
#: Words, padding included, that a transformer works on at a time.
WORDS_AT_ONCE = 700
#: Updates of a run at most, as in a template that is not fitted.
MOST_UPDATES = 20_000
#: Frequent words of English, and their share of a corpus below which it is in another
#: language: they are 15 to 23 % of English tweets, reviews and the web (WNUT-17, SST-2,
#: EWT), and 2 % of German ones (GSD).
FREQUENT = {"a", "and", "for", "i", "in", "is", "it", "of", "on", "that", "the", "to"}
FREQUENT_SHARE = 0.08


@dataclass
class CorpusSize:
    """How large a corpus is, and what its documents are annotated with.

    Args:
        n_docs: Number of documents with words.
        n_words: Number of words.
        longest: Words of the longest document.
        fields: Number of documents that have each kind of annotation.
        is_exclusive: Whether each document with categories has exactly one.
        n_frequent: Number of words that are frequent in English.
    """

    n_docs: int = 0
    n_words: int = 0
    longest: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    is_exclusive: bool = True
    n_frequent: int = 0

    @classmethod
    def of(cls, docs: Iterable[Doc]) -> "CorpusSize":
        """Measure a corpus, which is read once."""
        size = cls()
        for doc in docs:
            if not len(doc):
                continue
            size.n_docs += 1
            size.n_words += len(doc)
            size.longest = max(size.longest, len(doc))
            size.n_frequent += sum(word.lower() in FREQUENT for word in doc.words)
            for name in ("tags", "pos", "ents", "cats"):
                size.fields[name] = size.fields.get(name, 0) + bool(getattr(doc, name))
            if doc.cats and sum(value >= 0.5 for value in doc.cats.values()) != 1:
                size.is_exclusive = False
        return size

    def is_english(self) -> bool:
        """Guess whether the corpus is in English, by its frequent words."""
        return self.n_frequent >= FREQUENT_SHARE * self.n_words

    def components(self) -> list[str]:
        """List the components that can learn from the annotation."""
        names = {"tags": "tagger", "pos": "pos", "ents": "entity_tagger"}
        names["cats"] = "textcat" if self.is_exclusive else "textcat_multilabel"
        return [name for kind, name in names.items() if self.fields.get(kind)]


def fit_training(training: dict[str, Any], size: CorpusSize) -> None:
    """Set batches, updates, warm-up, evaluations, dropout and accumulated gradients.

    Args:
        training: The section [training] of a template, which is changed.
        size: The corpus to learn from.
    """
    kind = (size.n_docs > SMALL) + (size.n_docs > LARGE)
    rate = training["optimizer"]["learn_rate"]
    if isinstance(rate, dict):  # That of a transformer, with a warm-up.
        epochs = EPOCHS_OF_TRANSFORMER[kind]
        per_epoch = _fit_padded_batches(training, size)
        n_updates = min(MOST_UPDATES, epochs * per_epoch)
        rate |= {"total_steps": n_updates, "warmup_steps": max(1, n_updates // 10)}
    else:
        epochs = EPOCHS[kind]
        n_updates = _fit_growing_batches(training["batcher"]["size"], size, epochs)
        if kind == 0:
            training["dropout"] = max(training["dropout"], DROPOUT_OF_SMALL)
    frequency = min(200, max(1, n_updates // 20))
    training["max_steps"] = n_updates
    training["eval_frequency"] = frequency
    training["patience"] = max(5 * frequency, n_updates // 3)


def _fit_padded_batches(training: dict[str, Any], size: CorpusSize) -> int:
    """Set the size of batches of a transformer; return how many an epoch has."""
    n_words = size.n_words // UPDATES
    n_words = min(MOST_WORDS, max(FEWEST_WORDS, n_words, min(size.longest, MOST_WORDS)))
    training["batcher"]["size"] = n_words
    training["accumulate_gradient"] = -(-n_words // WORDS_AT_ONCE)
    return max(1, size.n_words // n_words)


def _fit_growing_batches(
    schedule: dict[str, Any], size: CorpusSize, epochs: int
) -> int:
    """Set how far batches grow; return the number of updates of so many epochs."""
    start = schedule["start"]
    schedule["stop"] = min(schedule["stop"], max(start, size.n_words // UPDATES))
    left, n_words, n_updates = float(epochs * size.n_words), float(start), 0
    while left > 0 and n_updates < MOST_UPDATES:
        left -= n_words
        n_words = min(n_words * schedule["compound"], schedule["stop"])
        n_updates += 1
    return max(1, n_updates)
