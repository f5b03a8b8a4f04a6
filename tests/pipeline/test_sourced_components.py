"""Check components that configs take from saved pipelines."""

import numpy as np
import pytest
from thinc.api import Adam

import zoo
from zoo.config import ConfigError
from zoo.training._training_config import plan_training

from ..tiny import (
    make_docs,
    make_tiny_config,
    make_tiny_pipeline,
    make_trained_pipeline,
    same_bits,
    save_docs,
    scores_of,
    weights_of,
)

SHARED = ("tok2vec", "tagger", "textcat")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model"
    make_trained_pipeline(SHARED).to_disk(path)
    return path


def sourcing(folder, **blocks):
    """Make a config some components of which come from a saved pipeline."""
    config = make_tiny_config(SHARED)
    for name, settings in blocks.items():
        config["components"][name] = {"source": str(folder), **settings}
    return config


def of(weights, name):
    return {k: v for k, v in weights.items() if k.startswith(f"{name}.")}


def test_sourced_components_keep_weights_and_labels(folder, tmp_path):
    pipeline = zoo.Pipeline.from_config(sourcing(folder, tok2vec={}, tagger={}))
    docs = [doc for doc in make_docs() if "VB" not in doc.tags]
    pipeline.initialize(docs)
    source, found = weights_of(zoo.load(folder)), weights_of(pipeline)
    for name in ("tok2vec", "tagger"):
        assert same_bits(of(found, name), of(source, name))
    assert pipeline.components["tagger"].objective.labels == ["NN", "RB", "VB"]
    assert not same_bits(of(found, "textcat"), of(source, "textcat"))
    pipeline.freeze("tok2vec", "tagger")
    pipeline.update(make_docs(), optimizer=Adam(0.1))
    assert same_bits(of(weights_of(pipeline), "tagger"), of(source, "tagger"))
    pipeline.to_disk(tmp_path / "new")
    assert "source" not in (tmp_path / "new" / "config.cfg").read_text()
    assert same_bits(scores_of(zoo.load(tmp_path / "new")), scores_of(pipeline))


def test_a_run_trains_a_head_on_a_sourced_and_frozen_encoder(folder, tmp_path):
    config = sourcing(folder, tok2vec={})
    paths = {name: save_docs(tmp_path / f"{name}.jsonl") for name in ("train", "dev")}
    config["paths"].update(paths)
    config["training"]["frozen_components"] = ["tok2vec"]
    plan = plan_training(config)
    plan.initialize()
    before = weights_of(plan.pipeline)
    plan.pipeline.update(make_docs(), optimizer=Adam(0.1))
    after = weights_of(plan.pipeline)
    assert same_bits(of(before, "tok2vec"), of(weights_of(zoo.load(folder)), "tok2vec"))
    assert same_bits(of(after, "tok2vec"), of(before, "tok2vec"))
    assert not same_bits(of(after, "tagger"), of(before, "tagger"))


def test_a_component_may_be_renamed_and_made_independent(folder):
    config = make_tiny_config(("textcat",))
    config["nlp"]["pipeline"] = ["mine", "textcat"]
    settings = {"component": "tagger", "replace_listeners": ["model.tok2vec"]}
    config["components"]["mine"] = {"source": str(folder), **settings}
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    expected = zoo.load(folder).predict(make_docs())["tagger"]
    for found, row in zip(pipeline.predict(make_docs())["mine"], expected, strict=True):
        np.testing.assert_array_equal(found, row)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (
            {"tagger": {}},
            r"tagger\.source: it listens to 'tok2vec', which must come .* too\. Or",
        ),
        ({"tok2vec": {"component": "tokvec"}}, "no component 'tokvec'. Did you mean"),
        ({"tok2vec": {"source": "nowhere"}}, "tok2vec.source: nowhere is not a saved"),
        (
            {"tok2vec": {"model": {"width": "${components.x}"}}},
            r"components\.tok2vec\.model: ",
        ),
        ({"tok2vec": {"component": 3}}, r"tok2vec\.component: expected a string"),
        (
            {"tagger": {"replace_listeners": ["model.yolo"]}},
            r"tagger\.source: replace_listeners: there is no listener 'model\.yolo' in",
        ),
        (
            {"tagger": {"replace_listeners": ["model.tok2vek"]}},
            r"of .*model\. Did you mean 'model\.tok2vec'\?",
        ),
        (
            {"tok2vec": {"replace_listeners": ["model.embed"]}},
            r"'model\.embed' in the component 'tok2vec' of .*There are: none\.",
        ),
    ],
)
def test_faults_are_named(folder, blocks, message):
    with pytest.raises(ConfigError, match=message):
        zoo.Pipeline.from_config(sourcing(folder, **blocks))


def test_word_vectors_must_be_those_it_was_trained_with(tmp_path):
    tables = [
        zoo.Vectors(["dogs"], np.full((1, 2), value, dtype="f")) for value in (1, 2)
    ]
    config = make_tiny_config(SHARED)
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = True
    trained = zoo.Pipeline.from_config(config)
    trained.initialize(make_docs(), vectors=tables[0])
    trained.to_disk(tmp_path / "model")

    def start(vectors):
        made = zoo.Pipeline.from_config(sourcing(tmp_path / "model", tok2vec={}))
        made.initialize(make_docs(), vectors=vectors)

    start(tables[0])
    with pytest.raises(ValueError, match="'tok2vec' was trained with the vectors"):
        start(None)
    with pytest.raises(ValueError, match="vectors"):
        start(tables[1])


def test_copies_need_the_source_no_more(folder, tmp_path):
    pipeline = zoo.Pipeline.from_config(sourcing(folder, tok2vec={}))
    pipeline.initialize(make_docs())
    again = pipeline.replace_listeners()
    assert same_bits(scores_of(again), scores_of(pipeline))
    assert make_tiny_pipeline(SHARED).components.keys() == {*SHARED}
