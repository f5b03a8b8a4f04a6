"""Check that configs of spaCy are completed, and their parts used, in a training."""

import json
import warnings

import pytest
from thinc.api import Config

import zoo
from zoo import Doc
from zoo.config import ConfigError, parse_config
from zoo.doc import Span
from zoo.training import run_training
from zoo.training._spacy_config import complete_config, is_of_spacy
from zoo.training._training_config import plan_training, training_schemas

from ..tiny import make_docs, make_tiny_config, registry, save_docs

SHORT = """
[paths]
train = null
dev = null

[nlp]
lang = "en"
pipeline = ["tagger"]

[components]

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
width = 8
depth = 1
embed_size = 40
window_size = 1
maxout_pieces = 2
subword_features = true
pretrained_vectors = null

[training]
max_steps = 4
eval_frequency = 2

[initialize]
"""


@pytest.fixture
def paths(tmp_path):
    names = ("train", "dev")
    return {f"paths.{n}": save_docs(tmp_path / f"{n}.jsonl") for n in names}


def test_a_config_of_spacys_may_leave_out_what_has_a_default(paths, tmp_path):
    config = parse_config(SHORT, paths)
    assert is_of_spacy(config)
    best = run_training(config, tmp_path / "out")
    assert "tag_acc" in best.scores
    written = zoo.load_config(tmp_path / "out" / "config.cfg")
    assert written["training"]["patience"] == 1600
    assert written["corpora"]["train"]["@readers"] == "spacy.Corpus.v1"
    # What was written is complete, and is still one of spaCy's.
    assert is_of_spacy(written)
    assert complete_config(written, training_schemas) == written
    run_training(config, tmp_path / "out", resume=True)


def test_files_that_are_not_named_are_asked_for():
    with pytest.raises(ConfigError, match=r"Pass --paths\.train FILE"):
        plan_training(parse_config(SHORT))


def test_a_config_of_zoos_must_have_all():
    config = make_tiny_config()
    assert not is_of_spacy(config)
    assert complete_config(config, training_schemas) == config
    assert not is_of_spacy(Config())


def test_what_spacy_passes_over_is_warned_of(paths, tmp_path):
    changes = {"training.score_weights": {"tag_acc": 1.0, "pos_acc": 0.5}}
    with pytest.warns(UserWarning, match=r"score_weights\.pos_acc: no component gives"):
        plan = plan_training(parse_config(SHORT, {**paths, **changes}))
    assert [*plan.settings.score_weights] == ["tag_acc"]
    lookups = {"@misc": "spacy.LookupsDataLoader.v1", "lang": "en", "tables": []}
    for found in (lookups, {"lexeme_norm": {}}):
        with pytest.warns(UserWarning, match=r"initialize\.lookups: it is not read"):
            plan_training(parse_config(SHORT, {**paths, "initialize.lookups": found}))
    table = tmp_path / "table.vec"
    table.write_text("1 2\ndogs 1 0\n")
    changes = {"initialize.vectors": str(table)}
    with pytest.warns(UserWarning, match=r"initialize\.vectors: no layer uses"):
        plan_training(parse_config(SHORT, {**paths, **changes}))


def planned(paths, **blocks):
    config = parse_config(SHORT, paths)
    config["initialize"].update(blocks)
    plan = plan_training(config)
    plan.initialize()
    return plan.pipeline


def test_labels_come_from_a_list_or_a_file(paths, tmp_path):
    labels = ["VB", "X", "NN", "RB"]
    pipeline = planned(paths, components={"tagger": {"labels": labels}})
    assert pipeline.components["tagger"].objective.labels == labels
    file = tmp_path / "labels.json"
    reader = {"@readers": "spacy.read_labels.v1", "path": str(file), "require": False}
    pipeline = planned(paths, components={"tagger": {"labels": reader}})
    assert pipeline.components["tagger"].objective.labels == ["NN", "RB", "VB"]
    file.write_text(json.dumps(labels))
    pipeline = planned(paths, components={"tagger": {"labels": reader}})
    assert pipeline.components["tagger"].objective.labels == labels


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"tager": {"labels": ["a"]}}, "no component 'tager'. Did you mean 'tagger'"),
        ({"tagger": {"labls": ["a"]}}, "takes no such data. Did you mean 'labels'"),
        ({"tagger": {"labels": 3}}, "labels: expected a list of labels, got 3"),
        ({"tagger": {"labels": []}}, "labels: expected a list of labels, got"),
        ({"tagger": {"labels": ["a", "a"]}}, "labels must be unique"),
    ],
)
def test_data_that_does_not_fit_is_refused(paths, data, message):
    with pytest.raises(ValueError, match=message):
        planned(paths, components=data)


HEADS = {
    "ner": (
        {
            "0": {},
            "1": {"A": 2},
            "2": {"A": 2},
            "3": {"A": 2},
            "4": {"A": 2, "": 1},
            "5": {"": 1},
        },
        ["B-A", "I-A", "L-A", "U-A", "U-", "O"],
    ),
    "parser": (
        {"0": {"": 9}, "1": {"": 9}, "2": {"a": 3}, "3": {"b": 3}, "4": {"ROOT": 2}},
        ["S", "D", "L-a", "R-b", "B-ROOT"],
    ),
    "morphologizer": (
        {"morph": {"POS=X": "", "_": ""}, "pos": {"POS=X": 101, "_": 0}},
        ["POS=X", "_"],
    ),
    "trainable_lemmatizer": (
        {
            "trees": [
                {"orig": "s", "subst": ""},
                {
                    "prefix_len": 0,
                    "suffix_len": 1,
                    "prefix_tree": 4294967295,
                    "suffix_tree": 0,
                },
            ],
            "labels": [1],
        },
        ['[0,1,null,["s",""]]'],
    ),
}


@pytest.mark.parametrize("factory", HEADS)
def test_labels_have_the_forms_that_spacy_writes(factory):
    from zoo.pipeline._initial_data import put_data

    stored, labels = HEADS[factory]
    config = {"nlp": {"pipeline": ["x"]}, "components": {"x": {"factory": factory}}}
    pipeline = zoo.Pipeline.from_config(Config(config))
    put_data({"x": {"labels": stored}}, pipeline.components)
    assert pipeline.components["x"].objective.labels == labels
    assert pipeline.components["x"].keeps_labels


@pytest.mark.parametrize(
    ("factory", "outputs"),
    [
        ("ner", ["B-B", "B-A", "I-B", "I-A", "L-B", "L-A", "U-B", "U-A", "U-", "O"]),
        ("entity_tagger", ["O", *(f"{p}-{t}" for t in "AB" for p in "BILU")]),
        (
            "parser",
            ["S", "D", "L-B", "L-A", "L-dep", "R-B", "R-A", "R-dep", "B-ROOT"],
        ),
    ],
)
def test_a_list_may_have_the_labels_of_documents(factory, outputs):
    from zoo.pipeline._initial_data import put_data

    config = {"nlp": {"pipeline": ["x"]}, "components": {"x": {"factory": factory}}}
    pipeline = zoo.Pipeline.from_config(Config(config))
    for labels in (["A", "B"], outputs):
        put_data({"x": {"labels": labels}}, pipeline.components)
        assert pipeline.components["x"].objective.labels == outputs
    with pytest.raises(ValueError, match="labels must be unique, got 'A' twice"):
        put_data({"x": {"labels": ["A", "A"]}}, pipeline.components)


@pytest.mark.parametrize(
    "value",
    [["dog"], ["0"], [0], "x", [], {"labels": ["a"]}, {"trees": [], "labels": []}],
)
def test_a_message_says_what_labels_of_a_lemmatizer_are(value):
    from zoo.pipeline._initial_data import put_data

    block = {"factory": "trainable_lemmatizer"}
    config = {"nlp": {"pipeline": ["x"]}, "components": {"x": block}}
    pipeline = zoo.Pipeline.from_config(Config(config))
    match = r"components\.x\.labels: a lemmatizer's labels must be edit trees, .* got"
    with pytest.raises(ValueError, match=match):
        put_data({"x": {"labels": value}}, pipeline.components)
    put_data(
        {"x": {"labels": [HEADS["trainable_lemmatizer"][1][0]]}}, pipeline.components
    )


def test_trees_of_another_form_are_refused():
    from zoo.objectives._edit_trees import labels_of_nodes

    with pytest.raises(ValueError, match="expected a list of trees"):
        labels_of_nodes([1], [0], "file")
    with pytest.raises(ValueError, match="expected a list of labels"):
        labels_of_nodes([], ["a"], "file")
    with pytest.raises(ValueError, match="expected labels below 0"):
        labels_of_nodes([], [3], "file")


def test_patterns_of_a_ruler_come_from_the_config(paths):
    config = parse_config(SHORT, paths)
    config["nlp"]["pipeline"].append("ruler")
    config["components"]["ruler"] = {"factory": "entity_ruler"}
    pattern = {"label": "PET", "pattern": "dogs"}
    config["initialize"]["components"] = {"ruler": {"patterns": [pattern]}}
    plan = plan_training(config)
    plan.initialize()
    (doc,) = plan.pipeline([Doc(["dogs", "run"])])
    assert doc.ents == [Span(0, 1, "PET")]
    config["initialize"]["components"] = {"ruler": {"patterns": [3]}}
    with pytest.raises(ValueError, match="expected a list of patterns"):
        plan_training(config).initialize()


def test_the_positive_label_decides_the_score(paths):
    config = make_tiny_config(["textcat"])
    config["paths"].update({n.partition(".")[2]: p for n, p in paths.items()})
    config["initialize"]["components"] = {"textcat": {"positive_label": "pets"}}
    plan = plan_training(config)
    plan.initialize()
    scores = plan.pipeline.evaluate(make_docs())
    assert scores["cats_score"] == scores["cats_f_per_type"]["pets"]["f"]
    assert scores["cats_score_desc"] == "F (pets)"
    plan.pipeline.components["textcat"].objective.positive_label = "x"
    with pytest.raises(ValueError, match="positive_label must be one of two exclusive"):
        plan.pipeline.evaluate(make_docs())
    config["initialize"]["components"] = {"textcat": {"positive_label": 3}}
    with pytest.raises(ValueError, match="expected a label, got 3"):
        plan_training(config).initialize()


def test_callbacks_are_called_with_the_pipeline(paths):
    calls = []

    @registry.callbacks("test.record.v1")
    def record(name):
        return lambda pipeline: calls.append((name, pipeline.fields))

    blocks = {
        when: {"@callbacks": "test.record.v1", "name": when}
        for when in ("after_init", "before_init")
    }
    planned(paths, **blocks)
    assert calls == [("before_init", ["tags"]), ("after_init", ["tags"])]


def test_the_tokenizer_of_another_pipeline_is_taken(paths, tmp_path):
    other = zoo.Pipeline.from_config(make_tiny_config())
    other.initialize(make_docs())
    other.to_disk(tmp_path / "other")
    block = {"@callbacks": "spacy.copy_from_base_model.v1"}
    pipeline = planned(
        paths, before_init={**block, "tokenizer": str(tmp_path / "other")}
    )
    assert pipeline.tokenizer.lang == "en"


def test_one_block_makes_several_corpora(paths):
    @registry.readers("test.several.v1")
    def several(n: int):
        return {name: lambda: iter(make_docs(n)) for name in ("train", "dev")}

    config = parse_config(SHORT, paths)
    config["corpora"] = {"@readers": "test.several.v1", "n": 9}
    plan = plan_training(config)
    plan.initialize()
    assert len(plan.train_corpus()) == len([*plan.dev_corpus()]) == 9
    config["training"]["dev_corpus"] = "corpora.test"
    with pytest.raises(
        ConfigError, match=r"there is no corpus 'test'\. There are: train"
    ):
        plan_training(config)
    config["corpora"] = {"@readers": "srsly.read_json.v1", "path": paths["paths.dev"]}
    with pytest.raises(ConfigError, match=r"expected (readers by name, such as|JSON)"):
        plan_training(config)


def test_two_heads_may_write_different_groups_of_spans():
    config = {"nlp": {"pipeline": ["a", "b"]}}
    blocks = {n: {"factory": "spancat", "spans_key": n} for n in "ab"}
    config["components"] = blocks
    assert [*zoo.Pipeline.from_config(Config(config)).components] == ["a", "b"]
    blocks["b"]["spans_key"] = "a"
    with pytest.raises(
        ConfigError, match=r"writes the field 'spans\['a'\]', as 'a' does"
    ):
        zoo.Pipeline.from_config(Config(config))
    config["components"] = {n: {"factory": "ner"} for n in "ab"}  # The second one adds.
    assert [*zoo.Pipeline.from_config(Config(config)).components] == ["a", "b"]


def test_a_head_reads_the_annotation_of_an_earlier_one_and_never_the_truth(paths):
    config = parse_config(SHORT, paths)
    config["components"]["tagger"]["model"]["tok2vec"] = {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": 8,
            "attrs": ["NORM", "TAG", "ID"],
            "rows": [30, 30, 30],
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2",
            "width": 8,
            "depth": 1,
            "window_size": 1,
            "maxout_pieces": 2,
        },
    }
    plan = plan_training(config)
    plan.initialize()
    seen = []
    model = plan.pipeline.components["tagger"].model
    forward = model._func
    model._func = lambda m, docs, is_train: (
        seen.extend(docs) or forward(m, docs, is_train)
    )
    plan.pipeline.update(make_docs())
    assert seen and all(doc.tags is None for doc in seen)


def test_no_warning_comes_of_a_config_that_has_all(paths):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan_training(parse_config(SHORT, paths))
