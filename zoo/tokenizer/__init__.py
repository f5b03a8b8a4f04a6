"""Tokenizers: from raw text to words, and to sentences."""

from .saved import SavedTokenizer
from .sentences import Sentences, sentence_starts
from .tokenizer import Tokenize, Tokenizer, locate_words, tokenize

__all__ = [
    "SavedTokenizer",
    "Sentences",
    "Tokenize",
    "Tokenizer",
    "locate_words",
    "sentence_starts",
    "tokenize",
]
