import numpy as np
import pytest
from thinc.api import Adam, RAdam

from zoo.config import ConfigError, interpolate
from zoo.config._blocks import build
from zoo.training import TrainingSettings, train
from zoo.training._optimizers import ByPath
from zoo.training._training_config import plan_training

from ..tiny import (
    make_docs,
    make_settings,
    make_tiny_config,
    make_tiny_pipeline,
    same_bits,
    save_docs,
    weights_of,
)

SHARED = ("tok2vec", "tagger", "textcat")


def learn(optimizer, steps=3):
    """Train, and give the weights before and after."""
    pipeline = make_tiny_pipeline(SHARED)
    before = weights_of(pipeline)
    settings = make_settings(max_steps=steps, eval_frequency=steps)
    settings.optimizer = optimizer
    train(pipeline, make_docs, make_docs, settings)
    return before, weights_of(pipeline)


def changed(before, after):
    return {name for name in before if (before[name] != after[name]).any()}


@pytest.mark.parametrize("make", [Adam, RAdam])
def test_groups_that_say_nothing_new_change_nothing(make):
    options = {"L2": 0.01, "use_averages": True}
    plain = make(0.01, **options)
    groups = {"a": {"paths": ["*"], "learn_rate": 0.01, "L2": 0.01, "factor": 1.0}}
    grouped = ByPath(make(0.5, **options), groups)
    (_, left), (_, right) = learn(plain), learn(grouped)
    assert same_bits(left, right)
    pairs = zip(plain.averages.values(), grouped.averages.values(), strict=True)
    assert all((a == b).all() for a, b in pairs)


def test_rate_of_zero_keeps_the_bits_of_a_group():
    groups = {"encoder": {"paths": ["tok2vec"], "learn_rate": 0.0}}
    found = changed(*learn(ByPath(Adam(0.01), groups)))
    assert {name.split(".")[0] for name in found} == {"tagger", "textcat"}
    groups = {"rest": {"paths": ["*"], "factor": 0.0}} | {
        "bias": {"paths": ["*.softmax.b"], "factor": 1.0}
    }
    assert changed(*learn(ByPath(Adam(0.01), groups))) == {"tagger.softmax.b"}


def test_decay_is_taken_from_biases_and_each_setting_from_the_last_group():
    groups = {
        "slow": {"paths": ["tok2vec"], "factor": 0.5},
        "bare": {"paths": ["*.b", "*.G"], "L2": 0.0},
        "mix": {"paths": ["tok2vec.embed.mix"], "L2": 0.3, "learn_rate": 4.0},
    }
    optimizer = ByPath(Adam(2.0, L2=0.1), groups)
    pipeline = make_tiny_pipeline(SHARED)
    optimizer.bind(pipeline.parameters)
    found = {}
    for path, (node, name) in pipeline.parameters.items():
        # No gradient: the weights shrink by the decay alone.
        weights = np.ones((2, 2), "f")
        after, _ = optimizer((node.id, name), weights, np.zeros((2, 2), "f"))
        found[path] = round(1 - float(after[0, 0]), 6)
    assert found["tagger.softmax.W"] == 0.2
    assert found["tagger.softmax.b"] == 0.0
    assert found["tok2vec.encode.W"] == 0.1
    assert found["tok2vec.encode.b"] == 0.0
    assert found["tok2vec.embed.mix.W"] == pytest.approx(0.6)
    assert found["tok2vec.embed.mix.b"] == pytest.approx(0.6)
    assert (optimizer.learn_rate, optimizer.L2) == (2.0, 0.1)


def test_rates_and_factors_follow_schedules_whose_last_value_stays():
    groups = {
        "a": {"paths": ["tagger"], "learn_rate": iter([0.0, 1.0, 2.0])},
        "b": {"paths": ["textcat"], "factor": iter([1.0, 0.5])},
    }
    optimizer = ByPath(Adam(0.1), groups)
    parameters = make_tiny_pipeline(SHARED).parameters
    optimizer.bind(parameters)
    found = []
    for _ in range(4):
        for path in ("tagger.softmax.W", "textcat.output_layer.W", "tok2vec.encode.W"):
            node, name = parameters[path]
            found.append(optimizer.rates_of((node.id, name))[0])
        optimizer.step_schedules()
    rows = [[0.0, 0.1, 0.1], [1.0, 0.05, 0.1], [2.0, 0.05, 0.1], [2.0, 0.05, 0.1]]
    assert found == [rate for row in rows for rate in row]


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({}, "must have paths, and one or more of learn_rate, factor and L2, got noth"),
        ({"paths": ["*"]}, "must have paths, and one or more of .*, got paths"),
        ({"paths": [], "L2": 0.0}, "must have paths"),
        ({"paths": ["*"], "l2": 0.0}, "got paths, l2"),
        ({"paths": "*.b", "L2": 0.0}, r"must be a list, got the string '\*\.b'"),
    ],
)
def test_malformed_groups_are_refused(group, message):
    with pytest.raises(ValueError, match=rf"ByPath: the .*group 'x'.*{message}"):
        ByPath(Adam(0.1), {"x": group})


def test_optimizer_must_know_the_parameters_first():
    pipeline = make_tiny_pipeline()
    optimizer = ByPath(Adam(0.1), {"x": {"paths": ["*"], "L2": 0.0}})
    with pytest.raises(RuntimeError, match=r"optimizer\.bind\(pipeline\.parameters\)"):
        pipeline.update(make_docs(), optimizer=optimizer)


def make_grouped_config(paths, *patterns):
    config = make_tiny_config(paths=paths)
    adam = config["training"]["optimizer"]
    config["training"]["optimizer"] = {
        "@optimizers": "zoo.ByPath.v1",
        "optimizer": adam,
        "groups": {"bare": {"paths": [*patterns], "L2": 0.0}},
    }
    return config


def test_config_builds_groups(tmp_path):
    path = save_docs(tmp_path / "docs.jsonl")
    paths = {"train": path, "dev": path}
    plan_training(make_grouped_config(paths, "*.b", "tagger.softmax"))
    values = interpolate(make_grouped_config(paths, "*.b"))
    assert build(values["training"], "training", [])["optimizer"].groups["bare"].L2 == 0


def test_path_that_leads_nowhere_is_a_fault_with_the_nearest(tmp_path):
    path = save_docs(tmp_path / "docs.jsonl")
    config = make_grouped_config({"train": path, "dev": path}, "tok2vec.encod")
    with pytest.raises(ConfigError) as error:
        plan_training(config)
    [(where, message)] = error.value.faults
    assert where == "training.optimizer.groups"
    assert message.startswith("ByPath: the group 'bare': expected the path of a param")
    assert "Did you mean 'tok2vec.encode'" in message


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (Adam(0.1, grad_clip=-1), "optimizer.grad_clip must be 0 or more, got -1"),
        (Adam(0.1, beta2=1), "optimizer.beta2 must be 0 or more and below 1, got 1"),
        (Adam(0.1, eps=0), "optimizer.eps must be above 0, got 0"),
        (Adam(iter([-0.1])), "optimizer.learn_rate must be 0 or more, got -0.1"),
        (
            ByPath(Adam(-0.1), {"slow": {"paths": ["*"], "factor": -1}}),
            "optimizer.optimizer.learn_rate must .* optimizer.groups.slow.factor must",
        ),
    ],
)
def test_what_is_out_of_range_is_refused(optimizer, message):
    settings = {**vars(make_settings()), "optimizer": optimizer}
    with pytest.raises(ValueError, match=f"training: {message}"):
        TrainingSettings(**settings)
