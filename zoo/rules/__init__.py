"""Components without weights: patterns, tables and rules that annotate documents."""

from .attribute_ruler import AttributeRule, AttributeRuler, attribute_ruler
from .component import RuleComponent
from .lemmatizers import LookupLemmatizer, RuleLemmatizer, lemmatizer
from .matcher import Matcher
from .rulers import EntityRuler, SpanPattern, SpanRuler, entity_ruler, span_ruler
from .sentencizer import Sentencizer, sentencizer

__all__ = [
    "AttributeRule",
    "AttributeRuler",
    "EntityRuler",
    "LookupLemmatizer",
    "Matcher",
    "RuleComponent",
    "RuleLemmatizer",
    "Sentencizer",
    "SpanPattern",
    "SpanRuler",
    "attribute_ruler",
    "entity_ruler",
    "lemmatizer",
    "sentencizer",
    "span_ruler",
]
