"""Compare with floret, gensim and spaCy, where they are installed."""

import io
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from zoo.vectors import FloretVectors, Vectors, prune, read_vectors, write_vectors

from .tables import make_rows

pytestmark = pytest.mark.peer

DATA = Path(__file__).parents[3] / "shared" / "data" / "vectors"
TEXT = "the quick brown fox jumps over the lazy dog naïve 日本語 a b c extraordinary\n"
WORDS = ["quick", "a", "naïve", "日本語", "unseen", "x" * 50, "😀é", "ab", "new york"]


def import_peer(name):
    """Import a package that may warn while it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    floret = import_peer("floret")
    folder = tmp_path_factory.mktemp("floret")
    (folder / "text").write_text(TEXT * 50, encoding="utf8")

    def train(**settings):
        settings = {"dim": 8, "bucket": 100, "minCount": 1, "epoch": 1, **settings}
        return floret.train_unsupervised(
            str(folder / "text"), model="cbow", thread=1, verbose=0, **settings
        )

    return train


@pytest.mark.parametrize(
    ("minn", "maxn", "hash_count"),
    [(2, 4, 2), (1, 3, 4), (4, 5, 1), (0, 0, 3), (1, 1, 2)],
)
def test_floret_gives_the_same_bits(train, tmp_path, minn, maxn, hash_count):
    model = train(mode="floret", minn=minn, maxn=maxn, hashCount=hash_count)
    n_words = len(model.get_words())
    table = FloretVectors(
        model.get_input_matrix()[n_words:], minn=minn, maxn=maxn, hash_count=hash_count
    )
    for word, rows in zip(WORDS, table.rows(WORDS), strict=True):
        assert rows.tolist() == (model.get_subwords(word)[1] - n_words).tolist()
    # The first word of its vocabulary is left out: to that, the model in memory adds a
    # row that is not among those that it exports.
    expected = np.stack([model.get_word_vector(word) for word in WORDS])
    np.testing.assert_array_equal(table.get(WORDS)[0], expected)
    model.save_floret_vectors(str(tmp_path / "x.floret"))
    read = read_vectors(tmp_path / "x.floret", strict=True)
    assert read.settings == table.settings
    np.testing.assert_allclose(read.matrix.values, table.matrix.values, rtol=1e-4)
    model.save_model(str(tmp_path / "x.bin"))
    assert read_vectors(tmp_path / "x.bin").checksum == table.checksum


def test_fasttext_models_give_the_vectors_of_their_words(train, tmp_path):
    model = train(minn=2, maxn=4)
    model.save_model(str(tmp_path / "x.bin"))
    table = read_vectors(tmp_path / "x.bin")
    assert table.words == model.get_words()
    expected = np.stack([model.get_word_vector(word) for word in table.words])
    np.testing.assert_array_equal(table.get(table.words)[0], expected)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        model.save_vectors(str(tmp_path / "x.vec"))
    read = read_vectors(tmp_path / "x.vec", strict=True)
    assert read.words == table.words
    np.testing.assert_allclose(read.get(read.words)[0], expected, rtol=1e-3, atol=1e-6)


@pytest.fixture(scope="module")
def keyed_vectors():
    return import_peer("gensim.models").KeyedVectors


@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_what_is_written_and_is_read(keyed_vectors, tmp_path, binary):
    table = Vectors([f"wörd{i}" for i in range(30)], make_rows(30, 20))
    path = tmp_path / ("x.bin" if binary else "x.vec")
    write_vectors(table, path)
    theirs = keyed_vectors.load_word2vec_format(str(path), binary=binary)
    assert theirs.index_to_key == table.words
    np.testing.assert_array_equal(theirs.vectors, table.matrix.values)
    theirs.save_word2vec_format(str(path), binary=binary)
    assert read_vectors(path, strict=True).checksum == table.checksum


def test_gensims_own_files_are_pickles_and_refused(keyed_vectors, tmp_path):
    theirs = keyed_vectors(4)
    theirs.add_vectors(["a"], make_rows(1))
    theirs.save(str(tmp_path / "x.kv"))
    with pytest.raises(ValueError, match=r"is a Python pickle, perhaps of gensim"):
        read_vectors(tmp_path / "x.kv")


def test_gensim_reads_the_real_table_alike(keyed_vectors):
    path = DATA / "minilm_words_100d.vec.gz"
    if not path.exists():
        pytest.skip("the vectors are not beside the project")
    theirs = keyed_vectors.load_word2vec_format(str(path), limit=3000)
    table = read_vectors(path, limit=3000, strict=True)
    assert theirs.index_to_key == table.words
    np.testing.assert_array_equal(theirs.vectors, table.matrix.values)
    words = [table.words[i] for i in (0, 500, 1500, 2999)]
    for word, found in zip(words, table.most_similar(words, 5), strict=True):
        cosines = [cosine for _, cosine in found]
        expected = [cosine for _, cosine in theirs.most_similar(word, topn=5)]
        np.testing.assert_allclose(cosines, expected, atol=1e-5)
        # Words with equal vectors may come in another order, or others of them.
        expected = [theirs.similarity(word, name) for name, _ in found]
        np.testing.assert_allclose(cosines, expected, atol=1e-5)


def test_spacy_reads_what_is_written(tmp_path):
    spacy = import_peer("spacy")
    table = Vectors({"a": 1, "naïve": 0, "日本語": 1}, make_rows(2))
    write_vectors(table, tmp_path / "x")
    theirs = spacy.vectors.Vectors().from_disk(tmp_path / "x")
    for word in table.words:
        row = theirs.find(key=word)
        np.testing.assert_array_equal(theirs.data[row], table.get([word])[0][0])
    table = FloretVectors(make_rows(50), minn=2, maxn=3, hash_count=2)
    write_vectors(table, tmp_path / "x")
    theirs = spacy.vectors.Vectors().from_disk(tmp_path / "x")
    found, expected = table.get(WORDS)[0], theirs.get_batch(WORDS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert theirs.attr == spacy.attrs.ORTH


def test_what_spacy_writes_is_read(tmp_path):
    spacy = import_peer("spacy")
    nlp = spacy.blank("en")
    for word, vector in zip(WORDS, make_rows(9), strict=True):
        nlp.vocab.set_vector(word, vector)
    nlp.to_disk(tmp_path / "nlp")
    nlp.vocab.vectors.to_disk(tmp_path / "vectors")
    for path in (tmp_path / "nlp", tmp_path / "nlp" / "vocab", tmp_path / "vectors"):
        table = read_vectors(path, strict=True)
        assert table.words == WORDS
        np.testing.assert_array_equal(table.get(WORDS)[0], make_rows(9))
    nlp.vocab.prune_vectors(4)
    nlp.to_disk(tmp_path / "nlp")
    table = read_vectors(tmp_path / "nlp", strict=True)
    assert set(table.words) == set(WORDS) and table.shape == (4, 4)
    for word in WORDS:
        np.testing.assert_array_equal(
            table.get([word])[0][0], nlp.vocab.get_vector(word)
        )


def test_spacy_prunes_alike():
    spacy = import_peer("spacy")
    table = Vectors(WORDS, make_rows(9))
    vocab = spacy.blank("en").vocab
    for word in WORDS:
        vocab.set_vector(word, table.get([word])[0][0])
    removed = vocab.prune_vectors(5)
    pruned, cosines = prune(table, 5)
    for word in WORDS:
        np.testing.assert_array_equal(pruned.get([word])[0][0], vocab.get_vector(word))
    expected = [removed[word][1] for word in WORDS[5:]]
    np.testing.assert_allclose(cosines, expected, atol=1e-3)


def test_hashed_vectors_that_spacy_writes_are_read(tmp_path):
    spacy = import_peer("spacy")
    theirs = spacy.vectors.Vectors(
        data=make_rows(50), mode="floret", minn=2, maxn=3, hash_count=3, hash_seed=7
    )
    theirs.to_disk(tmp_path / "x")
    table = read_vectors(tmp_path / "x", strict=True)
    found, expected = table.get(WORDS)[0], theirs.get_batch(WORDS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
