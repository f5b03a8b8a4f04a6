"""Read the data beside the project, and copy it."""

import gzip
from pathlib import Path

import pytest

from zoo.corpora import read_docs, write_docs

DATA = Path(__file__).parents[3] / "shared" / "data"


def data(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the file ../shared/data/{name} is not beside the project")
    return path


@pytest.mark.parametrize(
    ("name", "n_docs", "n_words"),
    [("train", 12544, 204577), ("dev", 2001, 25147), ("test", 2077, 25094)],
)
def test_the_english_web_treebank_is_read(name, n_docs, n_words):
    docs = list(read_docs(data(f"ud_english_ewt/{name}.conllu.gz")))
    assert len(docs) == n_docs
    assert sum(map(len, docs)) == n_words
    for doc in docs:
        comments = [c for c in doc.user_data["conllu"] if c.startswith("# text = ")]
        text = comments[0].removeprefix("# text = ")
        # The treebank's own comments have blanks that its words do not know of.
        assert doc.text.split() == text.split()


def test_a_copy_of_the_treebank_is_identical(tmp_path):
    source = data("ud_english_ewt/dev.conllu.gz")
    write_docs(read_docs(source), tmp_path / "dev.conllu")
    assert (tmp_path / "dev.conllu").read_bytes() == gzip.decompress(
        source.read_bytes()
    )


@pytest.mark.parametrize(
    ("name", "count"), [("train", 6920), ("dev", 872), ("test", 1821)]
)
def test_sst2_is_read(name, count):
    docs = list(read_docs(data(f"sst2/{name}.tsv.gz")))
    assert len(docs) == count
    assert {label for doc in docs for label in doc.cats} == {"0", "1"}


def test_raw_text_is_read():
    docs = list(read_docs(data("raw/english.jsonl.gz")))
    assert len(docs) == 15554
    assert max(len(doc.user_data["text"]) for doc in docs) == 54503
