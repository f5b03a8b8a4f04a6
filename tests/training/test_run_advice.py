import math

import pytest

from zoo import Doc, Span
from zoo.pretraining.pretrain import run_pretraining
from zoo.training import read_curves
from zoo.training._run_advice import advise
from zoo.training._training_config import plan_training
from zoo.training.loggers import Evaluation
from zoo.training.run_training import run_training

from ..pretraining.tiny import TEXTS
from ..pretraining.tiny import make_config as make_pretraining_config
from ..tiny import make_docs, make_tiny_config, make_tiny_pipeline, save_docs

WARMUP = {
    "@schedules": "warmup_linear.v1",
    "initial_rate": 0.01,
    "warmup_steps": 25,
    "total_steps": 100,
}


def make_config(tmp_path, **training):
    path = save_docs(tmp_path / "docs.jsonl", make_docs(40))
    return make_tiny_config(paths={"train": path, "dev": path}, **training)


@pytest.mark.parametrize(
    ("limits", "n_updates"),
    [
        ({"max_steps": 24}, "24 updates"),
        ({"max_steps": 25}, None),
        ({"max_steps": 0, "max_epochs": 1}, "7 updates"),
        ({"max_steps": 0, "max_epochs": 9}, None),
        ({"max_steps": 3, "max_epochs": -1}, "3 updates"),
    ],
)
def test_run_within_its_warm_up_is_warned_of_before_it_starts(
    tmp_path, limits, n_updates, recwarn
):
    config = make_config(tmp_path, **limits)
    config["training"]["optimizer"]["learn_rate"] = WARMUP
    plan = plan_training(config)
    plan.initialize()
    found = [str(warning.message) for warning in recwarn]
    if n_updates is None:
        assert found == []
    else:
        (message,) = found
        assert message.startswith(
            f"training.optimizer.learn_rate.warmup_steps: {n_updates} end within the "
            f"warm-up of 25"
        )


def test_advice_is_printed_after_a_run(tmp_path, capsys):
    config = make_config(tmp_path, max_steps=4, eval_frequency=200)
    config["training"]["optimizer"]["learn_rate"] = WARMUP
    run_training(config, tmp_path / "out")
    lines = capsys.readouterr().err.splitlines()
    advice = [line for line in lines if line.startswith("advice: ")]
    assert len(advice) == 2
    assert "4 updates end within the warm-up of 25" in advice[0]
    assert "eval_frequency: 200 is larger than the run, which had 4" in advice[1]


def test_run_with_fitting_settings_gets_no_advice(tmp_path, capsys):
    run_training(make_config(tmp_path, max_steps=4, eval_frequency=2), tmp_path / "out")
    assert "advice" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("precision", "recall", "is_advised"),
    [(0.9, 0.5, True), (0.9, 0.6, False), (0.0, 0.0, False), (None, None, False)],
)
def test_low_recall_is_answered_by_the_bias(precision, recall, is_advised):
    docs = [Doc(["a", "b"], ents=[Span(0, 1, "x")])]
    pipeline = make_tiny_pipeline(("tok2vec", "entity_tagger"), docs)
    scores = {"ents_p": precision, "ents_r": recall}
    best = Evaluation({}, scores, 0.0, True, {})
    found = [*advise({"training": {}}, "training", None, pipeline, 9, best)]
    expected = (
        "components.entity_tagger.bias: the recall of entities, 50.0, is far below "
        "their precision, 90.0. Raise the bias, to 1 for instance."
    )
    assert found == [expected] * is_advised


def test_curves_are_columns(tmp_path):
    config = make_config(tmp_path, max_steps=4, eval_frequency=2)
    best = run_training(config, tmp_path / "out")
    curves = read_curves(tmp_path / "out")
    assert curves == read_curves(str(tmp_path / "out" / "log.jsonl"))
    assert curves["step"] == [2, 4]
    assert max(curves["score"]) == best.score
    assert {"epoch", "words", "seconds", "is_best"} < curves.keys()
    assert all(math.isfinite(x) for x in curves["loss tagger"] + curves["tag_acc"])
    assert {len(column) for column in curves.values()} == {2}


def test_curves_of_no_log_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="read_curves: there is no log"):
        read_curves(tmp_path)
    (tmp_path / "a").write_text("3\n")
    with pytest.raises(ValueError, match="a is not the log of a run"):
        read_curves(tmp_path / "a")


def test_loss_of_a_pretraining_is_called_one(tmp_path, capsys):
    text = save_docs(tmp_path / "raw.jsonl", TEXTS)
    config = make_pretraining_config(text, max_steps=2)
    best = run_pretraining(config, tmp_path / "out")
    message = f"Lowest validation loss {-best.score:.4f}: {tmp_path / 'out'}"
    assert message in capsys.readouterr().err
    assert best.score < 0
