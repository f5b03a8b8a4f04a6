"""Check the windows of spacy-transformers and spacy-curated-transformers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import Doc
from zoo.transformers._strides import SpecialPieces
from zoo.transformers._token_pieces import _cut
from zoo.transformers.spans import token_pieces, token_spans

SPECIAL = SpecialPieces((101,), (102,), (0,), (0,), 0)


def windows_of_spacy(n_tokens, window, stride):
    """Cut a document as the reference does, with its two ends of the loop."""
    spans, start = [], 0
    for _ in range(n_tokens // stride):
        spans.append((start, min(start + window, n_tokens)))
        if start + window >= n_tokens:
            return spans
        start += stride
    return [*spans, (start, n_tokens)] if start < n_tokens else spans


@given(st.integers(0, 60), st.integers(1, 9), st.data())
def test_token_spans_are_the_windows_of_the_reference(n_tokens, window, data):
    stride = data.draw(st.integers(1, window))
    found = token_spans(window, stride)([Doc(["a"] * n_tokens)])
    wanted = windows_of_spacy(n_tokens, window, stride)
    assert [(span.start, span.end) for span in found[0]] == wanted


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=4), st.integers(2, 9), st.data())
def test_pieces_stand_in_the_windows_that_hold_them(lengths, window, data):
    stride = data.draw(st.integers(-(-window // 2), window))
    ids = np.arange(sum(lengths)) + 1000
    found, twins = _cut(ids, np.array(lengths, "i8"), SPECIAL, window, stride)
    rows, spans, places, first = [], [], {}, 0
    for doc, length in enumerate(lengths):
        if not length:
            continue
        text = [101, *(1000 + first + i for i in range(length)), 102]
        first += length
        for start in range(0, len(text), stride):
            part = text[start : start + window]
            spans.append(doc)
            for i in range(len(part)):
                places.setdefault((doc, start + i), []).append(len(rows) + i)
            rows += part
    assert found.ids.tolist() == rows
    assert found.spans.tolist() == spans
    assert found.lengths.sum() == len(rows)
    assert found.ids[found.row_of].tolist() == ids.tolist()
    for same in places.values():
        assert len(same) <= 2
        assert {*twins[same].tolist()} == {*same}
        assert twins[same[0]] == same[-1]


@pytest.mark.parametrize("stride", [0, 5])
def test_stride_of_token_spans_is_checked(stride):
    with pytest.raises(ValueError, match="token_spans: stride must be 1 to 4"):
        token_spans(4, stride)


@pytest.mark.parametrize("stride", [1, 5])
def test_stride_of_token_pieces_is_checked(stride):
    with pytest.raises(ValueError, match="token_pieces: stride must be 2 to 4"):
        token_pieces(4, stride)
