"""Report what is wrong with a config: every error at once, each with its path."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """One error in a config: the path of the setting, and a message."""

    path: str
    message: str


class MissingDefault(Fault):
    """A setting that is missing but has a default: its block can still be built."""


class ConfigError(ValueError):
    """Report all errors of a config, one per line, each with its path.

    Args:
        title: The first line of the message.
        faults: The errors, in the order in which they are shown.
    """

    def __init__(self, title: str, faults: Sequence[Fault]) -> None:
        self.title, self.faults = title, list(faults)
        lines = [": ".join(filter(None, fault)) for fault in faults]
        super().__init__("\n  ".join([title, *lines]))

    def __reduce__(self) -> tuple[type, tuple[str, list[Fault]]]:
        """Return how to build it again, for when it comes from another process."""
        return type(self), (self.title, self.faults)


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise a ConfigError that lists all errors, if there are any."""
    if faults:
        faults = list(dict.fromkeys(faults))
        count = "an error" if len(faults) == 1 else f"{len(faults)} errors"
        raise ConfigError(f"The config has {count}:", faults)


#: How similar a name must be to be suggested, 0 to 1. At 0.6, difflib's own value,
#: "transformer" would be suggested for "normer".
SIMILAR = 0.8


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a suggestion of the most similar name, for the end of a message.

    Registered names are compared without package and version, so that "ner_scorer"
    does not look like "tagger_scorer" because both begin and end alike.

    Args:
        name: What was not found.
        names: What there is.

    Returns:
        " Did you mean 'x'?", or "" if no name is similar.
    """
    stem, best, score = _stem(name), "", (0.0, 0.0)
    for known in names:
        if _has_more_words(stem, _stem(known)):
            continue
        found = _similarity(stem, _stem(known)), _similarity(name, known)
        if (found[0] >= SIMILAR or _is_typo(stem, _stem(known))) and found > score:
            best, score = known, found
    return f" Did you mean {best!r}?" if best else ""


def _words(name: str) -> list[str]:
    """Return the words of a name: "MultiHash_embed" is of Multi, Hash and embed."""
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)


def _has_more_words(left: str, right: str) -> bool:
    """Return whether one name is the other with further words, and thus no typo."""
    few, many = sorted((_words(left), _words(right)), key=len)
    rest = iter(many)
    return 0 < len(few) < len(many) and all(word in rest for word in few)


def _similarity(left: str, right: str) -> float:
    matcher = difflib.SequenceMatcher(None, left, right)
    if _is_typo(left, right):
        return matcher.ratio()
    # The cheap upper bounds first, as difflib.get_close_matches has it.
    if matcher.real_quick_ratio() < SIMILAR or matcher.quick_ratio() < SIMILAR:
        return 0.0
    return matcher.ratio()


def _is_typo(left: str, right: str) -> bool:
    """Check whether words of the same length differ in one letter or in two swapped."""
    if len(left) != len(right) or len(left) < 4:
        return False
    wrong = [i for i, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        i, j = wrong
        return left[i] == right[j] and left[j] == right[i]
    return len(wrong) == 1


def _stem(name: str) -> str:
    """Return a registered name without package and version."""
    return re.sub(r"^(spacy(-\w+)?|zoo)\.|\.v\d+$", "", name)


BEAM = "it decodes greedily, and has no beam"
COREF = "it resolves no coreference"
KNOWLEDGE = "it links no entities"
TOKENS = "words stay as the tokenizer made them"
LLM = "it calls no language models"

#: What zoo has instead of names of spaCy, without package and version.
_ABSENT = {
    **dict.fromkeys(("beam_ner", "beam_parser"), BEAM),
    **dict.fromkeys(
        ("span_finder", "SpanFinder", "span_finder_scorer", "experimental_span_finder"),
        "'spancat' suggests spans itself",
    ),
    "span_finder_suggester": "suggest spans by spacy.ngram_range_suggester.v1",
    **dict.fromkeys(
        (
            "experimental_coref",
            "experimental_span_cleaner",
            "experimental_span_resolver",
            "Coref",
            "SpanResolver",
            "coref_scorer",
            "span_resolver_scorer",
        ),
        COREF,
    ),
    **dict.fromkeys(
        ("experimental_char_ner_tokenizer", "char_pretokenizer", "tokenizer_scorer"),
        "write a tokenizer (@tokenizers) of your own",
    ),
    "experimental_edit_tree_lemmatizer": "its name is 'trainable_lemmatizer'",
    **dict.fromkeys(("llm", "llm_ner", "llm_textcat", "llm_spancat"), LLM),
    **dict.fromkeys(
        ("merge_entities", "merge_noun_chunks", "merge_subtokens", "token_splitter"),
        TOKENS,
    ),
    "curated_transformer": "'transformer' with zoo.TransformerWrapper.v1 runs them",
    "nn_labeller": "it was for experiments",
    "doc_cleaner": "change the documents that the pipeline returns",
    "PrecomputableAffine": "zoo.TransitionModel.v1 has it inside",
    "TransitionModel": "zoo.TransitionModel.v1 makes it",
    "extract_spans": "zoo.SpanCategorizer.v1 cuts out spans itself",
    **dict.fromkeys(
        (
            "ja.JapaneseTokenizer",
            "ko.KoreanTokenizer",
            "th.ThaiTokenizer",
            "vi.VietnameseTokenizer",
            "zh.ChineseTokenizer",
        ),
        "split the words beforehand, or write a tokenizer (@tokenizers) of your own",
    ),
    "future_entity_ruler": "'entity_ruler' and 'span_ruler' find spans by rules",
    **dict.fromkeys(
        (
            "entity_linker",
            "entity_linker_scorer",
            "CandidateBatchGenerator",
            "CandidateGenerator",
            "EntityLinker",
            "EmptyKB",
            "KBFromFile",
        ),
        KNOWLEDGE,
    ),
}


def is_absent(name: Any) -> bool:
    """Check whether a name is one of spaCy that zoo has nothing for under it."""
    return (
        isinstance(name, str) and not name.startswith("zoo.") and _stem(name) in _ABSENT
    )


def suggest(name: str, names: Iterable[str]) -> str:
    """Return what there is instead of a name, for the end of a message.

    Args:
        name: What was not found.
        names: What there is, of which the most similar name is suggested.

    Returns:
        A sentence with a space before it, or "" if nothing is similar.
    """
    if is_absent(name):
        return f" It is spaCy's, and not in zoo: {_ABSENT[_stem(name)]}."
    return nearest(name, names)


#: What to write instead of functions of registries that spaCy has and zoo has not.
SPACY_REGISTRIES = {
    "cli": "zoo's commands cannot be extended by a config",
    "displacy_colors": "zoo draws no documents: remove the block",
    "kb": "it has no knowledge base: remove the component that links entities",
    "languages": 'zoo\'s languages are rules: name one by its code, lang = "en"',
    "lemmatizers": "it has no registry of lemmatizers: remove the block",
    "lookups": "it has no lookup tables: set lookups = null",
    **dict.fromkeys(("llm_misc", "llm_models", "llm_queries", "llm_tasks"), LLM),
    "models": "name a model by @architectures or @layers",
}
