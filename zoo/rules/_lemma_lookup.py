"""Find lemmas in tables of words, one for each part of speech if there are such."""

from typing import Final

from ._lemma_tables import LemmaTables

_ITALIAN: Final = {
    "DET": dict.fromkeys(["l'", "lo", "la", "i", "gli", "le"], "il")
    | dict.fromkeys(["un'", "un", "una"], "uno"),
    "PRON": dict.fromkeys(["l'", "li", "la", "gli", "le"], "lo")
    | dict.fromkeys(["un'", "un", "una"], "uno"),
    "ADP": {"d'": "di"},
}
_ITALIAN_CUT: Final = {"alcun": "alcuno", "qualcun": "qualcuno"}


class Lookup:
    """Look words up in one table, as they are written.

    Source:
        spaCy 3.8, `Lemmatizer.lookup_lemmatize`.
    """

    def __init__(self, tables: LemmaTables) -> None:
        self.tables = tables

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        return self.tables.look_up(word) or word


class LowerLookup(Lookup):
    """Look words up in lower case.

    Source:
        spaCy 3.8, `DutchLemmatizer.lookup_lemmatize`.
    """

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        return super().__call__(word.lower(), pos, morph, is_start)


class PolishLookup(Lookup):
    """Look words up by their part of speech; prefixes of negation are left out.

    Source:
        spaCy 3.8, `PolishLemmatizer`.
    """

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        if pos == "NOUN":
            return self.lemma_of_noun(word)
        word = word if pos == "PROPN" else word.lower()
        if pos in ("ADJ", "VERB"):
            return self.lemma_of_prefixed(word, pos.lower())
        found = self.find(word, "noun" if pos == "PROPN" else pos.lower())
        return word.lower() if found is None else found

    def find(self, word: str, pos: str) -> str | None:
        """Look a word up in the table of a part of speech."""
        return self.tables.look_up(word, f"lemma_lookup_{pos}")

    def lemma_of_noun(self, word: str) -> str:
        """Look a noun up in lower case, then as it is written."""
        lower = word.lower()
        for form in (lower, word):
            found = self.find(form, "noun")
            if found is not None:
                return found
        return lower

    def lemma_of_prefixed(self, word: str, pos: str) -> str:
        """Look up what stands after "nie" and "naj" first."""
        forms = []
        if word.startswith("nie"):
            rest = word[3:]
            forms = [rest[3:]] if pos == "adj" and rest.startswith("naj") else []
            forms.append(rest)
        if pos == "adj" and word.startswith("naj"):
            forms.append(word[3:])
        for form in (*forms, word):
            found = self.find(form, pos)
            if found is not None:
                return found
        return word


class ItalianLookup(PolishLookup):
    """Look words up by their part of speech, then in tables for all.

    Source:
        spaCy 3.8, `ItalianLemmatizer`.
    """

    def __call__(self, word: str, pos: str, morph: str, is_start: bool) -> str:
        if pos == "NOUN":
            return self.lemma_of_noun(word)
        word = word if pos == "PROPN" else word.lower()
        if found := _ITALIAN.get(pos, {}).get(word):
            return found
        table = {"PROPN": "noun", "PART": "pron"}.get(pos, pos.lower())
        found = self.find(word, table)
        if pos in ("PRON", "ADJ", "DET", "ADP"):
            lemma = word if found is None else found
            return _ITALIAN_CUT.get(lemma, lemma) if pos in ("PRON", "ADJ") else lemma
        found = found or self.find(word, "other") or self.tables.look_up(word)
        return word.lower() if found is None else found
