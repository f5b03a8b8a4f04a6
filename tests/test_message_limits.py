import struct
import tracemalloc

import numpy as np
import pytest
import srsly

from zoo import _message_limits
from zoo._message_limits import check_message, load_message

N = 200_000
#: Far beyond what these messages may take.
MEGABYTE = 1 << 20


def array_of(n, items):
    return b"\xdd" + struct.pack(">I", n) + items


@pytest.fixture
def none_free(monkeypatch):
    monkeypatch.setattr(_message_limits, "FREE", 0)


@pytest.mark.parametrize("empty", [b"\x90", b"\x80", b"\xdc\0\0", b"\xde\0\0"])
def test_too_many_empty_lists_and_maps_are_refused_before_they_are_made(
    none_free, empty
):
    data = array_of(N, N * empty)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"more than \d\d,\d+ lists and maps in"):
            load_message(data)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(data)
    finally:
        tracemalloc.stop()


def test_lengths_that_are_claimed_are_followed_before_anything_is_made(monkeypatch):
    def make(*args, **kwargs):
        raise AssertionError("A list was made.")

    # To make the lists that are claimed takes a minute.
    monkeypatch.setattr(_message_limits.msgpack, "unpackb", make)
    monkeypatch.setattr(_message_limits.srsly, "msgpack_loads", make)
    claims = 500 * (b"\xdd" + struct.pack(">I", N))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="incomplete input"):
            load_message(claims + b"\xc0" * N)
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


def test_bytes_within_strings_and_numbers_are_no_lists(none_free):
    value = {"a": bytes(1000 * [0x90]), "b": np.full(99, 9.1, "f")}
    found = load_message(srsly.msgpack_dumps(value))
    assert found["a"] == value["a"]
    assert found["b"].tolist() == value["b"].tolist()


def test_lists_of_values_are_read_however_many(none_free):
    value = [["walked", "walk"]] * 1000
    assert load_message(srsly.msgpack_dumps(value)) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "incomplete input"),
        (b"\x91", "incomplete input"),
        (b"\x91" * 100_000, "nested too deeply"),
        (b"\xc1", "a type that does not exist"),
    ],
)
def test_what_is_no_message_is_refused(data, message):
    with pytest.raises(ValueError, match=message):
        check_message(data)
