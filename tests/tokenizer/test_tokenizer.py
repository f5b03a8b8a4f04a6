import json
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zoo._registry import registry
from zoo.doc import Doc
from zoo.tokenizer import Tokenizer, locate_words, tokenize
from zoo.tokenizer import tokenizer as module
from zoo.tokenizer.adapters import (
    HuggingFaceTokenizer,
    SpacyTokenizer,
    WhitespaceTokenizer,
    split_words,
)
from zoo.tokenizer.tokenizer import warn_of_language

TOKENIZER, EXACT = Tokenizer(), Tokenizer(keep_whitespace=True)
#: Pieces that rules know, between which anything may stand.
PIECES = """
    can't I'd've U.S. e.g. etc. $5 5km 3.5% ... :) (: " ' 's n't - -- a-b A.B a.B /
    http://x.org/a?b=(c) me@x.org 👍🏽 👨‍👩‍👧 🇩🇪 … “ ” ’ , . ; # @ _ * + 10am °C. x=y
"""
TEXTS = st.lists(
    st.sampled_from(PIECES.split())
    | st.text(max_size=4)
    | st.sampled_from(" \n\t\xa0\u3000")
).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n", ""),
        ("Hello, world!", "Hello , world !"),
        ("(He said: “No.”)", "( He said : “ No . ” )"),
        ("It's the dogs' 'bone'.", "It 's the dogs ' ' bone ' ."),
        ("Mr. Smith, Ph.D., e.g. U.S. etc.", "Mr. Smith , Ph.D. , e.g. U.S. etc ."),
        ("N.Y. is big. A USA.", "N.Y. is big . A USA ."),
        (
            "See https://x.org/a?b=c, www.y.com.",
            "See https://x.org/a?b=c , www.y.com .",
        ),
        ("Mail me@x.org!", "Mail me@x.org !"),
        ("$1,000.50 3.5% 5km 20€ +7", "$ 1,000.50 3.5 % 5 km 20 € +7"),
        (
            "well-known 2-3 a/b end.Start a,b",
            "well - known 2 - 3 a / b end . Start a , b",
        ),
        ("Great:) :-( <3 xD a</3", "Great :) :-( <3 xD a</3"),
        ("👍🏽👨‍👩‍👧🇩🇪🇫🇷a🙂b", "👍🏽 👨‍👩‍👧 🇩🇪 🇫🇷 a 🙂 b"),
        ("wait...what…", "wait ... what …"),
        ("10am 12 p.m. 30°C.", "10 am 12 p.m. 30 ° C ."),
        ("日本語。もっと！", "日本語。もっと ！"),
        ("Ünïcode—naïve", "Ünïcode — naïve"),
        ("ஆகும். தமிழ்", "ஆகும் . தமிழ்"),
        ("है। यह. છે.", "है । यह . છે ."),
        ("cafe\u0301. A", "cafe\u0301 . A"),
        ("слово.Другое end.Über", "слово . Другое end . Über"),
        ("пример.рф http://उदाहरण.परीक्षा/x", "пример.рф http://उदाहरण.परीक्षा/x"),
        ("Tuesday.Mr. pre-Mar. so,e.g.", "Tuesday . Mr. pre - Mar. so , e.g."),
        ("no—can't yes:) :-(", "no — can't yes :) :-("),
    ],
)
def test_text_is_split_by_rules(text, expected):
    assert " ".join(tokenize(text).words) == expected


def test_contractions_are_split_with_norms():
    doc = tokenize("I can’t, won't, gonna go Jan. 5. Let's!")
    assert " ".join(doc.words) == "I ca n’t , wo n't , gon na go Jan. 5 . Let 's !"
    norms = "i can not , will not , going to go January 5 . let us !"
    assert " ".join(doc.norms) == norms
    assert doc.spaces[:4] == [True, False, False, True]


def test_there_are_no_norms_where_all_are_the_words_own():
    assert tokenize("The dogs bark.").norms is None


def test_another_language_has_no_contractions():
    doc = Tokenizer("xx")("can't :-) z. B.")
    assert doc.words == ["can't", ":-)", "z.", "B."]
    assert doc.norms is None


@given(TEXTS)
@example("a \n b")
@example("\x1c a\x85b  ")
def test_nothing_but_white_space_is_lost(text):
    doc = TOKENIZER(text)
    assert doc.text.split() == text.split()
    assert all(doc.words)
    assert not any(c.isspace() for word in doc.words for c in word)
    assert len(doc.spaces) == len(doc)
    assert doc.norms is None or all(map(str, doc.norms))


@given(TEXTS)
@example("  a")
@example("a   b")
@example("a \n b \n")
def test_nothing_is_lost_if_white_space_is_kept(text):
    doc = EXACT(text)
    assert doc.text == text
    assert all(doc.words)
    assert EXACT(text) == doc
    spaceless = [word for word in doc.words if not word.isspace()]
    assert spaceless == TOKENIZER(text).words


@given(TEXTS)
def test_the_text_of_a_document_is_split_as_it_is(text):
    doc = TOKENIZER(text)
    assert TOKENIZER(doc.text) == doc


@given(TEXTS)
def test_words_are_located_in_their_order(text):
    doc = TOKENIZER(text)
    starts = locate_words(doc.words, text)
    assert starts == sorted(set(starts))
    for word, start in zip(doc.words, starts, strict=True):
        assert text[start : start + len(word)] == word


def test_words_of_another_text_are_refused():
    with pytest.raises(
        ValueError, match=r"expected the word 'c' at character 1 .* ' b c'"
    ):
        locate_words(["a", "c"], "a b c")
    with pytest.raises(ValueError, match="expected the word 'd' at character 0"):
        locate_words(["d"], "a b c")


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        ".",
        "a.",
        "'s",
        ":)",
        "👍",
        "a-",
        "a@",
        "a/",
        "$",
        "._",
        "a.b,",
        "+1",
        "\u200d",
    ],
)
def test_a_long_chunk_takes_no_long_time(piece):
    text = piece * 20_000
    start = time.perf_counter()
    assert Tokenizer()(text).text == text
    assert time.perf_counter() - start < 5


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "CACHE_SIZE", 10)
    tokenizer = Tokenizer()
    for i in range(100):
        tokenizer(f"word{i} {'x' * 100}{i}")
    assert len(tokenizer._chunks) <= 10
    assert not any(len(chunk) > module.LONGEST_CACHED for chunk in tokenizer._chunks)


def test_white_space_alone_may_split():
    doc = WhitespaceTokenizer()(" so it\n goes. ")
    assert doc == Doc(["so", "it", "goes."], [True, True, True])
    assert split_words("a b") == (["a", "b"], [True, False])
    assert split_words(" ") == ([], [])


def test_a_config_names_tokenizers():
    config = {
        "a": {"@tokenizers": "zoo.Tokenizer.v1", "lang": "xx"},
        "b": {"@tokenizers": "zoo.WhitespaceTokenizer.v1"},
    }
    found = registry.resolve(config)
    assert found["a"]("a,b can't").words == ["a", ",", "b", "can't"]
    assert found["b"]("a,b").words == ["a,b"]


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(ImportError, match=r"SpacyTokenizer needs .* install spacy`"):
        SpacyTokenizer()
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match="HuggingFaceTokenizer needs the package"):
        HuggingFaceTokenizer("tokenizer.json")


def test_the_pre_tokenizer_of_a_file_splits(tmp_path):
    pytest.importorskip("tokenizers", reason="the package tokenizers is not installed")
    path = tmp_path / "tokenizer.json"
    model = {"type": "WordLevel", "vocab": {"x": 0}, "unk_token": "x"}
    saved = {"model": model, "pre_tokenizer": {"type": "BertPreTokenizer"}}
    path.write_text(json.dumps(saved))
    for source in (path, tmp_path):
        doc = HuggingFaceTokenizer(source)("It's  so,\nyes ")
        assert doc.words == ["It", "'", "s", "so", ",", "yes"]
        assert doc.spaces == [False, False, True, False, True, True]
    path.write_text(json.dumps({"model": model}))
    with pytest.raises(ValueError, match=r"json: expected a pre_tokenizer, got none"):
        HuggingFaceTokenizer(path)
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"json: expected a tokenizer.json, got"):
        HuggingFaceTokenizer(path)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        HuggingFaceTokenizer(tmp_path / "no.json")


def test_code_of_a_language_may_have_any_case():
    assert Tokenizer("EN")("can't").words == ["ca", "n't"]
    assert Tokenizer("EN").lang == "en"


@pytest.mark.parametrize("lang", ["english", "klingon", "e", "e1", ""])
def test_what_is_no_code_of_a_language_is_refused(lang):
    message = f"Tokenizer: lang must be a code of two or three letters.* got '{lang}'"
    with pytest.raises(ValueError, match=message):
        Tokenizer(lang)


def test_an_address_of_any_length_is_one_word():
    for text in ("https://x.org/?q=" + "a,b." * 5000 + "c", "a." * 5000 + "com"):
        assert tokenize(text).words == [text]


def test_a_hyphen_behind_a_number_is_split_in_english_alone():
    assert tokenize("5-year a5-b").words == ["5", "-", "year", "a5", "-", "b"]
    assert Tokenizer("xx")("5-year").words == ["5-year"]


def test_exceptions_that_are_put_together_have_their_norms():
    doc = tokenize("pre-Mar. so,gonna")
    assert doc.words == ["pre", "-", "Mar.", "so", ",", "gonna"]
    assert doc.norms == ["pre", "-", "March", "so", ",", "gonna"]


def test_languages_without_rules_are_warned_of():
    warn_of_language("en")
    warn_of_language("XX")
    with pytest.warns(
        UserWarning, match="Tokenizer: has no rules of the language 'fr'"
    ):
        warn_of_language("fr")
