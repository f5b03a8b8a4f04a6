import tracemalloc

import numpy as np
import pytest
import srsly
from hypothesis import example, given
from hypothesis import strategies as st

from zoo.corpora._files import pack_message, unpack_message, wrong

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=40)
    | st.binary(max_size=40)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_packed_is_unpacked(value):
    assert unpack_message(pack_message(value)) == value


@given(st.binary(max_size=200))
@example(b"\xc7\x0c\xff" + b"\xff" * 12)  # A time with too many nanoseconds.
@example(b"\x81\x90\x01")  # A list as a key.
def test_any_bytes_are_unpacked_or_refused(data):
    try:
        unpack_message(data)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "incomplete input"),
        (b"\xdd\xff\xff\xff\xff\x01", "incomplete input"),
        (b"\xdf\x0f\xff\xff\xff\x01", "incomplete input"),
        (b"\xc6\xff\xff\xff\xff\x01", "incomplete input"),
        (b"\x91" * 100_000, "got lists or maps nested too deeply"),
        (b"\x81\xa1a" * 100_000, "got lists or maps nested too deeply"),
        (b"\x01\x02", "extra data"),
        (b"\xc1", "got a type that does not exist"),
        (b"\xd4\x01\x02", "got the extension type 1, which no file of spaCy's has"),
        (b"\x81\x01\x02", "int is not allowed for map key"),
        (b"\xa1\xff", "utf-8"),
    ],
)
def test_what_is_malformed_is_refused(data, message):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            unpack_message(data)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_arrays_of_numpy_stay_plain_maps():
    array = srsly.msgpack_dumps(np.zeros(2))
    found = unpack_message(array)
    assert isinstance(found, dict)
    assert found[b"nd"] is True


def test_deep_lists_are_described_in_a_few_words():
    deep = unpack_message(b"\x91" * 900 + b"\x90")
    assert len(wrong("a map", deep)) < 100
