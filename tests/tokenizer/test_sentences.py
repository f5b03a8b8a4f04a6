import pickle

import pytest

import zoo
from tests.tiny import make_docs, make_tiny_config
from zoo.tokenizer import Sentences, Tokenizer, sentence_starts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one",
        ". | one",
        "one . | two ! | three ? | four",
        'He said " no ! " ) . " | Then he left .',
        "why ? ! … | so",
        "wait . ( | what )",  # An opening bracket is punctuation, too.
        "日本語 。 | もっと ！",
        "one ... two",  # A word of its own.
    ],
)
def test_sentences_end_with_marks_and_what_follows_them(text):
    parts = [part.split() for part in text.split("|")]
    words = [word for part in parts for word in part]
    expected = [i == 0 for part in parts for i in range(len(part))]
    assert sentence_starts(words) == expected


def test_words_are_those_of_the_tokenizer_inside():
    text = "Mr. Lee can't come.\n\nCan you?"
    doc = Sentences()(text)
    expected = Tokenizer()(text)
    expected.sent_starts = [word in ("Mr.", "Can") for word in doc.words]
    assert doc == expected
    assert [len(sent) for sent in doc.sents] == [6, 3]


def test_what_a_tokenizer_knows_of_sentences_stays():
    def split(text):
        return zoo.Doc(["a", ".", "b"], sent_starts=[True, None, None])

    assert Sentences(split)("a. b").sent_starts == [True, None, None]


def test_a_pipeline_splits_raw_text_into_sentences(tmp_path):
    config = make_tiny_config(["tagger"])
    config["nlp"]["tokenizer"] = {
        "@tokenizers": "zoo.Sentences.v1",
        "tokenizer": {"@tokenizers": "zoo.WhitespaceTokenizer.v1"},
    }
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    pipeline.to_disk(tmp_path / "model")
    copy = pickle.loads(pickle.dumps(pipeline))
    for each in (pipeline, copy, zoo.load(tmp_path / "model")):
        (doc,) = each(["dogs run . cats don't ."])
        parts = [[*sent.words] for sent in doc.sents]
        assert parts == [["dogs", "run", "."], ["cats", "don't", "."]]
