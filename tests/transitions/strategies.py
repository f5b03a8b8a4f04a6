"""Draw trees."""

from hypothesis import strategies as st


@st.composite
def trees(draw, most=9):
    """Draw the heads of a forest; a root has its own index."""
    length = draw(st.integers(1, most))
    order = draw(st.permutations(range(length)))
    heads = [0] * length
    for place, word in enumerate(order):
        heads[word] = order[draw(st.integers(0, place))]
    return heads
