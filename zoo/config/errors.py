"""Say what is wrong with a config: every fault at once, each with its path."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong at one place of a config."""

    path: str
    message: str


class MissingDefault(Fault):
    """A setting that is missing but has a default: its block can still be built."""


class ConfigError(ValueError):
    """Tell all faults of a config, one a line, each with its path."""

    def __init__(self, title: str, faults: Sequence[Fault]) -> None:
        self.title, self.faults = title, list(faults)
        lines = [": ".join(filter(None, fault)) for fault in faults]
        super().__init__("\n  ".join([title, *lines]))

    def __reduce__(self) -> tuple[type, tuple[str, list[Fault]]]:
        """Say how to make it anew, as when it comes from another process."""
        return type(self), (self.title, self.faults)


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise a ConfigError that lists all faults, if there are any."""
    if faults:
        faults = list(dict.fromkeys(faults))
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ConfigError(f"The config has {count}:", faults)


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the most similar name, as the end of a message, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


ENTITIES = "for entities there is the factory 'entity_tagger' with zoo.EntityTagger.v1"
MORPHOLOGY = "for coarse tags, the field pos, there is the factory 'pos_tagger'"
SENTENCES = "sentences are the tokenizer's, which zoo.Sentences.v1 goes around"
SPANS = f"it predicts no spans that overlap; {ENTITIES}"

#: What to say of names of spaCy's, without package and version.
_ABSENT = {
    **dict.fromkeys(("ner", "beam_ner", "TransitionBasedParser"), ENTITIES),
    **dict.fromkeys(("parser", "beam_parser"), "it has no parser of dependencies"),
    **dict.fromkeys(
        ("lemmatizer", "trainable_lemmatizer", "Lemmatizer"), "it has no lemmatizer"
    ),
    "morphologizer": MORPHOLOGY,
    **dict.fromkeys(("senter", "sentencizer"), SENTENCES),
    **dict.fromkeys(
        ("spancat", "spancat_singlelabel", "span_finder", "SpanCategorizer"), SPANS
    ),
    **dict.fromkeys(
        ("attribute_ruler", "entity_ruler", "span_ruler"), "it has no rules"
    ),
    **dict.fromkeys(("entity_linker", "EntityLinker"), "it links no entities"),
}


def suggest(name: str, names: Iterable[str]) -> str:
    """Say what there is in the place of a name, as the end of a message, or nothing.

    names: Those that there are, of which the most similar one is suggested.
    """
    stem = re.sub(r"^spacy(-\w+)?\.|\.v\d+$", "", name)
    if stem in _ABSENT:
        return f" It is spaCy's, and not in zoo: {_ABSENT[stem]}."
    return nearest(name, names)
