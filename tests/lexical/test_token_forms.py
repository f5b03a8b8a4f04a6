"""Check that the keys of forms are those of the tokens that have them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo import Doc
from zoo._lexical.attributes import FEW_STRINGS, feature_keys, string_id, string_ids
from zoo._lexical.token_forms import form_keys, token_forms

words = st.lists(st.sampled_from(["", "the", "Snow", "X", " ", "don't", "12", "é"]))
FEATURES = ["NORM", "PREFIX", "SUFFIX", "SHAPE", "IS_SPACE", "LIKE_NUM", "IS_ALPHA"]


@given(words, st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_keys_of_forms_are_those_of_the_tokens(words, has_norms, has_spaces, random):
    norms = [random.choice(["", "a", "number"]) for _ in words] if has_norms else None
    doc = Doc(words, norms=norms)
    if has_spaces:
        doc.spaces = [random.random() < 0.5 for _ in words]
    for names in (FEATURES, [*FEATURES, "SPACY"], ["SUFFIX"]):
        keys, index = feature_keys([doc], names)
        found = form_keys(token_forms(doc, names), names)
        assert found.tolist() == keys[index].tolist()


@pytest.mark.parametrize("n_strings", [0, 1, FEW_STRINGS, FEW_STRINGS + 1])
def test_ids_of_few_strings_are_those_of_many(n_strings):
    strings = ["", "X", "\ud800", *(f"word{i}" for i in range(n_strings - 3))]
    strings = strings[:n_strings]
    expected = [string_id(string) for string in strings]
    assert string_ids(strings).tolist() == expected
    assert string_ids(strings).dtype == np.uint64


def test_a_word_that_is_no_string_has_no_keys():
    for names in (["IS_SPACE"], ["NORM"], ["LIKE_NUM"]):
        with pytest.raises(TypeError, match="A word must be a string, got 3"):
            form_keys([3], names)
    with pytest.raises(TypeError, match="A word must be a string, got 3"):
        string_ids([3])
