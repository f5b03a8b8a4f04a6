"""Register augmenters under spaCy's names."""

from .._registry import registry
from ..corpora import _augment

registry.augmenters("spacy.combined_augmenter.v1")(_augment.combined_augmenter)
registry.augmenters("spacy.dont_augment.v1")(_augment.dont_augment)
registry.augmenters("spacy.lower_case.v1")(_augment.lower_case)
registry.augmenters("spacy.orth_variants.v1")(_augment.orth_variants)
