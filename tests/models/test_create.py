"""Make ready-made models, and change their settings."""

import numpy as np
import pytest
from thinc.api import Adam, Model, fix_random_seed

import zoo
from zoo.config import ConfigError, format_config, parse_config
from zoo.models import create_model, list_models, model_card, model_config
from zoo.models.make_config import make_config
from zoo.pipeline import Pipeline
from zoo.testing._samples import is_same

from ..tiny import make_docs
from .ready import DOCS, make_model

#: Settings that make a model small.
SMALL = {
    "char_cnn": {"width": 8, "depth": 1, "embed.rows": 50},
    "transformer": {
        "transformer.get_spans.window": 32,
        "transformer.get_spans.stride": 24,
    },
    "vector_bag": {"width": 8},
    "textcat_bow": {"length": 64},
    "tagger_cnn": {"width": 8, "depth": 1, "tok2vec.embed_size": 50},
    "textcat_cnn": {"width": 8, "depth": 1, "tok2vec.embed_size": 50},
    "textcat_ensemble": {
        "width": 8,
        "depth": 1,
        "tok2vec.embed_size": 50,
        "linear_model.length": 64,
    },
}
USUAL = {"width": 8, "depth": 1, "embed.rows": [50, 50, 50, 50]}


@pytest.mark.parametrize("name", list_models())
def test_a_model_predicts_and_learns(name):
    fix_random_seed(0)
    model = make_model(name, **SMALL.get(name, USUAL))
    Y, backprop = model.begin_update(DOCS)
    if model_card(name).task == "classification":
        assert Y.shape == (3, 3)
    else:
        assert [len(y) for y in Y] == [3, 0, 1]
    before = model.predict(DOCS)
    backprop(random_like(Y))
    model.finish_update(Adam(0.1))
    assert not is_same(before, model.predict(DOCS))


@pytest.mark.parametrize("name", list_models())
def test_a_model_stands_in_a_config(name):
    block = model_config(name, **SMALL.get(name, USUAL))
    task = model_card(name).task
    head = {"tagging": "tagger", "classification": "textcat"}.get(task, "tok2vec")
    config = make_config([head])
    config["components"][head]["model"] = block
    again = parse_config(format_config(config))
    built = Pipeline.from_config(again).components[head].model
    assert built.name == create_model(name).name


def random_like(Y):
    rng = np.random.default_rng(0)
    if isinstance(Y, list):
        return [rng.normal(size=y.shape).astype("f") for y in Y]
    return rng.normal(size=Y.shape).astype("f")


def test_settings_are_variables_arguments_and_paths():
    model = zoo.create_model("hash_cnn_small", width=8, **{"embed.rows": [9, 8, 7, 6]})
    assert isinstance(model, Model)
    assert model.get_dim("nO") == 8
    tables = model.get_ref("embed").layers[:-1]
    assert [table.get_dim("nV") for table in tables] == [9, 8, 7, 6]
    assert (
        len(zoo.create_model("hash_cnn_small", depth=3).get_ref("encode").layers) == 3
    )
    assert create_model("tagger_cnn", nO=5).get_dim("nO") == 5
    assert model_config("hash_cnn_small", width=8)["encode"]["width"] == 8


def test_configurations_are_not_changed_by_settings():
    before = model_config("hash_cnn_small")
    model_config("hash_cnn_small", width=8)["embed"]["rows"].clear()
    assert model_config("hash_cnn_small") == before


def test_a_model_trains_as_an_encoder_of_a_pipeline():
    config = make_config(["tok2vec", "tagger"])
    small = model_config("mish_cnn", **USUAL)
    config["components"]["tok2vec"]["model"] = small
    config["components"]["tagger"]["model"]["tok2vec"]["width"] = None
    pipeline = Pipeline.from_config(config)
    docs = make_docs()
    pipeline.initialize(docs)
    optimizer = Adam(0.02)
    losses = []
    for _ in range(20):
        losses.append(pipeline.update(docs)["tagger"].total)
        pipeline.finish_update(optimizer)
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"widht": 64}, r"hash_cnn_small has no setting 'widht'. Did you mean 'width'"),
        (
            {"embed.rowz": []},
            r"model.embed.rowz: there is no such setting. Did you",
        ),
        ({"embed.rows": 5}, r"model.embed.rows: expected a list .*, got 5"),
        ({"no.rows": 5}, r"model.no.rows: there is no section 'no'"),
        ({"embed.rows": [5]}, r"MultiHashEmbed: each feature needs a number of rows"),
    ],
)
def test_settings_that_do_not_do_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        create_model("hash_cnn_small", **settings)


def test_all_faults_come_at_once():
    with pytest.raises(ConfigError) as error:
        create_model("hash_cnn_small", width="x", **{"embed.rows": 5})
    assert len(error.value.faults) == 3  # The width stands in two places.


def test_a_name_that_is_unknown_is_refused_with_the_nearest():
    message = (
        r"no model 'char_cn'. Did you mean 'char_cnn'\? There are: char_cnn, hash_"
    )
    with pytest.raises(ValueError, match=message):
        create_model("char_cn")
