"""Tables of word vectors: look words up, read and write files, compare words."""

from ._coverage import Coverage, coverage, doc_vector, similarity
from ._matrix import Loss, Matrix, measure_loss
from ._prune import Pruned, prune
from .base import VectorTable
from .floret import FloretVectors
from .read import read_vectors
from .table import Vectors
from .write import write_vectors

__all__ = [
    "Coverage",
    "FloretVectors",
    "Loss",
    "Matrix",
    "Pruned",
    "VectorTable",
    "Vectors",
    "coverage",
    "doc_vector",
    "measure_loss",
    "prune",
    "read_vectors",
    "similarity",
    "write_vectors",
]
