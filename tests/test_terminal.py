from hypothesis import given
from hypothesis import strategies as st

from zoo._terminal import escape_controls


@given(st.text())
def test_printable_text_stays_and_the_rest_is_escaped(text):
    found = escape_controls(text, keep="")
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in found)
    if text.isprintable():
        assert found == text


def test_escapes_are_those_of_python():
    assert escape_controls("\x1b[31m\u202e\x9b\r\n\t") == "\\x1b[31m\\u202e\\x9b\\r\n\t"
    assert escape_controls("a\u0301 b\u00a0c 日") == "a\u0301 b\u00a0c 日"
