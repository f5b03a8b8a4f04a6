"""Check that the keys of forms are those of the tokens that have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo import Doc
from zoo._lexical.attributes import feature_keys, string_ids
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


def test_a_word_that_is_no_string_has_no_keys():
    for names in (["IS_SPACE"], ["NORM"], ["LIKE_NUM"]):
        with pytest.raises(TypeError, match="A word must be a string, got 3"):
            form_keys([3], names)
    with pytest.raises(TypeError, match="A word must be a string, got 3"):
        string_ids([3])
