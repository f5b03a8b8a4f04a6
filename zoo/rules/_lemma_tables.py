"""Store the tables in which lemmatizers look words up."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from .._lexical.attributes import string_id
from .._spacy_files import Tables, pack, read_tables, wrong


class LemmaTables:
    """Tables of words, rules and exceptions, by spaCy's ids of strings.

    Args:
        tables: The tables by name, as spaCy's ``lookups.bin`` has them.
        source: Where they come from, for messages.

    Raises:
        ValueError: A table is not of the form that its name asks for.
    """

    def __init__(self, tables: Tables, source: str = "the tables") -> None:
        for name, table in tables.items():
            _check(name, table, source)
        self._tables = {
            # A list, as in the file, would be searched word by word.
            name: {key: frozenset(words) for key, words in table.items()}
            if name == "lemma_index"
            else table
            for name, table in tables.items()
        }

    @classmethod
    def from_bytes(cls, data: bytes, source: str) -> "LemmaTables":
        """Read ``lookups.bin``; ValueError, naming the source, if it is damaged."""
        return cls(read_tables(data, source), source)

    def to_bytes(self) -> bytes:
        """Write the tables as ``lookups.bin``."""
        return pack(
            {
                name: {key: sorted(words) for key, words in table.items()}
                if name == "lemma_index"
                else table
                for name, table in self._tables.items()
            }
        )

    def __contains__(self, name: str) -> bool:
        return name in self._tables

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def find(self, name: str, key: str) -> Any:
        """Return what a table has for a string, or None."""
        table = self._tables.get(name)
        return table.get(string_id(key)) if table else None

    def index(self, pos: str) -> Collection[str]:
        """Return the words that are lemmas of a part of speech."""
        return self.find("lemma_index", pos) or frozenset()

    def exceptions(self, pos: str) -> Mapping[str, list[str]]:
        """Return irregular words of a part of speech, with their lemmas."""
        return self.find("lemma_exc", pos) or {}

    def rules(self, name: str) -> list[list[str]]:
        """Return endings with what takes their place."""
        return self.find("lemma_rules", name) or []

    def look_up(self, word: str, name: str = "lemma_lookup") -> str | None:
        """Return the first lemma of a word in a table, or None."""
        found = self.find(name, word)
        found = found[0] if isinstance(found, list) and found else found
        return found if isinstance(found, str) else None


def _check(name: str, table: dict[Any, Any], source: str) -> None:
    """Raise ValueError unless keys and values are of the types that a table has.

    Tables are large, so types are collected before they are compared.
    """
    if not name.startswith("lemma_"):
        return
    values = [*table.values()]
    if name == "lemma_exc":
        fits = _are(values, dict)
        values = [*chain.from_iterable(v.values() for v in values)] if fits else []
        fits = fits and _are_words(values)
    elif name == "lemma_rules":
        fits = _are(values, list) and _are_words(pairs := [*chain(*values)])
        fits = fits and {*map(len, pairs)} <= {2}
    elif name == "lemma_rules_groups":
        fits = _are(values, list) and _are(groups := [*chain(*values)], list)
        fits = fits and {*map(len, groups)} <= {2} and _are_words(g[1] for g in groups)
    else:
        fits = _are_words(value for value in values if type(value) is not str)
    if not fits or not _are(table, int):
        raise wrong(source, f"words or rules by ids of strings in {name}", table)


def _are(values: Iterable[Any], kind: type) -> bool:
    return {*map(type, values)} <= {kind}


def _are_words(values: Iterable[Any]) -> bool:
    """Check that all values are lists of strings."""
    found = [*values]
    return _are(found, list) and _are(chain.from_iterable(found), str)
