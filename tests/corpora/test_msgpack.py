import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.corpora._msgpack import MAX_DEPTH, pack, unpack

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
    assert unpack(pack(value)) == value


@given(VALUES)
def test_what_srsly_packs_is_unpacked(value):
    srsly = pytest.importorskip("srsly")
    assert unpack(srsly.msgpack_dumps(value)) == value
    assert srsly.msgpack_loads(pack(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_unpacked_or_refused(data):
    try:
        unpack(data)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected 1 bytes from byte 0 on, got 0."),
        (b"\xdd\xff\xff\xff\xff\x01", "expected 1 bytes from byte 6 on, got 0."),
        (
            b"\xc6\xff\xff\xff\xff\x01",
            "expected 4294967295 bytes from byte 5 on, got 1.",
        ),
        (b"\x91" * 99, f"expected at most {MAX_DEPTH} lists in one another."),
        (b"\x01\x02", "expected the end at byte 1, got 1 more."),
        (b"\xc1", "expected a known type at byte 0, got 0xc1."),
        (b"\xd4\x01\x02", "expected a known type at byte 0, got 0xd4."),
        (b"\x81\x01\x02", "expected a string as a key before byte 2, got int."),
        (b"\xa1\xff", "utf-8"),
    ],
)
def test_what_is_malformed_is_refused(data, message):
    with pytest.raises(ValueError, match=message):
        unpack(data)


def test_only_plain_types_are_packed():
    with pytest.raises(TypeError, match="pack: expected a type of JSON or bytes, got"):
        pack([object()])
