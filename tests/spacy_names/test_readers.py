"""Check the readers under spaCy's names, and the sentences they cut documents into."""

import json

import pytest
from thinc.api import fix_random_seed

from zoo._spacy_names.readers import sentences
from zoo.config import Fault
from zoo.config._validate import find_faults
from zoo.corpora import write_docs
from zoo.doc import Doc, Span
from zoo.models.make_config import complete
from zoo.pipeline import load
from zoo.training.run_training import run_training

from ..tiny import make_tiny_config, registry, save_docs

WORDS = ["Ann", "left", ".", "Bob", "stayed", "in", "Rome", "."]
DOC = Doc(
    WORDS,
    norms=[word.lower() for word in WORDS],
    sent_starts=[True, False, False, True, False, False, False, False],
    tags=[*"ABCDEFGH"],
    heads=[1, 1, 1, 4, 4, 6, 1, 4],
    ents=[Span(0, 1, "PER"), Span(2, 4, "ODD"), Span(6, 7, "LOC")],
    cats={"news": 1.0},
)


@pytest.fixture
def path(tmp_path):
    whole = Doc(["no", "sentences", "here"])
    write_docs([DOC, Doc([]), whole, Doc(["one"])], tmp_path / "a.jsonl")
    return str(tmp_path / "a.jsonl")


def sizes(name, path, **settings):
    read = registry.readers.get(f"spacy.{name}.v1")(path, **settings)
    first = [len(doc) for doc in read()]
    assert [len(doc) for doc in read()] == first
    return first


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [8, 3, 1]),
        ({"limit": 2}, [8, 3]),
        ({"max_length": 9}, [8, 3, 1]),
        ({"max_length": 8}, [3, 5, 3, 1]),
        ({"max_length": 5}, [3, 3, 1]),
        ({"max_length": 4, "limit": 1}, [3]),
        ({"max_length": 3}, [1]),
        ({"max_length": -1, "limit": -1}, [8, 3, 1]),
        ({"gold_preproc": True}, [3, 5, 3, 1]),
    ],
)
def test_corpus_of_spacy_is_cut_up(path, settings, expected):
    assert sizes("Corpus", path, **settings) == expected


def test_gold_preproc_keeps_the_words(path):
    read = registry.readers.get("spacy.Corpus.v1")
    with pytest.raises(ValueError, match="with gold_preproc words stay as annotated"):
        read(path, gold_preproc=True, retokenize=True)


def test_words_that_a_tokenizer_makes_others_are_trained(tmp_path):
    gold = Doc(
        ["can", "not", "go", "now"],
        [False, True, True, False],
        tags=["M", "N", "V", "R"],
        heads=[2, 2, 2, 2],
        deps=["aux", "neg", "ROOT", "adv"],
        ents=[Span(1, 2, "NEG"), Span(2, 3, "GO")],
        sent_starts=[True, False, False, False],
    )
    path = save_docs(tmp_path / "a.spacy", [gold])
    names = ["tagger", "parser", "ner"]
    config = make_tiny_config(names, max_steps=40, eval_frequency=20)
    config["components"]["parser"]["min_action_freq"] = 1
    block = {"@readers": "spacy.Corpus.v1", "path": path, "retokenize": True}
    config["corpora"] = {"train": block, "dev": block}
    config["nlp"] = config.get("nlp", {}) | {
        "tokenizer": {"@tokenizers": "zoo.WhitespaceTokenizer.v1"}
    }
    fix_random_seed(0)
    best = run_training(complete(config), tmp_path / "out")
    assert best.scores["tag_acc"] == best.scores["dep_uas"] == 1.0
    pipeline = load(tmp_path / "out" / "model-best")
    (doc,) = pipeline(["cannot go now"])
    assert doc.words == ["cannot", "go", "now"]
    assert doc.tags[1:] == ["V", "R"] and doc.heads[1:] == [1, 1]
    assert Span(1, 2, "GO") in doc.ents
    # Of "cannot" nothing is known.
    assert pipeline.components["tagger"].objective.labels == ["R", "V"]


def test_limit_counts_over_all_files(path):
    assert sizes("Corpus", [path, path], limit=4) == [8, 3, 1, 8]


@pytest.fixture
def texts(tmp_path):
    lines = ["", "a b c", "a", "a b", "a b c d"]
    rows = (json.dumps({"text": line}) + "\n" for line in lines)
    (tmp_path / "a.jsonl").write_text("".join(rows))
    (tmp_path / "a.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [0, 3, 1, 2, 4]),
        ({"min_length": 2}, [3, 2, 4]),
        ({"max_length": 3}, [0, 1, 2]),
        ({"max_length": 1}, [0]),
        ({"min_length": 1, "limit": 2}, [3, 1]),
    ],
)
def test_json_lines_of_some_lengths_are_read(texts, settings, expected):
    assert sizes("JsonlCorpus", texts / "a.jsonl", **settings) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [3, 1, 2, 4]),
        ({"min_length": 2, "max_length": 3}, [3, 2]),
        ({"max_length": 1}, [1]),
    ],
)
def test_lines_of_some_lengths_are_read(texts, settings, expected):
    assert sizes("PlainTextCorpus", texts / "a.txt", **settings) == expected


@pytest.mark.parametrize("name", ["Corpus", "JsonlCorpus", "PlainTextCorpus"])
def test_no_path_is_refused(name):
    with pytest.raises(ValueError, match="path must name a file or folder, got None"):
        sizes(name, None)


def test_what_is_no_augmenter_is_refused():
    block = {"@readers": "spacy.Corpus.v1", "path": "a", "augmenter": "x"}
    fault = Fault(
        "a.augmenter", 'expected a block that names a function or null, got "x".'
    )
    assert list(find_faults(block, "a")) == [fault]


def test_sentences_have_the_annotation_of_their_words():
    first, second = sentences(DOC)
    assert first.words == WORDS[:3]
    assert second.words == WORDS[3:]
    assert second.norms == ["bob", "stayed", "in", "rome", "."]
    assert second.sent_starts == [True, False, False, False, False]
    assert second.tags == [*"DEFGH"]
    assert first.heads == [1, 1, 1]
    assert second.heads == [1, 1, 3, None, 1]  # The head of one is in the other.
    assert first.ents == [Span(0, 1, "PER")]  # And one entity is in both.
    assert second.ents == [Span(3, 4, "LOC")]
    assert first.cats is second.cats is second.spaces is None


def test_a_document_without_known_sentences_stays_whole():
    doc = Doc(["a", "b"], cats={"x": 1.0})
    assert list(sentences(doc)) == [doc]
    assert list(sentences(Doc([], sent_starts=[]))) == []
