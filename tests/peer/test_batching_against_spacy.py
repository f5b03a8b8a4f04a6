"""Compare batches with those of spaCy's batchers (spacy/training/batchers.py)."""

from itertools import chain, repeat

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoo.training._batchers import batch_by_padded, batch_by_sequence, batch_by_words

batchers = pytest.importorskip("spacy.training.batchers")
pytestmark = pytest.mark.peer

# Lengths near the size are where batches begin and end.
DOCS = st.lists(st.integers(0, 15).map(lambda n: [0] * n), max_size=40)
SIZES = st.integers(1, 15) | st.lists(st.floats(1, 15), min_size=1, max_size=12)
thorough = settings(deadline=None, max_examples=500)


def for_spacy(size):
    """Return a schedule that never ends, which spaCy needs."""
    return size if isinstance(size, int) else chain(size, repeat(size[-1]))


@thorough
@given(
    st.lists(DOCS, max_size=3), SIZES, st.sampled_from([0, 0.2, 0.5, 2]), st.booleans()
)
@example([[[0] * n for n in (4, 4, 3, 5, 20, 1, 1, 9, 2, 12, 13)]], 10, 0.2, False)
def test_by_words(epochs, size, tolerance, discard):
    sizes = for_spacy(size)
    batcher = batch_by_words(size, tolerance=tolerance, discard_oversize=discard)
    for docs in epochs:
        expected = batchers.minibatch_by_words(docs, sizes, tolerance, discard)
        assert list(batcher(docs)) == list(expected)


@thorough
@given(st.lists(DOCS, max_size=3), SIZES)
def test_by_sequence(epochs, size):
    sizes = for_spacy(size)
    batcher = batch_by_sequence(size)
    for docs in epochs:
        assert list(batcher(docs)) == list(batchers.minibatch(docs, sizes))


@thorough
@given(st.lists(DOCS, max_size=3), SIZES, st.integers(1, 20), st.booleans())
def test_by_padded(epochs, size, buffer, discard):
    sizes = for_spacy(size)
    batcher = batch_by_padded(size, buffer=buffer, discard_oversize=discard)
    for docs in epochs:
        expected = batchers.minibatch_by_padded_size(docs, sizes, buffer, discard)
        assert list(batcher(docs)) == list(expected)
