"""Export the objectives: from documents and scores to loss and annotation."""

from .categories import Classification, textcat, textcat_multilabel
from .entities import Entities
from .mask import Masking
from .objective import Loss, Objective
from .pretrain_characters import PretrainCharacters
from .pretrain_teacher import PretrainTeacher
from .pretrain_vectors import PretrainVectors
from .tags import Tagging
from .token_objective import TokenObjective

__all__ = [
    "Classification",
    "Entities",
    "Loss",
    "Masking",
    "Objective",
    "PretrainCharacters",
    "PretrainTeacher",
    "PretrainVectors",
    "Tagging",
    "TokenObjective",
    "textcat",
    "textcat_multilabel",
]
