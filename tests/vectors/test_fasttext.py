"""Read models of fastText, written here byte by byte."""

import numpy as np
import pytest

from zoo.vectors import FloretVectors, read_vectors

from .fasttext_files import make_model
from .references import slow_grams
from .tables import make_rows


def slow_hash(gram):
    h = 2166136261
    for byte in gram.encode():
        h = (h ^ (byte - 256 * (byte > 127)) & 0xFFFFFFFF) * 16777619 & 0xFFFFFFFF
    return h


@pytest.mark.parametrize(("minn", "maxn"), [(1, 2), (3, 6), (0, 0)])
def test_vectors_are_means_of_a_word_and_its_n_grams(tmp_path, minn, maxn):
    words = ["</s>", "a", "naïve", "日本語", "words"]
    rows = make_rows(5 + 11)
    model = make_model(words, rows, bucket=11, minn=minn, maxn=maxn, labels=["x"])
    (tmp_path / "x.bin").write_bytes(model)
    table = read_vectors(tmp_path / "x.bin", strict=True)
    assert table.words == words and table.name == "x"
    for i, word in enumerate(words):
        grams = slow_grams(word, minn, maxn)[1:] if word != "</s>" else []
        parts = [rows[i], *(rows[5 + slow_hash(gram) % 11] for gram in grams)]
        np.testing.assert_allclose(
            table.get([word])[0][0], np.mean(parts, axis=0), atol=1e-6
        )
    assert read_vectors(tmp_path / "x.bin", limit=2).words == words[:2]


def test_a_model_of_floret_has_hashed_vectors(tmp_path):
    rows = make_rows(2 + 5)
    model = make_model(["a", "b"], rows, bucket=5, minn=2, maxn=3, floret=(2, 4))
    (tmp_path / "x.bin").write_bytes(model)
    table = read_vectors(tmp_path / "x.bin", name="mine")
    assert isinstance(table, FloretVectors) and table.name == "mine"
    np.testing.assert_array_equal(table.matrix.values, rows[2:])
    assert table.settings["hash_count"] == 4 and table.settings["maxn"] == 3
    with pytest.raises(ValueError, match="hashed vectors, which cannot be truncated"):
        read_vectors(tmp_path / "x.bin", limit=1)


def test_what_cannot_be_read_is_refused(tmp_path):
    path = tmp_path / "x.bin"
    rows, settings = make_rows(7), {"bucket": 5, "minn": 1, "maxn": 2}
    good = make_model(["a", "b"], rows, **settings)
    cases = [
        (
            make_model(["a", "b"], rows, **settings, quantized=True),
            " holds a quantized",
        ),
        (
            make_model(["a", "b"], rows[:6], **settings),
            ": expected 7 rows x 4, got 6 x",
        ),
        (good[:-1], " is too short for 7 rows x 4"),
        (good[:100], ", word 2: expected a word that ends with a zero byte, got none"),
        (good[:50], ": expected a model of fastText, got another or a damaged one"),
        (good[:120], " is cut short before its rows"),
        (make_model(["a", "a"], rows, **settings), ", word 2: expected a new word"),
    ]
    for data, message in cases:
        path.write_bytes(data)
        with pytest.raises(ValueError, match=f"read_vectors: .*x.bin(?:{message})"):
            read_vectors(path, strict=True)
