"""Compare where sentences begin with what spaCy's sentencizer says."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zoo
from zoo.tokenizer import sentence_starts
from zoo.tokenizer.sentences import ENDS

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

SENTENCIZER = spacy.pipeline.Sentencizer()
VOCAB = spacy.blank("en").vocab
#: Words that end sentences, that are punctuation, and that are neither.
WORDS = """. ! ? 。 … ... ) ( ” “ ' , - --- a A 1 $ 🙂"""


def starts_of_spacy(words):
    return [*map(bool, SENTENCIZER.predict([spacy.tokens.Doc(VOCAB, words=words)])[0])]


def test_the_same_characters_end_sentences():
    assert set(spacy.pipeline.Sentencizer.default_punct_chars) == ENDS


@given(
    st.lists(st.sampled_from([*WORDS.split(), " ", "\n\n"]), min_size=1, max_size=12)
)
def test_any_words_are_split_as_spacy_does(words):
    assert sentence_starts(words) == starts_of_spacy(words)


def test_texts_are_split_as_spacy_does():
    data = Path(zoo.__file__).parent / "data" / "everyday" / "train.jsonl"
    sentences = [doc.words for doc in zoo.read_docs(data)]
    random.Random(0).shuffle(sentences)
    for i in range(0, len(sentences), 20):
        words = [word for sentence in sentences[i : i + 20] for word in sentence]
        assert sentence_starts(words) == starts_of_spacy(words)
    pages = Path(__file__).parents[2].glob("docs/*.md")
    for page in sorted(pages):  # With code, tables and quotes in them.
        words = zoo.tokenize(page.read_text(encoding="utf8")).words
        assert sentence_starts(words) == starts_of_spacy(words)
