"""Read and write files of documents."""

from .conllu import read_conllu, write_conllu
from .corpus import Corpus
from .formats import read_docs, write_docs
from .jsonl import read_jsonl, write_jsonl
from .text import split_words
from .tsv import read_tsv, write_tsv

__all__ = [
    "Corpus",
    "read_conllu",
    "read_docs",
    "read_jsonl",
    "read_tsv",
    "split_words",
    "write_conllu",
    "write_docs",
    "write_jsonl",
    "write_tsv",
]
