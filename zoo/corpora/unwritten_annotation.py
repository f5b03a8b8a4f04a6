"""Count what documents hold and a file that is written does not, and say it."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..doc import ANNOTATIONS, Doc
from ._conllu_lines import OUTSIDE, RAW_LINES
from ._conllu_sentences import is_white
from ._misc_entities import put_label
from .unread_annotation import Tally

#: What `Doc.user_data` holds and is no data of a user.
_OWN_DATA = frozenset((RAW_LINES, OUTSIDE))
#: How a field is called.
_NAMES = {
    "spaces": "missing spaces",
    "sent_starts": "sentence starts",
    "ents": "entities",
    "spans": "groups of spans",
    "cats": "categories",
}


@dataclass
class Unwritten:
    """What documents hold and a file does not, by kind, with the first document.

    `zoo.write_docs` fills the object that it is given as `unwritten`. Without one it
    warns of what was left out, once for each file, when all is written.
    """

    found: dict[str, Tally] = field(default_factory=dict)

    def add(self, kind: str, number: int) -> None:
        """Count a document of which something was not written.

        Args:
            kind: What was left out, such as "lemmas".
            number: The number of the document, which counts from 1.
        """
        tally = self.found.setdefault(kind, Tally(f"{number:,}"))
        tally.count += 1

    def describe(self) -> str:
        """Return a sentence on all that was left out, "" if nothing was."""
        if not self.found:
            return ""
        parts = (
            f"{kind} of {tally.count:,} document{'s' * (tally.count != 1)} (the first: "
            f"{tally.first})"
            for kind, tally in self.found.items()
        )
        return f"Left out, as the format cannot hold it: {', '.join(parts)}."

    def warn(self, path: str | Path) -> None:
        """Warn of what was left out (`UserWarning`), in the words of `describe`."""
        if self.found:
            warnings.warn(f"{path}: {self.describe()}", stacklevel=3)


def follow_unwritten(
    docs: Iterable[Doc], suffix: str, fields: Iterable[str], report: Unwritten
) -> Iterator[Doc]:
    """Yield documents, and count what a format cannot hold of them.

    Args:
        docs: The documents.
        suffix: The suffix of the format.
        fields: The fields of a document that the format holds, besides the words.
        report: Counts it.
    """
    lost = [name for name in ("norms", *ANNOTATIONS) if name not in fields]
    lost = [name for name in lost if name != "ents_known"]
    checks = [*_CHECKS.get(suffix, ())]
    if "spaces" not in fields:
        checks.append(_missing_spaces)
    if "sent_starts" not in fields and suffix != ".conllu":  # It has blocks.
        checks.append(_sentence_starts)
    if suffix != ".conllu":
        checks.append(_conllu_extras)
    if suffix not in (".arrow", ".jsonl", ".parquet"):
        checks.append(_user_data)
    for number, doc in enumerate(docs, start=1):
        for name in lost:
            if _has(doc, name):
                report.add(_NAMES.get(name, name), number)
        for check in checks:
            if kind := check(doc):
                report.add(kind, number)
        yield doc


def _has(doc: Doc, name: str) -> bool:
    """Check whether something is known of a field."""
    values = getattr(doc, name)
    if name == "ents":  # No entities are known, too.
        return values is not None and len(doc) > 0
    if values is None or len(values) == 0:
        return False
    return isinstance(values, dict) or any(value is not None for value in values)


def _missing_spaces(doc: Doc) -> str:
    """Check for words that no space follows, but for the last."""
    is_missing = doc.spaces is not None and not all(doc.spaces[:-1])
    return "missing spaces" if is_missing else ""


def _sentence_starts(doc: Doc) -> str:
    return "sentence starts" if any((doc.sent_starts or [])[1:]) else ""


def _user_data(doc: Doc) -> str:
    data = doc.user_data.keys() - _OWN_DATA
    if "text" in data and doc.user_data["text"] == doc.text:
        data.remove("text")
    return "user data" if data else ""


def _conllu_extras(doc: Doc) -> str:
    """Check for what only CoNLL-U holds: comments, ranges, empty nodes, columns."""
    for line in doc.user_data.get(RAW_LINES, ()):
        line = line.rstrip("\r")
        if line.startswith("#"):
            is_more = not line.startswith("# text =")
        else:
            cells = line.split("\t")
            misc = put_label(cells[-1], None)
            is_more = not cells[0].isdecimal() or cells[8:9] not in ([], ["_"])
            is_more = is_more or misc not in ("_", "SpaceAfter=No")
        if is_more:
            return "comments, ranges, DEPS or MISC of CoNLL-U"
    return ""


def _white_words(doc: Doc) -> str:
    is_lost = RAW_LINES not in doc.user_data and any(map(is_white, doc.words))
    return "words of white space" if is_lost else ""


def _sentence_numbers(doc: Doc) -> list[int]:
    """Return of each word in which sentence it is."""
    number, found = 0, []
    for i, begins in enumerate(doc.sent_starts or ()):
        number += bool(begins and i)
        found.append(number)
    return found


def _cut_entities(doc: Doc) -> str:
    place = [] if RAW_LINES in doc.user_data else _sentence_numbers(doc)
    spans = (doc.ents or ()) if place else ()
    is_cut = any(place[span.start] != place[span.end - 1] for span in spans)
    return "wholeness of entities that cross the end of a sentence" if is_cut else ""


def _cut_heads(doc: Doc) -> str:
    place = [] if RAW_LINES in doc.user_data else _sentence_numbers(doc)
    pairs = enumerate(doc.heads or ()) if place else ()
    is_cut = any(head is not None and place[i] != place[head] for i, head in pairs)
    return "heads in another sentence" if is_cut else ""


def _no_words(doc: Doc) -> str:
    return "" if len(doc) else "the places, as they have no words,"


def _scores(doc: Doc) -> str:
    """Check for more than one category of 1 and others of 0."""
    *others, best = sorted((doc.cats or {"": 1.0}).values())
    return "scores of categories" if any(others) or best < 1 else ""


def _labels_without_heads(doc: Doc) -> str:
    heads = [None] * len(doc) if doc.heads is None else doc.heads
    pairs = zip(heads, doc.deps or (), strict=False)
    is_lost = any(head is None and dep is not None for head, dep in pairs)
    return "labels (deps) of words without a head" if is_lost else ""


def _empty_lemmas(doc: Doc) -> str:
    return "empty lemmas" if "" in (doc.lemmas or ()) else ""


_IOB = (_no_words,)
_CHECKS: dict[str, tuple[Callable[[Doc], str], ...]] = {
    ".bio": _IOB,
    ".biluo": _IOB,
    ".conll": _IOB,
    ".conllu": (_white_words, _cut_entities, _cut_heads),
    ".csv": (_scores,),
    ".iob": _IOB,
    ".spacy": (_labels_without_heads, _empty_lemmas),
    ".tsv": (_scores,),
    ".txt": (_no_words,),
}
