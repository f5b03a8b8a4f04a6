"""Read text as programs of many kinds write it."""

import gzip
import random
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.vectors import Vectors, read_vectors
from zoo.vectors._text_lines import MARGIN, read_decimals

from .tables import assert_same

LINES = "a 0.5 1\nnew york -1 2e-1\nb .5 +3.\n"
TABLE = Vectors(["a", "new york", "b"], [[0.5, 1], [-1, 0.2], [0.5, 3]])


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        LINES.replace("\n", " \n"),
        LINES.replace("\n", "\r\n"),
        LINES.removesuffix("\n"),
        "3 2\n" + LINES,
        "\ufeff3 2\n" + LINES,
        "3 2\n" + LINES + "\n \n",
        LINES.replace("a 0.5 1", "a\t0.5\t1"),
        LINES.replace("a 0.5 1", "a  0.5  1"),
    ],
)
def test_text_of_many_writers_is_read(tmp_path, text):
    (tmp_path / "x").write_bytes(text.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_vectors(tmp_path / "x", strict=True)
    if "a  0.5" in text:  # All of the spaces but one belong to the word.
        found = Vectors([word.strip() for word in found.words], found.matrix)
    assert_same(found, TABLE)


def test_gzip_of_several_members_is_read(tmp_path):
    text = LINES.encode()
    data = gzip.compress(text[:9]) + gzip.compress(b"") + gzip.compress(text[9:])
    (tmp_path / "x").write_bytes(data + bytes(100))
    assert_same(read_vectors(tmp_path / "x"), TABLE)


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-1e3, 1e3, width=32).map(
        lambda x: f"{x:.{random.Random(x).randrange(18)}f}"
    ),
    st.text("0123456789.+-e", min_size=1, max_size=19),
    st.integers(-(10**12), 10**12).map(str),
)


@given(st.lists(NUMBERS, min_size=1))
def test_decimals_are_read_as_float_does(numbers):
    text = b" " * MARGIN + " ".join(numbers).encode()
    sizes = np.array([len(number) for number in numbers])
    ends = MARGIN + np.cumsum(sizes + 1) - 1
    values, good = read_decimals(np.frombuffer(text, np.uint8), ends - sizes, ends)
    for number, value, is_good in zip(numbers, values, good, strict=True):
        if is_good:
            assert float(number) == value, number
            assert np.signbit(float(number)) == np.signbit(value)


@pytest.mark.parametrize("number", ["0.5", "-12.0625", "-0.000012345678", "123456.75"])
def test_usual_decimals_are_read_at_once(number):
    text = np.frombuffer(b" " * MARGIN + number.encode(), np.uint8)
    start, end = np.array([MARGIN]), np.array([len(text)])
    values, good = read_decimals(text, start, end)
    assert good.all() and values.tolist() == [float(number)]
