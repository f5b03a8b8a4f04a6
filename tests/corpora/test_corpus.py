import pytest
from thinc.api import Config

from zoo._registry import registry
from zoo.corpora import Corpus

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
    with pytest.raises(
        ValueError, match="Corpus: path must name a file or folder, got"
    ):
        Corpus(path)


def test_what_cannot_be_read_is_refused_when_it_is_made(path):
    with pytest.raises(ValueError, match="Corpus: limit must be 0 or more, got -1"):
        Corpus(path, limit=-1)
    with pytest.raises(ValueError, match="Corpus: shuffle_buffer must be 0 or more"):
        Corpus(path, shuffle_buffer=-1)
    with pytest.raises(ValueError, match="the suffix must be one of"):
        Corpus(path.with_suffix(".md"))
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'a.tsv' in"):
        Corpus(path.with_name("b.tsv"))


def test_a_list_and_a_folder_are_read(path):
    assert read(Corpus([str(path), str(path)])) == ["a", "b", "c"] * 2
    assert read(Corpus([path.parent, path], limit=4)) == ["a", "b", "c", "a"]


def test_a_config_names_a_tokenizer(tmp_path):
    path = save(tmp_path / "a.txt", "a-b\n")
    block = {
        "@readers": "zoo.Corpus.v1",
        "path": [str(path)],
        "tokenizer": {"@tokenizers": "zoo.WhitespaceTokenizer.v1"},
    }
    assert read(registry.resolve({"train": block})["train"]) == ["a-b"]
    assert read(Corpus(path)) == ["a"]


@pytest.fixture
def numbers(tmp_path):
    return save(tmp_path / "n.tsv", "".join(f"{i}\tx\n" for i in range(100)))


@pytest.mark.parametrize("buffer", [1, 2, 10, 99, 100, 1000])
def test_a_buffer_shuffles_and_loses_nothing(numbers, buffer):
    order = [*map(int, read(Corpus(numbers, shuffle_buffer=buffer)))]
    assert sorted(order) == [*range(100)]
    assert (order == [*range(100)]) == (buffer == 1)
    # A document comes out at most so much too early as the buffer is long.
    assert all(number < place + buffer for place, number in enumerate(order))


def test_each_epoch_has_its_order_and_each_seed(numbers):
    first = Corpus(numbers, shuffle_buffer=30)
    orders = [read(first) for _ in range(3)]
    assert len({*map(tuple, orders)}) == 3
    again = Corpus(numbers, shuffle_buffer=30)
    assert [read(again) for _ in range(3)] == orders
    assert [doc.words[0] for doc in again(epoch=1)] == orders[1]
    again.epoch = 2
    assert read(again) == orders[2]
    assert read(Corpus(numbers, shuffle_buffer=30, seed=1)) not in orders


def test_no_more_is_read_than_the_buffer_holds(numbers):
    text = numbers.read_text() + "no label\n"
    docs = Corpus(save(numbers, text), shuffle_buffer=20)()
    assert len({next(docs).words[0] for _ in range(80)}) == 80
    with pytest.raises(ValueError, match="line 101"):
        next(docs)
