"""Break a config in many ways at once, and see that all of them are told."""

import pickle

import pytest

import zoo
from zoo.config import ConfigError, Fault, parse_config
from zoo.training._training_config import plan_training

CONFIG = """
[paths]
train = "no_such_file.conllu"
dev = null

[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger", "textcat", "pos"]
batch_size = "256"
disabled = ["parser"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"

[components.tok2vec.model.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 64

[components.tok2vec.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 96

[components.tagger]
factory = "tager"

[components.tagger.model]
@architectures = "zoo.Tagger.v1"

[components.tagger.model.tok2vec]
@architectures = "zoo.HashEmbedCNN.v1"
subword_featurs = true

[components.textcat]
factory = "textcat"

[components.textcat.model]
@architectures = "spacy.TextCatReduce.v1"

[components.textcat.model.tok2vec]
@architectures = "spacy.Tok2VecListner.v1"

[components.pos]
factory = "pos_tagger"

[components.pos.model]
@architectures = "zoo.Tagger.v1"

[components.pos.model.tok2vec]
@layers = "chain.v1"

[components.pos.model.tok2vec.*]

[components.pos.model.tok2vec.*.embed]
@architectures = "zoo.HashEmbedCNN.v1"
width = 96

[components.pos.model.tok2vec.*.project]
@layers = "Linear.v1"
nO = 32
nI = 64

[corpora]

[corpora.train]
@readers = "zoo.Corpus.v1"
path = ${paths.train}

[corpora.dev]
@readers = "zoo.Corpus.v1"
path = ${paths.dev}

[training]
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
dropout = 1.5
max_epoch = 3

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = "fast"

[training.batcher]
@batchers = "zoo.batch_by_words.v1"
size = 0

[initialize]
vectors = "no_such_vectors"
"""
#: What is wrong, by path: typos, wrong types, missing values, ranges, unknown names,
#: widths, files and what is not in the pipeline.
FAULTS = {
    "nlp.batch_size": 'expected a whole number, got "256".',
    "components.tok2vec.model": "embed must be as wide as encode, got an embedding",
    "components.tagger.factory": "no factory 'tager'. Did you mean 'tagger'?",
    "components.tagger.model.tok2vec.subword_featurs": "mean 'subword_features'?",
    "components.textcat.model.exclusive_classes": "a value is missing, expected true",
    "components.textcat.model.tok2vec.@architectures": "mean 'spacy.Tok2VecListener",
    "components.pos.model.tok2vec": "hash_embed_cnn gives, which is 96 wide, got",
    "corpora.train": "no_such_file.conllu does not exist.",
    "corpora.dev.path": "no file is named. Pass --paths.dev FILE.",
    "training.dropout": "must be 0 or more and below 1, got 1.5.",
    "training.max_epoch": "no such setting. Did you mean 'max_epochs'?",
    "training.optimizer.learn_rate": "expected a number or a list (a number each)",
    "training.batcher": "batch_by_words: size must be 1 or more, got 0.",
    "initialize.vectors": "there is no file or folder 'no_such_vectors'.",
}


def test_all_faults_of_all_kinds_are_told_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        plan_training(parse_config(CONFIG))
    told = dict(error.value.faults)
    for path, message in FAULTS.items():
        assert message in told.get(path, ""), path
    # All others are of values that have a default, which a run wants written out.
    others = {path: text for path, text in told.items() if path not in FAULTS}
    assert all("a value is missing. Its default is" in o for o in others.values())


def test_widths_are_compared_before_anything_is_read(tmp_path):
    """The encoder is wider than its embedding, and the files would not bear reading."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{")
    paths = {"paths.train": str(bad), "paths.dev": str(bad)}
    config = zoo.config.parse_config(CONFIG, paths)
    with pytest.raises(ConfigError) as error:
        plan_training(config)
    told = dict(error.value.faults)
    assert "components.tok2vec.model" in told
    assert not any("bad.jsonl" in message for message in told.values())


def test_faults_come_from_other_processes_as_they_are():
    error = ConfigError("The config has an error:", [Fault("nlp.lang", "is missing")])
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is ConfigError
    assert (str(found), found.faults) == (str(error), error.faults)
