import pytest

from zoo.config import interpolate, parse_config
from zoo.corpora import write_docs
from zoo.doc import Doc
from zoo.pipeline._assemble import build_tokenizer
from zoo.training._training_data import (
    build_corpora,
    corpus_faults,
    corpus_paths,
    find_unnamed_files,
    warn_of_labels,
)

from ..tiny import registry

SETTINGS = ("training.train_corpus", "training.dev_corpus")
CONFIG = """
[paths]
train = null

[nlp]
lang = "de"

[corpora]

[corpora.train]
@readers = "zoo.Corpus.v1"
path = ${paths.train}

[corpora.dev]
@readers = "zoo.MixedCorpus.v1"

[corpora.dev.*.a]
@readers = "zoo.Corpus.v1"
path = null

[corpora.dev.*.b]
@readers = "spacy.PlainTextCorpus.v1"
path = ${paths:train}

[training]
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
"""


@pytest.fixture
def text(tmp_path):
    (tmp_path / "a.txt").write_text("I can't.\n")
    return str(tmp_path / "a.txt")


def faults_of(config):
    values = interpolate(config)
    faults = corpus_faults(values, SETTINGS)
    return dict([*faults, *find_unnamed_files(values, config, SETTINGS)])


def build(config):
    values, faults = interpolate(config), []
    tokenizer = build_tokenizer(values, faults)
    corpora = build_corpora(values, SETTINGS, tokenizer, faults)
    return corpora, dict(faults)


def test_each_file_that_is_not_named_is_a_fault_with_what_names_it():
    assert faults_of(parse_config(CONFIG)) == {
        "corpora.train.path": "no file is named. Pass --paths.train FILE.",
        "corpora.dev.*.a.path": "no file is named. Pass --corpora.dev.*.a.path FILE.",
        "corpora.dev.*.b.path": "no file is named. Pass --paths.train FILE.",
    }


def test_sections_that_are_not_there_are_faults():
    overrides = {"training.train_corpus": "corpora.tran", "training.dev_corpus": "dev"}
    config = parse_config(CONFIG, {**overrides, "training.score_weights": 3})
    assert faults_of(config) == {
        "training.train_corpus": "there is no section [corpora.tran]. Did you mean "
        "'corpora.train'?",
        "training.dev_corpus": "there is no section [dev].",
    }
    assert corpus_paths({"training": {"dev_corpus": 3}}, SETTINGS) == {}


def test_raw_text_is_split_by_the_tokenizer_of_the_pipeline(text):
    overrides = {"paths.train": text, "corpora.dev.*.a.path": text}
    corpora, faults = build(parse_config(CONFIG, overrides))
    assert not faults
    for name, number in zip(SETTINGS, (1, 2), strict=True):
        docs = [doc.words for doc in corpora[name]()]
        assert docs == [["I", "can't", "."]] * number


def test_so_is_the_text_of_tsv(tmp_path):
    (tmp_path / "a.tsv").write_text("I can't.\tbad\n")
    path = str(tmp_path / "a.tsv")
    overrides = {"paths.train": path, "training.dev_corpus": "corpora.train"}
    corpora, _ = build(parse_config(CONFIG, overrides))
    assert [doc.words for doc in corpora[SETTINGS[0]]()] == [["I", "can't", "."]]


def test_a_corpus_may_have_a_tokenizer_of_its_own(text):
    own = {"@tokenizers": "zoo.WhitespaceTokenizer.v1"}
    overrides = {"paths.train": text, "corpora.dev.*.a.path": text}
    overrides |= {"corpora.train.tokenizer": own}
    corpora, _ = build(parse_config(CONFIG, overrides))
    assert [doc.words for doc in corpora[SETTINGS[0]]()] == [["I", "can't."]]
    assert [len(doc) for doc in corpora[SETTINGS[1]]()] == [3, 3]


def test_a_tokenizer_that_is_none_is_a_fault():
    overrides = {"nlp.tokenizer": {"@schedules": "constant.v1", "rate": 1}}
    _, faults = build(parse_config(CONFIG, overrides))
    assert faults["nlp.tokenizer"].startswith("expected ")


@registry.readers("test.no_reader.v1")
def no_reader() -> int:
    """Return something that is not a function."""
    return 3


def test_what_does_not_read_is_a_fault(text):
    overrides = {"paths.train": text, "corpora.dev": {"@readers": "test.no_reader.v1"}}
    corpora, faults = build(parse_config(CONFIG, overrides))
    assert faults == {"corpora.dev": "expected a reader (@readers)."}
    write_docs([Doc(["a"])], text)  # It is not read before it is called.
    assert [doc.words for doc in corpora[SETTINGS[0]]()] == [["a"]]


def test_coarse_tags_that_a_tagger_does_not_read_are_said():
    docs = [
        Doc(["a"], pos=["NOUN"], cats={}),
        Doc(["b"], pos=["VERB"], cats={"x": 1.0}),
    ]
    with pytest.warns(UserWarning, match=r"has 'tags' \(XPOS .* 2 have 'pos' \(UPOS\)"):
        warn_of_labels(["tags", "cats"], docs, [])
    warn_of_labels(["pos", "cats"], docs, [])
