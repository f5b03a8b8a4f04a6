"""Find out what may be wrong with a corpus before a model learns from it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..doc import Doc
from ..tokenizer import Tokenize, locate_words

#: The fields whose labels are counted.
LABELLED = ("tags", "pos", "deps", "ents", "cats")
#: The score from which a category counts as one of a document.
POSITIVE = 0.5

#: What is warned of: documents that are longer, in words,
LONG = 2000
#: labels that occur less often,
RARE = 10
#: training corpora of fewer documents,
FEW = 100
#: a label that is a greater share of all of its field,
DOMINANT = 0.95
#: repeated training documents that are a greater share,
REPEATED = 0.05
#: and words of the development corpus that the other lacks, if a greater share.
UNKNOWN = 0.3
#: Words that the tokenizer does not split off, if a greater share. It is compared with
#: the first documents alone:
SPLIT = 0.02
COMPARED = 2000
#: How many labels a warning names.
N_NAMED = 8


@dataclass
class CorpusFacts:
    """What there is in a corpus.

    Attributes:
        n_docs: Documents.
        n_words: Words.
        n_empty: Documents without words.
        n_long: Documents with more words than `LONG`.
        n_repeated: Documents with the same words as an earlier one.
        n_unknown: Words whose entities are unknown, in documents with known ones.
        longest: Words of the longest document.
        labels: Of each field, how often each of its labels occurs: of `cats`,
            documents with a score of at least `POSITIVE`; of `ents`, entities; else
            words.
        annotated: Of each field, the number of documents that have it.
        negative: Categories that a document has with a score below `POSITIVE`.
        words: How often each word occurs.
        contents: The documents, as a hash of the words of each, except empty ones.
        n_compared: Words that were compared with those of the tokenizer.
        split: Words that the tokenizer splits otherwise, with how often.
    """

    n_docs: int = 0
    n_words: int = 0
    n_empty: int = 0
    n_long: int = 0
    n_repeated: int = 0
    n_unknown: int = 0
    longest: int = 0
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    annotated: Counter[str] = field(default_factory=Counter)
    negative: set[str] = field(default_factory=set)
    words: Counter[str] = field(default_factory=Counter)
    contents: Counter[int] = field(default_factory=Counter)
    n_compared: int = 0
    split: Counter[str] = field(default_factory=Counter)


@dataclass
class Analysis:
    """What there is in two corpora, and what they have in common.

    Attributes:
        train: The training corpus.
        dev: The development corpus.
        n_shared: Documents of the development corpus that the training corpus has too.
        unknown: Share of the words of the development corpus that the other lacks, 0
            to 1.
        lost: Of each field, labels of the development corpus that the other lacks.
        warnings: What a person should look at, each a sentence or two.
    """

    train: CorpusFacts
    dev: CorpusFacts
    n_shared: int
    unknown: float
    lost: dict[str, list[str]]
    warnings: list[str]


def analyze(
    train: Iterable[Doc],
    dev: Iterable[Doc],
    *,
    tokenizer: Tokenize | None = None,
    multilabel: bool = False,
) -> Analysis:
    """Count what is in a training and a development corpus, and compare them.

    Each is read once, and not kept; only its unique words and labels are, and a hash
    of each document.

    Args:
        train: The training corpus.
        dev: The development corpus.
        tokenizer: What splits raw text for the pipeline, to compare its words with
            those of the training corpus. None: they are not compared.
        multilabel: Whether categories are learned that do not exclude each other.
    """
    learned, tested = count(train, tokenizer), count(dev)
    shared = learned.contents.keys() & tested.contents.keys()
    unknown = sum(n for w, n in tested.words.items() if w not in learned.words)
    lost = {
        name: sorted(labels.keys() - learned.labels.get(name, {}).keys())
        for name, labels in tested.labels.items()
    }
    found = Analysis(
        learned,
        tested,
        n_shared=sum(tested.contents[content] for content in shared),
        unknown=unknown / max(tested.n_words, 1),
        lost={name: labels for name, labels in lost.items() if labels},
        warnings=[],
    )
    found.warnings += [
        *_warn_of_corpus("training", learned, "learned from"),
        *_warn_of_corpus("development", tested, "compared with"),
        *_warn_of_learning(learned),
        *_warn_of_words(learned),
        *_warn_of_positives(learned if multilabel else CorpusFacts()),
        *_warn_of_difference(found),
    ]
    return found


def count(docs: Iterable[Doc], tokenizer: Tokenize | None = None) -> CorpusFacts:
    """Count what is in a corpus, and compare its words with those of a tokenizer."""
    facts = CorpusFacts()
    for doc in docs:
        if tokenizer is not None and facts.n_docs < COMPARED:
            facts.n_compared += len(doc)
            facts.split.update(_split_otherwise(doc, tokenizer))
        facts.n_unknown += len(doc) - sum(doc.ents_known or [True] * len(doc))
        facts.negative.update(k for k, v in (doc.cats or {}).items() if v < POSITIVE)
        size = len(doc)
        facts.n_docs += 1
        facts.n_words += size
        facts.n_empty += not size
        facts.n_long += size > LONG
        facts.longest = max(facts.longest, size)
        facts.words.update(doc.words)
        if size:
            content = hash(tuple(doc.words))
            facts.n_repeated += content in facts.contents
            facts.contents[content] += 1
        for name in LABELLED:
            if getattr(doc, name) is not None:
                facts.annotated[name] += 1
                facts.labels.setdefault(name, Counter()).update(_labels(doc, name))
    return facts


def _split_otherwise(doc: Doc, tokenizer: Tokenize) -> Iterator[str]:
    """Find the words of a document that the tokenizer does not split off as such."""
    found = tokenizer(doc.text)
    try:
        own, other = (locate_words(d.words, doc.text) for d in (doc, found))
    except ValueError:  # A tokenizer that changes the text.
        return
    spans = {(start, len(w)) for start, w in zip(other, found.words, strict=True)}
    for start, word in zip(own, doc.words, strict=True):
        if (start, len(word)) not in spans and word.strip():
            yield word


def _labels(doc: Doc, name: str) -> Iterable[str]:
    if name == "cats":
        return [label for label, score in (doc.cats or {}).items() if score >= POSITIVE]
    if name == "ents":
        return [span.label for span in doc.ents or ()]
    return [label for label in getattr(doc, name) if label is not None]


def _warn_of_corpus(which: str, facts: CorpusFacts, used: str) -> Iterable[str]:
    if not facts.n_docs:
        yield f"The {which} corpus holds no documents."
    if facts.n_empty:
        yield f"{_documents(facts.n_empty)} of the {which} corpus without words."
    if facts.n_long:
        yield (
            f"{_documents(facts.n_long)} of the {which} corpus with more than {LONG:,} "
            f"words, the longest with {facts.longest:,}. Split them if memory runs out."
        )
    if facts.n_unknown:
        yield (
            f"{_count(facts.n_unknown, 'word')} of the {which} corpus whose entities "
            f"are unknown, beside others: nothing is {used} them."
        )
    for name, number in facts.annotated.items():
        if number < facts.n_docs:
            yield (
                f"{_documents(facts.n_docs - number)} of the {which} corpus without "
                f"{name}, which the others have: nothing is {used} them there."
            )


def _warn_of_learning(facts: CorpusFacts) -> Iterable[str]:
    if 0 < facts.n_docs < FEW:
        yield (
            f"The training corpus holds only {_count(facts.n_docs, 'document')}; a few "
            f"hundred are needed as a rule."
        )
    if facts.n_docs and not facts.annotated:
        yield f"The training corpus has no labels: none of {', '.join(LABELLED)}."
    if facts.n_repeated > REPEATED * facts.n_docs:
        share = facts.n_repeated / facts.n_docs
        yield (
            f"{_documents(facts.n_repeated)} of the training corpus repeat an earlier "
            f"one ({share:.0%})."
        )
    for name, labels in facts.labels.items():
        if rare := sorted(label for label, n in labels.items() if n < RARE):
            yield (
                f"{name}: {_count(len(rare), 'label')} with fewer than {RARE} examples "
                f"to learn from: {_name(rare)}."
            )
        top = labels.most_common(1)
        if len(labels) > 1 and top[0][1] > DOMINANT * labels.total():
            share = top[0][1] / labels.total()
            yield (
                f"{name}: {share:.0%} of all labels are {top[0][0]!r}, so a model that "
                f"gives no other looks good. Judge it by the scores per label."
            )
        if not labels:
            yield f"{name}: the training corpus has not one label."


def _warn_of_words(facts: CorpusFacts) -> Iterable[str]:
    number = facts.split.total()
    if number > SPLIT * facts.n_compared:
        words = [word for word, _ in facts.split.most_common()]
        yield (
            f"{number / facts.n_compared:.0%} of the words of the training corpus are "
            f"not split off by the tokenizer of [nlp], such as {_name(words)}: in use "
            f"the pipeline meets words that it never saw. Choose another tokenizer, or "
            f"split texts before they are passed to the pipeline."
        )


def _warn_of_positives(facts: CorpusFacts) -> Iterable[str]:
    labels = facts.labels.get("cats", Counter())
    if alone := sorted(labels.keys() - facts.negative):
        yield (
            f"cats: no training document lacks {_count(len(alone), 'category')}, which "
            f"a model then predicts always: {_name(alone)}. Use documents that do not "
            f"have a category the score 0 for it."
        )


def _warn_of_difference(found: Analysis) -> Iterable[str]:
    for name, labels in found.lost.items():
        yield (
            f"{name}: {_count(len(labels), 'label')} of the development corpus that "
            f"the training corpus lacks, so none is ever predicted: {_name(labels)}."
        )
    for name, learned in found.train.labels.items():
        tested = found.dev.labels.get(name, Counter())
        if (rest := sorted(learned.keys() - tested)) and name in found.dev.annotated:
            yield (
                f"{name}: {_count(len(rest), 'label')} of the training corpus that the "
                f"development corpus lacks, so none is measured: {_name(rest)}."
            )
    if found.n_shared:
        share = found.n_shared / found.dev.n_docs
        yield (
            f"{_documents(found.n_shared)} of the development corpus ({share:.1%}) "
            f"with the words of a training document: scores on them are too good."
        )
    if found.unknown > UNKNOWN:
        yield (
            f"{found.unknown:.0%} of the words of the development corpus are not in "
            f"the training corpus. Is it of another kind, or split otherwise?"
        )


def share_of_labels(labels: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """Return labels by falling number, each with its number and its share, 0 to 1."""
    total = max(sum(labels.values()), 1)
    ordered = sorted(labels.items(), key=lambda item: (-item[1], item[0]))
    return [(label, number, number / total) for label, number in ordered]


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1] + 'ie' if noun[-1] == 'y' else noun}s"


def _documents(number: int) -> str:
    return _count(number, "document")


def _name(labels: list[str]) -> str:
    more = len(labels) - N_NAMED
    return ", ".join(labels[:N_NAMED]) + (f" and {more} more" if more > 0 else "")
