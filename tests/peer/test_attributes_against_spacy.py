"""Compare lexical attributes with spaCy's, of its language without rules, "xx"."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoo._lexical.attributes import ATTRIBUTES, feature_keys, string_ids
from zoo._lexical.like_url import like_url
from zoo._lexical.symbols import BASE_NORMS, SYMBOLS, TOP_LEVEL_DOMAINS
from zoo.doc import Doc

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

VOCAB = spacy.blank("xx").vocab
# spaCy refuses lone surrogates in any word, and empty words in a Doc.
CHARACTERS = st.characters(codec="utf-8")
ASCII = st.characters(max_codepoint=127)
URL_WORDS = """
    a B 9 é 日 _ - . .. :// : :80 / ? # @ ab com www. http 10 172.16 192.168 255 1.2
    ٣ 😀 Ж ж ʔ ǆ 𠀀 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
"""
URL_PARTS = st.sampled_from([" ", "\n", "\u3000", *URL_WORDS.split()])
WORDS = st.one_of(
    st.text(CHARACTERS, min_size=1),
    st.text(ASCII, min_size=1),
    st.text(st.sampled_from("+-±~0123456789,./²"), min_size=1),
    st.lists(URL_PARTS, min_size=1).map("".join),
    st.from_regex(r"[\w.+-]+@[\w-]+\.[\w.-]", fullmatch=False),
    st.sampled_from(sorted(SYMBOLS.keys() - {""})),
    st.sampled_from(sorted(BASE_NORMS)),
    st.integers(95, 105).map(lambda n: "aB" * (n // 2) + "1" * (n % 2)),
)
THOROUGH = settings(deadline=None, max_examples=300)


def spacy_doc(words):
    return spacy.tokens.Doc(VOCAB, words=words)


@THOROUGH
@given(st.lists(WORDS, min_size=1))
@example(["X", "agent", "_", "Aux", "AGENT", "NORM", "A", "İ", "ǅ", "\ufeff", "\0"])
def test_all_attributes_agree(words):
    doc = spacy_doc(words)
    expected = doc.to_array(list(ATTRIBUTES)).reshape(len(words), -1)
    for kind in (words, Doc(words), doc):
        keys, index = feature_keys([kind], ATTRIBUTES)
        for column, name in enumerate(ATTRIBUTES):
            found = keys[index, column]
            np.testing.assert_array_equal(found, expected[:, column], err_msg=name)


@THOROUGH
@given(st.lists(st.tuples(WORDS, st.just("") | WORDS), min_size=1))
def test_norms_of_tokens_agree(pairs):
    words = [word for word, _ in pairs]
    doc = spacy_doc(words)
    for token, (_, norm) in zip(doc, pairs, strict=True):
        if norm:  # "" stands for the word's own norm.
            token.norm_ = norm
    expected = doc.to_array(["NORM", "ORTH"])
    for kind in (Doc(words, norms=[norm for _, norm in pairs]), doc):
        keys, index = feature_keys([kind], ["NORM", "ORTH"])
        np.testing.assert_array_equal(keys[index], expected)


@THOROUGH
@given(st.lists(st.tuples(WORDS, st.booleans()), min_size=1))
def test_spaces_of_tokens_agree(pairs):
    words, spaces = map(list, zip(*pairs, strict=True))
    doc = spacy.tokens.Doc(VOCAB, words=words, spaces=spaces)
    expected = doc.to_array(["SPACY", "NORM"])
    for kind in (Doc(words, spaces), doc):
        keys, index = feature_keys([kind], ["SPACY", "NORM"])
        np.testing.assert_array_equal(keys[index], expected)


@THOROUGH
@given(st.lists(WORDS | st.just("")))
def test_ids_agree(strings):
    store = spacy.strings.StringStore()
    assert string_ids(strings).tolist() == [store.add(s) for s in strings]


@THOROUGH
@given(st.lists(URL_PARTS).map("".join))
def test_urls_agree(word):
    if word:
        assert like_url(word) == spacy.lang.lex_attrs.like_url(word)


@pytest.mark.parametrize(
    "template", ["x.{0}{0}", "a{0}b.xyzw", "x.y/{0}", "{0}b://c.dé"]
)
def test_urls_agree_about_every_character(template):
    # Above this all is unassigned or private.
    for code in range(0x32000):
        word = template.format(chr(code))
        assert like_url(word) == spacy.lang.lex_attrs.like_url(word), hex(code)


def test_the_tables_agree():
    assert dict(SYMBOLS) == spacy.symbols.IDS
    assert dict(BASE_NORMS) == spacy.lang.norm_exceptions.BASE_NORMS
    assert spacy.lang.lex_attrs._tlds == TOP_LEVEL_DOMAINS


def test_the_empty_word_agrees():
    lexeme = VOCAB[""]
    keys, _ = feature_keys([[""]], ATTRIBUTES)
    assert {n for n, key in zip(ATTRIBUTES, keys[0], strict=True) if key} == {"SPACY"}
    assert (lexeme.orth, lexeme.norm, lexeme.shape, lexeme.flags) == (0, 0, 0, 0)
    assert not lexeme.is_punct and not lexeme.is_ascii


def test_spacy_refuses_lone_surrogates_where_zoo_has_an_id():
    with pytest.raises(UnicodeEncodeError):
        spacy_doc(["\ud800"])
    assert feature_keys([["\ud800"]], ["ORTH"])[0].all()
