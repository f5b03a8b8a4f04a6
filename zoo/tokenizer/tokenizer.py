"""Split text into words."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from .._lexical.attributes import norm
from .._registry import registry
from ..doc import Doc
from ._rules import (
    ADDRESS,
    BEFORE_POINT,
    INFIX,
    PREFIX,
    SUFFIX,
    Pieces,
    check_language,
    exceptions,
)

#: What the constructors here make: a function from a text to a document.
Tokenize = Callable[[str], Doc]

#: The languages whose rules `Tokenizer` has, and the code for any language.
RULES_OF = ("en", "xx")
#: Chunks that a tokenizer remembers; then it forgets all of them and starts anew.
CACHE_SIZE = 100_000
#: Characters of the longest chunk that is remembered.
LONGEST_CACHED = 64
#: Characters of the longest address.
LONGEST_ADDRESS = 2000
#: Characters of the longest piece that is split off at the end, but for points.
_LONGEST_SUFFIX = 16
_CHUNK_OR_SPACE = re.compile(r"\S+|\s+")


class Chunk(NamedTuple):
    """What a run of text without white space is split into."""

    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    norms: tuple[str, ...]
    has_norms: bool  # Whether a norm is not that which the word has by itself.


@registry.tokenizers("zoo.Tokenizer.v1")
class Tokenizer:
    """Split text into words by rules, like spaCy's tokenizer of English.

    Text is split at white space; from each chunk, punctuation, quotes, currency signs
    and pictograms are split off in front and behind, then what is left at hyphens,
    slashes and the like. Web and mail addresses, numbers, abbreviations, emoticons
    and whole emoji stay words; contractions are split, with norms ("ca" of "can't"
    has the norm "can", "n't" has "not"). `norms` is None if no word has such a one.

    lang: "en" knows contractions and abbreviations of English. For any other
        language there are only the general rules. A code of two or three letters, in
        any case; "xx" stands for any language.
    keep_whitespace: If False, a run of white space counts as one blank, and that
        before the first word is dropped: ``doc.text`` is the text, but for white
        space. If True, ``doc.text`` is the text; all white space but one blank after
        a word is a word of its own, as in spaCy.

    Raises ValueError if lang is no such code.

    Source: the rules are those of spaCy 3.8, `spacy.lang.en`. Unlike there, an emoji
    of several characters is one word.
    """

    def __init__(self, lang: str = "en", *, keep_whitespace: bool = False) -> None:
        self.lang = check_language(lang)
        self.keep_whitespace = keep_whitespace
        self._chunks = _Chunks(exceptions(self.lang))

    def __getstate__(self) -> dict[str, Any]:
        # What it remembers is not worth sending to another process.
        return {"lang": self.lang, "keep_whitespace": self.keep_whitespace}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __call__(self, text: str) -> Doc:
        """Split a text. Give its words, the spaces after them, and norms."""
        if self.keep_whitespace:
            parts = _CHUNK_OR_SPACE.findall(text)
            found = list(_with_whitespace(parts, self._chunks))
        else:
            found = [*map(self._chunks.__getitem__, text.split())]
        words = [*chain.from_iterable(map(_WORDS, found))]
        spaces = [*chain.from_iterable(map(_SPACES, found))]
        if words and not self.keep_whitespace:
            spaces[-1] = text[-1].isspace()
        norms = None
        if any(map(_HAS_NORMS, found)):
            norms = [*chain.from_iterable(map(_NORMS, found))]
        return Doc(words, spaces, norms)


_WORDS, _SPACES = attrgetter("words"), attrgetter("spaces")
_NORMS, _HAS_NORMS = attrgetter("norms"), attrgetter("has_norms")


def tokenize(text: str) -> Doc:
    """Split a text as ``Tokenizer()`` does, which is faster for many texts."""
    return Tokenizer()(text)


def locate_words(words: Sequence[str], text: str) -> list[int]:
    """Find where each word begins in the text that it was split from.

    Raises ValueError if a word is not in the text after the one before it, or
    something else than white space stands between them.
    """
    starts, end = [], 0
    for word in words:
        start = text.find(word, end)
        if start < 0 or (start > end and not text[end:start].isspace()):
            raise ValueError(
                f"expected the word {word!r} at character {end} of the text, got "
                f"{text[end : end + 20]!r}."
            )
        starts.append(start)
        end = start + len(word)
    return starts


class _Chunks(dict[str, Chunk]):
    """Remember what chunks are split into; split those that are new."""

    def __init__(self, special: dict[str, Pieces]) -> None:
        super().__init__()
        self.special = special
        self.longest = max(map(len, special))

    def __missing__(self, chunk: str) -> Chunk:
        # A chunk of letters alone has nothing to split off.
        plain = chunk.isalpha() and chunk not in self.special
        pieces = [(chunk, None)] if plain else self._split(chunk)
        words = tuple(word for word, _ in pieces)
        spaces = (False,) * (len(words) - 1) + (True,)
        base = tuple(map(norm, words))
        norms = tuple(n or own for (_, n), own in zip(pieces, base, strict=True))
        found = Chunk(words, spaces, norms, norms != base)
        if len(chunk) <= LONGEST_CACHED:
            if len(self) >= CACHE_SIZE:
                self.clear()
            self[chunk] = found
        return found

    def _split(self, chunk: str) -> list[tuple[str, str | None]]:
        """Take off what stands in front and behind, and split what is left."""
        start, end = 0, len(chunk)
        front: list[tuple[str, str | None]] = []
        back: list[tuple[str, str | None]] = []
        while start < end and not self._find(chunk, start, end):
            match = PREFIX.match(chunk, start, end)
            middle = match.end() if match else start
            if match and self._find(chunk, middle, end):
                after = end
            else:
                after = _find_suffix(chunk, middle, end)
                if after < end and self._find(chunk, start, after):
                    middle = start
            if start == middle and after == end:
                break
            if start < middle:
                front.append((chunk[start:middle], None))
            if after < end:
                back.append((chunk[after:end], None))
            start, end = middle, after
        special = self._find(chunk, start, end)
        core = special or [(word, None) for word in _split_core(chunk[start:end])]
        return [*front, *core, *reversed(back)]

    def _find(self, chunk: str, start: int, end: int) -> Pieces | None:
        if end - start > self.longest:
            return None
        return self.special.get(chunk[start:end])


def _find_suffix(chunk: str, start: int, end: int) -> int:
    """Give where the last piece to split off begins, or the end if there is none."""
    if start >= end:
        return end
    if chunk[end - 1] == ".":
        return _find_points(chunk, start, end)
    match = SUFFIX.search(chunk, max(start, end - _LONGEST_SUFFIX), end)
    return match.start() if match else end


def _find_points(chunk: str, start: int, end: int) -> int:
    first = end - 1
    while first > start and chunk[first - 1] == ".":
        first -= 1
    if end - first > 1:
        return first
    before = chunk[max(start, first - 2) : first]
    last = before[-1:]
    if last.isupper():
        ends = before[0].isupper() if len(before) == 2 else False
        ends = ends or before in ("°F", "°C", "°K")
    else:
        ends = last.isalnum() or last in BEFORE_POINT
    return first if ends and last else end


def _split_core(core: str) -> list[str]:
    if not core or (len(core) <= LONGEST_ADDRESS and ADDRESS.fullmatch(core)):
        return [core] if core else []
    words, end = [], 0
    for match in INFIX.finditer(core):
        start = match.start()
        is_point = match[0] == "."
        if not start or (is_point and not _ends_sentence(core, start)):
            continue
        words += [core[end:start], match[0]] if end < start else [match[0]]
        end = match.end()
    return [*words, core[end:]] if end < len(core) else words


def _ends_sentence(core: str, point: int) -> bool:
    """Tell whether a point stands between a lower and an upper-case letter."""
    return not core[point - 1].isupper() and not core[point + 1].islower()


def _with_whitespace(parts: list[str], chunks: _Chunks) -> list[Chunk]:
    """Make words of white space, but for one blank after a word."""
    found: list[Chunk] = []
    for part in parts:
        if not part.isspace():
            chunk = chunks[part]
            found.append(chunk._replace(spaces=(False,) * len(chunk.words)))
            continue
        if found and part[0] == " ":
            found[-1] = found[-1]._replace(spaces=(*found[-1].spaces[:-1], True))
            part = part[1:]
        if part:
            found.append(Chunk((part,), (False,), (norm(part),), False))
    return found


def warn_of_language(lang: str) -> None:
    """Warn if `Tokenizer` has only its general rules for a language."""
    if lang.lower() not in RULES_OF:
        warnings.warn(
            f"Tokenizer: has no rules of the language {lang!r}, only general ones: it "
            f"splits off punctuation, but no elisions, contractions or abbreviations. "
            f"Others are zoo.SavedTokenizer.v1, by the rules of a saved pipeline of "
            f"spaCy's, zoo.SpacyTokenizer.v1 and zoo.HuggingFaceTokenizer.v1.",
            stacklevel=3,
        )


_in_scope: ContextVar[Tokenize | None] = ContextVar("tokenizer", default=None)


@contextmanager
def tokenizer_in_scope(tokenizer: Tokenize) -> Iterator[None]:
    """Let corpora that are made inside the block split raw text by a tokenizer."""
    token = _in_scope.set(tokenizer)
    try:
        yield
    finally:
        _in_scope.reset(token)


def default_tokenizer() -> Tokenize:
    """Give the tokenizer in scope; if there is none, that of English."""
    return _in_scope.get() or Tokenizer()
