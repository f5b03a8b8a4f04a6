"""Compute the lexical attributes of words, and spaCy's 64-bit keys of them."""
