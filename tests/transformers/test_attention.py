"""Check attention between words: pooling, comparison, and the picture of it."""

import numpy as np
import pytest

from tests.transformers.hugging_face import save_tiny
from zoo._cli import main
from zoo.doc import Doc
from zoo.transformers import TransformerWrapper, strided_spans
from zoo.transformers._plot_attention import draw_attention
from zoo.transformers.attention import (
    WordAttention,
    attend,
    compare_attention,
    read_attention,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
WORDS = ["cat", "unthinkable", "\n", "mat"]


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


def pool_slowly(batch, window_of):
    """Pool the attention of each pair of words, row by row, from the window it is in.

    window_of: Gives the window that a row is in.
    """
    ends = np.cumsum(batch.alignment.lengths)
    rows_of = [
        batch.alignment.dataXd[end - n : end].tolist()
        for end, n in zip(ends, batch.alignment.lengths, strict=True)
    ]
    starts = np.cumsum(batch.n_rows) - batch.n_rows
    weights = np.full((2, 2, len(rows_of), len(rows_of)), np.nan)
    for a, attending in enumerate(rows_of):
        for b, given in enumerate(rows_of):
            pieces = batch.row_pieces[given]
            for row in attending:
                k = window_of(row)
                inside = range(starts[k], starts[k] + batch.n_rows[k])
                for other in inside:
                    if batch.row_pieces[other] in pieces:
                        if np.isnan(weights[0, 0, a, b]):
                            weights[:, :, a, b] = 0
                        share = batch.attentions[k][
                            :, :, row - starts[k], other - starts[k]
                        ]
                        weights[:, :, a, b] += share / len(attending)
    return weights


def test_words_of_several_windows_attend_within_each(folder):
    words = ["cat", "unthinkable", "mat", "sat"] * 6
    model = TransformerWrapper(
        folder, strided_spans(7, 5), transformer_config={"output_attentions": True}
    ).initialize()
    batch = model.predict([words])
    assert len(batch.n_rows) > 3
    ends = np.cumsum(batch.n_rows)
    strings = [f"piece {i}" for i in range(len(batch.ids))]
    found = read_attention(batch, words, strings)
    slow = pool_slowly(batch, lambda row: int((ends <= row).sum()))
    np.testing.assert_allclose(found.weights, slow, atol=1e-6)
    blank = np.isnan(found.mean())
    assert blank[0, -1]
    assert not blank.diagonal().any()
    assert (np.nansum(found.weights, axis=-1) < 1).all()
    part = read_attention(batch, words, strings, 3, 9)
    assert part.words == words[3:9]
    assert part.pieces == found.pieces[3:9]
    expected = found.weights[:, :, 3:9, 3:9]
    np.testing.assert_allclose(part.weights, expected, atol=1e-6)


def test_words_that_no_window_holds_together_do_not_count_in_a_comparison(folder):
    whole, parts = (
        attend_in(folder, strided_spans(*steps)) for steps in ((12, 12), (4, 3))
    )
    blank = np.isnan(parts.mean())
    assert blank.any()
    assert not np.isnan(whole.mean()).any()
    found = compare_attention(whole, parts)
    np.testing.assert_array_equal(np.isnan(found.difference), blank)
    assert (found.divergence < 0.01).all()  # Of far more, if blanks were zeros.


def attend_in(folder, get_spans):
    config = {"output_attentions": True}
    model = TransformerWrapper(folder, get_spans, transformer_config=config)
    batch = model.initialize().predict([["cat"] * 12])
    return read_attention(batch, ["cat"] * 12, ["?"] * len(batch.ids))


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
    with pytest.raises(ValueError, match=r"holds none. Set output_attentions"):
        read_attention(batch, WORDS, ["?"] * len(batch.ids))
    batch = wrap(folder, output_attentions=True).predict([WORDS, WORDS])
    with pytest.raises(ValueError, match="needs one document, got 2"):
        read_attention(batch, WORDS, ["?"] * len(batch.ids))
    with pytest.raises(ValueError, match=r"none among the 1 from 2 to 3"):
        attend(folder, WORDS, 2, 3)
    with pytest.raises(ValueError, match=r"none among the 0 from 0 to 0"):
        attend(folder, [])


def test_a_picture_is_drawn_of_any_words(folder, tmp_path):
    for words in (["cat", "$5", "$"], ["x"]):
        attention = attend(folder, words)
        for weights in (attention.mean(), attention.mean() - 0.5):
            draw_attention(attention, weights, tmp_path / "a.png", "title")
            assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_a_picture_stays_readable(folder, tmp_path):
    attention = attend(folder, ["cat"] * 101)
    with pytest.raises(ValueError, match=r"100 words at most, got 101. .* --start 0"):
        draw_attention(attention, attention.mean(), tmp_path / "a.png")


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


def test_the_command_draws_a_part_of_a_long_text(folder, tmp_path, monkeypatch, capsys):
    picture, text = tmp_path / "picture.png", "cat mat " * 60
    assert run(monkeypatch, folder, text, "--output", picture) == 1
    assert "holds 100 words at most, got 120" in capsys.readouterr().err
    part = ("--start", 40, "--end", 50)
    assert not run(monkeypatch, folder, text, "--output", picture, *part)
    assert picture.stat().st_size > 1000
