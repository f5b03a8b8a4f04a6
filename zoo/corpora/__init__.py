"""Read and write files of documents."""

from ..tokenizer.adapters import split_words
from .conllu import read_conllu, write_conllu
from .corpus import Corpus
from .formats import read_docs, write_docs
from .iob import read_iob, write_biluo, write_bio, write_iob
from .jsonl import read_jsonl, write_jsonl
from .mixed import MixedCorpus
from .raw_text import RawText
from .spacy_binary import read_spacy, write_spacy
from .text import read_text, read_tsv, write_text, write_tsv

__all__ = [
    "Corpus",
    "MixedCorpus",
    "RawText",
    "read_conllu",
    "read_docs",
    "read_iob",
    "read_jsonl",
    "read_spacy",
    "read_text",
    "read_tsv",
    "split_words",
    "write_biluo",
    "write_bio",
    "write_conllu",
    "write_docs",
    "write_iob",
    "write_jsonl",
    "write_spacy",
    "write_text",
    "write_tsv",
]
