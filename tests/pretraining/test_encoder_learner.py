import math

import numpy as np
import pytest
from thinc.api import Adam, Linear, Model, fix_random_seed

from zoo import Doc, Vectors
from zoo._parameters import named_parameters
from zoo.layers import MultiHashEmbed
from zoo.objectives import (
    Loss,
    Masking,
    PretrainTeacher,
    PretrainVectors,
    TokenObjective,
)
from zoo.objectives._prediction import prediction_head
from zoo.pipeline._encoder_weights import read_encoder
from zoo.pretraining import Pretraining
from zoo.testing import Float64Ops
from zoo.training.learner import Learner

from .tiny import TEXTS, make_encoder, make_learner, make_objective


def weights(learner):
    return {path: p.value.copy() for path, p in learner.parameters.items()}


def gradients(learner):
    return {
        path: p.node.get_grad(p.name).copy()
        for path, p in learner.parameters.items()
        if p.node.has_grad(p.name)
    }


def train(learner, n_steps=60, optimizer=None):
    optimizer = optimizer or Adam(0.01)
    for _ in range(n_steps):
        loss = learner.update(TEXTS)
        learner.finish_update(optimizer)
    return loss


def test_learning_lowers_the_loss_of_other_documents():
    learner = make_learner()
    held_out = [Doc(["dogs", "run"]), Doc(["cats", "sleep", "fast"])] * 8
    before = learner.evaluate(held_out)
    assert before["loss"] == pytest.approx(2 * math.log(256), rel=1e-4)
    assert before["bits_per_character"] == pytest.approx(8, rel=1e-4)
    train(learner)
    after = learner.evaluate(held_out)
    # Each of the five words is as likely as another: 2.3 bits.
    assert after["bits_per_character"] < 2.5
    assert after["speed"] > 0


def test_equal_seeds_give_equal_bits_and_others_do_not():
    found = []
    for seed in (0, 0, 1):
        learner = make_learner(seed=seed)
        train(learner, n_steps=3)
        found.append([array.tobytes() for array in weights(learner).values()])
    assert found[0] == found[1] != found[2]


def test_words_are_masked_anew_at_each_update_and_alike_at_each_evaluation():
    learner = make_learner()
    counts = []
    for _ in range(5):
        counts.append(learner.update(TEXTS)["characters"].count)
        assert learner.update(TEXTS)["characters"].count == counts[-1]
        learner.finish_update(Adam(0.0))
    assert len(set(counts)) > 1
    assert learner.evaluate(TEXTS)["loss"] == learner.evaluate(TEXTS)["loss"]


def test_only_predicted_tokens_are_counted():
    learner = make_learner(masking=Masking(share=1.0))
    n_tokens = sum(map(len, TEXTS))
    assert learner.update(TEXTS)["characters"].count == n_tokens
    learner = make_learner()
    assert 0 < learner.update(TEXTS)["characters"].count < 0.4 * n_tokens


def test_the_head_runs_on_predicted_tokens_alone():
    learner, shapes = make_learner(), []
    forward = learner.objective.head._func

    def watch(model, X, is_train):
        shapes.append(X.shape)
        return forward(model, X, is_train)

    learner.objective.head.replace_callbacks(watch, init=None)
    count = learner.update(TEXTS)["characters"].count
    assert shapes == [(count, 8)]


def test_random_words_are_words_of_the_corpus():
    seen = []

    def forward(model, docs, is_train):
        seen.extend(word for doc in docs for word in doc.words)
        return [np.zeros((len(doc), 2), "f") for doc in docs], lambda dY: docs

    masking = Masking(share=1.0, random=1.0, keep=0.0)
    learner = make_learner(encoder=Model("watch", forward), masking=masking)
    seen.clear()
    learner.update([Doc(["unseen"] * 900)])
    words = [word for doc in TEXTS for word in doc.words]
    assert set(seen) == set(words)
    for word in set(words):
        expected = words.count(word) / len(words)
        assert seen.count(word) / 900 == pytest.approx(expected, abs=0.06)


def test_the_parts_of_a_batch_add_up_to_the_whole():
    whole, parts = make_learner(), make_learner()
    loss = whole.update(TEXTS)["characters"]
    found = [parts.update(part)["characters"] for part in (TEXTS[:7], TEXTS[7:], [])]
    assert loss.count == sum(part.count for part in found)
    assert float(loss.total) == pytest.approx(sum(float(p.total) for p in found))
    others = gradients(parts)
    for path, gradient in gradients(whole).items():
        np.testing.assert_allclose(others[path], gradient, rtol=1e-3, atol=1e-5)


def test_gradients_are_those_of_the_loss():
    learner = make_learner()
    train(learner, n_steps=3)  # A head of zeros would hide what is below.
    for model in learner.models.values():
        for node in model.walk():
            node.ops = Float64Ops()
            for name in node.param_names:
                node.set_param(name, node.get_param(name).astype("d"))
    learner.update(TEXTS)
    found = gradients(learner)
    draw = np.random.default_rng(0)
    for path, (node, name) in learner.parameters.items():
        value = node.get_param(name)
        step = 1e-6 * draw.normal(size=value.shape)
        totals = []
        for sign in (1, -1):
            node.set_param(name, value + sign * step)
            totals.append(float(learner.update(TEXTS)["characters"].total))
        node.set_param(name, value)
        slope = 2 * float((found[path] * step).sum())
        assert totals[0] - totals[1] == pytest.approx(slope, rel=1e-3, abs=1e-9), path


def test_batches_without_words_or_masked_words_are_legal():
    learner = make_learner(masking=Masking(share=1e-9))
    for docs in ([], [Doc([])], [Doc(["dogs"]), Doc([])]):
        loss = learner.update(docs)["characters"]
        assert loss.count == 0 and float(loss.total) == 0
        assert learner.evaluate(docs)["loss"] == 0
    learner.finish_update(Adam(0.01))


def test_an_objective_may_predict_all_words_as_they_are():
    teacher = make_encoder(width=5).initialize()
    objective = PretrainTeacher(teacher, hidden_size=6)
    learner = make_learner(objective)
    loss = learner.update(TEXTS)["teacher"]
    assert loss.count == sum(map(len, TEXTS))
    before = learner.evaluate(TEXTS)["loss"]
    train(learner)
    assert learner.evaluate(TEXTS)["loss"] < 0.2 * before


def test_vectors_are_an_objective():
    table = Vectors(["dogs", "cats"], np.eye(2, 3, dtype="f"))
    learner = Pretraining(make_encoder(), PretrainVectors(hidden_size=6))
    fix_random_seed(0)
    learner.initialize(TEXTS, table)
    train(learner)
    assert learner.evaluate(TEXTS)["loss"] < 0.5


def test_one_function_makes_an_objective_of_ones_own():
    def loss(ops, docs, tokens, Y):
        words = [word for doc in docs for word in doc.words]
        lengths = ops.asarray([[len(words[i])] for i in tokens], dtype="f")
        difference = Y - lengths
        return Loss((difference**2).sum() / 2, len(tokens), difference)

    learner = make_learner(TokenObjective("lengths", prediction_head(6, 2, 1), loss))
    assert list(learner.update(TEXTS)) == ["lengths"]
    train(learner)
    assert set(learner.evaluate(TEXTS)) == {"loss", "speed"}


def test_it_is_a_learner_with_named_parameters():
    learner: Learner = make_learner()
    names = list(learner.parameters)
    assert "encoder.embed.norm.E" in names and "head.W" in names
    assert learner.score_weights() == {"loss": -1.0, "bits_per_character": 0.0}
    own = TokenObjective("own", prediction_head(6, 2, 1), make_objective().loss)
    assert make_learner(own).score_weights() == {"loss": -1.0}
    learner.step_schedules(3)


def test_averages_stand_in_inside_the_block():
    learner, optimizer = make_learner(), Adam(0.01, use_averages=True)
    train(learner, n_steps=4, optimizer=optimizer)
    before = weights(learner)
    with learner.use_params(optimizer.averages):
        inside = weights(learner)
    after = weights(learner)
    assert all((before[n] == after[n]).all() for n in before)
    assert not (before["head.W"] == inside["head.W"]).all()
    with learner.use_params(None):
        assert (weights(learner)["head.W"] == before["head.W"]).all()


def test_the_encoder_is_saved_with_the_config_that_made_it(tmp_path):
    learner = make_learner(path="components.tok2vec.model")
    learner.scores = {"loss": 1.5}
    learner.to_disk(tmp_path / "saved")
    saved = read_encoder(tmp_path / "saved")
    assert (saved.path, saved.scores) == ("components.tok2vec.model", {"loss": 1.5})
    expected = named_parameters(learner.encoder)
    assert saved.weights.keys() == expected.keys()
    for name, parameter in expected.items():
        assert (saved.weights[name] == parameter.value).all()


def test_a_corpus_without_words_is_refused():
    learner = Pretraining(make_encoder(), make_objective())
    with pytest.raises(ValueError, match="the corpus holds no words"):
        learner.initialize([Doc([])])


def test_documents_to_evaluate_on_without_a_word_to_predict_are_refused():
    learner = make_learner(masking=Masking(share=1e-9))
    with pytest.raises(ValueError, match=r"no word to evaluate on, in 30 documents"):
        learner.check(TEXTS)
    make_learner().check(TEXTS)


@pytest.mark.parametrize(
    ("encoder", "problem"),
    [
        (Linear(3, 2), "must be an encoder: from documents to a list of arrays"),
        (MultiHashEmbed(4, rows=[9] * 4), "TypeError: got KnownRagged from it"),
    ],
)
def test_what_is_no_encoder_is_refused(encoder, problem):
    learner = Pretraining(encoder, make_objective(), path="")
    with pytest.raises(ValueError, match=f"pretraining: the encoder, .*{problem}"):
        learner.initialize(TEXTS)
