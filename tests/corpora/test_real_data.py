"""Read the data beside the project, and copy it."""

import gzip

import pytest

from zoo.corpora import read_docs, write_docs

from .real_data import data


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


@pytest.mark.parametrize(
    ("name", "count", "n_ents"),
    [("train", 3394, 1975), ("dev", 1009, 836), ("test", 1287, 1079)],
)
def test_wnut_is_read(name, count, n_ents):
    docs = list(read_docs(data(f"wnut17/{name}.conll.gz"), strict=True))
    assert len(docs) == count
    assert sum(len(doc.ents) for doc in docs) == n_ents
    assert len({span.label for doc in docs for span in doc.ents}) == 6


def test_entities_of_wnut_survive_every_format(tmp_path):
    source = data("wnut17/dev.conll.gz")
    docs = list(read_docs(source))
    for suffix in (".iob", ".biluo.gz", ".jsonl", ".spacy"):
        write_docs(docs, tmp_path / f"a{suffix}")
        found = list(read_docs(tmp_path / f"a{suffix}"))
        assert [(doc.words, doc.ents) for doc in found] == [
            (doc.words, doc.ents) for doc in docs
        ]
    write_docs(docs, tmp_path / "a.conll")
    assert (tmp_path / "a.conll").read_bytes() == gzip.decompress(source.read_bytes())
