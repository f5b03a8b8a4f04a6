"""Numbers and sizes beyond all bounds give a message, not a traceback."""

import numpy as np
import pytest

from zoo.config import ConfigError
from zoo.training._batchers import (
    batch_by_padded,
    batch_by_sequence,
    batch_by_words,
)
from zoo.training._check_finite import building_explained
from zoo.training._training_config import plan_training
from zoo.training.run_training import run_training

from ..tiny import make_docs, make_tiny_config, save_docs

#: A whole number that no float can hold.
HUGE = 10**400


@pytest.fixture
def config(tmp_path):
    path = save_docs(tmp_path / "docs.jsonl")
    paths = {"train": path, "dev": path}
    return make_tiny_config(paths=paths, max_steps=2, eval_frequency=1)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("batcher.tolerance", HUGE, r"training\.batcher\.tolerance"),
        ("optimizer.learn_rate", HUGE, r"training\.optimizer\.learn_rate"),
        ("optimizer.eps", HUGE, r"training\.optimizer\.eps"),
        ("dropout", HUGE, r"training\.dropout: must be 0 or more and below 1"),
        ("dropout", 1, r"training\.dropout: must be 0 or more and below 1, got 1"),
        ("dropout", float("nan"), r"training\.dropout: must be 0 or more"),
        ("seed", HUGE, r"training\.seed: must be 0 to 4294967295"),
        *(
            ("score_weights", {"tag_acc": weight}, r"tag_acc: must be finite, got ")
            for weight in (HUGE, -HUGE, float("nan"), float("inf"))
        ),
    ],
)
def test_number_beyond_all_bounds_is_an_error_of_the_config(
    config, path, value, message
):
    *sections, name = path.split(".")
    block = config["training"]
    for section in sections:
        block = block[section]
    block[name] = value
    with pytest.raises(ConfigError, match=message):
        plan_training(config)


@pytest.mark.parametrize("name", ["max_steps", "max_epochs", "patience"])
def test_run_that_need_not_end_may_be_as_long_as_one_likes(config, tmp_path, name):
    config["training"] |= {"max_steps": 2, "max_epochs": 1, name: HUGE}
    run_training(config, tmp_path / "out")


def test_batches_of_any_size_hold_all_documents():
    docs = make_docs()
    for size in (1e300, 10**30, float(2**63), HUGE):
        assert [*batch_by_sequence(size)(docs)] == [docs]
        assert [*batch_by_words(size)(docs)] == [docs]
    (batch,) = batch_by_padded(10**6, buffer=10**30)(docs)
    assert len(batch) == len(docs)


@pytest.mark.parametrize(
    "allocate",
    [
        lambda: np.zeros((2**40, 2**20), dtype="f"),
        lambda: np.zeros(2**62, dtype="d"),
        lambda: np.zeros(2**70),
        lambda: [0] * 2**62,
        lambda: [0] * 2**70,
    ],
)
def test_sizes_beyond_memory_are_explained(allocate):
    with (
        pytest.raises(RuntimeError, match="not enough memory for the model and the co"),
        building_explained(),
    ):
        allocate()


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    for error in (ValueError("no"), RuntimeError("no"), OverflowError("no")):
        with pytest.raises(type(error), match="no"), building_explained():
            raise error
