"""Compare a tokenizer that spaCy saved with spaCy's own."""

from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoo._lexical.attributes import norm
from zoo.tokenizer import SavedTokenizer

from .trained_pipelines import folder_of, texts_of

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

WORDS = """
    don't can't :-) :) w/o e.g. 10a.m. U.S. Mr. l'eau d'un aujourd'hui vis-à-vis
    www.a.com http://x.y/z a@b.de 5km 3,5 1.000 $5 -7 (x) "y" 'z' ... … — - / x;y Über
    straße été ABC iPhone8 C++ <3 ¯\\_(ツ)_/¯ 😀 漢字 ' ’s 's n't a B . , )
"""
PIECES = st.sampled_from([*WORDS.split(), *"    ", "  ", "\n", " \n ", "\t", "\u2003"])
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@cache
def tokenizers(lang, folder):
    nlp = spacy.blank(lang)
    nlp.to_disk(folder)
    return nlp.tokenizer, SavedTokenizer(folder)


def assert_same(theirs, ours, text):
    expected, doc = theirs(text), ours(text)
    assert doc.words == [token.text for token in expected]
    assert doc.spaces == [bool(token.whitespace_) for token in expected]
    norms = doc.norms or [*map(norm, doc.words)]
    assert norms == [token.norm_ for token in expected]
    assert doc.text == text


@pytest.mark.parametrize("lang", ["xx", "en", "de", "es", "it", "sv", "cs"])
def test_tokenizers_of_languages_agree(tmp_path, lang):
    theirs, ours = tokenizers(lang, tmp_path / lang)

    @settings(deadline=None, max_examples=60)
    @given(TEXTS | st.text(max_size=20))
    @example("")
    @example("nice:-) (w/o) a :-)b\n:-)")
    def check(text):
        # spaCy refuses nothing, but Python's encoder half of a surrogate pair.
        if not any(0xD800 <= ord(character) < 0xE000 for character in text):
            assert_same(theirs, ours, text)

    check()


def test_all_exceptions_are_looked_for_if_that_is_set(tmp_path):
    nlp = spacy.blank("en")
    nlp.tokenizer.faster_heuristics = False
    nlp.tokenizer.add_special_case("a b", [{"ORTH": "a b"}])
    nlp.to_disk(tmp_path)
    for text in ("x a b y", "(a b)", "can't-can't", "don't!"):
        assert_same(nlp.tokenizer, SavedTokenizer(tmp_path), text)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_tokenizers_of_trained_pipelines_agree(lang):
    folder = folder_of(lang)
    ours = SavedTokenizer(folder)
    components = [path.parent.name for path in folder.glob("*/*")]
    theirs = spacy.load(folder, exclude={*components} - {"vocab"})
    for text in texts_of(lang):
        assert_same(theirs.tokenizer, ours, text)
