"""Read the rules of a saved tokenizer, and split chunks of text by them."""

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from .._lexical.symbols import SYMBOLS
from .._spacy_files import pack, read_msgpack, read_plain, read_tables, unpack, wrong
from ._alternatives import LONG, split_alternatives
from ._needed import may_match, may_match_any
from ._rules import Pieces

#: The patterns of the file, by our names for them.
PATTERNS: Final = {
    "prefix": "prefix_search",
    "suffix": "suffix_search",
    "infix": "infix_finditer",
    "word": "token_match",
    "url": "url_match",
}
_ORTH, _NORM = SYMBOLS["ORTH"], SYMBOLS["NORM"]


def _never(string: str) -> None:
    return None


@dataclass(frozen=True)
class TokenizerRules:
    """What spaCy's file `tokenizer` says, and norms of words.

    Attributes:
        prefix, suffix: Patterns of what is split off in front and behind.
        infix: Pattern of what is split off between.
        word: Pattern of what stays a word, whatever it holds.
        url: Pattern of what stays a word once prefixes and suffixes are off.
        exceptions: Chunks with the words that each is split into, and their norms.
        all_rejoined: Whether every exception is looked for in words that the patterns
            have split, or only those which they would split (False).
        norms: Norms by the ids of words.
    """

    prefix: str | None = None
    suffix: str | None = None
    infix: str | None = None
    word: str | None = None
    url: str | None = None
    exceptions: Mapping[str, Pieces] = field(default_factory=dict)
    all_rejoined: bool = False
    norms: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path) -> "TokenizerRules":
        """Read the folder of a spaCy pipeline, or a file of `to_bytes`.

        Raises:
            FileNotFoundError: There is none.
            ValueError: It is damaged or of another kind.
        """
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(
                f"SavedTokenizer: the path must be the folder of a spaCy pipeline, or "
                f"a file of `to_disk`, got {str(path)!r}, which does not exist. An "
                f"installed package has its pipeline in a folder inside its own."
            )
        if not path.is_dir():
            return cls.from_bytes(read_plain(path), str(path))
        file = path / "tokenizer"
        if not file.is_file():
            raise FileNotFoundError(f"SavedTokenizer: there is no file {file}.")
        lookups = path / "vocab" / "lookups.bin"
        data = read_plain(lookups) if lookups.is_file() else b""
        norms = read_tables(data, str(lookups)).get("lexeme_norm", {})
        return cls._make(read_msgpack(file), norms, str(file))

    @classmethod
    def from_bytes(cls, data: bytes, source: str = "the bytes") -> "TokenizerRules":
        """Read what `to_bytes` wrote; ValueError, naming the source, if it did not."""
        message = unpack(data, source)
        norms = message.get("lexeme_norm", {}) if isinstance(message, dict) else {}
        return cls._make(message, norms, source)

    def to_bytes(self) -> bytes:
        """Write the rules in the form of spaCy's file, with the norms."""
        message: dict[str, Any] = {key: getattr(self, n) for n, key in PATTERNS.items()}
        message["faster_heuristics"] = not self.all_rejoined
        message["exceptions"] = {
            text: [{_ORTH: w} if n is None else {_ORTH: w, _NORM: n} for w, n in pieces]
            for text, pieces in self.exceptions.items()
        }
        message["lexeme_norm"] = dict(self.norms)
        return pack(message)

    @classmethod
    def _make(cls, message: Any, norms: Any, source: str) -> "TokenizerRules":
        if not isinstance(message, dict):
            raise wrong(source, "a map", message)
        found: dict[str, Any] = {}
        for name, key in PATTERNS.items():
            pattern = message.get(key)
            if not isinstance(pattern, str | None):
                raise wrong(source, f"a pattern as {key}", pattern)
            found[name] = pattern or None
        if "prefix_search" not in message or "exceptions" not in message:
            raise wrong(source, "a tokenizer of spaCy 3", sorted(map(str, message)))
        exceptions = message["exceptions"]
        if not isinstance(exceptions, dict):
            raise wrong(source, "a map of exceptions", exceptions)
        if not isinstance(norms, dict) or not all(
            type(key) is int and type(value) is str for key, value in norms.items()
        ):
            raise wrong(source, "norms by ids of words as lexeme_norm", norms)
        return cls(
            **found,
            exceptions={
                text: _read_pieces(text, pieces, source)
                for text, pieces in exceptions.items()
            },
            all_rejoined=not message.get("faster_heuristics", True),
            norms=norms,
        )._checked(source)

    def __getstate__(self) -> dict[str, Any]:
        # Compiled patterns and tests are made anew.
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def _checked(self, source: str) -> "TokenizerRules":
        """Compile all but the pattern of words, which takes long for French."""
        try:
            _ = self._prefix, self._suffix, self._infix, self._url
        except (re.error, OverflowError, RecursionError) as error:
            problem = f"{source}: a pattern is none that Python's `re` knows: {error}."
            raise ValueError(problem) from error
        return self

    @cached_property
    def _prefix(self) -> Callable[[str], Any]:
        return _compile(self.prefix).search if self.prefix else _never

    @cached_property
    def _suffix(self) -> Callable[[str], Any]:
        return _compile(self.suffix).search if self.suffix else _never

    @cached_property
    def _infix(self) -> Callable[[str], Iterator[Any]]:
        return _compile(self.infix).finditer if self.infix else lambda string: iter(())

    @cached_property
    def _url(self) -> Callable[[str], Any]:
        return _guarded(self.url)

    @cached_property
    def _word(self) -> Callable[[str], Any]:
        return _guarded(self.word)

    @cached_property
    def may_split(self) -> Callable[[str], object]:
        """A quick test that holds for what one of the patterns may split."""
        patterns = [p for p in (self.prefix, self.suffix, self.infix) if p]
        return may_match_any(*patterns) if patterns else _never

    def is_split(self, exception: str) -> bool:
        """Check whether an exception has to be put together again."""
        if self.all_rejoined or " " in exception:
            return True
        if self._prefix(exception) or self._suffix(exception):
            return True
        return any(True for _ in self._infix(exception))

    def split_with_exceptions(self, chunk: str) -> list[tuple[str, str | None]]:
        """Split a chunk, exceptions in it too; return words with norms of their own."""
        exceptions = self.exceptions
        if chunk in exceptions:
            return [*exceptions[chunk]]
        front, core, back = self._strip(chunk, exceptions)
        if core in exceptions:
            middle: Any = exceptions[core]
        else:
            middle = ((word, None) for word in self._split_core(core))
        outer = [(word, None) for word in front]
        return [*outer, *middle, *((word, None) for word in reversed(back))]

    def split(self, chunk: str) -> list[str]:
        """Split a chunk as if there were no exceptions."""
        front, core, back = self._strip(chunk, ())
        return [*front, *self._split_core(core), *reversed(back)]

    def _strip(
        self, string: str, exceptions: Collection[str]
    ) -> tuple[list[str], str, list[str]]:
        """Take off what stands in front and behind, up to an exception or a word."""
        front: list[str] = []
        back: list[str] = []
        last = -1
        while string and len(string) != last:
            last = len(string)
            # Where nothing can be split, it does not matter whether it is a word.
            if not self.may_split(string) or self._word(string):
                break
            if string in exceptions:
                break
            match = self._prefix(string)
            n_front = match.end() - match.start() if match else 0
            if n_front and string[n_front:] in exceptions:
                front.append(string[:n_front])
                string = string[n_front:]
                break
            match = self._suffix(string[n_front:])
            n_back = match.end() - match.start() if match else 0
            if n_back and string[: last - n_back] in exceptions:
                back.append(string[last - n_back :])
                string = string[: last - n_back]
                break
            # What would overlap is taken off in front alone.
            n_back = 0 if n_front and n_front + n_back > last else n_back
            if n_front:
                front.append(string[:n_front])
            if n_back:
                back.append(string[last - n_back :])
            string = string[n_front : last - n_back]
        return front, string, back

    def _split_core(self, core: str) -> list[str]:
        if not self.may_split(core) or self._word(core) or self._url(core):
            return [core] if core else []
        words, end = [], 0
        for match in self._infix(core):
            start, stop = match.span()
            if start == 0:
                continue
            words += [part for part in (core[end:start], core[start:stop]) if part]
            end = stop
        return [*words, core[end:]] if end < len(core) else words


def _compile(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        # Brackets in a set, of which Python warns that their meaning may change.
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(pattern)


def _guarded(pattern: str | None) -> Callable[[str], Any]:
    """Match from the start; the pattern is compiled when a string needs it."""
    if not pattern:
        return _never
    return _Guarded(pattern)


class _Guarded:
    """Match a pattern from the start, if a quick test says that it may match."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.may_match = may_match(pattern)

    def __call__(self, string: str) -> Any:
        return self.match(string) if self.may_match(string) else None

    @cached_property
    def match(self) -> Callable[[str], Any]:
        if len(self.pattern) >= LONG and (parts := split_alternatives(self.pattern)):
            return parts.match
        return _compile(self.pattern).match


def _read_pieces(text: Any, pieces: Any, source: str) -> Pieces:
    found = []
    for piece in pieces if isinstance(pieces, list) else ():
        # spaCy keeps the names of attributes as they were given: in words or numbers.
        items = piece.items() if isinstance(piece, dict) else ()
        known = {_name(key): value for key, value in items}
        if known.keys() <= {_ORTH, _NORM} and isinstance(known.get(_ORTH), str):
            found.append((known[_ORTH], known.get(_NORM) or None))
    words = "".join(word for word, _ in found)
    if not isinstance(text, str) or not found or words != text:
        raise wrong(source, "exceptions with their words and norms", {text: pieces})
    return tuple(found)


def _name(key: Any) -> Any:
    """Return the number of an attribute."""
    return SYMBOLS.get(key.upper()) if isinstance(key, str) else key
