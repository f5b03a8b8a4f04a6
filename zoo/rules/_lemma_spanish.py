"""Find Spanish lemmas by rules that features choose."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from .._memo import Memo
from ._lemma_tables import LemmaTables
from ._predicates import split_features

#: Parts of speech whose words stay as they are.
_KEPT: Final = frozenset(
    ["adp", "cconj", "intj", "part", "propn", "punct", "sconj", "sym", "x"]
)
#: A verb, and a pronoun that is written as one with it.
_VERB_WITH_PRONOUN: Final = re.compile(r"^(.*?)([mts]e|l[aeo]s?|n?os)$")
_THOUSANDS: Final = re.compile(r"\.[0-9]{3}$")

#: Patterns, with what takes the place of what they match.
_Rules = Sequence[tuple[re.Pattern[str], str]]


class SpanishRules:
    """Replace endings by the rules for the features of a word.

    A form that is a known lemma wins, else the first form. The lemma of a verb that is
    written as one with pronouns is that of the verb and of each pronoun, with blanks
    between.

    Source:
        spaCy 3.8, `SpanishLemmatizer`.
    """

    def __init__(self, tables: LemmaTables) -> None:
        self.tables = tables
        self.index = Memo(tables.index, size=1000)
        self.endings = Memo(self._compile_endings, size=1000)
        accents = tables.rules("accents")
        self.accents: _Rules = [(re.compile(old), new) for old, new in accents]

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        pos, lower = pos.lower(), word.lower()
        if pos in ("", "eol", "space"):
            return lower
        if pos in _KEPT:
            return lower if is_start and pos != "propn" else word
        if found := self.tables.exceptions(pos).get(lower):
            return found[0]
        pos = "verb" if pos == "aux" else pos
        features = split_features(morph)
        if pos in ("adj", "noun"):
            return self.lemma_of_noun(lower, pos, features)
        if pos in ("det", "pron"):
            return self.lemma_of_pronoun(lower, pos, self.index[pos])
        if pos == "verb" and "PronType=Prs" in features:
            return self.lemma_of_verb_with_pronouns(lower, features)
        if pos == "verb":
            return self.lemma_of_verb(lower, self.select_rule("verb", features))
        if pos == "num":
            return self.find_whole(lower, "num") or _normal_number(lower)
        return self.find_whole(lower, "adverbs" if pos == "adv" else pos) or lower

    def lemma_of_noun(self, word: str, pos: str, features: Collection[str]) -> str:
        """Find the lemma of a noun or an adjective."""
        forms = self.replace_endings(word, self.select_rule(pos, features))
        if "Number=Plur" in features:
            # Some plurals have an accent that the singular lacks.
            plain = [form for form in forms if form.endswith(("n", "s"))]
            forms += [old.sub(new, f) for f in plain for old, new in self.accents]
        return _first(forms, self.index[pos]) or word

    def lemma_of_pronoun(self, word: str, pos: str, index: Collection[str]) -> str:
        """Find the lemma of a pronoun or a determiner."""
        for name in (pos, "det_and_pron_fixed"):
            if found := self.find_whole(word, name):
                return found
        general = self.endings["det_and_pron_general"]
        forms = [old.sub(new, word) for old, new in general]
        if pos == "pron":
            forms = [form for form in forms if form != word]
        return _first([*forms, word], index) or word

    def lemma_of_verb(self, word: str, rule: str | None) -> str:
        """Find the lemma of a verb; vowels of the stem may have changed."""
        index = self.index["verb"]
        forms = self.replace_endings(word, rule)
        if not any(form in index for form in forms):
            changed = (form for f in forms for form in self.change_vowels(f))
            if found := next((form for form in changed if form in index), None):
                return found
        return _first(forms, index) or word

    def lemma_of_verb_with_pronouns(self, word: str, features: Collection[str]) -> str:
        """Find the lemmas of a verb and of the pronouns at its end."""
        verb = word
        pronouns: list[str] = []
        match = _VERB_WITH_PRONOUN.search(verb)
        while match and len(pronouns) <= 3:
            pronouns.insert(0, match[2])
            verb = match[1]
            match = _VERB_WITH_PRONOUN.search(verb)
        for old, new in self.accents:
            verb = old.sub(new, verb)
        irregular = self.tables.exceptions("verb").get(verb)
        if irregular:
            lemma = irregular[0]
        else:
            lemma = self.lemma_of_verb(verb, self.select_rule("verb", features))
        return f"{lemma} {' '.join(map(self.lemma_of_ending, pronouns))}"

    def lemma_of_ending(self, pronoun: str) -> str:
        """Find the lemma of a pronoun at the end of a verb."""
        found = self.tables.exceptions("pron").get(pronoun)
        if found:
            return found[0]
        return self.lemma_of_pronoun(pronoun, "pron", self.index["verb"])

    def select_rule(self, pos: str, features: Collection[str]) -> str | None:
        """Return the first rule that asks for nothing but features of the word."""
        for name, wanted in self.tables.find("lemma_rules_groups", pos) or ():
            if set(wanted) <= {*features}:
                return str(name)
        return None

    def replace_endings(self, word: str, rule: str | None) -> list[str]:
        """Return the forms that differ from the word."""
        endings = self.endings[rule] if rule is not None else ()
        forms = (old.sub(new, word) for old, new in endings)
        return [form for form in forms if form != word]

    def change_vowels(self, form: str) -> Iterable[str]:
        """Return forms with one vowel, or one group of them, changed back."""
        for old, new in self.tables.rules("voc_alt_1"):
            places = (i for i, character in enumerate(form) if character == old)
            yield from (form[:i] + new + form[i + 1 :] for i in places)
        for old, new in self.tables.rules("voc_alt_2"):
            if old in form:
                yield form.replace(old, new, 1)

    def find_whole(self, word: str, name: str) -> str | None:
        """Return what a rule for a whole word gives."""
        rules = self.tables.rules(name)
        return next((new for old, new in rules if old == word), None)

    def _compile_endings(self, name: str) -> _Rules:
        return [(re.compile(f"{old}$"), new) for old, new in self.tables.rules(name)]


def _first(forms: Sequence[str], index: Collection[str]) -> str | None:
    """Return the first form that is known, else the first."""
    known = (form for form in forms if form in index)
    return next(known, forms[0] if forms else None)


def _normal_number(word: str) -> str:
    """Write a number with a point before the decimals."""
    if _THOUSANDS.search(word.split(",")[0]):
        word = word.replace(".", "")
    return word.replace(",", ".")
