"""Read spaCy's files of weights and moves, without spaCy."""
