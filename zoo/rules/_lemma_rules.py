"""Find lemmas by endings, exceptions and lists of known lemmas, as languages do."""

from collections.abc import Callable, Iterator
from typing import Final

from .._lexical.feats import split_feats
from .._memo import Memo
from ._lemma_tables import LemmaTables

#: From a word, its part of speech, its features, and whether it begins a sentence, to
#: its lemma.
Lemmatize = Callable[[str, str, str, bool], str]

#: Parts of speech whose words are lower-cased.
_LOWER: Final = ("", "eol", "space")
#: Parts of speech for which French and Catalan have rules.
_FRENCH: Final = frozenset(
    (
        *("noun", "verb", "adj", "adp", "adv", "aux", "cconj", "det", "pron"),
        *("punct", "sconj"),
    )
)
_DUTCH: Final = frozenset(
    ("noun", "verb", "aux", "adj", "adv", "pron", "det", "adp", "num")
)


class EndingRules:
    """Replace endings, as most languages do.

    Known lemmas win, then what is no word of letters alone, then all other forms;
    exceptions come before all of them.

    Source:
        spaCy 3.8, `Lemmatizer.rule_lemmatize`.
    """

    def __init__(self, tables: LemmaTables) -> None:
        self.tables = tables
        self.rules = Memo(tables.rules, size=1000)
        self.index = Memo(tables.index, size=1000)
        self.exceptions = Memo(tables.exceptions, size=1000)

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        pos = pos.lower()
        if pos in _LOWER or self.is_base_form(pos, morph):
            return word.lower()
        index, exceptions = self.index[pos], self.exceptions[pos]
        if not (index or exceptions or self.rules[pos]):
            return word if pos == "propn" else word.lower()
        lower = word.lower()
        known: list[str] = []
        odd: list[str] = []
        unknown: list[str] = []
        for form in self.replace_endings(lower, pos):
            kind = known if form in index else unknown if form.isalpha() else odd
            kind.append(form)
        # The last rule and the last exception win.
        found = [*dict.fromkeys([*reversed(known), *odd])]
        for form in exceptions.get(lower, ()):
            if form not in found:
                found.insert(0, form)
        return (found or unknown or [word])[0]

    def is_base_form(self, pos: str, morph: str) -> bool:
        """Check whether features say that a word is its own lemma."""
        return False

    def replace_endings(self, word: str, pos: str) -> Iterator[str]:
        """Apply all rules whose ending a word has."""
        for old, new in self.rules[pos]:
            if word.endswith(old) and (form := word[: len(word) - len(old)] + new):
                yield form


class EnglishRules(EndingRules):
    """Replace endings, but of words whose features are those of a lemma.

    Source:
        spaCy 3.8, `EnglishLemmatizer`.
    """

    def is_base_form(self, pos: str, morph: str) -> bool:
        feats = split_feats(morph)
        form = feats.get("VerbForm")
        if form in ("Inf", "None") or feats.get("Degree") == "Pos":
            return True
        if pos == "noun":
            return feats.get("Number") == "Sing"
        is_present = form == "Fin" and feats.get("Tense") == "Pres"
        return pos == "verb" and is_present and "Number" not in feats


class GreekRules(EndingRules):
    """Keep known lemmas, look exceptions up, and only then replace endings.

    Source:
        spaCy 3.8, `GreekLemmatizer`.
    """

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        pos, lower = pos.lower(), word.lower()
        if pos in _LOWER or lower in self.index[pos]:
            return lower
        return self.find_irregular(lower, pos) or lower

    def find_irregular(self, lower: str, pos: str) -> str | None:
        """Return the first of the exceptions, or of the forms that rules give."""
        found = self.exceptions[pos].get(lower)
        if found:
            return found[0]
        unknown = None
        for form in self.replace_endings(lower, pos):
            if form in self.index[pos] or not form.isalpha():
                return form
            unknown = form if unknown is None else unknown
        return unknown


class FrenchRules(GreekRules):
    """Do as Greek does for some parts of speech, and look all else up in a table.

    Source:
        spaCy 3.8, `FrenchLemmatizer` and `CatalanLemmatizer`.
    """

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        pos, lower = pos.lower(), word.lower()
        if pos in _LOWER:
            return lower
        if pos not in _FRENCH or "lemma_rules" not in self.tables:
            return self.tables.look_up(word) or word
        if lower in self.index[pos]:
            return lower
        found = self.find_irregular(lower, pos)
        return found or self.tables.look_up(lower) or lower


class DutchRules(EndingRules):
    """Look exceptions and a table up before endings are replaced.

    Source:
        spaCy 3.8, `DutchLemmatizer`.
    """

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        pos, lower = pos.lower(), word.lower()
        index, exceptions = self.index[pos], self.exceptions[pos]
        if pos not in _DUTCH or lower in index:
            return lower
        if lower in exceptions:
            return exceptions[lower][0]
        looked_up = self.tables.look_up(lower)
        if looked_up and looked_up in index:
            return looked_up
        forms = [*self.replace_endings(lower, pos)]
        for known in (index, exceptions):
            if found := next((form for form in forms if form in known), None):
                return found
        return looked_up or (forms or [lower])[0]


class MacedonianRules(EndingRules):
    """Replace endings that give known lemmas; one ending is that of verbs alone.

    Source:
        spaCy 3.8, `MacedonianLemmatizer`.
    """

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        pos = pos.lower()
        if pos in _LOWER:
            return word.lower()
        if word.endswith("јќи"):
            word, pos = word[:-3], "verb"
        index, exceptions = self.index[pos], self.exceptions[pos]
        if not (index or exceptions or self.rules[pos]):
            return word if pos == "propn" else word.lower()
        lower = word.lower()
        forms = self.replace_endings(lower, pos)
        found = [form for form in forms if form in index or not form.isalpha()]
        for form in exceptions.get(lower, ()):
            if form not in found:
                found.insert(0, form)
        return (found or [word])[0]


class LowerCase:
    """Return words in lower case, as for Haitian Creole.

    Source:
        spaCy 3.8, `HaitianCreoleLemmatizer`.
    """

    def __init__(self, tables: LemmaTables) -> None:
        self.tables = tables

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        return word.lower()
