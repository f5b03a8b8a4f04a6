"""Check what a pipeline freezes, and what still learns."""

import copy

import numpy as np
import pytest
from thinc.api import Adam

from zoo import Pipeline
from zoo._parameters import named_parameters
from zoo.config import ConfigError
from zoo.training._checkpoint import RunState, load_checkpoint, save_checkpoint
from zoo.training._training_config import plan_training

from ..tiny import (
    make_docs,
    make_tiny_config,
    make_tiny_pipeline,
    make_trained_pipeline,
    same_bits,
    save_docs,
    weights_of,
)

SHARED = ("tok2vec", "tagger", "textcat")


def gradients_of(pipeline):
    return {
        path: node.get_grad(name).copy()
        for path, (node, name) in pipeline.parameters.items()
        if node.has_grad(name) and node.get_grad(name).any()
    }


def changed_by(pipeline, steps=3, **options):
    before, optimizer = weights_of(pipeline), Adam(0.1, L2=0.1)
    for _ in range(steps):
        pipeline.update(make_docs(), optimizer=optimizer, dropout=0.1, **options)
    after = weights_of(pipeline)
    return {n for n in before if before[n].tobytes() != after[n].tobytes()}, optimizer


@pytest.mark.parametrize(
    "paths",
    [
        ["tok2vec"],
        ["tok2vec.*"],
        ["tok2vec.embed.*", "*.b"],
        ["tok2vec.encode", "textcat"],
        ["tok2vec", "textcat"],
        ["tagger.softmax.W"],
    ],
)
def test_what_is_frozen_keeps_its_bits_and_all_else_learns(paths):
    pipeline = make_tiny_pipeline(SHARED)
    with_warning = "textcat" in paths and "tok2vec" not in paths
    if with_warning:
        with pytest.warns(UserWarning, match="'textcat' will predict worse"):
            pipeline.freeze(*paths)
    else:
        pipeline.freeze(*paths)
    changed, optimizer = changed_by(pipeline)
    known = pipeline.parameters
    assert changed == known.keys() - {*pipeline.frozen}
    assert pipeline.frozen
    keys = {(known[p].node.id, known[p].name) for p in changed}
    assert optimizer.mom1.keys() == optimizer.averages.keys() == keys
    assert not [p for p in pipeline.frozen if known[p].node.has_grad(known[p].name)]


def watch(pipeline, monkeypatch):
    """Note how the shared encoder runs."""
    upstream, calls = pipeline.components["tok2vec"].upstream, []
    run = upstream.run

    def watched(docs, *, is_train=False):
        calls.append("trains" if is_train else "predicts")
        return run(docs, is_train=is_train)

    monkeypatch.setattr(upstream, "run", watched)
    return calls


@pytest.mark.parametrize("paths", [["tok2vec"], ["tok2vec.*"], ["*.e*.*"]])
def test_a_frozen_encoder_only_predicts(paths, monkeypatch):
    pipeline = make_tiny_pipeline(SHARED)
    pipeline.freeze(*paths)
    calls = watch(pipeline, monkeypatch)
    assert set(pipeline.update(make_docs())) == {"tagger", "textcat"}
    assert calls == ["predicts"]
    pipeline.freeze()
    pipeline.update(make_docs())
    assert calls == ["predicts", "trains"]


def test_an_encoder_without_a_head_that_learns_does_not_run(monkeypatch):
    pipeline = make_tiny_pipeline(SHARED)
    calls = watch(pipeline, monkeypatch)
    pipeline.freeze("tok2vec", "tagger", "textcat")
    assert pipeline.update(make_docs(), optimizer=Adam(0.1)) == {}
    assert calls == []


def test_all_heads_that_learn_teach_their_encoder():
    gradients = []
    for frozen in (["textcat"], ["tagger"], []):
        pipeline = make_tiny_pipeline(SHARED)
        for component, _ in pipeline.heads:  # They begin with zeros, which give none.
            for parameter in named_parameters(component.model).values():
                size, shape = parameter.value.size, parameter.value.shape
                parameter.value[:] = np.linspace(-1, 1, size).reshape(shape)
        if frozen:
            with pytest.warns(UserWarning):
                pipeline.freeze(*frozen)
        pipeline.update(make_docs())
        found = gradients_of(pipeline).items()
        gradients.append({n: g for n, g in found if n.startswith("tok2vec")})
    tagger, textcat, both = gradients
    assert both
    for name, gradient in both.items():
        np.testing.assert_allclose(
            tagger[name] + textcat[name], gradient, rtol=1e-3, atol=1e-4
        )


def test_a_head_with_frozen_parameters_still_teaches_its_encoder():
    pipeline = make_trained_pipeline(SHARED)
    pipeline.freeze("tagger.*", "textcat.*")
    changed, _ = changed_by(pipeline)
    assert {path.partition(".")[0] for path in changed} == {"tok2vec"}


def test_a_head_on_an_encoder_that_moves_is_warned_about_once_in_one_sentence():
    pipeline = make_tiny_pipeline(SHARED)
    with pytest.warns(UserWarning) as caught:
        pipeline.freeze("textcat")
    pipeline.update(make_docs())
    assert [str(warning.message) for warning in caught] == [
        "Pipeline.freeze: 'textcat' will predict worse, as it is frozen and listens to "
        "'tok2vec', which learns on: freeze 'tok2vec' too, or give 'textcat' an "
        "encoder of its own by Pipeline.replace_listeners."
    ]
    pipeline.disabled.add("textcat")
    pipeline.freeze("textcat")


def test_a_frozen_encoder_has_no_dropout():
    pipeline = make_tiny_pipeline(SHARED)
    pipeline.freeze("tok2vec")
    first, second = (pipeline.update(make_docs(), dropout=0.9) for _ in range(2))
    assert first["tagger"].total == second["tagger"].total
    pipeline.freeze()


def test_unknown_paths_are_refused_with_the_nearest():
    pipeline = make_tiny_pipeline(SHARED)
    pipeline.freeze("tok2vec")
    frozen = pipeline.frozen
    for path, nearest in {
        "tokvec": "tok2vec",
        "tagger.sofmax": "tagger.softmax",
    }.items():
        with pytest.raises(ValueError, match=rf"'{path}', .* Did you mean '{nearest}'"):
            pipeline.freeze(path)
    assert pipeline.frozen == frozen


def test_copies_are_as_frozen():
    pipeline = make_tiny_pipeline(SHARED)
    pipeline.freeze("tok2vec.embed.*")
    copied = copy.deepcopy(pipeline)
    assert copied.frozen == pipeline.frozen
    assert changed_by(copied)[0] == changed_by(pipeline)[0]


def test_what_was_learned_before_does_not_move_what_is_frozen_now():
    pipeline, optimizer = make_tiny_pipeline(SHARED), Adam(0.1, L2=0.1)
    pipeline.update(make_docs(), optimizer=optimizer)
    pipeline.freeze("tok2vec")
    before = weights_of(pipeline)
    pipeline.update(make_docs(), optimizer=optimizer)
    after = weights_of(pipeline)
    assert same_bits(*[{n: w[n] for n in pipeline.frozen} for w in (before, after)])


STEPS = {"@schedules": "constant_then.v1", "rate": 0.0, "steps": 2}
LATER_ONE = {**STEPS, "schedule": {"@schedules": "constant.v1", "rate": 1.0}}


def with_factors(*factors):
    config = make_tiny_config(SHARED)
    for name, factor in zip(("tagger", "textcat"), factors, strict=True):
        config["components"][name]["model"]["tok2vec"]["grad_factor"] = factor
    pipeline = Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    return pipeline


def test_schedules_of_gradient_factors_step_with_the_updates(monkeypatch):
    pipeline, optimizer = with_factors(LATER_ONE, 0.0), Adam(0.1)
    calls = watch(pipeline, monkeypatch)
    frozen = []
    for _ in range(4):
        before = weights_of(pipeline)
        for part in (make_docs()[:5], make_docs()[5:]):
            pipeline.update(part)
        pipeline.finish_update(optimizer)
        after = weights_of(pipeline)
        name = "tok2vec.embed.norm.E"
        frozen.append(bool((before[name] == after[name]).all()))
    assert frozen == [True, True, False, False]
    assert calls == ["predicts"] * 4 + ["trains"] * 4


def test_an_encoder_that_no_one_teaches_any_more_stays_where_it_is():
    one_then_zero = copy.deepcopy(LATER_ONE)
    one_then_zero.update(rate=1.0, schedule={"@schedules": "constant.v1", "rate": 0.0})
    pipeline = with_factors(one_then_zero, 0)
    optimizer = Adam(0.1, L2=0.1)
    for _ in range(2):
        pipeline.update(make_docs(), optimizer=optimizer)
    changed, _ = changed_by(pipeline)
    assert {path.partition(".")[0] for path in changed} == {"tagger", "textcat"}


def test_schedules_may_be_stepped_to_where_a_run_was(monkeypatch):
    for n_updates, expected in {1: "predicts", 2: "trains", 5: "trains"}.items():
        pipeline = with_factors(LATER_ONE, 0)
        pipeline.step_schedules(n_updates)
        calls = watch(pipeline, monkeypatch)
        pipeline.update(make_docs())
        assert calls == [expected]


def test_annotating_components_annotate_before_later_ones_learn(monkeypatch):
    pipeline, docs = make_trained_pipeline(("tagger", "textcat")), make_docs()
    seen = []
    model = pipeline.components["textcat"].model
    forward = model._func

    def look(node, batch, is_train):
        if is_train:
            seen.append([(doc.tags, doc.cats) for doc in batch])
        return forward(node, batch, is_train=is_train)

    monkeypatch.setattr(model, "_func", look)
    expected = [d.tags for d in pipeline([d.copy(annotations=False) for d in docs])]
    pipeline.annotating = ["tagger"]
    pipeline.freeze("tagger")
    assert set(pipeline.update(docs)) == {"textcat"}
    assert seen.pop() == [(tags, None) for tags in expected]
    assert docs == make_docs()


def test_a_config_names_the_components_that_annotate(tmp_path, monkeypatch):
    path = save_docs(tmp_path / "docs.jsonl")
    paths, read = {"train": path, "dev": path}, []
    limits = {"max_steps": 2, "eval_frequency": 2}
    for names in ([], ["tagger"]):
        config = make_tiny_config(("tagger", "textcat"), paths, **limits)
        config["training"]["annotating_components"] = names
        plan = plan_training(config)
        plan.initialize()
        model = plan.pipeline.components["textcat"].model
        forward = model._func

        def look(node, batch, is_train, forward=forward):
            read.append([doc.cats for doc in batch])
            return forward(node, batch, is_train=is_train)

        monkeypatch.setattr(model, "_func", look)
        plan.pipeline.update(docs := make_docs())
        truth = [doc.cats for doc in docs]
        assert read.pop() == ([None] * len(docs) if names else truth)


def test_a_resumed_run_goes_on_with_the_schedules_of_its_listeners(tmp_path):
    pipeline, resumed = with_factors(LATER_ONE, 0), with_factors(LATER_ONE, 0)
    save_checkpoint(tmp_path / "checkpoint", pipeline, Adam(0.1), RunState(step=2))
    load_checkpoint(tmp_path / "checkpoint", resumed, Adam(0.1), 0)
    changed_by(pipeline, 1)
    assert "tok2vec.encode.b" not in changed_by(pipeline, 1)[0]
    changed_by(resumed, 1)  # The first update moves the heads away from zeros.
    assert "tok2vec.encode.b" in changed_by(resumed, 1)[0]


def test_a_config_freezes_components_and_patterns(tmp_path):
    paths = {name: save_docs(tmp_path / f"{name}.jsonl") for name in ("train", "dev")}
    frozen = ["tok2vec.embed.*", "*.b"]
    plan = plan_training(make_tiny_config(SHARED, paths, frozen_components=frozen))
    plan.initialize()
    assert {"tok2vec.embed.norm.E", "tagger.softmax.b"} <= {*plan.pipeline.frozen}
    for path, message in {
        "tok2vec.embd.*": r"'tok2vec\.embd\.\*', .* Did you mean 'tok2vec\.embed'",
        "tokvec": "no component 'tokvec'. Did you mean 'tok2vec'",
        "*.nothing": r"got '\*\.nothing', which fits none",
    }.items():
        config = make_tiny_config(SHARED, paths, frozen_components=[path])
        with pytest.raises(
            ConfigError, match=rf"training\.frozen_components: .*{message}"
        ):
            plan_training(config)
