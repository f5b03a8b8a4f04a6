"""Convert words into lexical attributes, and those into spaCy's 64-bit keys."""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain, count, repeat
from operator import itemgetter
from types import MethodDescriptorType
from typing import Any, Final, TypeVar
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from ..doc import DocLike, known_spaces, words_and_norms
from .annotation import ANNOTATION, annotation_values
from .hashing import hash_string, hash_strings, is_compiled
from .key_cache import KeyCache, Keys
from .like_url import like_email, like_url
from .shapes import LONG, SHAPES, cut_shape, shapes_of
from .symbols import BASE_NORMS, BRACKETS, LEFT_PUNCT, QUOTES, RIGHT_PUNCT, SYMBOLS

Item = TypeVar("Item")


def norm(word: str) -> str:
    """Return the base norm of a word if it has one, otherwise its lower-case form."""
    return BASE_NORMS.get(word) or word.lower()


def prefix(word: str) -> str:
    """Return the first character of a word."""
    return word[:1]


def suffix(word: str) -> str:
    """Return the last three characters of a word."""
    return word[-3:]


def shape(word: str) -> str:
    """Replace upper case by X, other letters by x, digits by d; cut runs to 4.

    The shape of a word of 100 characters or more is "LONG".
    """
    return shapes_of([word])[0]


def like_num(word: str) -> bool:
    """Check whether a word is a number or a fraction, in digits."""
    digits = word[word.startswith(("+", "-", "±", "~")) :]
    digits = digits.replace(",", "").replace(".", "")
    above, slash, below = digits.partition("/")
    return above.isdigit() and (not slash or below.isdigit())


#: The attributes whose key is the id of a string, and LENGTH, whose key is itself.
VALUES: Final[dict[str, Callable[[str], str | int]]] = {
    "ORTH": str,
    "NORM": norm,
    "LOWER": str.lower,
    "PREFIX": prefix,
    "SUFFIX": suffix,
    "SHAPE": shape,
    "LENGTH": len,
}

#: The attributes that are true or false, key 1 or 0, as in spaCy's language "xx".
#: IS_STOP is always false there, because "xx" has no list of stop words.
FLAGS: Final[dict[str, Callable[[str], bool]]] = {
    "IS_ALPHA": str.isalpha,
    "IS_ASCII": str.isascii,
    "IS_DIGIT": str.isdigit,
    "IS_LOWER": str.islower,
    "IS_PUNCT": lambda word: all(category(c)[0] == "P" for c in word),
    "IS_SPACE": str.isspace,
    "IS_TITLE": str.istitle,
    "IS_UPPER": str.isupper,
    "LIKE_URL": like_url,
    "LIKE_NUM": like_num,
    "LIKE_EMAIL": like_email,
    "IS_STOP": lambda word: False,
    "IS_BRACKET": BRACKETS.__contains__,
    "IS_QUOTE": QUOTES.__contains__,
    "IS_LEFT_PUNCT": LEFT_PUNCT.__contains__,
    "IS_RIGHT_PUNCT": RIGHT_PUNCT.__contains__,
    "IS_CURRENCY": lambda word: all(category(c) == "Sc" for c in word),
}

#: The attribute that depends on the token and not on its word: key 1 if a space follows
#: the token or its spaces are unknown, otherwise 0.
SPACY: Final = "SPACY"

#: Tokens of the largest batch whose keys are kept until the next one.
MOST_KEPT: Final = 1 << 15

#: The names of all attributes, in the order of their numbers in spaCy.
ATTRIBUTES: Final = tuple(sorted((*VALUES, *FLAGS, SPACY), key=SYMBOLS.__getitem__))
#: The flags that it is faster to look up: those that are no methods of strings, and
#: that which the empty word would have.
_SLOW_FLAGS: Final = {
    name
    for name, is_so in FLAGS.items()
    if not isinstance(is_so, MethodDescriptorType) or is_so("")
}
#: What features can be: attributes, and annotation such as TAG and DEP.
FEATURES: Final = (*ATTRIBUTES, *ANNOTATION)


def feature_names(features: Iterable[str | int]) -> list[str]:
    """Return the upper-case names of attributes, from names or spaCy's numbers.

    Raises:
        ValueError: There is no such attribute.
    """
    if isinstance(features, str):
        raise TypeError(
            f"feature_names: features must be a list of attributes, got the "
            f"string {features!r}. Write [{features!r}]."
        )
    return [_feature_name(feature) for feature in features]


def _feature_name(feature: str | int) -> str:
    if isinstance(feature, str) and feature.upper() in FEATURES:
        return feature.upper()
    for name in FEATURES:
        if feature == SYMBOLS[name]:
            return name
    near = get_close_matches(str(feature).upper(), FEATURES, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ValueError(
        f"A feature must be one of {', '.join(FEATURES)}, or its number in spaCy, "
        f"got {feature!r}.{hint}"
    )


def string_ids(strings: Iterable[str]) -> Keys:
    """Return spaCy's 64-bit id of each string.

    The empty string has id 0, the strings of `SYMBOLS` their small numbers, and all
    others the MurmurHash64A of their UTF-8 bytes with seed 1. spaCy refuses strings
    with lone surrogates; here they are encoded like characters.

    Returns:
        (n_strings,) uint64.

    Raises:
        TypeError: One is not a string.
    """
    strings = list(strings)
    distinct, index = find_distinct(strings, len(strings))
    ids = hash_strings(_encode(distinct))
    for string in SYMBOLS.keys() & distinct.keys():
        ids[distinct[string]] = SYMBOLS[string]
    return ids[index]


def string_id(string: str) -> int:
    """Return the id of one string, which is faster than `string_ids` for a few."""
    number = SYMBOLS.get(string)
    if number is None:
        return hash_string(string.encode("utf-8", "surrogatepass"))
    return number


def find_distinct(
    items: Iterable[Item], n_items: int
) -> tuple[dict[Item, int], NDArray[np.int32]]:
    """Return the distinct items with their rows, and the row of each item."""
    rows: dict[Item, int] = defaultdict(count().__next__)
    index = np.fromiter(map(rows.__getitem__, items), np.int32, count=n_items)
    return rows, index


def first_places(index: NDArray[np.int32], n_distinct: int) -> NDArray[np.intp]:
    """Return the position of the first token of each distinct row, (n_distinct,)."""
    positions = np.zeros(n_distinct, np.intp)
    # Assigned backwards, so that the first position is assigned last.
    positions[index[::-1]] = np.arange(len(index))[::-1]
    return positions


def _encode(strings: Collection[str]) -> list[bytes]:
    _check_words(strings)
    try:
        return list(map(str.encode, strings))
    except UnicodeEncodeError:
        return [string.encode("utf-8", "surrogatepass") for string in strings]


def _check_words(words: Iterable[str]) -> None:
    for word in words:
        if not isinstance(word, str):
            raise TypeError(
                f"A word must be a string, got {word!r} ({type(word).__name__})."
            )


def feature_keys(
    docs: Iterable[DocLike], features: Iterable[str | int]
) -> tuple[Keys, NDArray[np.int32]]:
    """Return the keys of a batch's distinct words, and the row of each token there.

    The keys of token i are ``keys[index[i]]``. Without NORM and SPACY among the
    features, a word has one row; with NORM, one row for each of its norms in the
    documents, and with SPACY, one for the tokens that a space follows and one for the
    others; with annotation such as TAG, one for each value. A norm "" stands for the
    default norm of the word. The empty word has key 0 for every attribute but SPACY.

    Args:
        docs: Documents of any kind: zoo Docs, lists of words, spaCy Docs.
        features: Names of attributes, in any case, or their numbers in spaCy.

    Returns:
        keys (n_distinct, n_features) uint64, and index (n_tokens,) int32. Without
        tokens neither has any rows.

    Raises:
        ValueError: There is no such attribute.
        TypeError: A document or a word is of a wrong type.
    """
    names = feature_names(features)
    docs = list(docs)
    parts = [
        (_plain(words), _plain(norms)) for words, norms in map(words_and_norms, docs)
    ]
    spaces = [_plain(known_spaces(doc)) for doc in docs] if SPACY in names else []
    is_lexical = not any(name in ANNOTATION for name in names)
    if (*names,) == _last.names and parts == _last.parts and spaces == _last.spaces:
        return _last.found
    keys, index = _keys_by_norm(parts, names)
    if SPACY in names:
        is_column = [name == SPACY for name in names]
        parted = (
            s or repeat(True, len(doc)) for s, doc in zip(spaces, docs, strict=True)
        )
        keys, index = _part_by_space(keys, index, parted, is_column)
    for column, name in enumerate(names):
        if name in ANNOTATION:
            keys, index = _part_by_values(keys, index, docs, name, column)
    keys.flags.writeable = index.flags.writeable = False
    if is_lexical and len(index) <= MOST_KEPT:
        _last.keep(names, parts, spaces, (keys, index))
    return keys, index


def _plain(values: Any) -> Any:
    """Return a sequence as one that can be compared: arrays cannot."""
    return values if values is None or type(values) in (list, tuple) else list(values)


class _LastBatch(threading.local):
    """The keys of the last batch of a thread, as several encoders may read one."""

    names: tuple[str, ...] = ()

    def keep(
        self,
        names: Sequence[str],
        parts: Sequence[tuple[Sequence[str], Sequence[str] | None]],
        spaces: Sequence[Sequence[bool] | None],
        found: tuple[Keys, NDArray[np.int32]],
    ) -> None:
        """Keep copies, as documents may change."""
        self.names, self.found = (*names,), found
        self.parts = [(copy(words), copy(norms)) for words, norms in parts]
        self.spaces = [copy(known) for known in spaces]


_last = _LastBatch()


def _part_by_values(
    keys: Keys,
    index: NDArray[np.int32],
    docs: Sequence[DocLike],
    name: str,
    column: int,
) -> tuple[Keys, NDArray[np.int32]]:
    """Split each row into one for each value of a feature that its tokens have."""
    values, value_index = find_distinct(annotation_values(docs, name), len(index))
    ids = np.array([v if isinstance(v, int) else 0 for v in values], np.uint64)
    strings = [v if isinstance(v, str) else "" for v in values]
    ids = np.where(ids, ids, string_ids(strings))
    codes = index.astype(np.int64) * max(len(values), 1) + value_index
    found, places = np.unique(codes, return_inverse=True)
    keys = keys[found // max(len(values), 1)]
    keys[:, column] = ids[found % max(len(values), 1)]
    return keys, places.astype(np.int32)


def _keys_by_norm(
    parts: Sequence[tuple[Sequence[str], Sequence[str] | None]], names: Sequence[str]
) -> tuple[Keys, NDArray[np.int32]]:
    """Compute all keys but those of SPACY, which are left as they are."""
    n_tokens = sum(len(words) for words, _ in parts)
    words = chain.from_iterable(words for words, _ in parts)
    distinct, index = find_distinct(words, n_tokens)
    keys = word_keys(distinct, names)
    if "NORM" not in names or not any(any(norms or ()) for _, norms in parts):
        return keys, index
    norms = chain.from_iterable(
        repeat(None, len(words)) if norms is None else norms for words, norms in parts
    )
    distinct_norms, norm_index = find_distinct(norms, n_tokens)
    norm_ids = _VALUE_KEYS([norm or "" for norm in distinct_norms])
    first = first_places(index, len(distinct))
    rows, row_norms, index = _pair(index, norm_index, first)
    keys, own_norms = keys[rows], norm_ids[row_norms, _COLUMNS["ORTH"]]
    for column in (i for i, name in enumerate(names) if name == "NORM"):
        keys[:, column] = np.where(own_norms != 0, own_norms, keys[:, column])
    return keys, index


def _pair(
    index: NDArray[np.int32], others: NDArray[np.int32], first: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int32]]:
    """Return the distinct pairs of two rows per token, and each token's pair.

    The first pairs are those of the tokens at `first`, the positions at which each row
    of `index` occurs first. The function is fast if few tokens have other pairs.
    """
    usual = others[first]
    odd = np.flatnonzero(others != usual[index])
    n_others = int(others.max(initial=0)) + 1
    pairs = index[odd].astype(np.int64) * n_others + others[odd]
    more, more_index = np.unique(pairs, return_inverse=True)
    index[odd] = len(first) + more_index
    rows = np.concatenate([np.arange(len(first)), more // n_others])
    return rows, np.concatenate([usual, more % n_others]), index


def _part_by_space(
    keys: Keys,
    index: NDArray[np.int32],
    spaces: Iterable[Iterable[bool]],
    is_column: Sequence[bool],
) -> tuple[Keys, NDArray[np.int32]]:
    """Split each row into one for tokens with a space and one for those without."""
    has_space = np.fromiter(chain.from_iterable(spaces), bool, len(index))
    codes = 2 * index.astype(np.int64) + has_space
    # The position of each code among those that occur, computed without sorting.
    positions = np.zeros(2 * len(keys), np.int32)
    positions[codes] = 1
    found = np.flatnonzero(positions)
    positions[found] = np.arange(len(found))
    keys = keys[found >> 1]
    keys[:, np.flatnonzero(is_column)] = (found & 1)[:, np.newaxis]
    return keys, positions[codes]


def word_keys(words: Collection[str], names: Sequence[str]) -> Keys:
    """Return the keys of words, (n_words, n_features) uint64.

    Args:
        words: The words.
        names: Names of attributes in upper case; the columns of others are not set.
    """
    keys = np.empty((len(words), len(names)), np.uint64)
    values = flags = keys
    if not VALUES.keys().isdisjoint(names):
        values = _VALUE_KEYS(words)
    if not _SLOW_FLAGS.isdisjoint(names):
        flags = _FLAG_KEYS(words)
    for column, name in enumerate(names):
        if name in VALUES:
            keys[:, column] = values[:, _COLUMNS[name]]
        elif name in _SLOW_FLAGS:
            keys[:, column] = flags[:, 0] >> np.uint64(SYMBOLS[name]) & np.uint64(1)
        elif name in FLAGS:
            _check_words(words)
            keys[:, column] = [*map(FLAGS[name], words)]
    return keys


def _compute_values(words: Sequence[str]) -> Keys:
    """Compute the keys of the attributes of VALUES, in its order."""
    _check_words(words)
    if len(words) <= (_FEW_COMPILED if is_compiled() else _FEW):
        found = [_values_of(word) for word in words]
        return np.array(found, np.uint64).reshape(-1, len(VALUES))
    lower = list(map(str.lower, words))
    norms = map(BASE_NORMS.get, words, lower)
    prefixes = map(itemgetter(slice(1)), words)
    suffixes = map(itemgetter(slice(-3, None)), words)
    strings = chain(words, norms, lower, prefixes, suffixes, shapes_of(words))
    keys = np.empty((len(words), len(VALUES)), np.uint64)
    keys[:, :-1] = string_ids(strings).reshape(len(VALUES) - 1, len(words)).T
    keys[:, -1] = np.fromiter(map(len, words), np.uint64, len(words))
    return keys


def _values_of(word: str) -> tuple[int, ...]:
    """Compute the same for one word, which is faster for a few."""
    lower = word.lower()
    own = string_id(word)
    lower_id = own if lower == word else string_id(lower)
    norm = BASE_NORMS.get(word)
    norm_id = lower_id if norm is None else _short_id(norm)
    ends = _short_id(word[:1]), _short_id(word[-3:])
    is_long = len(word) >= LONG  # Such forms are not worth keeping.
    form = _short_id("LONG") if is_long else _shape_id(word.translate(SHAPES))
    return own, norm_id, lower_id, *ends, form, len(word)


#: Words up to which one at a time is faster than all at once, without and with compiled
#: code.
_FEW: Final = 48
_FEW_COMPILED: Final = 24
#: Many words share their ends and their shape.
_short_id: Final = lru_cache(maxsize=2**13)(string_id)


def _compute_flags(words: Sequence[str]) -> Keys:
    """Compute the flags of a word as one key, each at the bit of its number."""
    _check_words(words)
    bits = [(is_so, 1 << SYMBOLS[name]) for name, is_so in FLAGS.items()]
    keys = [sum(bit for is_so, bit in bits if word and is_so(word)) for word in words]
    return np.array(keys, np.uint64).reshape(-1, 1)


@lru_cache(maxsize=2**13)
def _shape_id(form: str) -> int:
    """Return the id of a shape whose runs are not cut."""
    return string_id(cut_shape(form))


_COLUMNS: Final = {name: column for column, name in enumerate(VALUES)}
# Shared by the whole process. Their contents do not change any result.
_VALUE_KEYS: Final = KeyCache(_compute_values, width=len(VALUES))
_FLAG_KEYS: Final = KeyCache(_compute_flags, width=1)
