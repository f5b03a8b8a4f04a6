"""Meet spaCy: its names in configs and its files of weights, without spaCy."""
