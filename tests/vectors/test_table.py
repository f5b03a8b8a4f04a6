"""Look words up in tables, and compare them."""

import numpy as np
import pytest
from hypothesis import given

import zoo
from zoo.doc import Doc
from zoo.vectors import Vectors, VectorTable, coverage, doc_vector, similarity

from .tables import make_floret, make_rows, make_table, tables


@given(tables())
def test_each_word_has_its_row(table):
    vectors, known = table.get(table.words)
    assert vectors.dtype == np.float32 and known.dtype == np.bool_
    assert known.all() and vectors.shape == table.shape
    np.testing.assert_array_equal(vectors, table.matrix.values)


@pytest.mark.parametrize(
    "table", [make_table(), make_floret()], ids=["table", "floret"]
)
def test_both_kinds_are_vector_tables(table):
    assert isinstance(table, VectorTable)
    vectors, known = table.get([])
    assert vectors.shape == (0, 4) and known.shape == (0,)


def test_an_unknown_word_has_zeros():
    vectors, known = make_table().get(["the", "no", "the"])
    assert known.tolist() == [True, False, True]
    assert not vectors[1].any()
    np.testing.assert_array_equal(vectors[0], vectors[2])


def test_an_unknown_word_can_have_the_mean():
    vectors, known = make_table(unknown="mean").get(["no", "the"])
    assert known.tolist() == [False, True]
    np.testing.assert_allclose(vectors[0], make_rows().mean(axis=0), atol=1e-6)


def test_an_unknown_word_can_be_an_error():
    table = make_table(name="mine", unknown="error")
    assert table.get(["the"])[1].all()
    message = r"Vectors 'mine': all words must be in the table, got 'no', 'nor'\. "
    with pytest.raises(ValueError, match=message + 'unknown = "zero" or "mean" gives'):
        table.get(["no", "the", "nor", "no"])
    with pytest.raises(ValueError, match=r"got '0', '1', '2', '3', '4', …\."):
        table.get(list(map(str, range(8))))
    assert table.coverage([["no", "the"]]).n_found_tokens == 1


def test_words_share_rows():
    table = Vectors({"a": 1, "b": 0, "c": 1}, [[1, 0], [0, 2.0]])
    assert len(table) == 3 and table.shape == (2, 2)
    assert table.find(["c", "b", "?"]).tolist() == [1, 0, -1]
    assert table.get(["a", "c"])[0].tolist() == [[0, 2], [0, 2]]
    assert table.most_similar(["a"], 5) == [[("b", 0.0)]]
    assert table.most_similar(["b"], 5) == [[("a", 0.0)]]


def test_a_row_without_words_is_nobodys_neighbour():
    table = Vectors({"a": 0, "b": 2}, [[1, 0], [1, 0.1], [1.0, 1]])
    ((pair,),) = table.most_similar(["a"], 5)
    assert pair == ("b", pytest.approx(0.5**0.5))


def test_a_table_without_words():
    table = Vectors([], np.zeros((0, 3)))
    assert table.get(["a"])[0].tolist() == [[0, 0, 0]]
    assert table.most_similar(["a"]) == [[]]
    assert Vectors([], np.zeros((0, 3)), unknown="mean").get(["a"])[0].sum() == 0


def test_the_rows_given_are_not_locked():
    data = make_rows()
    table = Vectors(list("abcdef"), data)
    assert not table.matrix.values.flags.writeable and data.flags.writeable
    table.get(["a"])[0][:] = 9
    np.testing.assert_array_equal(data, make_rows())


@pytest.mark.parametrize(
    ("words", "data", "message"),
    [
        (["a"], make_rows(2), "each row needs a word, got 1 words and 2 rows"),
        (["a", "b", "a"], make_rows(3), "each word may come once, got 'a' again"),
        ({"a": 2}, make_rows(2), "each word needs one of the rows 0 to 1, got 2 to 2"),
        ({"a": -1}, make_rows(2), "got -1 to -1"),
        (["a"], np.zeros(3), r"must be of two dimensions and one of .*got \(3,\)"),
        (["a"], np.zeros((1, 3), int), "one of the types float32, float16, int8, got"),
        (["a"], np.array([[np.nan]]), "must be finite, got NaN or infinity in row 0"),
        (["a"], np.zeros((1, 3), "i1"), "int8 data needs scales"),
    ],
)
def test_what_makes_no_table_is_refused(words, data, message):
    with pytest.raises(ValueError, match=f"Vectors: .*{message}"):
        Vectors(words, data)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="unknown must be one of zero, mean, error"):
        make_table(unknown="none")
    with pytest.raises(TypeError, match=r"words must be a list.*Write \['the'\]"):
        make_table().get("the")
    with pytest.raises(TypeError, match="words must be a list of strings"):
        make_floret().get("the")
    with pytest.raises(TypeError, match="words must be a list of strings"):
        Vectors("ab", make_rows(2))
    with pytest.raises(ValueError, match="most_similar: n must be 1 or more, got 0"):
        make_table().most_similar(["the"], 0)


def test_the_checksum_tells_words_rows_and_types_apart():
    table = make_table()
    assert table.checksum == make_table(name="other", unknown="mean").checksum
    others = [
        Vectors(table.words[::-1], make_rows()),
        Vectors(table.words, make_rows() + 1),
        Vectors(dict(zip(table.words, range(5, -1, -1), strict=True)), make_rows()),
        Vectors(["the", *table.words[1:5], "1"], make_rows()),
        table.with_matrix(table.matrix.convert("float16")),
        make_floret(6),
    ]
    assert len({table.checksum, *(other.checksum for other in others)}) == 7


def test_similarity():
    table = Vectors(["a", "b", "c", "z"], [[1, 0], [1, 1], [-2, 0], [0, 0.0]])
    assert table.similarity("a", "b") == pytest.approx(0.5**0.5)
    assert table.similarity("a", "c") == -1
    assert table.similarity("a", "z") == table.similarity("a", "no") == 0
    assert make_floret().similarity("same", "same") == pytest.approx(1)


def test_similarity_of_documents_and_slices():
    table = Vectors(["a", "b"], [[3, 0], [0, 4.0]])
    doc = Doc(["a", "no", "a", "b"])
    assert table.similarity(doc, ["a"]) == pytest.approx(6 / (36 + 16) ** 0.5)
    assert table.similarity(doc[:2], "a") == pytest.approx(1)
    assert table.similarity(doc[:3], doc[3:]) == 0
    assert table.similarity(doc, []) == table.similarity(["no"], doc) == 0
    assert make_floret().similarity(doc, doc) == pytest.approx(1)
    with pytest.raises(TypeError, match="A document must be a list of words"):
        table.similarity(doc, [["a"]])


@pytest.mark.parametrize("doc", [Doc(["a", "b", "no"]), ["a", "b", "no"]])
def test_a_document_has_the_mean_of_its_words(doc):
    table = Vectors(["a", "b"], [[3, 0], [0, 6.0]])
    assert table.doc_vector(doc).tolist() == [1, 2]
    assert table.doc_vector([]).tolist() == [0, 0]
    assert make_floret().doc_vector([]).dtype == np.float32


def test_coverage_counts_tokens_and_types():
    table = make_table()
    docs = [Doc(["the", "cat", "the"]), ["a", "cat", "b"], []]
    found = table.coverage(docs)
    assert found[:4] == (6, 4, 2, 1)
    assert found.missing == [("cat", 2), ("a", 1), ("b", 1)]
    assert (found.tokens, found.types) == (2 / 6, 1 / 4)
    nothing = table.coverage([])
    assert (nothing.tokens, nothing.types, nothing.missing) == (1, 1, [])
    assert make_floret().coverage([["a", ""]]).missing == [("", 1)]


class Lengths:
    """A table of one's own: the smallest there is."""

    name, shape, checksum = "lengths", (1, 2), "1"

    def get(self, words):
        vectors = np.array([[len(word), 1] for word in words], "f").reshape(-1, 2)
        return vectors, np.array([word != "?" for word in words])


def test_the_functions_take_any_table():
    table = Lengths()
    assert isinstance(table, VectorTable)
    assert similarity(table, "a", "b") == pytest.approx(1)
    assert doc_vector(table, ["a", "bcd"]).tolist() == [2, 1]
    assert coverage(table, [["a", "?"]]).missing == [("?", 1)]


def test_the_names_are_exported():
    assert zoo.Vectors is Vectors and zoo.VectorTable is VectorTable


def test_a_config_names_a_table(tmp_path):
    zoo.write_vectors(make_table(), tmp_path / "x.safetensors")
    block = {
        "@vectors": "zoo.Vectors.v1",
        "path": str(tmp_path / "x.safetensors"),
        "unknown": "mean",
    }
    table = zoo.registry.resolve({"vectors": block})["vectors"]
    assert table.name == "vectors" and table.unknown == "mean"
    block["name"] = "mine"
    assert zoo.registry.resolve({"vectors": block})["vectors"].name == "mine"


def test_vectors_are_no_words_to_compare():
    table = Vectors(["a"], np.ones((1, 2), "f"))
    for words in (np.ones((1, 2), "f"), np.arange(2)):
        with pytest.raises(TypeError, match=r"words must be a list .* got an array"):
            table.most_similar(words)
    assert table.most_similar(np.array(["a"])) == [[]]
