"""Check that strings are found by spaCy's ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo._lexical.attributes import string_id
from zoo._lexical.strings_by_id import find_strings
from zoo._lexical.symbols import SYMBOLS

words = st.sampled_from(["", "X", "number", "NOUN", "dog", "Käse", "a" * 30, "\ud800"])


@given(st.lists(words), st.lists(words))
def test_what_is_among_the_strings_or_symbols_is_found(wanted, strings):
    found = find_strings(map(string_id, wanted), strings)
    known = {*strings, *SYMBOLS} - {""}
    assert found == [word if word in known else None for word in wanted]


def test_ids_that_are_none_are_refused():
    with pytest.raises(OverflowError):
        find_strings([-1], ["a"])
    with pytest.raises((TypeError, ValueError)):
        find_strings(["a"], ["a"])
