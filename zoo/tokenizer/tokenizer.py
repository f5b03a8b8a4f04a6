"""Split text into words."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple
from unicodedata import category

from .._lexical.attributes import norm
from .._registry import registry
from ..doc import Doc, tokenized_doc
from ._rules import (
    BEFORE_POINT,
    PREFIX,
    SUFFIX,
    UNCASED,
    Pieces,
    check_language,
    exceptions,
    infix,
    is_address,
)

#: A tokenizer: a function from a text to a document.
Tokenize = Callable[[str], Doc]

#: The languages whose rules `Tokenizer` has, and the code for any language.
RULES_OF = ("en", "xx")
#: Chunks in the cache of a tokenizer; when it is full it is emptied.
CACHE_SIZE = 100_000
#: Characters of the longest chunk that is cached.
LONGEST_CACHED = 64
#: Characters of the longest piece that is split off at the end, but for points.
_LONGEST_SUFFIX = 16
_CHUNK_OR_SPACE = re.compile(r"\S+|\s+")


class Chunk(NamedTuple):
    """What a run of text without white space is split into."""

    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    norms: tuple[str, ...]
    has_norms: bool  # Whether a norm differs from the default norm of its word.


@registry.tokenizers("zoo.Tokenizer.v1")
class Tokenizer:
    """Split text into words by rules, like spaCy's tokenizer of English.

    Text is split at white space; from each chunk, punctuation, quotes, currency signs
    and pictograms are split off in front and behind, then what is left at hyphens,
    slashes and the like. Web and mail addresses, numbers, abbreviations, emoticons
    and whole emoji stay words; contractions are split, with norms ("ca" of "can't"
    has the norm "can", "n't" has "not"). `norms` is None if no word has such a one.

    Args:
        lang: "en" has contractions and abbreviations of English. For any other
            language there are only the general rules. A code of two or three letters,
            in any case; "xx" stands for any language.
        keep_whitespace: If False, a run of white space counts as one space, and that
            before the first word is dropped: ``doc.text`` is the text except for
            white space. If True, ``doc.text`` is the text; all white space except one
            space after a word is a word of its own, as in spaCy.

    Raises:
        ValueError: `lang` is no such code.

    Source:
        The rules are those of spaCy 3.8, `spacy.lang.en`. Unlike there, an emoji of
        several characters is one word, and a point is split off after the letters of
        every script.
    """

    def __init__(self, lang: str = "en", *, keep_whitespace: bool = False) -> None:
        self.lang = check_language(lang)
        self.keep_whitespace = keep_whitespace
        self._chunks = _Chunks(self.lang)

    def __getstate__(self) -> dict[str, Any]:
        # The cache is not worth sending to another process.
        return {"lang": self.lang, "keep_whitespace": self.keep_whitespace}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __call__(self, text: str) -> Doc:
        """Split a text, and return its words, the spaces after them, and norms."""
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
        return tokenized_doc(words, spaces, norms)


_WORDS, _SPACES = attrgetter("words"), attrgetter("spaces")
_NORMS, _HAS_NORMS = attrgetter("norms"), attrgetter("has_norms")


def tokenize(text: str) -> Doc:
    """Split a text as ``Tokenizer()`` does, which is faster for many texts."""
    return Tokenizer()(text)


def locate_words(words: Sequence[str], text: str) -> list[int]:
    """Find where each word begins in the text that it was split from.

    Args:
        words: The words, in their order.
        text: The text.

    Returns:
        For each word the index of its first character.

    Raises:
        ValueError: A word is not in the text after the one before it, or something
            else than white space is between them.
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
    """A cache of what chunks are split into, which splits those that are new."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self.lang = lang
        self.special = exceptions(lang)
        self.longest = max(map(len, self.special))
        self.infix = infix(lang)

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
        """Split a chunk, and put exceptions together that were torn apart."""
        pieces = self._split_once(chunk, self.special)
        return self._mend(pieces) if len(pieces) > 1 else pieces

    def _mend(
        self, pieces: list[tuple[str, str | None]]
    ) -> list[tuple[str, str | None]]:
        """Replace pieces that are an exception together, as "Mar" and "."."""
        words = [word for word, _ in pieces]
        found = [
            (start, start + len(torn), self.special["".join(torn)])
            for start, word in enumerate(words)
            for torn in _torn_exceptions(self.lang).get(word, ())
            if tuple(words[start : start + len(torn)]) == torn
        ]
        if not found:
            return pieces
        # The longest, and of these the first, goes before those that it overlaps.
        found.sort(key=lambda span: (span[0] - span[1], span[0]))
        taken: set[int] = set()
        mended: dict[int, tuple[int, Pieces]] = {}
        for start, end, special in found:
            if taken.isdisjoint(range(start, end)):
                taken.update(range(start, end))
                mended[start] = end, special
        result: list[tuple[str, str | None]] = []
        for i, piece in enumerate(pieces):
            if i in mended:
                result += mended[i][1]
            elif i not in taken:
                result.append(piece)
        return result

    def split_by_rule(self, text: str) -> tuple[str, ...]:
        """Split a text as if it were no exception; () if no rule applies to it."""
        end = len(text)
        has_affix = PREFIX.match(text) or _find_suffix(text, 0, end) < end
        if not has_affix and not any(True for _ in self._infixes(text)):
            return ()
        return tuple(word for word, _ in self._split_once(text, {}))

    def _split_once(
        self, chunk: str, special: dict[str, Pieces]
    ) -> list[tuple[str, str | None]]:
        """Take off what stands in front and behind, and split what is left."""

        def find(start: int, end: int) -> Pieces | None:
            is_short = end - start <= self.longest
            return special.get(chunk[start:end]) if is_short else None

        start, end = 0, len(chunk)
        front: list[tuple[str, str | None]] = []
        back: list[tuple[str, str | None]] = []
        while start < end and not find(start, end):
            match = PREFIX.match(chunk, start, end)
            middle = match.end() if match else start
            if match and find(middle, end):
                after = end
            else:
                after = _find_suffix(chunk, middle, end)
                if after < end and find(start, after):
                    middle = start
            if start == middle and after == end:
                break
            if start < middle:
                front.append((chunk[start:middle], None))
            if after < end:
                back.append((chunk[after:end], None))
            start, end = middle, after
        core = find(start, end) or [
            (word, None) for word in self._split_core(chunk[start:end])
        ]
        return [*front, *core, *reversed(back)]

    def _split_core(self, core: str) -> list[str]:
        if core.isalnum() or (core and is_address(core)):
            return [core]
        words, end = [], 0
        for match in self._infixes(core):
            start = match.start()
            if not start:
                continue
            words += [core[end:start], match[0]] if end < start else [match[0]]
            end = match.end()
        return [*words, core[end:]] if end < len(core) else words

    def _infixes(self, core: str) -> Iterator[re.Match[str]]:
        """Find what separates words; a point does so between two sentences alone."""
        for match in self.infix.finditer(core):
            if match[0] != "." or _ends_sentence(core, match.start()):
                yield match


@cache
def _torn_exceptions(lang: str) -> dict[str, list[tuple[str, ...]]]:
    """Return the words of exceptions that rules would split, by the first of them."""
    chunks = _Chunks(lang)
    found: dict[str, list[tuple[str, ...]]] = {}
    for words in map(chunks.split_by_rule, chunks.special):
        if words:
            found.setdefault(words[0], []).append(words)
    return found


def _find_suffix(chunk: str, start: int, end: int) -> int:
    """Return where the last piece to split off begins, or the end if there is none."""
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
        ends = last.isalnum() or last in BEFORE_POINT or _is_mark(last)
    return first if ends and last else end


def _is_mark(character: str) -> bool:
    """Check whether a character is a mark, such as the sign of a vowel."""
    return character != "" and (
        UNCASED.match(character) is not None or category(character)[0] == "M"
    )


def _ends_sentence(core: str, point: int) -> bool:
    """Check whether a point stands between a lower and an upper-case letter."""
    return not core[point - 1].isupper() and not core[point + 1].islower()


def _with_whitespace(parts: list[str], chunks: _Chunks) -> list[Chunk]:
    """Turn white space into words, except for one space after a word."""
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
    """Set the tokenizer of raw text for corpora that are built inside the block."""
    token = _in_scope.set(tokenizer)
    try:
        yield
    finally:
        _in_scope.reset(token)


def default_tokenizer() -> Tokenize:
    """Return the tokenizer in scope, or that of English if there is none."""
    return _in_scope.get() or Tokenizer()
