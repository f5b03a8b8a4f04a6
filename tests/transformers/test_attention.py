"""Check attention between words: pooling, comparison, and the picture of it."""

import numpy as np
import pytest

from tests.transformers.hugging_face import save_tiny
from zoo.cli import main
from zoo.docs import Doc
from zoo.transformers import TransformerWrapper, strided_spans
from zoo.transformers.attention import (
    WordAttention,
    compare_attention,
    read_attention,
)
from zoo.transformers.drawing import draw_attention
from zoo.transformers.viewing import attend

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
WORDS = ["cat", "unthinkable", "\n", "mat"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(save_tiny(tmp_path_factory.mktemp("bert"), "bert"))


def wrap(folder, **config):
    return TransformerWrapper(
        folder, strided_spans(20, 15), transformer_config=config
    ).initialize()


def test_words_attend_to_what_their_pieces_do(folder):
    batch = wrap(folder, output_attentions=True).predict([WORDS])
    strings = [f"piece {i}" for i in range(len(batch.ids))]
    found = read_attention(batch, WORDS, strings)
    assert found.words == ["cat", "unthinkable", "mat"]
    assert found.pieces == [[strings[1]], strings[2:5], [strings[5]]]
    (matrix,) = batch.attentions
    rows = [[1], [2, 3, 4], [5]]
    for layer in range(2):
        for head in range(2):
            slow = [
                [
                    sum(matrix[layer, head, i, j] for i in a for j in b) / len(a)
                    for b in rows
                ]
                for a in rows
            ]
            np.testing.assert_allclose(found.weights[layer, head], slow, atol=1e-6)
    assert (found.weights.sum(axis=-1) < 1).all()


def test_layers_and_heads_are_averaged_or_taken(folder):
    found = attend(folder, Doc(WORDS))
    np.testing.assert_allclose(found.mean(), found.weights.mean(axis=(0, 1)), atol=1e-6)
    np.testing.assert_array_equal(found.mean(-1, 0), found.weights[-1, 0])
    with pytest.raises(
        ValueError, match="layer must be -2 to 1, as there are 2, got 2"
    ):
        found.mean(layer=2)
    with pytest.raises(
        ValueError, match="head must be -2 to 1, as there are 2, got -3"
    ):
        found.mean(head=-3)


def test_two_transformers_are_compared_on_the_same_words(folder, tmp_path):
    left = attend(folder, WORDS)
    same = compare_attention(left, attend(folder, WORDS))
    np.testing.assert_allclose(same.difference, 0, atol=1e-6)
    np.testing.assert_allclose(same.divergence, 0, atol=1e-6)
    other = attend(save_tiny(tmp_path, "roberta", seed=1), WORDS[:2] + WORDS[3:])
    other.words = left.words
    found = compare_attention(left, other)
    np.testing.assert_allclose(found.difference, left.mean() - other.mean(), atol=1e-6)
    assert (found.divergence > 0).all()
    other.words = ["a", "b", "c"]
    with pytest.raises(ValueError, match="must have the same words"):
        compare_attention(left, other)


def test_divergence_goes_from_nothing_to_one_bit():
    def attention(rows):
        return WordAttention(
            ["a", "b"], [["a"], ["b"]], np.array(rows, dtype="f")[None, None]
        )

    left, right = attention([[1, 0], [0.5, 0]]), attention([[0, 0.3], [0.2, 0]])
    np.testing.assert_allclose(
        compare_attention(left, right).divergence, [1, 0], atol=1e-6
    )


def test_what_has_no_attention_to_read_is_refused(folder):
    batch = wrap(folder).predict([WORDS])
    with pytest.raises(ValueError, match=r"gave none. Set output_attentions"):
        read_attention(batch, WORDS, ["?"] * len(batch.ids))
    batch = wrap(folder, output_attentions=True).predict([WORDS, WORDS])
    with pytest.raises(ValueError, match="got 2 documents in 2 windows"):
        read_attention(batch, WORDS, ["?"] * len(batch.ids))


def test_a_picture_is_drawn_of_any_words(folder, tmp_path):
    for words in (["cat", "$5", "$"], ["x"]):
        attention = attend(folder, words)
        for weights in (attention.mean(), attention.mean() - 0.5):
            draw_attention(attention, weights, tmp_path / "a.png", "title")
            assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["zoo", "view", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_the_command_draws_one_transformer_or_the_difference_of_two(
    folder, tmp_path, monkeypatch, capsys
):
    picture = tmp_path / "picture.png"
    code = run(
        monkeypatch, folder, "The cat sat.", "--output", picture, "--layer", "-1"
    )
    assert not code
    assert picture.stat().st_size > 1000
    other = save_tiny(tmp_path / "other", "electra", seed=2)
    assert not run(
        monkeypatch, folder, "The cat sat.", "--output", picture, "--compare", other
    )
    lines = capsys.readouterr().out
    assert "Divergence" in lines
    assert "cat" in lines


def test_the_command_says_what_is_wrong(folder, monkeypatch, capsys):
    assert run(monkeypatch, folder, "cat " * 60) == 1
    assert "needs one document that is read in one window" in capsys.readouterr().err
