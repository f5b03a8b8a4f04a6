from dataclasses import dataclass, field

import catalogue
import pytest
from thinc.api import Adam, Config, Optimizer

from zoo._register_all import registry
from zoo.config import nearest
from zoo.config._validate import Schema, defaults, find_faults


@registry.architectures("test.Layer.v1")
def Layer(width: int, pieces: int = 3, *, function=print, names: list[str] = ["a"]):  # noqa: B006
    """Take a value of each kind."""
    return width, pieces, function, names


@dataclass
class Settings:
    optimizer: Optimizer
    count: int = 1
    names: list[str] = field(default_factory=list)


BLOCK = {"@architectures": "test.Layer.v1", "width": 1}


def found(block, schema=None, **settings):
    return [tuple(f) for f in find_faults(block, "a", schema, **settings)]


def test_block_without_faults():
    assert found(BLOCK) == []
    assert found({"b": BLOCK, "c": 1, "d": {"e": {}}}) == []
    assert found("no block") == []


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"widht": 1}, "a.widht", "there is no such setting. Did you mean 'width'?"),
        (
            {"zzz": 1},
            "a.zzz",
            "there is no such setting. Known are: width, pieces, function, names.",
        ),
        ({"width": 1.5}, "a.width", "expected a whole number, got 1.5."),
        ({"names": "ab"}, "a.names", 'expected a list (a string each), got "ab".'),
        (
            {"@layers": "x"},
            "a",
            "a block names one function, got @architectures, @layers.",
        ),
        (
            {"@architectures": "test.Layr.v1"},
            "a.@architectures",
            "nothing named \"test.Layr.v1\" is registered in 'architectures'. "
            "Did you mean 'test.Layer.v1'?",
        ),
        (
            {"@architectures": 3},
            "a.@architectures",
            "nothing named 3 is registered in 'architectures'. `zoo list ",
        ),
    ],
)
def test_fault_says_where_and_what(change, path, message):
    [(where, what)] = found({**BLOCK, **change})
    assert where == path
    assert what.startswith(message)


def test_unknown_registry_is_a_fault():
    [(path, message)] = found({"@architecture": "test.Layer.v1"})
    assert path == "a.@architecture"
    assert message.startswith(
        "there is no registry 'architecture'. Did you mean 'architectures'? There are: "
    )


def test_missing_value_is_a_fault_and_a_missing_default_where_all_are_needed():
    block = {"@architectures": "test.Layer.v1"}
    missing = [("a.width", "a value is missing, expected a whole number.")]
    assert found(block) == missing
    pieces, names = found(BLOCK, need_all=True)
    assert pieces[0] == "a.pieces"
    assert "Its default is 3; `zoo init fill-config` writes" in pieces[1]
    assert names[0] == "a.names"  # But not `function`, which no file can hold.


def test_positional_arguments_stand_in_a_section_of_their_own():
    block = {"@layers": "chain.v1", "*": {"x": {"@layers": "Linear.v2"}}}
    [(path, message)] = found(block)
    assert path == "a.*.x.@layers"
    assert "Did you mean 'Linear.v1'?" in message


def test_plain_block_is_held_to_its_schema():
    schema = Schema(
        Settings,
        extra=("more",),
        empty={"vectors": "there are none", "tables": "there are none"},
    )
    block = {"count": "1", "more": 1, "vectors": "x", "tables": {}, "cuont": 1}
    assert found(block, schema) == [
        ("a.count", 'expected a whole number, got "1".'),
        ("a.vectors", 'must be null, as there are none, got "x".'),
        ("a.cuont", "there is no such setting. Did you mean 'count'?"),
        ("a.optimizer", "a value is missing, expected an optimizer (@optimizers)."),
    ]


def test_defaults_are_those_that_a_file_can_hold():
    assert defaults(Layer) == {"pieces": 3, "names": ["a"]}
    assert defaults(Settings) == {"count": 1, "names": []}
    assert defaults(dict) == {}  # Cannot be asked.
    assert defaults(Adam)["learn_rate"] == 0.001


def test_function_that_cannot_be_asked_takes_anything():
    assert found({"x": 1}, Schema(dict)) == []
    assert found({"x": 1}, Schema(lambda: None)) == [
        ("a.x", "there is no such setting. Known are: none.")
    ]


def test_config_is_walked_to_its_ends():
    config = Config().from_str('[b]\n[b.c]\n@layers = "x"\n')
    assert [fault.path for fault in find_faults(config, "a")] == ["a.b.c.@layers"]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            {"@lookups": "test.tables.v1"},
            "'lookups' is a registry of spaCy's, which zoo has not: it has no lookup "
            "tables: set lookups = null.",
        ),
        (
            {"@architectures": "test.absent.v1"},
            "nothing named \"test.absent.v1\" is registered in 'architectures'. `zoo "
            "list architectures` lists what is. A function of your own is found if a "
            "file given by --code registers it: @zoo.registry.architectures(NAME).",
        ),
        (
            {"@callbacks": "test.Layer.v1"},
            "nothing named \"test.Layer.v1\" is registered in 'callbacks'. It stands "
            "in 'architectures'.",
        ),
        (
            {"@scorers": "spacy.nothing_scorer.v1"},
            "nothing named \"spacy.nothing_scorer.v1\" is registered in 'scorers'. "
            "`zoo list scorers` lists what is. A function of your own is found if a "
            "file given by --code registers it: @zoo.registry.scorers(NAME).",
        ),
    ],
)
def test_advice_for_unknown_names_is_true(block, message):
    [(_, what)] = found(block)
    assert what == message


def test_function_of_spacys_registry_is_told_apart(monkeypatch):
    path = "spacy", "architectures", "my.model.v1"
    monkeypatch.setitem(catalogue.REGISTRY, path, print)
    [(_, what)] = found({"@architectures": "my.model.v1"})
    assert what.endswith(
        "It stands in spaCy's registry, which zoo does not read: register it by "
        "@zoo.registry.architectures('my.model.v1') too."
    )


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("normer", "transformer", ""),
        ("MyCorpus.v1", "spacy.Corpus.v1", ""),
        ("spacy.MultiEmbed.v1", "spacy.MultiHashEmbed.v1", ""),
        ("corpora.train", "corpora.train_limit", ""),
        ("spacy.ner_scorer.v1", "spacy.tagger_scorer.v1", ""),
        ("zoo.Tok2Vec.v2", "zoo.Tok2Vec.v1", " Did you mean 'zoo.Tok2Vec.v1'?"),
        ("tager", "tagger", " Did you mean 'tagger'?"),
        ("widht", "width", " Did you mean 'width'?"),
        ("max_epoch", "max_epochs", " Did you mean 'max_epochs'?"),
    ],
)
def test_only_similar_names_are_suggested(name, known, hint):
    assert nearest(name, ["x", known]) == hint


def test_settings_of_zoo_alone_may_be_missing_where_others_may_not():
    schema = Schema(Layer, extra=("@architectures",), own=("pieces",))
    missing = [f.path for f in find_faults({"width": 1}, "a", schema, need_all=True)]
    assert missing == ["a.names"]
