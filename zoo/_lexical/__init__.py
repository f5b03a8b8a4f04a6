"""Words: their attributes, and the 64-bit keys that spaCy gives these."""
