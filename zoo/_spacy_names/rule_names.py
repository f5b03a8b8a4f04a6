"""Register what components without weights and heads need under spaCy's names."""

from collections.abc import Callable
from functools import partial
from typing import Any

from thinc.api import Linear, Logistic, Model, chain
from thinc.initializers import glorot_uniform_init
from thinc.types import Floats2d

from .._label_scores import score_spans
from .._registry import registry
from ..layers import MeanMaxReducer, SpanCategorizer
from ..objectives import NgramRangeSuggester, NgramSuggester, PresetSpansSuggester
from ..rules._span_filters import FirstLongest, PreferExisting, PreferNew

registry.misc("spacy.ngram_suggester.v1")(NgramSuggester)
registry.misc("spacy.ngram_range_suggester.v1")(NgramRangeSuggester)
registry.misc("spacy.preset_spans_suggester.v1")(PresetSpansSuggester)
registry.misc("spacy.first_longest_spans_filter.v1")(FirstLongest)
registry.misc("spacy.prioritize_new_ents_filter.v1")(PreferNew)
registry.misc("spacy.prioritize_existing_ents_filter.v1")(PreferExisting)


registry.architectures("spacy.SpanCategorizer.v1")(SpanCategorizer)
registry.spacy_layers("spacy.mean_max_reducer.v1")(MeanMaxReducer)


@registry.spacy_layers("spacy.LinearLogistic.v1")
def linear_logistic(
    nO: int | None = None, nI: int | None = None
) -> Model[Floats2d, Floats2d]:
    """Score by ``logistic(W x + b)``, each label by itself.

    Args:
        nO: Number of labels. Null: that of the sample output.
        nI: Input width. Null: that of the sample input.
    """
    return chain(Linear(nO, nI, init_W=glorot_uniform_init), Logistic())


@registry.misc("spacy.levenshtein_compare.v1")
def fuzzy_compare() -> None:
    """Return None in place of the comparison of FUZZY, which is not supported."""


@registry.scorers("spacy.attribute_ruler_scorer.v1")
@registry.scorers("spacy.entity_ruler_scorer.v1")
@registry.scorers("spacy.lemmatizer_scorer.v1")
@registry.scorers("spacy.morphologizer_scorer.v1")
@registry.scorers("spacy.senter_scorer.v1")
@registry.scorers("spacy.spancat_scorer.v1")
def component_scorer() -> None:
    """Return None: without a scorer, a component computes spaCy's scores."""


@registry.scorers("spacy.overlapping_labeled_spans_scorer.v1")
def spans_scorer(spans_key: str = "ruler") -> Callable[..., dict[str, Any]]:
    """Make a scorer of a group of spans, which may overlap.

    Args:
        spans_key: The group, a key of `Doc.spans`.
    """
    return partial(score_spans, key=spans_key)
