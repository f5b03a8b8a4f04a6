"""Compare words and norms with those of spaCy's tokenizer of English."""

import gzip
import importlib
import json
import pkgutil
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


def example_sentences():
    """Find the example sentences that spaCy has of many languages."""
    lang = importlib.import_module("spacy.lang")
    for module in pkgutil.iter_modules(lang.__path__):
        try:
            found = importlib.import_module(f"spacy.lang.{module.name}.examples")
        except ModuleNotFoundError:
            continue
        yield from ((module.name, sentence) for sentence in found.sentences)


@pytest.mark.parametrize("lang", ["en", "xx"])
def test_sentences_of_many_languages_are_split_as_spacy_does(lang):
    tokenizer, peer = Tokenizer(lang, keep_whitespace=True), SpacyTokenizer(lang)
    differs = [
        code
        for code, sentence in example_sentences()
        if tokenizer(sentence).words != peer(sentence).words
    ]
    # There spaCy splits no point off, as its classes of letters lack these scripts.
    assert set(differs) <= {"gu", "ml"}
    assert len(differs) <= 4


@pytest.mark.parametrize(
    "before", ["so,", "so—", "No--", "pre-", "Tuesday.", "(", "a/", "'", "’", "я,"]
)
def test_exceptions_behind_other_words_are_the_same(before):
    tokenizer, peer = Tokenizer(), SpacyTokenizer()
    texts = [before + text for text in exceptions("en")]
    texts += [text + after for text in texts for after in ",."]
    assert [t for t in texts if tokenizer(t) != peer(t)] == []


@pytest.mark.parametrize("lang", ["en", "xx"])
def test_parts_put_together_are_split_as_spacy_does(lang):
    tokenizer, peer = Tokenizer(lang, keep_whitespace=True), SpacyTokenizer(lang)
    draw, parts = random.Random(0), PARTS.split()
    texts = ["".join(draw.choices(parts, k=draw.randint(1, 4))) for _ in range(3000)]
    same = sum(tokenizer(text) == peer(text) for text in texts)
    assert same >= 0.997 * len(texts)


#: Pieces of text, among which rules of all kinds apply.
PARTS = """
    can't I'd've U.S. e.g. etc. $5 5km 3.5% ... :) (: " ' 's n't - -- a-b A.B a.B / … “
    ” http://x.org/a?b=(c) me@x.org ’ , . ; # @ _ * + 10am °C. x=y слово.Другое
    пример.рф १२ यू.के. 5-year ab.cd Ü ü ß. Ab AB. ۲:۳۰ த் 한국.kr x|y | = &
    foo-.com 10.0.0.1/x <3 8.8.8.8/x Mr. Jan. :'( && ~ — – a—b don’t gonna ya'll
"""

#: Words of the scripts whose letters spaCy's rules list.
SCRIPTS = """
    word Other naïve Élan straße слово Другое МИР λόγος Άλλο שלום عالم مَرْحَبًا नमस्ते है தமிழ்
    ஆகும் తెలుగు বাংলা ಕನ್ನಡ සිංහල 你好 こんにちは カタカナ 안녕 3 3.5
"""
JOINTS = [
    ". ",
    " ",
    ", ",
    *".,-—/:'’!?،।。·&+*%$€()“”…~=|_@#؟٪–\u200d\u200c",
    "...",
    "://",
]


@pytest.mark.parametrize("lang", ["en", "xx"])
def test_words_of_many_scripts_are_split_as_spacy_does(lang):
    tokenizer, peer = Tokenizer(lang, keep_whitespace=True), SpacyTokenizer(lang)
    draw, words = random.Random(1), SCRIPTS.split()
    for _ in range(1000):
        parts = (draw.choice(words) + draw.choice(JOINTS) for _ in range(3))
        text = "".join(parts)
        assert tokenizer(text).words == peer(text).words
