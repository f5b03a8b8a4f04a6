"""Find the dictionary forms of words by rules and tables."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from .._memo import Memo
from .._registry import registry
from .._spacy_files import read_plain, take_file
from ..doc import Doc
from ._lemma_lookup import ItalianLookup, Lookup, LowerLookup, PolishLookup
from ._lemma_rules import (
    DutchRules,
    EndingRules,
    EnglishRules,
    FrenchRules,
    GreekRules,
    Lemmatize,
    LowerCase,
    MacedonianRules,
)
from ._lemma_spanish import SpanishRules
from ._lemma_tables import LemmaTables
from ._token_values import read_starts, read_strings

Mode = Literal["rule", "lookup", "pos_lookup"]
_Way = Callable[[LemmaTables], Lemmatize]

#: How languages find lemmas by rules; others replace endings.
RULES: Final[dict[str, _Way]] = {
    "ca": FrenchRules,
    "el": GreekRules,
    "en": EnglishRules,
    "es": SpanishRules,
    "fr": FrenchRules,
    "ht": LowerCase,
    "mk": MacedonianRules,
    "nl": DutchRules,
}
#: Languages whose rules need more than tables.
UNSUPPORTED: Final = ("ga", "it", "pl", "ru", "uk")
#: How languages look words up by their part of speech.
POS_LOOKUPS: Final[dict[str, _Way]] = {"it": ItalianLookup, "pl": PolishLookup}

_FILE: Final = "lookups.bin"
#: What a lemma is found by.
_Key = tuple[str, str, str, bool]


class _Lemmatizer:
    """Write lemmas where a document has none; the words that were seen are kept."""

    fields = ("lemmas",)

    def __init__(
        self,
        way: _Way,
        tables: LemmaTables | None,
        overwrite: bool,
        scorer: Callable[..., dict[str, Any]] | None,
    ) -> None:
        self.overwrite = overwrite
        self.scorer = scorer
        self._way = way
        self._take(tables or LemmaTables({}))

    def lemma(
        self, word: str, pos: str = "", morph: str = "", *, is_start: bool = False
    ) -> str:
        """Find the lemma of one word.

        Args:
            word: The word.
            pos: Its coarse part of speech; "" is unknown.
            morph: Its features, as "Number=Sing".
            is_start: Whether it begins a sentence.
        """
        return self._memo[word, pos, morph, is_start]

    def annotate(self, docs: Sequence[Doc]) -> None:
        """Write the lemmas of words that have none, or of all to overwrite them."""
        for doc in docs:
            found = map(self._memo.__getitem__, _keys(doc))
            if self.overwrite or doc.lemmas is None:
                doc.lemmas = [*found]
            else:
                pairs = zip(doc.lemmas, found, strict=True)
                doc.lemmas = [known or lemma for known, lemma in pairs]

    def to_files(self) -> dict[str, bytes]:
        """Return the tables in spaCy's form."""
        return {_FILE: self.tables.to_bytes()}

    def from_files(self, files: Mapping[str, bytes]) -> None:
        """Take tables that `to_files` returned; ValueError if they are damaged."""
        data = take_file("lemmatizer", files, _FILE)
        self._take(LemmaTables.from_bytes(data, _FILE))

    def from_spacy(self, path: Path) -> None:
        """Take the tables of spaCy's file ``lookups/lookups.bin``."""
        file = path / "lookups" / "lookups.bin"
        self._take(LemmaTables.from_bytes(read_plain(file), str(file)))

    def _take(self, tables: LemmaTables) -> None:
        self.tables = tables
        lemmatize = self._way(tables)
        self._memo: Memo[_Key, str] = Memo(partial(_apply, lemmatize))


class RuleLemmatizer(_Lemmatizer):
    """Find lemmas by rules: endings to replace, exceptions and known lemmas.

    Which rules there are for a part of speech, tables say; how they are applied
    depends on the language. Words need `pos`, and for English and Spanish `morphs`.

    Args:
        lang: Code of the language. Catalan, Dutch, English, French, Greek, Haitian
            Creole, Macedonian and Spanish have ways of their own; all others replace
            endings.
        tables: Tables `lemma_rules`, `lemma_exc`, `lemma_index` and others.
        overwrite: Whether to replace lemmas that a document has.
        scorer: Measures predictions. None: the share of right lemmas.

    Raises:
        ValueError: The rules of the language need more than tables.

    Source:
        spaCy 3.8, `Lemmatizer` in the mode "rule", whose lemmas these are.
    """

    def __init__(
        self,
        lang: str = "xx",
        tables: LemmaTables | None = None,
        *,
        overwrite: bool = False,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        if lang in UNSUPPORTED:
            raise ValueError(
                f"lemmatizer: the mode 'rule' is not supported for the language "
                f"{lang!r}. Leave out the component."
            )
        self.lang = lang
        super().__init__(RULES.get(lang, EndingRules), tables, overwrite, scorer)


class LookupLemmatizer(_Lemmatizer):
    """Find lemmas in a table of words, or in one for each part of speech.

    Args:
        lang: Code of the language.
        tables: The table `lemma_lookup`, or tables such as `lemma_lookup_noun`.
        by_pos: Whether there is a table for each part of speech, as for Italian and
            Polish.
        overwrite: Whether to replace lemmas that a document has.
        scorer: Measures predictions. None: the share of right lemmas.

    Raises:
        ValueError: The language has no such tables.

    Source:
        spaCy 3.8, `Lemmatizer` in the modes "lookup" and "pos_lookup".
    """

    def __init__(
        self,
        lang: str = "xx",
        tables: LemmaTables | None = None,
        *,
        by_pos: bool = False,
        overwrite: bool = False,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        if by_pos and lang not in POS_LOOKUPS:
            raise ValueError(
                f"lemmatizer: the mode 'pos_lookup' is supported for the languages "
                f"{', '.join(POS_LOOKUPS)}, got {lang!r}. Leave out the component."
            )
        self.lang = lang
        self.by_pos = by_pos
        way: _Way = LowerLookup if lang == "nl" else Lookup
        way = POS_LOOKUPS[lang] if by_pos else way
        super().__init__(way, tables, overwrite, scorer)


def _apply(lemmatize: Lemmatize, key: _Key) -> str:
    return lemmatize(*key)


def _keys(doc: Doc) -> "zip[_Key]":
    n = len(doc)
    pos, morphs = read_strings(doc.pos, n), read_strings(doc.morphs, n)
    return zip(doc.words, pos, morphs, map(bool, read_starts(doc)), strict=True)


@registry.factories("lemmatizer")
def lemmatizer(
    *,
    lang: str = "xx",
    mode: Mode = "lookup",
    overwrite: bool = False,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> RuleLemmatizer | LookupLemmatizer:
    """Find the lemmas of words, with tables that `from_spacy` gives it.

    Args:
        lang: Code of the language.
        mode: "rule", "lookup" or "pos_lookup".
        overwrite: Whether to replace lemmas that a document has.
        scorer: Measures predictions.

    Raises:
        ValueError: The mode is unknown, or not supported for the language.
    """
    if mode == "rule":
        return RuleLemmatizer(lang, overwrite=overwrite, scorer=scorer)
    if mode in ("lookup", "pos_lookup"):
        by_pos = mode == "pos_lookup"
        return LookupLemmatizer(lang, by_pos=by_pos, overwrite=overwrite, scorer=scorer)
    raise ValueError(
        f"lemmatizer: mode must be 'rule', 'lookup' or 'pos_lookup', got {mode!r}."
    )
