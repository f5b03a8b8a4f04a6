from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.corpora._offsets import (
    CharacterSpan,
    WordSpans,
    align_spans,
    settle_overlaps,
)
from zoo.doc import Span

#: "ab cd ef": the words, and where they begin.
WORDS, STARTS = ["ab", "cd", "ef"], [0, 3, 6]


def align(*spans, misaligned="error"):
    found = [CharacterSpan(*span, "X") for span in spans]
    aligned = align_spans(found, WORDS, STARTS, misaligned=misaligned)
    return [span[:2] for span in aligned.spans]


def test_spans_of_characters_become_spans_of_words():
    assert align((3, 8), (0, 2)) == [(0, 1), (1, 3)]
    assert align() == []


@pytest.mark.parametrize("span", [(0, 1), (1, 2), (2, 5), (3, 6), (2, 3), (6, 9)])
def test_a_span_of_parts_of_words_is_refused_or_skipped(span):
    message = f"must begin and end with a word, got {span[0]}:{span[1]} .X. among"
    with pytest.raises(ValueError, match=message):
        align(span)
    assert align(span, (3, 5), misaligned="skip") == [(1, 2)]


@pytest.mark.parametrize(
    ("span", "expected"),
    [((0, 1), [(0, 1)]), ((1, 4), [(0, 2)]), ((2, 3), []), ((5, 99), [(2, 3)])],
)
def test_a_span_is_expanded_to_the_words_it_touches(span, expected):
    assert align(span, misaligned="expand") == expected


@pytest.mark.parametrize("span", [(-1, 2), (2, 2), (3, 2)])
def test_a_span_without_characters_is_refused(span):
    with pytest.raises(ValueError, match="must begin at character 0 or later"):
        align(span, misaligned="skip")


def settle(*spans, overlapping="longest"):
    return settle_overlaps(WordSpans([Span(*span, "X") for span in spans]), overlapping)


def test_spans_that_overlap_are_refused():
    message = (
        r"must not overlap, got 0:2 \(X\) and 1:3 \(X\).* overlapping = \"longest\""
    )
    with pytest.raises(ValueError, match=message):
        settle((1, 3), (0, 2), overlapping="error")
    with pytest.raises(ValueError, match=r"got 0:2 .* and 0:2"):
        settle((0, 2), (0, 2), overlapping="error")
    assert (
        settle((2, 3), (0, 2), overlapping="error").spans
        == settle((0, 2), (2, 3)).spans
    )


@pytest.mark.parametrize(
    ("spans", "kept", "unknown"),
    [
        ([(0, 2), (0, 2)], [(0, 2)], set()),
        ([(0, 2), (1, 4)], [(1, 4)], {0}),
        ([(2, 4), (0, 3), (3, 5)], [(0, 3), (3, 5)], set()),
        ([(1, 3), (0, 2)], [(0, 2)], {2}),
        ([(0, 9), (1, 2), (3, 4)], [(0, 9)], set()),
    ],
)
def test_the_longest_of_spans_that_overlap_is_kept(spans, kept, unknown):
    found = settle(*spans)
    assert [span[:2] for span in found.spans] == kept
    assert found.unknown == unknown
    assert found.n_overlapping == len(spans) - len(kept)


SPANS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 4)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=6,
)


@given(SPANS)
def test_no_span_that_was_left_out_is_longer_than_all_it_overlaps(spans):
    kept = [span[:2] for span in settle(*spans).spans]
    assert all(a[1] <= b[0] for a, b in pairwise(kept))
    for start, end in spans:
        rivals = [b - a for a, b in kept if a < end and start < b]
        assert rivals and max(rivals) >= end - start


def test_words_of_a_span_that_was_skipped_are_unknown():
    spans = [CharacterSpan(1, 4, "X"), CharacterSpan(0, 2, "Y")]
    found = align_spans(spans, WORDS, STARTS, misaligned="skip")
    assert (found.n_misaligned, found.unknown) == (1, {1})
    assert found.known(3) == [True, False, True]
    assert WordSpans([]).known(3) is None


@given(st.data())
def test_spans_come_back(data):
    words = data.draw(st.lists(st.text("ab", min_size=1, max_size=3), min_size=1))
    gaps = data.draw(
        st.lists(st.integers(0, 2), min_size=len(words), max_size=len(words))
    )
    starts, end = [], 0
    for word, gap in zip(words, gaps, strict=True):
        starts.append(end + gap)
        end += gap + len(word)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    span = CharacterSpan(starts[first], starts[last] + len(words[last]), "X")
    assert align_spans([span], words, starts).spans == [Span(first, last + 1, "X")]
