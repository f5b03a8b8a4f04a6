"""Read and write files of documents."""

from ..tokenizer.adapters import split_words
from .arrow import read_arrow, read_parquet, write_arrow, write_parquet
from .conllu import read_conllu, write_conllu
from .corpus import Corpus
from .delimited import read_csv, read_tsv, write_csv, write_tsv
from .formats import read_docs, write_docs
from .iob import read_iob, write_biluo, write_bio, write_iob
from .jsonl import read_jsonl, write_jsonl
from .mixed import MixedCorpus
from .parquet_corpus import parquet_corpus
from .raw_text import RawText
from .retokenize import retokenize
from .spacy_binary import read_spacy, write_spacy
from .text import read_text, write_text
from .unread_annotation import Unread
from .unwritten_annotation import Unwritten

__all__ = [
    "Corpus",
    "MixedCorpus",
    "RawText",
    "Unread",
    "Unwritten",
    "parquet_corpus",
    "read_arrow",
    "read_conllu",
    "read_csv",
    "read_docs",
    "read_iob",
    "read_jsonl",
    "read_parquet",
    "read_spacy",
    "read_text",
    "read_tsv",
    "retokenize",
    "split_words",
    "write_arrow",
    "write_biluo",
    "write_bio",
    "write_conllu",
    "write_csv",
    "write_docs",
    "write_iob",
    "write_jsonl",
    "write_parquet",
    "write_spacy",
    "write_text",
    "write_tsv",
]
