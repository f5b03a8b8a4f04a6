"""Register zoo's functions under spaCy's names, for configs that use these."""
