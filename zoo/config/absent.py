"""Say what there is instead of components and functions that only spaCy has."""

import re
from collections.abc import Iterable

from .errors import nearest

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
