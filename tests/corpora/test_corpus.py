import pytest
from thinc.api import Config

from zoo.corpora import Corpus
from zoo.registries import registry

from .strategies import save

CONFIG = """
[train]
@readers = "zoo.Corpus.v1"
path = {path}
limit = 2
"""


@pytest.fixture
def path(tmp_path):
    return save(tmp_path / "a.tsv", "a\t0\nb\t1\nc\t0\n")


def read(corpus):
    return [doc.words[0] for doc in corpus()]


def test_a_corpus_is_read_from_the_start_each_time(path):
    corpus = Corpus(path)
    assert next(corpus()).words == ["a"]
    assert read(corpus) == read(corpus) == ["a", "b", "c"]


def test_a_limit_counts_documents(path):
    assert read(Corpus(str(path), limit=2)) == ["a", "b"]
    assert read(Corpus(path, limit=9)) == ["a", "b", "c"]


def test_a_config_names_a_corpus(path):
    config = Config().from_str(CONFIG.format(path=path))
    assert read(registry.resolve(config)["train"]) == ["a", "b"]


def test_an_error_in_the_file_comes_when_it_is_reached(path):
    corpus = Corpus(save(path, "a\t0\nb\n"))
    with pytest.raises(ValueError, match="line 2"):
        read(corpus)


@pytest.mark.parametrize("path", [None, ""])
def test_no_path_is_refused(path):
    match = "Corpus: no path was given; set paths.train in the config or pass --paths"
    with pytest.raises(ValueError, match=match):
        Corpus(path)


def test_what_cannot_be_read_is_refused_when_it_is_made(path):
    with pytest.raises(ValueError, match=r"Corpus: limit must be 0 or more .* got -1."):
        Corpus(path, limit=-1)
    with pytest.raises(ValueError, match="the suffix must be one of"):
        Corpus(path.with_suffix(".txt"))
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'a.tsv' in"):
        Corpus(path.with_name("b.tsv"))
