import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.corpora._offsets import CharacterSpan, align_spans
from zoo.doc import Span

#: "ab cd ef": the words, and where they begin.
WORDS, STARTS = ["ab", "cd", "ef"], [0, 3, 6]


def align(*spans, misaligned="error"):
    found = [CharacterSpan(*span, "X") for span in spans]
    aligned = align_spans(found, WORDS, STARTS, misaligned=misaligned)
    return [span[:2] for span in aligned]


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


def test_spans_that_overlap_are_refused():
    with pytest.raises(ValueError, match=r"spans must not overlap, got 3:8 \(X\) too"):
        align((0, 5), (3, 8))
    with pytest.raises(ValueError, match="spans must not overlap, got 4:5"):
        align((0, 4), (4, 5), misaligned="expand")


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
    assert align_spans([span], words, starts) == [Span(first, last + 1, "X")]
