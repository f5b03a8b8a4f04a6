"""Look up the attributes of tokens that patterns ask for."""

# ruff: noqa: SIM905
# A split string: this list is data, and a quote around each word hides it.

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Final

from .._lexical.attributes import FLAGS, VALUES, norm
from ..doc import Doc

#: A value of an attribute: a string, or a number.
Value = str | int

#: Attributes under other names.
ALIASES: Final = {"TEXT": "ORTH", "IS_SENT_START": "SENT_START"}
#: The fields that attributes stand in, as strings; "" is what is unknown.
FIELDS: Final = {"TAG": "tags", "POS": "pos", "LEMMA": "lemmas", "DEP": "deps"}
#: Flags that need to know the language.
_OF_LANGUAGE: Final = ("IS_STOP", "LIKE_NUM")
#: Flags of words; the empty word has none.
_FLAGS: Final = {name: test for name, test in FLAGS.items() if name != "IS_STOP"}

#: Attributes whose values are strings, and those whose values are numbers.
STRINGS: Final = (
    *(name for name in VALUES if name != "LENGTH"),
    *FIELDS,
    *("MORPH", "ENT_TYPE"),
)
NUMBERS: Final = (*_FLAGS, "LENGTH", "SPACY", "SENT_START", "ENT_IOB")

#: English numbers in words, as spaCy's English knows them.
_ENGLISH_NUMBERS: Final = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty
    sixty seventy eighty ninety hundred thousand million billion trillion
    quadrillion quintillion sextillion septillion octillion nonillion decillion
    gajillion bazillion first second third fourth fifth sixth seventh eighth ninth
    tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth
    eighteenth nineteenth twentieth thirtieth fortieth fiftieth sixtieth seventieth
    eightieth ninetieth hundredth thousandth millionth billionth trillionth
    quadrillionth quintillionth sextillionth septillionth octillionth nonillionth
    decillionth gajillionth bazillionth
    """.split()
)


def attribute_name(owner: str, name: Any) -> str:
    """Return the name of an attribute in capitals.

    Raises:
        ValueError: There is none of this name that can be matched.
    """
    upper = str(name).upper()
    upper = ALIASES.get(upper, upper)
    if upper not in STRINGS and upper not in NUMBERS:
        known = ", ".join(sorted({*STRINGS, *NUMBERS, "TEXT", "IS_SENT_START"}))
        raise ValueError(
            f"{owner}: the attribute {name!r} is not supported in patterns. Known are: "
            f"{known}."
        )
    return upper


def check_language(owner: str, name: str, lang: str) -> None:
    """Raise ValueError for an attribute that is not known in a language."""
    if name in _OF_LANGUAGE and lang not in ("xx", "en"):
        raise ValueError(
            f"{owner}: the attribute {name!r} is known in English and for any "
            f"language ('xx') alone, got the language {lang!r}."
        )


def source_of(name: str) -> str:
    """Return what the value of an attribute is computed from: "WORD", or itself."""
    if name in _FLAGS or (name in VALUES and name != "NORM"):
        return "WORD"
    return name


def value_of_word(name: str, lang: str = "xx") -> Callable[[str], Value]:
    """Return the function that computes an attribute from a word."""
    if name in VALUES:
        return VALUES[name]
    if name == "LIKE_NUM" and lang == "en":
        return _like_english_number
    return partial(_flag, _FLAGS[name])


def read_values(doc: Doc, source: str) -> Iterable[Value]:
    """Return the value of a source for each word of a document."""
    if source == "WORD":
        return doc.words
    if source in FIELDS:
        return read_strings(getattr(doc, FIELDS[source]), len(doc))
    return _READERS[source](doc)


def _norms(doc: Doc) -> Iterator[str]:
    own = map(norm, doc.words)
    if doc.norms is None:
        return own
    return (given or word for given, word in zip(doc.norms, own, strict=True))


def _flag(test: Callable[[str], bool], word: str) -> int:
    return int(word != "" and bool(test(word)))


def _like_english_number(word: str) -> int:
    if FLAGS["LIKE_NUM"](word):
        return 1
    lower = word[word.startswith(("+", "-", "±", "~")) :].lower()
    lower = lower.replace(",", "").replace(".", "")
    is_ordinal = lower.endswith(("st", "nd", "rd", "th")) and lower[:-2].isdigit()
    return int(is_ordinal or lower in _ENGLISH_NUMBERS)


def read_strings(values: Sequence[str | None] | None, n: int) -> Iterable[str]:
    """Return the values of a field with one per word; "" is what is unknown."""
    if values is None:
        return repeat("", n)
    known: Any = values
    return (value or "" for value in values) if None in values else known


def _morphs(doc: Doc) -> Iterable[str]:
    """Return "_" for no features, as spaCy writes them, and "" for unknown ones."""
    if doc.morphs is None:
        return repeat("", len(doc))
    return ("" if morph is None else morph or "_" for morph in doc.morphs)


def _ent_types(doc: Doc) -> list[str]:
    types = [""] * len(doc)
    for start, end, label in doc.ents or ():
        types[start:end] = [label] * (end - start)
    return types


def _ent_iobs(doc: Doc) -> list[int]:
    """Return 0 for what is unknown, 1 within an entity, 2 outside, 3 at its start."""
    iobs = [0 if doc.ents is None else 2] * len(doc)
    if doc.ents_known is not None:
        iobs = [2 if known else 0 for known in doc.ents_known]
    for start, end, _ in doc.ents or ():
        iobs[start:end] = [3] + [1] * (end - start - 1)
    return iobs


def _spaces(doc: Doc) -> Iterable[int]:
    return repeat(1, len(doc)) if doc.spaces is None else map(int, doc.spaces)


def read_starts(doc: Doc) -> list[int]:
    """Return 1 for each word that begins a sentence, as the first one does, else 0."""
    if doc.sent_starts is None:
        return [1] * bool(doc.words) + [0] * (len(doc) - 1)
    starts = [int(bool(start)) for start in doc.sent_starts]
    if starts and doc.sent_starts[0] is None:
        starts[0] = 1
    return starts


_READERS: Final[dict[str, Callable[[Doc], Iterable[Value]]]] = {
    "NORM": _norms,
    "MORPH": _morphs,
    "ENT_TYPE": _ent_types,
    "ENT_IOB": _ent_iobs,
    "SPACY": _spaces,
    "SENT_START": read_starts,
}
