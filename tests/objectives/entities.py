"""Draw documents with entities, for the tests of what learns and scores them."""

from hypothesis import strategies as st

from zoo import Doc
from zoo.doc import Span


@st.composite
def documents(draw, types, min_words=0, max_words=6):
    """Draw a document, of which some words are in entities, in order."""
    n, end, ents = draw(st.integers(min_words, max_words)), 0, []
    while end < n:
        start = end + draw(st.integers(0, 1))
        end = min(n, start + draw(st.integers(1, 3)))
        if start < end:
            ents.append(Span(start, end, draw(st.sampled_from(types))))
        end += draw(st.integers(0, 2))
    return Doc(["w"] * n, ents=ents)
