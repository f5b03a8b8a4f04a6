"""Say which tokenizer splits raw text where none is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .tokenizer import Tokenize, Tokenizer

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
