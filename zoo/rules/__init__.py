"""Components without weights: patterns, tables and rules that annotate documents."""

from .attribute_ruler import AttributeRule, AttributeRuler, attribute_ruler
from .component import RuleComponent
from .lemmatizers import LookupLemmatizer, RuleLemmatizer, lemmatizer
from .matcher import Matcher
from .sentencizer import Sentencizer, sentencizer

__all__ = [
    "AttributeRule",
    "AttributeRuler",
    "LookupLemmatizer",
    "Matcher",
    "RuleComponent",
    "RuleLemmatizer",
    "Sentencizer",
    "attribute_ruler",
    "lemmatizer",
    "sentencizer",
]
