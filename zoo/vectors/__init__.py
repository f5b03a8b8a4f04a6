"""Tables of word vectors: look words up, read and write files, compare words."""

from .coverage import Coverage, coverage, doc_vector, similarity
from .floret import FloretVectors
from .matrix import Loss, Matrix, measure_loss
from .protocol import VectorTable
from .prune import Pruned, prune
from .reading import read_vectors
from .table import Vectors
from .writing import write_vectors

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
