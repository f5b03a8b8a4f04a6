"""Tokenizers: from raw text to words."""

from .tokenizer import Tokenize, Tokenizer, locate_words, tokenize

__all__ = ["Tokenize", "Tokenizer", "locate_words", "tokenize"]
