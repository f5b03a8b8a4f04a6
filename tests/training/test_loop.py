import numpy as np
import pytest
from thinc.api import Adam, fix_random_seed

import zoo
from zoo import Doc
from zoo._parameters import named_parameters
from zoo.testing.gradients import Float64Ops
from zoo.training import Evaluation, out_of_range, train
from zoo.training._batchers import batch_by_sequence

from ..tiny import (
    make_docs,
    make_settings,
    make_tiny_pipeline,
    same_bits,
    weights_of,
)

SHARED = ("tok2vec", "tagger", "textcat")


class Follower:
    """Keep all that a run tells."""

    def __init__(self):
        self.progress, self.ends = [], 0

    def __call__(self, progress):
        if progress is None:
            self.ends += 1
        else:
            self.progress.append(progress)

    @property
    def evaluated(self):
        return [p.step for p in self.progress if p.evaluation]


def run(pipeline=None, docs=None, dev=None, output=None, **training):
    """Train a small pipeline, and give it and what the run told."""
    docs = make_docs() if docs is None else docs
    pipeline = make_tiny_pipeline(docs=docs) if pipeline is None else pipeline
    settings = training.pop("settings", None) or make_settings(**training)
    follower = Follower()
    train(
        pipeline,
        lambda: iter(docs),
        lambda: docs if dev is None else dev,
        settings,
        output=output,
        loggers=[lambda *_: follower],
    )
    assert follower.ends == 1
    return pipeline, follower


def count_of(follower):
    return len(follower.progress)


def test_training_learns():
    _, follower = run(max_steps=60, eval_frequency=20)
    scores = [p.evaluation.scores["tag_acc"] for p in follower.progress if p.evaluation]
    assert scores[-1] == 1.0
    losses = [p.evaluation.losses["tagger"] for p in follower.progress if p.evaluation]
    assert losses[-1] < losses[0] / 2


def test_run_makes_as_many_updates_as_told_and_evaluates_the_last():
    _, follower = run(max_steps=5, eval_frequency=2)
    assert count_of(follower) == 5
    assert follower.evaluated == [2, 4, 5]


def test_run_ends_with_its_last_epoch():
    docs = make_docs(6)
    for epochs in (1, 3):
        settings = make_settings(max_steps=0, max_epochs=epochs, eval_frequency=100)
        settings.batcher = batch_by_sequence(4)
        _, follower = run(docs=docs, settings=settings)
        assert count_of(follower) == 2 * epochs
        assert follower.progress[-1].epoch == epochs
        assert follower.progress[-1].words == epochs * sum(map(len, docs))
        assert follower.progress[-1].done == 1.0
        assert follower.evaluated == [2 * epochs]


def test_each_epoch_goes_through_all_documents_in_another_order():
    docs, seen = make_docs(8), []
    settings = make_settings(max_steps=0, max_epochs=3)
    settings.batcher = batch_by_sequence(3)
    settings.before_update = lambda pipeline, info: None
    pipeline = make_tiny_pipeline(docs=docs)
    update = pipeline.update
    pipeline.update = lambda docs, **kw: (seen.extend(docs), update(docs, **kw))[1]
    run(pipeline, docs, settings=settings)
    epochs = [[docs.index(d) for d in seen[i : i + 8]] for i in (0, 8, 16)]
    assert all(
        sorted(map(id, seen[i : i + 8])) == sorted(map(id, docs)) for i in (0, 8)
    )
    assert epochs[0] != epochs[1]


def test_stream_is_read_again_in_its_order_until_the_steps_are_done():
    docs, seen = make_docs(4), []
    settings = make_settings(max_steps=5, max_epochs=-1)
    settings.batcher = batch_by_sequence(2)
    pipeline = make_tiny_pipeline(docs=docs)
    update = pipeline.update
    pipeline.update = lambda docs, **kw: (seen.extend(docs), update(docs, **kw))[1]
    _, follower = run(pipeline, docs, settings=settings)
    assert [id(doc) for doc in seen] == [id(doc) for doc in docs + docs + docs[:2]]
    assert follower.progress[-1].epoch == 2


@pytest.mark.parametrize("epochs", [-1, 0, 2])
def test_empty_corpus_is_refused(epochs):
    pipeline = make_tiny_pipeline()
    with pytest.raises(ValueError, match="training corpus yields no batch"):
        run(pipeline, docs=[], dev=make_docs(), max_epochs=epochs)


def test_corpus_without_words_does_no_harm():
    docs = [Doc([], tags=[]) for _ in range(4)]
    pipeline, dev = make_tiny_pipeline(), make_docs()
    before = weights_of(pipeline)
    settings = make_settings(max_epochs=1)
    settings.optimizer.L2 = 0.0
    _, follower = run(pipeline, docs, dev, settings=settings)
    assert follower.progress[-1].evaluation.losses == {"tagger": 0.0}
    assert same_bits(before, weights_of(pipeline))


def test_patience_counts_updates_since_the_best_score():
    docs = make_docs()
    pipeline = make_tiny_pipeline(docs=docs)
    pipeline.evaluate = lambda docs: {"tag_acc": 0.5}
    settings = make_settings(max_steps=100, eval_frequency=3, patience=7)
    _, follower = run(pipeline, docs, settings=settings)
    # The first of equal scores is the best: 3 + 7, evaluated before it ends.
    assert follower.evaluated == [3, 6, 9, 10]
    assert [
        p.step for p in follower.progress if p.evaluation and p.evaluation.is_best
    ] == [3]


def test_patience_waits_for_the_first_evaluation():
    docs = make_docs()
    pipeline = make_tiny_pipeline(docs=docs)
    scores = iter([0.1, 0.2, 0.2, 0.2])
    pipeline.evaluate = lambda docs: {"tag_acc": next(scores)}
    settings = make_settings(max_steps=100, eval_frequency=4, patience=2)
    _, follower = run(pipeline, docs, settings=settings)
    # Evaluated before it would end, and better, so it goes on to 6 + 2.
    assert follower.evaluated == [4, 6, 8]


def test_same_seed_gives_the_same_bits_twice():
    found = []
    for seed in (0, 0, 1):
        pipeline = make_tiny_pipeline(SHARED, seed=seed)
        fix_random_seed(seed)
        _, follower = run(pipeline, dropout=0.3, seed=seed)
        losses = [p.evaluation.losses for p in follower.progress if p.evaluation]
        found.append((weights_of(pipeline), losses))
    assert same_bits(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]
    assert not same_bits(found[0][0], found[2][0])


class Gradients:
    """Stand for an optimizer that changes nothing and keeps the gradients."""

    averages = None
    schedules = {}  # noqa: RUF012

    def __init__(self):
        self.found = []

    def __call__(self, key, weights, gradient, **_):
        self.found.append(gradient.copy())
        gradient[:] = 0
        return weights, gradient

    def step_schedules(self):
        pass


@pytest.mark.parametrize("names", [SHARED, ("pos", "textcat_multilabel")])
@pytest.mark.parametrize("parts", [2, 3, 100])
def test_accumulated_gradient_is_that_of_the_whole_batch(parts, names):
    docs, found = make_docs(9), []
    docs[3].tags = docs[4].cats = docs[5].pos = None  # Where parts count differently.
    for accumulate in (1, parts):
        pipeline = make_tiny_pipeline(names, docs)
        for node, name in pipeline.parameters.values():
            node.ops = Float64Ops()
            node.set_param(name, node.get_param(name).astype("d"))
        settings = make_settings(max_steps=2, eval_frequency=2)
        settings.accumulate_gradient = accumulate
        settings.batcher = batch_by_sequence(9)
        settings.optimizer = Gradients()
        _, follower = run(pipeline, docs, settings=settings)
        losses = follower.progress[-1].evaluation.losses
        found.append((settings.optimizer.found, losses))
    (left, left_losses), (right, right_losses) = found
    assert sum(abs(gradient).sum() for gradient in left) > 1
    for a, b in zip(left, right, strict=True):
        assert a.dtype == b.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    assert left_losses == pytest.approx(right_losses, rel=1e-6)


def test_learning_rate_follows_its_schedule():
    rates = []
    settings = make_settings(
        max_steps=6,
        optimizer={
            "@optimizers": "Adam.v1",
            "beta1": 0.9,
            "beta2": 0.999,
            "eps": 1e-8,
            "L2": 0.0,
            "grad_clip": 1.0,
            "L2_is_weight_decay": True,
            "use_averages": False,
            "learn_rate": {
                "@schedules": "warmup_linear.v1",
                "initial_rate": 1.0,
                "warmup_steps": 2,
                "total_steps": 6,
            },
        },
    )
    settings.before_update = lambda *_: rates.append(settings.optimizer.learn_rate)
    run(settings=settings)
    assert rates == [0.0, 0.5, 1.0, 0.75, 0.5, 0.25]


@pytest.mark.parametrize("name", ["Adam.v1", "RAdam.v1", "SGD.v1"])
def test_every_optimizer_of_thinc_trains(name):
    optimizer = {"@optimizers": name, "learn_rate": 0.01}
    pipeline = make_tiny_pipeline()
    before = weights_of(pipeline)
    run(pipeline, optimizer=optimizer)
    assert not same_bits(before, weights_of(pipeline))


def rates_of(**training):
    pipeline, rates = make_tiny_pipeline(), []
    update = pipeline.update
    pipeline.update = lambda docs, *, dropout, **kw: (
        rates.append(dropout),
        update(docs, dropout=dropout, **kw),
    )[1]
    run(pipeline, **training)
    return rates


def test_dropout_is_a_number_or_a_schedule():
    assert rates_of(dropout=0) == [0.0] * 4
    assert rates_of(dropout=0.25) == [0.25] * 4
    schedule = {"@schedules": "decaying.v1", "base_rate": 0.4, "decay": 1.0, "t": 0}
    assert rates_of(dropout=schedule) == pytest.approx([0.4, 0.2, 0.4 / 3, 0.1])
    settings = make_settings()
    settings.dropout = iter([0.5, 0.25])  # The last value stays.
    assert rates_of(settings=settings) == [0.5, 0.25, 0.25, 0.25]


def test_dropout_of_a_schedule_must_be_a_chance():
    schedule = {"@schedules": "constant.v1", "rate": 1.5}
    with pytest.raises(
        ValueError, match=r"dropout must be 0 or more and below 1, got 1\.5"
    ):
        run(dropout=schedule)


def test_callbacks_are_called(tmp_path):
    told, settings = [], make_settings(max_steps=3, eval_frequency=3)
    pipeline, other = make_tiny_pipeline(), make_tiny_pipeline(seed=9)
    settings.before_update = lambda p, info: told.append((p is pipeline, info))
    settings.before_to_disk = lambda p: other
    run(pipeline, settings=settings, output=tmp_path)
    assert told == [
        (True, {"step": step, "epoch": epoch}) for step, epoch in enumerate([0, 0, 1])
    ]
    loaded = zoo.load(tmp_path / "model-last")
    assert same_bits(weights_of(loaded), weights_of(other))


def test_callback_must_return_what_to_save(tmp_path):
    settings = make_settings()
    settings.before_to_disk = lambda pipeline: None
    with pytest.raises(
        TypeError, match="must return the pipeline to save, got NoneType"
    ):
        run(settings=settings, output=tmp_path)


def test_best_and_last_model_are_saved(tmp_path):
    docs = make_docs()
    pipeline = make_tiny_pipeline(docs=docs)
    scores, kept = iter([0.1, 0.3, 0.3, 0.2]), []

    def evaluate(docs):
        kept.append(weights_of(pipeline))
        return {"tag_acc": next(scores), "tag_per_type": {}}

    pipeline.evaluate = evaluate
    best = train(
        pipeline,
        lambda: docs,
        lambda: docs,
        make_settings(max_steps=4, eval_frequency=1),
        output=tmp_path,
    )
    assert best == Evaluation(
        best.losses, {"tag_acc": 0.3, "tag_per_type": {}}, 0.3, True, {"tag_acc": 0.3}
    )
    for name, step in {"model-best": 1, "model-last": 3}.items():
        loaded = zoo.load(tmp_path / name)
        assert same_bits(weights_of(loaded), kept[step])
    assert zoo.load(tmp_path / "model-best").scores["tag_acc"] == 0.3
    assert zoo.load(tmp_path / "model-last").scores["tag_acc"] == 0.2


def test_averages_are_evaluated_and_saved(tmp_path):
    docs, kept = make_docs(), []
    settings = make_settings(max_steps=3, eval_frequency=3)
    settings.optimizer = Adam(0.01, use_averages=True)
    pipeline = make_tiny_pipeline(docs=docs)
    evaluate = pipeline.evaluate
    pipeline.evaluate = lambda docs: (
        kept.append(weights_of(pipeline)),
        evaluate(docs),
    )[1]
    run(pipeline, docs, settings=settings, output=tmp_path)
    assert not same_bits(kept[0], weights_of(pipeline))
    assert same_bits(kept[0], weights_of(zoo.load(tmp_path / "model-best")))
    averages = settings.optimizer.averages
    for component in pipeline.components.values():
        for name, parameter in named_parameters(component.model).items():
            average = averages[parameter.node.id, parameter.name]
            np.testing.assert_array_equal(kept[0][f"{component.name}.{name}"], average)


def test_frozen_components_keep_their_bits():
    pipeline = make_tiny_pipeline(SHARED)
    before = weights_of(pipeline)
    pipeline.freeze("tok2vec", "textcat")
    settings = make_settings()
    settings.optimizer = Adam(0.1, L2=0.1, use_averages=True)
    _, follower = run(pipeline, settings=settings)
    after = weights_of(pipeline)
    changed = {
        name.split(".")[0] for name in before if (before[name] != after[name]).any()
    }
    assert changed == {"tagger"}
    assert list(follower.progress[-1].evaluation.losses) == ["tagger"]
    assert "cats_score" in follower.progress[-1].evaluation.scores


def test_score_is_the_weighted_sum():
    weights = {"tag_acc": 2.0, "cats_macro_f": 1.0, "cats_score": 0.0, "pos_acc": None}
    _, follower = run(make_tiny_pipeline(SHARED), score_weights=weights)
    for progress in follower.progress:
        if found := progress.evaluation:
            scores = found.scores
            assert found.score == 2 * scores["tag_acc"] + scores["cats_macro_f"]


def test_score_that_the_corpus_does_not_give_is_refused():
    pipeline = make_tiny_pipeline(SHARED)
    dev = [Doc(doc.words, tags=doc.tags) for doc in make_docs()]
    with pytest.raises(ValueError, match=r"score_weights names cats_score, .* tag_acc"):
        run(pipeline, dev=dev)
    with pytest.raises(ValueError, match="development corpus holds no documents"):
        run(pipeline, dev=[])


def test_loggers_are_ended_after_an_error():
    follower = Follower()
    with pytest.raises(ZeroDivisionError):
        train(
            make_tiny_pipeline(),
            make_docs,
            make_docs,
            make_settings(),
            loggers=[lambda *_: follower, lambda *_: lambda progress: 1 / 0],
        )
    assert follower.ends == 1


def test_share_of_the_run_is_told_where_its_end_is_known():
    assert [p.done for p in run(max_steps=4)[1].progress] == [0.25, 0.5, 0.75, 1.0]
    _, follower = run(max_steps=0, patience=1, eval_frequency=1)
    assert follower.progress[0].done is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("patience", -1), ("max_steps", -1), ("eval_frequency", 0), ("dropout", 1.1)],
)
def test_settings_out_of_range_are_refused(name, value):
    assert dict(out_of_range({name: value}))[name].endswith(f"got {value}.")
    settings = vars(make_settings())
    with pytest.raises(ValueError, match=f"training: {name} must be"):
        zoo.training.TrainingSettings(**{**settings, name: value})


def test_settings_of_other_types_are_refused():
    settings = vars(make_settings())
    with pytest.raises(TypeError, match='max_steps must be a whole number, got "10"'):
        zoo.training.TrainingSettings(**{**settings, "max_steps": "10"})
    zoo.training.TrainingSettings(**{**settings, "max_steps": np.int64(10)})
