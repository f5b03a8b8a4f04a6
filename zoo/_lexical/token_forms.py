"""Find what the features of a token depend on: its word, and seldom more."""

from collections.abc import Collection, Hashable, Sequence
from itertools import repeat
from typing import Any, Final

from ..doc import DocLike, known_spaces, words_and_norms
from .attributes import SPACY, string_ids, word_keys
from .key_cache import Keys

#: Begins the forms that are more than a word. No list of words contains it.
_WITH_MORE: Final = object()


def token_forms(doc: DocLike, names: Collection[str]) -> Sequence[Hashable]:
    """Return the form of each token: tokens of equal forms have equal features.

    A form is the word; together with its norm, if the token has one of its own; and
    with whether a space follows it, if SPACY is among the features.

    Args:
        doc: A document of any kind.
        names: Names of features, in upper case.

    Raises:
        TypeError: The document is of a wrong type.
    """
    words, norms = words_and_norms(doc)
    if "NORM" not in names or not any(norms or ()):
        norms = None
    if SPACY in names:
        spaces = map(bool, known_spaces(doc) or repeat(True, len(words)))
        rest = zip(words, norms or repeat(""), spaces, strict=False)
        return list(zip(repeat(_WITH_MORE), rest, strict=False))
    if norms is None:
        return words
    return [
        (_WITH_MORE, (word, norm, True)) if norm else word
        for word, norm in zip(words, norms, strict=True)
    ]


def form_keys(forms: Sequence[Hashable], names: Sequence[str]) -> Keys:
    """Return the keys of the features of forms, (n_forms, n_features) uint64.

    Args:
        forms: As `token_forms` returns them.
        names: Names of attributes, in upper case, and no annotation such as TAG.

    Raises:
        TypeError: A word is not a string.
    """
    if tuple not in map(type, forms):
        plain: Any = forms
        return word_keys(plain, names)
    parts = [_more(form) or (form, "", True) for form in forms]
    words, norms, spaces = zip(*parts, strict=True)
    keys = word_keys(words, names)
    own = [i for i, norm in enumerate(norms) if norm]
    for column, name in enumerate(names):
        if name == SPACY:
            keys[:, column] = spaces
        elif name == "NORM" and own:
            keys[own, column] = string_ids(norms[i] for i in own)
    return keys


def word_of(form: Hashable) -> Any:
    """Return the word of a form."""
    more = _more(form)
    return form if more is None else more[0]


def _more(form: Any) -> tuple[str, str, bool] | None:
    """Return word, norm and space of a form that is more than a word."""
    is_more = type(form) is tuple and len(form) == 2 and form[0] is _WITH_MORE
    return form[1] if is_more else None
