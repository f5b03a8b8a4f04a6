import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny import save_docs
from zoo import Doc
from zoo.corpora import RawText, Unwritten, write_docs
from zoo.corpora.formats import FORMATS
from zoo.corpora.raw_text import split_long


def make_file(tmp_path, *lengths):
    docs = [Doc([f"w{i}" for i in range(length)]) for length in lengths]
    path = tmp_path / "raw.jsonl"
    write_docs(docs, path)
    return path


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_read(tmp_path, suffix, end):
    docs = [
        Doc(["Ann", "sang"], cats={"a": 1.0}, ents=[(0, 1, "PER")]),
        Doc(["Rain", "fell"], cats={"b": 1.0}, ents=[]),
    ]
    path = tmp_path / f"raw{suffix}{end}"
    if end and FORMATS[suffix].is_packed:
        with pytest.raises(ValueError, match="is packed by itself"):
            write_docs(docs, path)
        return
    write_docs(docs, path, unwritten=Unwritten())
    corpus = RawText(path)
    assert [doc.words for doc in corpus()] == [doc.words for doc in docs]
    assert "Read 2 texts." in corpus.describe()


@given(st.integers(0, 60), st.integers(1, 20), st.sets(st.integers(0, 59)))
@settings(max_examples=60)
def test_a_text_is_split_and_nothing_is_lost(n_words, max_length, starts):
    words = [f"w{i}" for i in range(n_words)]
    doc = Doc(
        words,
        spaces=[i % 2 == 0 for i in range(n_words)],
        norms=[word.upper() for word in words],
        sent_starts=[i in starts for i in range(n_words)],
    )
    parts = split_long(doc, max_length)
    assert [word for part in parts for word in part.words] == words
    assert [space for part in parts for space in part.spaces] == doc.spaces
    assert [norm for part in parts for norm in part.norms] == doc.norms
    assert max(map(len, parts)) <= max_length
    assert all(len(part) for part in parts) or n_words == 0


def test_parts_without_sentences_are_about_equally_long():
    doc = Doc(["w"] * 11)
    assert [len(part) for part in split_long(doc, 5)] == [4, 4, 3]
    assert [len(part) for part in split_long(doc, 11)] == [11]
    assert [len(part) for part in split_long(doc, 0)] == [11]


def test_parts_end_where_sentences_do():
    starts = [i in (0, 3, 5, 9) for i in range(11)]
    doc = Doc(["w"] * 11, sent_starts=starts)
    assert [len(part) for part in split_long(doc, 5)] == [5, 4, 2]


def test_long_and_short_texts_are_counted(tmp_path):
    corpus = RawText(make_file(tmp_path, 1, 12, 3, 25), min_length=2, max_length=10)
    for _ in range(2):
        assert [len(doc) for doc in corpus()] == [6, 6, 3, 9, 8, 8]
        assert (corpus.n_texts, corpus.n_split, corpus.n_short) == (4, 2, 1)
    assert corpus.describe() == (
        "Read 4 texts. 2 of more than 10 words were split, 1 of fewer than 2 left out."
    )


def test_what_was_read_is_told_as_it_is(tmp_path):
    corpus = RawText(make_file(tmp_path, 1, 12, 3), min_length=2, max_length=0)
    texts = corpus()
    next(texts)
    assert corpus.describe() == "Read 2 texts so far. 1 of fewer than 2 left out."
    list(texts)
    assert corpus.describe() == "Read 3 texts. 1 of fewer than 2 left out."


@pytest.mark.parametrize("name", ["b.txt", "b.txt.gz", "b.jsonl.gz", "b.spacy"])
def test_several_files_of_all_formats_are_one_corpus(tmp_path, name):
    first, second = make_file(tmp_path, 3, 2), tmp_path / name
    write_docs([Doc(["Snow", "fell"]), Doc(["It", "rained", "too"])], second)
    lengths = [len(doc) for doc in RawText([first, second])()]
    assert lengths == [3, 2, 2, 3]
    words = [doc.words for doc in RawText([second, first])()]
    assert words[:2] == [["Snow", "fell"], ["It", "rained", "too"]]


def test_labels_are_left_behind(tmp_path):
    path = save_docs(tmp_path / "labelled.jsonl")
    assert all(doc.tags is None and doc.cats is None for doc in RawText(path)())


def test_a_limit_and_a_shuffle_buffer_are_passed_on(tmp_path):
    path = make_file(tmp_path, *range(1, 30))
    assert len(list(RawText(path, limit=5)())) == 5
    lengths = [len(doc) for doc in RawText(path, shuffle_buffer=10)()]
    assert sorted(lengths) == list(range(1, 30)) and lengths != sorted(lengths)


def test_a_call_counts_as_an_epoch_even_if_nothing_is_read_of_it(tmp_path):
    path = make_file(tmp_path, *range(1, 30))
    read, skipping = (RawText(path, shuffle_buffer=10) for _ in range(2))
    list(read()), skipping()
    first, second = ([len(doc) for doc in corpus()] for corpus in (read, skipping))
    assert first == second


@pytest.mark.parametrize("name", ["min_length", "max_length"])
def test_a_negative_length_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=f"{name} must be 0 or more, got -1"):
        RawText(make_file(tmp_path, 1), **{name: -1})


def test_texts_may_stand_in_a_column(tmp_path):
    (tmp_path / "a.csv").write_text("stars,review\n5,It rains.\n")
    corpus = RawText(tmp_path / "a.csv", columns="text=review")
    with pytest.warns(UserWarning, match="1 column that was not read"):
        assert [doc.words for doc in corpus()] == [["It", "rains", "."]]
    (tmp_path / "b.txt").write_text("# one\n1 Ann O\n2 sang O\n")
    options = {"format": ".conll", "comments": "#", "columns": "word=2"}
    corpus = RawText(tmp_path / "b.txt", **options)
    assert [doc.words for doc in corpus()] == [["Ann", "sang"]]


def test_entities_that_do_not_fit_stop_no_reading_of_text(tmp_path):
    line = '{"text": "Ann Lee", "entities": [[0, 2, "X"], [0, 7, "Y"], [4, 7, "Y"]]}'
    (tmp_path / "a.jsonl").write_text(line)
    with pytest.warns(UserWarning) as said:
        assert [doc.words for doc in RawText(tmp_path / "a.jsonl")()] == [
            ["Ann", "Lee"]
        ]
    assert len(said) == 2
