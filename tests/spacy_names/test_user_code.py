"""Check functions of a user's own that are registered in spaCy's registry."""

import sys
from types import SimpleNamespace

import catalogue
import pytest

import zoo
from tests.tiny import make_docs, registry
from zoo.training import Evaluation, Progress


@pytest.fixture
def spacys(monkeypatch):
    def register(kind, name, function):
        monkeypatch.setitem(catalogue.REGISTRY, ("spacy", kind, name), function)

    return register


def test_a_logger_of_spacys_form_follows_a_run(spacys, tmp_path):
    calls = []

    def my_logger(log_path):
        def setup(nlp, stdout=None, stderr=None):
            calls.append((log_path, nlp.pipe_names, nlp.config["a"]["b"]))
            assert all(part.is_trainable for _, part in nlp.pipeline)
            return calls.append, lambda: calls.append("end")

        return setup

    spacys("loggers", "mine.v1", my_logger)
    block = {"@loggers": "mine.v1", "log_path": "x"}
    setup = registry.resolve({"logger": block})["logger"]
    config = zoo.config.parse_config("[a]\nb = 1")
    follow = setup(SimpleNamespace(models={"tagger": None}, config=config), tmp_path)
    found = Evaluation({"tagger": 0.5}, {"tag_acc": 0.25}, 0.75, True, {})
    for progress in (
        Progress(1, 0, 9, 1.5, None, None),
        Progress(2, 0, 9, 1.5, 1.0, found),
    ):
        follow(progress)
    follow(None)
    begun, nothing, info, end = calls
    assert begun == ("x", ["tagger"], 1) and nothing is None and end == "end"
    assert info["checkpoints"] == [(0.75, 2)] and info["other_scores"] == {
        "tag_acc": 0.25
    }
    assert info["output_path"] == tmp_path / "model-last"


def test_data_and_misc_of_a_user_are_used_as_they_are(spacys):
    spacys("misc", "rules.v1", lambda: [{"label": "A", "pattern": "b"}])
    spacys("readers", "data.v1", lambda: {"n": 3})
    blocks = {"a": {"@misc": "rules.v1"}, "b": {"@readers": "data.v1"}}
    found = registry.resolve({"x": blocks})["x"]
    assert found == {"a": [{"label": "A", "pattern": "b"}], "b": {"n": 3}}


def test_functions_of_spacys_own_are_not_taken(spacys):
    def reader():
        raise AssertionError

    reader.__module__ = "spacy.training.corpus"
    spacys("readers", "spacy.other.v1", reader)
    assert not registry.has("readers", "spacy.other.v1")
    spacys("architectures", "mine.v1", print)
    assert not registry.has("architectures", "mine.v1")


@pytest.mark.peer
def test_a_corpus_of_spacys_form_is_read(spacys):
    spacy = pytest.importorskip("spacy")

    def read(nlp):
        for doc in make_docs(3):
            made = spacy.tokens.Doc(nlp.vocab, words=doc.words, tags=doc.tags)
            made.cats = doc.cats
            yield spacy.training.Example(nlp.make_doc(made.text), made)

    spacys("readers", "mine.v1", lambda: {"train": read, "dev": read})
    readers = registry.resolve({"corpora": {"@readers": "mine.v1"}})["corpora"]
    found = list(readers["train"]())
    assert [doc.words for doc in found] == [doc.words for doc in make_docs(3)]
    assert [doc.tags for doc in found] == [doc.tags for doc in make_docs(3)]
    assert [doc.cats for doc in found] == [doc.cats for doc in make_docs(3)]
    assert "spacy" in sys.modules


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("json", '{"a": 1}', {"a": 1}),
        ("jsonl", '{"a": 1}\n[2]\n', [{"a": 1}, [2]]),
        ("yaml", "a: 1\n", {"a": 1}),
    ],
)
def test_files_of_data_are_read(tmp_path, name, text, value):
    file = tmp_path / "data"
    file.write_text(text)
    read = registry.readers.get(f"srsly.read_{name}.v1")
    assert read(path=str(file)) == value
    file.write_text('{"a": [')
    with pytest.raises(ValueError, match="data: expected"):
        read(path=str(file))
    with pytest.raises(FileNotFoundError):
        read(path=str(tmp_path / "none"))


def test_what_has_no_effect_here_returns_what_it_gets():
    for name in ("models_with_nvtx_range", "models_and_pipes_with_nvtx_range"):
        assert registry.callbacks.get(f"spacy.{name}.v1")()(3) == 3
    lookups = {"@misc": "spacy.LookupsDataLoader.v1", "lang": "en"}
    assert registry.resolve({"a": {"b": lookups}})["a"]["b"] is None
