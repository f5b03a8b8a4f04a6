"""Export the objectives: from documents and scores to loss and annotation."""

from ._prediction import prediction_head
from .categories import Classification, textcat, textcat_multilabel
from .dependency_parser import DependencyParser, parser
from .entities import Entities
from .entity_recognizer import EntityRecognizer, ner
from .mask import Masking
from .morphologizer import Morphologizer, morphologizer
from .objective import Loss, Objective
from .pretrain_both import PretrainBoth
from .pretrain_characters import PretrainCharacters
from .pretrain_teacher import PretrainTeacher
from .pretrain_vectors import PretrainVectors
from .senter import SentenceRecognizer, senter
from .spancat import (
    NgramRangeSuggester,
    NgramSuggester,
    PresetSpansSuggester,
    SpanCategorization,
    spancat,
    spancat_singlelabel,
)
from .tags import Tagging
from .token_objective import TokenObjective
from .trainable_lemmatizer import TrainableLemmatizer, trainable_lemmatizer

__all__ = [
    "Classification",
    "DependencyParser",
    "Entities",
    "EntityRecognizer",
    "Loss",
    "Masking",
    "Morphologizer",
    "NgramRangeSuggester",
    "NgramSuggester",
    "Objective",
    "PresetSpansSuggester",
    "PretrainBoth",
    "PretrainCharacters",
    "PretrainTeacher",
    "PretrainVectors",
    "SentenceRecognizer",
    "SpanCategorization",
    "Tagging",
    "TokenObjective",
    "TrainableLemmatizer",
    "morphologizer",
    "ner",
    "parser",
    "prediction_head",
    "senter",
    "spancat",
    "spancat_singlelabel",
    "textcat",
    "textcat_multilabel",
    "trainable_lemmatizer",
]
