"""Compare words and norms with those of spaCy's tokenizer of English."""

import gzip
import json
import random
from pathlib import Path

import pytest

from zoo._lexical.attributes import norm
from zoo.tokenizer import Tokenizer
from zoo.tokenizer._rules import exceptions
from zoo.tokenizer.adapters import SpacyTokenizer

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

RAW = Path(__file__).parents[3] / "shared" / "data" / "raw" / "english.jsonl.gz"
#: White space and its names, of which spaCy makes exceptions.
WHITE = {" ", "\t", "\n", "\xa0"}


@pytest.mark.parametrize("lang", ["en", "xx"])
def test_exceptions_and_their_norms_are_the_same(lang):
    rules = spacy.blank(lang).tokenizer.rules
    ours = exceptions(lang)
    if lang == "en":
        assert ours.keys() == rules.keys() - WHITE
    else:  # There we know emoticons with a curly nose too.
        ours = {text: pieces for text, pieces in ours.items() if "’" not in text}
        assert ours.keys() == rules.keys() - WHITE
    # spaCy's attributes 65 and 67 are the word and its norm.
    for text, pieces in ours.items():
        expected = [(p[65], p.get(67) or norm(p[65])) for p in rules[text]]
        assert [(word, n or norm(word)) for word, n in pieces] == expected


def sample(number):
    if not RAW.exists():
        pytest.skip("the file ../shared/data/raw/english.jsonl.gz is not there")
    with gzip.open(RAW, "rt", encoding="utf8") as file:
        texts = [json.loads(line)["text"] for line in file]
    random.Random(0).shuffle(texts)
    return texts[:number]


def test_texts_are_split_as_spacy_does():
    tokenizer, peer = Tokenizer(keep_whitespace=True), SpacyTokenizer()
    texts = sample(2000)
    same = sum(tokenizer(text) == peer(text) for text in texts)
    assert same >= 0.997 * len(texts)


def test_white_space_is_kept_as_spacy_does():
    tokenizer, peer = Tokenizer(keep_whitespace=True), SpacyTokenizer()
    for text in ("", " ", "  a", "a  b", "a \n b", "\na ", "a\t\tb   ", "a\u2003b "):
        assert tokenizer(text) == peer(text)
        assert tokenizer(text).text == text
