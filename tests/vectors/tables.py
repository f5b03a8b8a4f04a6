"""Make small tables of vectors for tests."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zoo.vectors import FloretVectors, Vectors

#: Words without what no text format can hold: line feeds and lone surrogates.
WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=12
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
SETTINGS = {"minn": 2, "maxn": 3, "hash_count": 2}


@st.composite
def tables(draw, words=WORDS):
    """Draw a table of 1 to 8 words, each with a row of its own."""
    drawn = draw(st.lists(words, min_size=1, max_size=8, unique=True))
    width = draw(st.integers(1, 6))
    return Vectors(drawn, draw(hnp.arrays("f", (len(drawn), width), elements=FLOATS)))


@st.composite
def floret_tables(draw):
    minn = draw(st.integers(0, 3))
    floats = st.floats(-(2.0**40), 2.0**40, width=32)  # Sums of these are finite.
    data = draw(hnp.arrays("f", (draw(st.integers(1, 9)), 3), elements=floats))
    return FloretVectors(
        data,
        minn=minn,
        maxn=minn + draw(st.integers(0, 3)),
        hash_count=draw(st.integers(1, 4)),
        hash_seed=draw(st.integers(0, 2**32 - 1)),
    )


def make_rows(n_rows=6, width=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_rows, width)).astype("f")


def make_table(n_rows=6, width=4, **options):
    words = ["the", "new york", "naïve", "日本語", "x", "😀", *map(str, range(n_rows))]
    return Vectors(words[:n_rows], make_rows(n_rows, width), **options)


def make_floret(n_rows=20, width=4, **options):
    return FloretVectors(make_rows(n_rows, width), **SETTINGS, **options)


def assert_same(found, expected):
    """Compare two tables: words, rows to the bit, and checksums."""
    assert found.words == expected.words
    assert found.shape == expected.shape
    assert found.checksum == expected.checksum
    words = [*expected.words, "not in the table"]
    vectors, known = found.get(words)
    np.testing.assert_array_equal(vectors, expected.get(words)[0])
    assert known.tolist() == [True] * (len(words) - 1) + [False]
