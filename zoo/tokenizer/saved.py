"""Split text into words by the rules that spaCy saved."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from .._lexical.attributes import norm, string_id
from .._memo import Memo
from .._registry import registry
from ..doc import Doc, tokenized_doc, write_field
from ._saved_rules import TokenizerRules
from .tokenizer import CACHE_SIZE, LONGEST_CACHED

#: What is not white space, with one blank after it; else white space.
_CHUNKS: Final = re.compile(r"\S+ ?|\s+")


class _Chunk(NamedTuple):
    """What a chunk of text is split into."""

    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    norms: tuple[str, ...]
    has_norms: bool  # Whether a norm is not the base norm of its word.
    may_rejoin: bool  # Whether words are, or begin, an exception that was split.


@registry.tokenizers("zoo.SavedTokenizer.v1")
class SavedTokenizer:
    """Split text into words by the rules in the file `tokenizer` of a spaCy pipeline.

    White space of one blank after a word belongs to the word; all other white space
    is a word of its own, so that ``doc.text`` is the text. Chunks between white space
    are split by patterns for beginnings, endings and what stands between, and by a
    list of exceptions with norms. `norms` of a document is None if no word has
    another norm than the common one.

    The rules are those of the language that the pipeline was made for, and no code of
    spaCy's is run. Several threads may share a tokenizer, and it can be pickled. The
    pattern of whole words, which takes seconds to compile for French, is compiled when
    a text first needs it.

    Args:
        path: The folder of a spaCy pipeline, or a file that `to_disk` wrote. None
            makes a tokenizer without rules, which splits at white space, for
            `from_bytes` to fill.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A file is damaged, or not one of spaCy's since version 3.0.

    Source:
        spaCy 3.8, `Tokenizer`, whose words, spaces and norms these are. Norms that
        spaCy computes by code of a language (Hindi, Nepali, Haitian) are the common
        ones.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._take(TokenizerRules() if path is None else TokenizerRules.read(path))

    @classmethod
    def from_rules(cls, rules: TokenizerRules) -> "SavedTokenizer":
        """Make a tokenizer of rules that are in memory."""
        made = cls()
        made._take(rules)
        return made

    def to_bytes(self) -> bytes:
        """Write rules and norms as MessagePack."""
        return self.rules.to_bytes()

    def from_bytes(self, data: bytes) -> "SavedTokenizer":
        """Take the rules that `to_bytes` wrote; ValueError if it did not."""
        self._take(TokenizerRules.from_bytes(data))
        return self

    def to_disk(self, path: str | Path) -> None:
        """Write rules and norms to a file."""
        Path(path).write_bytes(self.to_bytes())

    def __getstate__(self) -> dict[str, Any]:
        # What it remembers and compiled is not worth sending to another process.
        return {"rules": self.rules}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._take(state["rules"])

    def __call__(self, text: str) -> Doc:
        """Split a text. Return its words, the spaces after them, and norms."""
        chunks = [*map(self._chunks.__getitem__, _CHUNKS.findall(text))]
        if not chunks:
            return tokenized_doc([], [], None)
        columns: tuple[Any, ...] = tuple(zip(*chunks, strict=True))
        words: list[str] = [*chain.from_iterable(columns[0])]
        spaces: list[bool] = [*chain.from_iterable(columns[1])]
        norms: list[str] | None = None
        if True in columns[3]:
            norms = [*chain.from_iterable(columns[2])]
        if True in columns[4]:
            norms = self._rejoin(words, spaces, norms)
        return tokenized_doc(words, spaces, norms)

    def add_norms(self, doc: Doc) -> None:
        """Set the norms of a document that comes split into words, as spaCy has them.

        Norms that the document has stay, and words with common norms alone need none.
        """
        if doc.norms is not None or not self.rules.norms:
            return
        # This runs for each batch of texts too, whose words are split here.
        if True in map(self._has_own_norm.__getitem__, doc.words):
            write_field(doc, "norms", [*map(self._norms.__getitem__, doc.words)])

    def _take(self, rules: TokenizerRules) -> None:
        self.rules = rules
        self._norms = Memo(self._norm_of, CACHE_SIZE, LONGEST_CACHED)
        self._has_own_norm = Memo(self._differs, CACHE_SIZE, LONGEST_CACHED)
        self._chunks = _Chunks(self)

    def _norm_of(self, word: str) -> str:
        """Return the saved norm of a word, or else its common one."""
        saved = self.rules.norms.get(string_id(word)) if self.rules.norms else None
        return norm(word) if saved is None else saved

    def _differs(self, word: str) -> bool:
        """Check whether a word has another norm than the common one."""
        return self._norms[word] != norm(word)

    @cached_property
    def _joined(self) -> dict[str, set[tuple[str, ...]]]:
        """The words that exceptions are split into without them, by their first."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for text in self.rules.exceptions:
            if self.rules.is_split(text):
                words = tuple(self._words_without_exceptions(text))
                found.setdefault(words[0], set()).add(words)
        return found

    @cached_property
    def _across_chunks(self) -> set[str]:
        """The first words of exceptions with white space within."""
        exceptions = [text for text in self.rules.exceptions if len(text.split()) > 1]
        return {next(self._words_without_exceptions(text)) for text in exceptions}

    def _may_rejoin(self, words: Sequence[str]) -> bool:
        """Check whether an exception lies within a chunk, or may begin in it."""
        if not any(map(self._joined.__contains__, words)):
            return False
        across = any(map(self._across_chunks.__contains__, words))
        return across or bool(self._joined_spans(words))

    def _words_without_exceptions(self, text: str) -> Iterator[str]:
        for chunk in _CHUNKS.findall(text):
            if chunk.isspace():
                yield chunk
            else:
                yield from self.rules.split(chunk.removesuffix(" "))

    def _rejoin(
        self, words: list[str], spaces: list[bool], norms: list[str] | None
    ) -> list[str] | None:
        """Put exceptions in place of the words that they were split into, in place.

        The longest come first, then the leftmost. One that is no exception with the
        spaces it has stays, and others must not overlap it nevertheless.
        """
        exceptions = self.rules.exceptions
        for start, end in reversed(self._joined_spans(words)):
            pairs = zip(words[start:end], spaces[start:end], strict=True)
            text = "".join(word + " " * space for word, space in pairs)
            pieces = exceptions.get(text[:-1] if spaces[end - 1] else text)
            if pieces is None:
                continue
            if norms is None:
                norms = [*map(self._norms.__getitem__, words)]
            words[start:end] = [word for word, _ in pieces]
            norms[start:end] = [own or self._norms[word] for word, own in pieces]
            spaces[start:end] = [*[False] * (len(pieces) - 1), spaces[end - 1]]
        return norms

    def _joined_spans(self, words: Sequence[str]) -> list[tuple[int, int]]:
        joined, found = self._joined, []
        for start, word in enumerate(words):
            for parts in joined.get(word, ()):
                if tuple(words[start : start + len(parts)]) == parts:
                    found.append((start, start + len(parts)))
        seen: set[int] = set()
        kept = []
        for start, end in sorted(found, key=lambda span: (span[0] - span[1], span[0])):
            if start not in seen and end - 1 not in seen:
                kept.append((start, end))
            seen.update(range(start, end))
        return sorted(kept)

    def _split_chunk(self, chunk: str) -> _Chunk:
        """Split a chunk that is not remembered."""
        has_space = chunk[-1] == " " and not chunk.isspace()
        text = chunk[:-1] if has_space else chunk
        if text not in self.rules.exceptions and not self.rules.may_split(text):
            own, joins = self._norms[text], text in self._joined
            may_rejoin = joins and self._may_rejoin((text,))
            return _Chunk((text,), (has_space,), (own,), own != norm(text), may_rejoin)
        pieces = self.rules.split_with_exceptions(text)
        words = tuple(word for word, _ in pieces)
        norms = tuple(own or self._norms[word] for word, own in pieces)
        spaces = (False,) * (len(words) - 1) + (has_space,)
        has_norms = norms != tuple(map(norm, words))
        return _Chunk(words, spaces, norms, has_norms, self._may_rejoin(words))


class _Chunks(dict[str, _Chunk]):
    """Remember what chunks are split into; split those that are new."""

    def __init__(self, tokenizer: SavedTokenizer) -> None:
        super().__init__()
        self.split = tokenizer._split_chunk

    def __missing__(self, chunk: str) -> _Chunk:
        # Perhaps it is known with a blank after it, or without.
        other = chunk[:-1] if chunk[-1] == " " else chunk + " "
        known = None if other.isspace() else self.get(other)
        if known is None:
            found = self.split(chunk)
        else:
            spaces = (*known.spaces[:-1], not known.spaces[-1])
            found = known._replace(spaces=spaces)
        if len(chunk) <= LONGEST_CACHED:
            if len(self) >= CACHE_SIZE:
                self.clear()
            self[chunk] = found
        return found
