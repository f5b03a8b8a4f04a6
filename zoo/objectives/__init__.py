"""Export the objectives: from documents and scores to loss and annotation."""

from .categories import Classification, textcat, textcat_multilabel
from .dependency_parser import DependencyParser, beam_parser, parser
from .entities import Entities
from .entity_recognizer import EntityRecognizer, beam_ner, ner
from .mask import Masking
from .objective import Loss, Objective
from .pretrain_characters import PretrainCharacters
from .pretrain_teacher import PretrainTeacher
from .pretrain_vectors import PretrainVectors
from .tags import Tagging
from .token_objective import TokenObjective

__all__ = [
    "Classification",
    "DependencyParser",
    "Entities",
    "EntityRecognizer",
    "Loss",
    "Masking",
    "Objective",
    "PretrainCharacters",
    "PretrainTeacher",
    "PretrainVectors",
    "Tagging",
    "TokenObjective",
    "beam_ner",
    "beam_parser",
    "ner",
    "parser",
    "textcat",
    "textcat_multilabel",
]
