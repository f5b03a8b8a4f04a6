"""Check whether a word is an e-mail address or a URL, by spaCy's rules."""

import re
from typing import Final
from unicodedata import category

from .symbols import DOMAIN_LOWER, DOMAIN_UNCASED, TOP_LEVEL_DOMAINS

_EMAIL: Final = re.compile(r"[\w.+-]+@[a-z0-9-]+\.[a-z0-9.-]", re.ASCII | re.I)
_URL: Final = re.compile(
    r"(?:[\w+.-]{2,}://)?"  # scheme
    r"([^:/?#]+)"  # host
    r"(?::\d{2,5})?"  # port
    r"(?:[/?#]\S*)?"  # path and query
)
_LABEL: Final = re.compile(r"(?!_|-)[a-zA-Z0-9_\-\u00a1-\uffff]{1,64}(?<!_|-)")
_ADDRESS: Final = re.compile(
    r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])\."
    r"(?:(?:1?\d{1,2}|2[0-4]\d|25[0-5])\.){2}"
    r"(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])"
)
_PRIVATE_ADDRESS: Final = re.compile(
    r"(?:10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\."
)


def like_email(word: str) -> bool:
    """Check whether a word begins with an e-mail address."""
    return _EMAIL.match(word) is not None


def like_url(word: str) -> bool:
    """Check whether a word looks like a URL."""
    if word.startswith(("http://", "https://")):
        return True
    if word.startswith("www.") and len(word) >= 5:
        return True
    _, dot, end = word.rpartition(".")
    if not dot or not end or word[0] == "." or "@" in word:
        return False
    end = end.partition(":")[0]
    if end.endswith("/") or end in TOP_LEVEL_DOMAINS:
        return True
    # One line break at the end is allowed.
    match = _URL.fullmatch(word.removesuffix("\n"))
    return match is not None and _is_host(match[1])


def _is_host(host: str) -> bool:
    if _ADDRESS.fullmatch(host):
        return not _PRIVATE_ADDRESS.match(host)
    *labels, end = host.split(".")
    return (
        len(labels) > 0
        and all(map(_LABEL.fullmatch, labels))
        and 2 <= len(end) <= 63
        and all(map(_ends_domain, end))
    )


def _ends_domain(character: str) -> bool:
    code = ord(character)
    if any(first <= code <= last for first, last in DOMAIN_UNCASED):
        return True
    lower = any(first <= code <= last for first, last in DOMAIN_LOWER)
    return lower and category(character) == "Ll"
