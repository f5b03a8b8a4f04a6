"""Check the windows of pieces, and the padded batches that are made of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.transformers._align import gather, ranges
from zoo.transformers._strides import cut_windows, pad_batches
from zoo.transformers._tokenize import Pieces, SpecialPieces
from zoo.transformers.spans import strided_spans

BERT = SpecialPieces((101,), (102,), (0,), (0,), 0)
XLNET = SpecialPieces((), (4, 3), (), (0, 2), 0)
NONE = SpecialPieces((), (), (), (), 0)
specials = st.sampled_from([BERT, XLNET, NONE])
sizes = st.lists(st.integers(0, 30), max_size=5)
steps = st.tuples(st.integers(1, 9), st.integers(1, 9)).map(sorted)


def make_pieces(sizes):
    ids = np.arange(1000, 1000 + sum(sizes))
    return Pieces(ids, ids, ids + 1, np.array(sizes, dtype="i8"))


def cut(sizes, window, stride, special=BERT):
    return cut_windows(make_pieces(sizes), special, window, stride)


@given(sizes, steps, specials)
def test_each_piece_has_the_row_of_the_window_it_stands_deepest_in(
    sizes, step, special
):
    stride, window = step
    windows = cut(sizes, window, stride, special)
    row, base, expected = 0, 1000, []
    places = {}
    for size in sizes:
        starts = [0] if size else []
        while size and starts[-1] + window < size:
            starts.append(starts[-1] + stride)
        for k, start in enumerate(starts):
            n = min(window, size - start)
            inner = [*special.before, *range(base + start, base + start + n)]
            expected += [*inner, *special.behind]
            for j in range(n):
                at = row + len(special.before) + j
                depth = abs(start + j - (start + (window - 1) / 2))
                if k == len(starts) - 1 and j > (window - 1) / 2:
                    depth = 0  # Nothing is cut off behind the last window,
                if k == 0 and j < (window - 1) / 2:
                    depth = 0  # nor before the first one.
                places.setdefault(base + start + j, []).append((depth, k, at))
            row += n + len(special)
        base += size
    assert windows.ids.tolist() == expected
    best = [min(found)[2] for _, found in sorted(places.items())]
    assert windows.row_of.tolist() == best


@given(
    sizes,
    steps,
    specials,
    st.integers(1, 60),
    st.sampled_from(["padded", "equal", "single"]),
    st.none() | st.integers(0, 60),
)
def test_padded_batches_hold_every_row_once_within_their_budget(
    sizes, step, special, budget, batching, enough
):
    stride, window = step
    windows = cut(sizes, window, stride, special)
    seen, widths = [], []
    for batch in pad_batches(windows, 9, budget, batching, enough):
        assert batching == "padded" or batch.mask.all()
        assert batching != "single" or len(batch.ids) == 1
        least = batch.mask.sum(axis=1).min()
        if enough is not None and 8 * least < 7 * batch.ids.shape[1]:
            assert batch.ids.size <= enough
        assert batch.ids.size <= budget or len(batch.ids) == 1
        assert batch.mask[:, 0].all()
        assert batch.mask.any(axis=0).all(), "no column is padding alone"
        assert (batch.ids[~batch.mask] == 9).all()
        np.testing.assert_array_equal(batch.ids[batch.mask], windows.ids[batch.rows])
        np.testing.assert_array_equal(
            batch.types[batch.mask], windows.types[batch.rows]
        )
        seen += batch.rows.tolist()
        widths.append(batch.ids.shape[1])
    assert sorted(seen) == list(range(len(windows.ids)))
    assert widths == sorted(widths, reverse=True)


def test_class_tokens_stand_first_or_else_last():
    assert cut([3, 0, 2], 4, 4).class_rows.tolist() == [0, 5]
    assert cut([3, 0, 2], 4, 4, XLNET).class_rows.tolist() == [4, 8]
    assert cut([3], 4, 4, NONE).class_rows.tolist() == []


def test_segment_types_are_the_tokenizers():
    assert cut([2], 4, 4, XLNET).types.tolist() == [0, 0, 0, 2]


def test_strides_that_leave_pieces_out_are_refused():
    with pytest.raises(ValueError, match=r"stride must be 1 to 4, the window.* got 5"):
        strided_spans(4, 5)
    with pytest.raises(ValueError, match="got 0"):
        strided_spans(4, 0)


def test_sequences_are_gathered_in_any_order():
    data, lengths = np.arange(6), np.array([2, 0, 3, 1])
    found = gather(data, lengths, np.array([2, 1, 0, 2]))
    assert found.tolist() == [2, 3, 4, 0, 1, 2, 3, 4]
    assert ranges(np.array([5, 0]), np.array([2, 1])).tolist() == [5, 6, 0]
