"""Check pipelines that are made independent, and shared again."""

import copy

import numpy as np
import pytest
from thinc.api import Adam

import zoo
from zoo.config import ConfigError, interpolate

from ..tiny import (
    make_docs,
    make_tiny_config,
    make_tiny_pipeline,
    make_trained_pipeline,
    same_bits,
    scores_of,
    weights_of,
)

SHARED = ("tok2vec", "tagger", "textcat")


def test_independent_heads_predict_the_same_bits(tmp_path):
    shared = make_trained_pipeline(SHARED)
    expected, before = scores_of(shared), weights_of(shared)
    own = shared.replace_listeners("tok2vec")
    assert [*own.components] == ["tagger", "textcat"]
    assert same_bits(scores_of(own), expected)
    own.to_disk(tmp_path / "own")
    loaded = zoo.load(tmp_path / "own")
    assert same_bits(scores_of(loaded), expected)
    assert same_bits(weights_of(loaded), weights_of(own))
    assert {"tagger.tok2vec.embed.norm.E", "tagger.softmax.W"} <= weights_of(own).keys()
    own.update(make_docs(), optimizer=Adam(0.1))  # On arrays of its own.
    assert same_bits(weights_of(shared), before)


def test_one_head_is_made_independent_and_others_share_on():
    shared = make_trained_pipeline(SHARED)
    mixed = shared.replace_listeners(components=["tagger"])
    assert [*mixed.components] == [*SHARED]
    assert same_bits(scores_of(mixed), scores_of(shared))
    mixed.freeze("tagger")  # Its sibling's learning no longer moves it.
    before = scores_of(mixed)
    mixed.update(make_docs(), optimizer=Adam(0.1))
    after = scores_of(mixed)
    for name in before:
        if name.startswith("tagger"):
            assert before[name].tobytes() == after[name].tobytes()


def test_sharing_undoes_independence():
    shared = make_trained_pipeline(SHARED)
    again = shared.replace_listeners().share(["tagger", "textcat"])
    assert [*again.components] == [*SHARED]
    assert same_bits(weights_of(again), weights_of(shared))
    assert same_bits(scores_of(again), scores_of(shared))
    named = shared.replace_listeners().share(["textcat", "tagger"], name="both")
    assert [*named.components] == ["both", "tagger", "textcat"]


def test_encoders_that_differ_are_not_shared():
    trained = make_trained_pipeline(("tagger", "pos"))
    match = r"of 'tagger' and 'pos' must be equal, but differ in .*\bembed\."
    with pytest.raises(ValueError, match=match):
        trained.share(["tagger", "pos"])
    config = make_tiny_config(("tagger", "pos"))
    config["components"]["pos"]["model"]["tok2vec"]["encode"]["width"] = 6
    other = zoo.Pipeline.from_config(config)
    other.initialize(make_docs())
    with pytest.raises(ValueError, match=r"differ in .*encode\.width, 8 and 6"):
        other.share(["tagger", "pos"])


def test_weights_that_differ_are_told_by_name_and_size():
    own = make_trained_pipeline(SHARED).replace_listeners()
    node, name = own.parameters["tagger.tok2vec.embed.norm.E"]
    node.get_param(name)[0, 0] += 0.5
    with pytest.raises(ValueError, match=r"the weights embed\.norm\.E, by up to 0\.5"):
        own.share(["tagger", "textcat"])


def test_settings_no_longer_name_an_encoder_that_is_left_out():
    pipeline = make_tiny_pipeline(SHARED)
    pipeline.config["training"]["frozen_components"] = ["tok2vec.embed.*", "tagger"]
    pipeline.config["variables"] = {"w": "${components.tok2vec.model.encode.width}"}
    own = pipeline.replace_listeners()
    assert own.config["training"]["frozen_components"] == ["tagger"]
    assert own.config["variables"] == {"w": 8}
    assert own.config["training"]["seed"] == "${system.seed}"
    assert "tok2vec" not in own.config["components"]
    assert interpolate(own.config)["nlp"]["pipeline"] == ["tagger", "textcat"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.replace_listeners("tagger"), r"got 'tagger'\. There are: tok2vec"),
        (
            lambda p: p.replace_listeners(components=["tok2vec"]),
            r"'tok2vec' does not listen to 'tok2vec'\. These do: tagger, textcat",
        ),
        (
            lambda p: p.replace_listeners(components=["tager"]),
            r"no component 'tager'\. Did you mean 'tagger'",
        ),
        (lambda p: p.share(["tagger"], name="tok2vec"), "is a component 'tok2vec'"),
        (lambda p: p.share([], name="new"), "expected the names of components"),
        (lambda p: p.share(["tagger"], name="new"), "listens to another already"),
    ],
)
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(make_tiny_pipeline(SHARED))


def test_static_vectors_are_copied_as_a_reference():
    table = zoo.Vectors(["dogs", "run"], np.array([[1.0, 2.0], [0.5, 0.0]], dtype="f"))
    config = make_tiny_config(SHARED)
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = True
    shared = zoo.Pipeline.from_config(config)
    shared.initialize(make_docs(), vectors=table)
    own = shared.replace_listeners()
    assert own.vectors is table
    assert same_bits(scores_of(own), scores_of(shared))


def listener(config, name):
    return config["components"][name]["model"]["tok2vec"]


def two_encoders():
    """Make an encoder that listens to another, and a head on each."""
    config = copy.deepcopy(make_tiny_config(SHARED))
    config["components"]["second"] = {
        "factory": "tok2vec",
        "model": {
            "@layers": "chain.v1",
            "*": {
                "read": {"@layers": "zoo.Listener.v1", "upstream": "tok2vec"},
                "more": {
                    "@layers": "with_array.v1",
                    "layer": {"@layers": "Linear.v1", "nO": 6},
                },
            },
        },
    }
    listener(config, "textcat").update(upstream="second", width=None)
    config["nlp"]["pipeline"] = ["tok2vec", "second", "tagger", "textcat"]
    return config


def test_encoders_may_listen_to_each_other_in_a_row():
    pipeline = zoo.Pipeline.from_config(two_encoders())
    pipeline.initialize(make_docs())
    optimizer = Adam(0.01)
    first = pipeline.update(make_docs(), optimizer=optimizer)
    for _ in range(20):
        last = pipeline.update(make_docs(), optimizer=optimizer)
    assert all(last[name].total < first[name].total for name in ("tagger", "textcat"))
    own = pipeline.replace_listeners("second")
    assert same_bits(scores_of(own), scores_of(pipeline))
    assert same_bits(scores_of(own.replace_listeners("tok2vec")), scores_of(pipeline))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: c["nlp"].update(pipeline=["tagger", "textcat", "tok2vec"]),
            r"got 'tok2vec', which stands after 'tagger'\. Move it to the front",
        ),
        (
            lambda c: listener(c, "tagger").update(upstream="tokvec"),
            r"got 'tokvec'\. Before it stand: tok2vec",
        ),
        (
            lambda c: listener(c, "tagger").update(width=9),
            r"width must be that of its upstream 'tok2vec', 8, got 9",
        ),
    ],
)
def test_listeners_that_cannot_listen_are_faults_of_the_config(change, message):
    config = make_tiny_config(SHARED)
    change(config)
    with pytest.raises(ConfigError, match=message):
        zoo.Pipeline.from_config(config)


def test_encoders_cannot_listen_to_each_other_in_a_circle():
    config = two_encoders()
    read = config["components"]["second"]["model"]["*"]["read"]
    other = copy.deepcopy(config["components"]["second"])
    other["model"]["*"]["read"]["upstream"] = "second"
    config["components"]["tok2vec"] = other
    listener(config, "tagger")["width"] = None
    with pytest.raises(ConfigError, match="two encoders cannot listen to each other"):
        zoo.Pipeline.from_config(config)
    read["upstream"] = "second"
    with pytest.raises(ConfigError, match="'second', which it is a part of"):
        zoo.Pipeline.from_config(config)


def test_order_of_heads_changes_no_gradient():
    found = []
    for names in (["tok2vec", "tagger", "textcat"], ["tok2vec", "textcat", "tagger"]):
        config = make_tiny_config(SHARED)
        config["nlp"]["pipeline"] = names
        pipeline = zoo.Pipeline.from_config(config)
        pipeline.initialize(make_docs())
        draw = np.random.default_rng(0)
        for path in sorted(pipeline.parameters):
            value = pipeline.parameters[path].value
            value[:] = draw.normal(size=value.shape)
        pipeline.update(make_docs())
        parameters = sorted(pipeline.parameters.items())
        found.append({path: p.node.get_grad(p.name) for path, p in parameters})
    for path, gradient in found[0].items():
        np.testing.assert_allclose(gradient, found[1][path], rtol=1e-3, atol=1e-3)
