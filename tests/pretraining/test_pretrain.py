import json
import os
from itertools import islice

import numpy as np
import pytest
from thinc.api import Adam, warmup_linear

import zoo
from zoo._parameters import named_parameters
from zoo.corpora import RawText
from zoo.objectives import Masking, PretrainVectors
from zoo.pipeline._encoder_weights import read_encoder
from zoo.pretraining.pretrain import run_pretraining
from zoo.training._batchers import batch_by_words

from ..tiny import save_docs
from .tiny import TEXTS, make_config, make_encoder, make_objective

STRINGS = [" ".join(doc.words) + "." for doc in TEXTS]


@pytest.fixture
def config(tmp_path):
    return make_config(save_docs(tmp_path / "raw.jsonl", TEXTS))


def weights(encoder):
    found = named_parameters(encoder).items()
    return {name: parameter.value.tobytes() for name, parameter in found}


def test_a_run_leaves_encoders_checkpoint_log_and_curves(config, tmp_path, capsys):
    best = run_pretraining(config, tmp_path / "out")
    names = {"model-best", "model-last", "config.cfg", "log.jsonl", "curves.svg"}
    assert names <= {*os.listdir(tmp_path / "out")} <= {*names, "checkpoint"}
    log = (tmp_path / "out" / "log.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in log]
    assert [record["epoch"] for record in records] == [1, 2]
    assert {"loss", "bits_per_character"} <= set(records[0]["scores"])
    assert best.score == max(-record["scores"]["loss"] for record in records)
    saved = read_encoder(tmp_path / "out" / "model-best")
    assert saved.scores["loss"] == -best.score
    assert saved.config == config


def test_equal_runs_leave_equal_bits(config, tmp_path):
    for name in ("first", "second"):
        run_pretraining(config, tmp_path / name)
    first, second = (
        (tmp_path / name / "model-last" / "encoder.safetensors").read_bytes()
        for name in ("first", "second")
    )
    assert first == second


def test_schedules_are_stepped(config, tmp_path):
    config["pretraining"]["optimizer"]["learn_rate"] = {
        "@schedules": "warmup_linear.v1",
        "initial_rate": 0.01,
        "warmup_steps": 5,
        "total_steps": 50,
    }
    config["pretraining"]["optimizer"]["L2"] = 0.0
    run_pretraining(config, tmp_path / "out")
    # The first rate is 0: with that alone, biases would stay at 0.
    assert read_encoder(tmp_path / "out" / "model-last").weights["embed.mix.b"].any()


def test_rates_are_those_that_the_schedule_gives():
    def make_schedule():
        return warmup_linear(0.01, 5, 50)

    optimizer, rates = Adam(make_schedule()), []

    def follow(progress):
        if progress is not None:
            rates.append((progress.step, optimizer.learn_rate))

    settings = {"held_out": 0.3, "max_steps": 12, "max_epochs": 0}
    zoo.pretrain(
        make_encoder(),
        TEXTS,
        objective=make_objective(),
        optimizer=optimizer,
        batcher=batch_by_words(20),
        loggers=[lambda learner, output: follow],
        **settings,
    )
    # After an update stands the rate of the next.
    assert rates == list(enumerate(islice(make_schedule(), 13)))[1:]
    assert len({rate for _, rate in rates}) == 12


def test_an_encoder_is_pretrained_in_python_on_texts(tmp_path):
    encoder = make_encoder()
    best = zoo.pretrain(
        encoder,
        iter(STRINGS),
        objective=make_objective(),
        masking=Masking(share=0.3),
        held_out=0.3,
        max_epochs=3,
        output=tmp_path / "out",
    )
    assert best.scores["bits_per_character"] < 8
    # The averages at the end of the run are what was saved last.
    last = read_encoder(tmp_path / "out" / "model-last").weights
    assert weights(encoder) == {n: array.tobytes() for n, array in last.items()}


def test_in_python_equal_seeds_give_equal_bits():
    found = []
    for seed in (0, 0, 1):
        encoder = make_encoder()
        zoo.pretrain(
            encoder,
            [doc.words for doc in TEXTS],
            objective=make_objective(),
            optimizer=Adam(0.01),
            held_out=0.3,
            max_epochs=1,
            seed=seed,
        )
        found.append(weights(encoder))
    assert found[0] == found[1] != found[2]


def test_in_python_vectors_are_passed_on():
    table = zoo.Vectors(["dogs", "cats"], np.eye(2, 3, dtype="f"))
    settings = {"vectors": table, "held_out": 0.3, "max_epochs": 2}
    objective = PretrainVectors(hidden_size=4)
    best = zoo.pretrain(make_encoder(), TEXTS, objective=objective, **settings)
    assert 0 < best.scores["loss"] < 1.5


def test_a_file_is_read_in_python(tmp_path):
    corpus = RawText(save_docs(tmp_path / "raw.jsonl", TEXTS), shuffle_buffer=9)
    settings = {"objective": make_objective(), "held_out": 0.3, "max_steps": 4}
    best = zoo.pretrain(make_encoder(), corpus, max_epochs=-1, **settings)
    assert 0 < best.scores["bits_per_character"] < 8
    assert corpus.n_texts == 30


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("cats sleep", TypeError, "expected several texts or documents, got one"),
        ([], ValueError, "the corpus holds no words to learn from"),
        ([" ", []], ValueError, "the corpus holds no words to learn from"),
        (["cats sleep"], ValueError, "no word to evaluate on, in 0 documents"),
        ([3], TypeError, "A document must be"),
    ],
)
def test_texts_that_cannot_be_learned_from_are_refused(texts, error, message):
    with pytest.raises(error, match=message):
        zoo.pretrain(make_encoder(), texts, objective=make_objective(), max_epochs=1)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("max_length", -5, "max_length must be 0 or more, got -5"),
        ("held_out", 5, "held_out must be above 0 and below 1, got 5"),
        ("held_out", 0, "held_out must be above 0 and below 1, got 0"),
    ],
)
def test_arguments_out_of_range_are_refused(name, value, message):
    with pytest.raises(ValueError, match=f"pretrain: {message}"):
        zoo.pretrain(make_encoder(), ["cats sleep"], **{name: value})


def test_long_texts_are_split_in_python():
    lengths = []

    def batcher(docs):
        docs = list(docs)
        lengths.extend(map(len, docs))
        yield docs

    zoo.pretrain(
        make_encoder(),
        ["dogs run " * 30, "cats sleep fast " * 9] * 9,
        objective=make_objective(),
        max_length=10,
        held_out=0.5,
        batcher=batcher,
        max_epochs=1,
    )
    assert max(lengths) <= 10
