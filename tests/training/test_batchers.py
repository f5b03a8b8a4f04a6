import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Config, compounding

from zoo._registry import registry
from zoo.doc import Doc
from zoo.training._batchers import batch_by_padded, batch_by_sequence, batch_by_words

LENGTHS = st.lists(st.integers(0, 12), max_size=30)
SIZES = st.integers(1, 20) | st.lists(st.floats(1, 20), min_size=1, max_size=4)
CONFIG = """
[batcher]
@batchers = "zoo.{name}.v1"

[batcher.size]
@schedules = "compounding.v1"
start = 1
stop = 4
compound = 2
"""


def docs_of(lengths):
    return [Doc(["a"] * length, user_data={"i": i}) for i, length in enumerate(lengths)]


def lengths_of(batches):
    return [[len(doc) for doc in batch] for batch in batches]


def numbers_of(batches):
    return [doc.user_data["i"] for batch in batches for doc in batch]


def test_by_words_makes_the_batches_of_the_reference():
    docs = docs_of([4, 4, 3, 5, 20, 1, 1, 9, 2, 12, 13])
    expected = [[4, 4], [20], [3, 5, 1, 1], [9], [2], [13], [12]]
    assert lengths_of(batch_by_words(10)(docs)) == expected
    expected = [[4, 4], [3, 5, 1, 1], [9], [2], [12]]
    assert lengths_of(batch_by_words(10, discard_oversize=True)(docs)) == expected


@given(LENGTHS, SIZES, st.floats(0, 1))
def test_by_words_keeps_every_document_and_its_limits(lengths, size, tolerance):
    batches = list(batch_by_words(size, tolerance=tolerance)(docs_of(lengths)))
    assert sorted(numbers_of(batches)) == list(range(len(lengths)))
    limit = size if isinstance(size, int) else max(size)
    for found in lengths_of(batches):
        assert found
        assert len(found) == 1 or sum(found) <= limit * (1 + tolerance) + 1e-9


@given(LENGTHS, st.integers(1, 20), st.floats(0, 1))
def test_by_words_drops_what_is_too_long(lengths, size, tolerance):
    batcher = batch_by_words(size, tolerance=tolerance, discard_oversize=True)
    numbers = sorted(numbers_of(batcher(docs_of(lengths))))
    kept = [i for i, n in enumerate(lengths) if n <= size + size * tolerance]
    assert numbers == kept


@given(LENGTHS, st.integers(1, 20))
def test_by_sequence_keeps_order_and_size(lengths, size):
    batches = list(batch_by_sequence(size)(docs_of(lengths)))
    assert numbers_of(batches) == list(range(len(lengths)))
    assert {len(batch) for batch in batches[:-1]} <= {size}
    assert all(1 <= len(batch) <= size for batch in batches)


@given(LENGTHS, SIZES, st.integers(1, 10))
def test_by_padded_keeps_every_document_and_its_limits(lengths, size, buffer):
    batches = list(batch_by_padded(size, buffer=buffer)(docs_of(lengths)))
    assert sorted(numbers_of(batches)) == list(range(len(lengths)))
    limit = size if isinstance(size, int) else max(size)
    for found in lengths_of(batches):
        assert len(found) == 1 or max(found) * len(found) <= limit


def test_by_padded_gives_out_the_longest_first_and_drops_full_batches():
    docs = docs_of([1, 9, 2, 3, 5, 3])
    expected = [[9], [5], [3, 3], [1, 2]]
    assert lengths_of(batch_by_padded(6)(docs)) == expected
    expected = [[5], [1, 2]]
    assert lengths_of(batch_by_padded(6, discard_oversize=True)(docs)) == expected
    expected = [[9], [1, 2], [5], [3, 3]]
    assert lengths_of(batch_by_padded(6, buffer=3)(docs)) == expected


def test_a_length_may_be_another():
    docs = [[1, 1], [4], [3], [2, 2]]
    one_by_one = [[doc] for doc in docs]
    assert list(batch_by_words(4, tolerance=0, get_length=sum)(docs)) == one_by_one
    padded = batch_by_padded(4, get_length=sum, discard_oversize=True)
    assert list(padded(docs)) == [[[3]], [[1, 1]]]
    assert list(batch_by_sequence(3, get_length=sum)(docs)) == [docs[:3], docs[3:]]


@pytest.mark.parametrize(
    ("constructor", "expected"),
    [
        (batch_by_words, [[1], [1, 1], [1, 1, 1, 1]]),
        (batch_by_sequence, [[1], [1, 1], [1, 1, 1, 1]]),
    ],
)
def test_a_schedule_goes_on_and_keeps_its_last_value(constructor, expected):
    batcher = constructor([1.0, 2.0, 4.0])
    assert lengths_of(batcher(docs_of([1] * 7))) == expected
    assert lengths_of(batcher(docs_of([1] * 9)))[0] == [1] * 4


def test_each_buffer_takes_the_next_size():
    batcher = batch_by_padded(compounding(1, 4, 2), buffer=4)
    docs = docs_of([1] * 4)
    assert lengths_of(batcher(docs)) == [[1]] * 4
    assert lengths_of(batcher(docs)) == [[1, 1]] * 2
    assert lengths_of(batcher(docs)) == [[1] * 4]


@pytest.mark.parametrize("name", ["batch_by_words", "batch_by_sequence"])
def test_a_config_gives_a_schedule(name):
    batcher = registry.resolve(Config().from_str(CONFIG.format(name=name)))["batcher"]
    assert lengths_of(batcher(docs_of([1] * 7))) == [[1], [1, 1], [1] * 4]


def test_a_config_gives_a_padded_size():
    config = Config().from_str(CONFIG.format(name="batch_by_padded"))
    batcher = registry.resolve(config)["batcher"]
    assert lengths_of(batcher(docs_of([1] * 3))) == [[1]] * 3


@pytest.mark.parametrize(
    "constructor", [batch_by_words, batch_by_sequence, batch_by_padded]
)
def test_sizes_out_of_range_are_refused(constructor):
    name = constructor.__name__
    with pytest.raises(ValueError, match=f"{name}: size must be 1 or more, got 0."):
        constructor(0)
    with pytest.raises(
        ValueError, match=f"{name}: size must be .* got a schedule without"
    ):
        list(constructor([])(docs_of([1])))


def test_settings_out_of_range_are_refused():
    with pytest.raises(
        ValueError, match=r"batch_by_words: tolerance must .* got -0.1."
    ):
        batch_by_words(10, tolerance=-0.1)
    with pytest.raises(ValueError, match=r"batch_by_padded: buffer must .* got 0."):
        batch_by_padded(10, buffer=0)
