"""Check TransitionModel: the scores of states, and their gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import Config, Model, fix_random_seed, set_dropout_rate

from tests.layers.builders import DOCS, TOK2VEC, make_tok2vec, randomize
from tests.transitions.slow import score
from zoo._register_all import registry
from zoo._transitions.score_gradient import ScoreGradient
from zoo._transitions.training_steps import TrainingSteps
from zoo.layers import TransitionModel
from zoo.testing import assert_gradients_match

NO = 5
CONFIG = """
[model]
@layers = "zoo.TransitionModel.v1"
state_type = "parser"
nO = 5
hidden_width = 6
""" + TOK2VEC.replace("[model", "[model.tok2vec")
N_FEATURES = {("parser", False): 8, ("parser", True): 13}
N_FEATURES |= {("ner", False): 3, ("ner", True): 6}
sizes = st.builds(
    dict,
    state_type=st.sampled_from(["parser", "ner"]),
    extra_state_tokens=st.booleans(),
    maxout_pieces=st.sampled_from([1, 2, 3]),
    use_upper=st.booleans(),
)


def make_model(state_type="parser", **settings):
    return TransitionModel(
        make_tok2vec(), state_type, hidden_width=6, nO=NO, **settings
    )


def scoring(model, rows):
    """Score given states, so that a gradient check can follow."""

    def forward(_, docs, is_train):
        scorer, backprop = model(docs, is_train)
        steps = TrainingSteps(scorer, tuple(range(len(rows))))
        scores, states = steps.score(rows)
        return scores, lambda dY: backprop(ScoreGradient([(states, dY)], steps._order))

    return Model("scoring", forward, layers=[model])


def draw_rows(rng, model, n_states=7):
    n_features = model.get_ref("features").get_dim("nF")
    n_tokens = sum(map(len, DOCS))
    return rng.integers(0, n_tokens + 1, (n_features, n_states))


@settings(max_examples=25, deadline=None)
@given(sizes, st.integers(0, 99))
def test_gradients_are_right_in_float64(size, seed):
    fix_random_seed(seed)
    model = make_model(**size).initialize(X=DOCS)
    rows = draw_rows(np.random.default_rng(seed), model)
    assert_gradients_match(scoring(model, rows), DOCS, seed=seed)


@settings(max_examples=25, deadline=None)
@given(sizes, st.integers(0, 99))
def test_scores_are_those_of_one_state_at_a_time(size, seed):
    model = randomize(make_model(**size), seed)
    rows = draw_rows(np.random.default_rng(seed), model)
    scores = scoring(model, rows).predict(DOCS)
    scorer = model.predict(DOCS)
    assert (
        scorer.n_features == N_FEATURES[size["state_type"], size["extra_state_tokens"]]
    )
    slow = [score(scorer, state) for state in rows.T]
    np.testing.assert_allclose(scores, slow, atol=1e-4, rtol=1e-4)


def test_a_config_builds_it():
    model = registry.resolve(Config().from_str(CONFIG))["model"]
    assert model.name == "transition_model"
    assert model.get_dim("nO") == NO
    assert model.get_ref("project").get_dim("nO") == 6


def test_the_sample_sets_the_number_of_moves():
    for use_upper in (True, False):
        model = TransitionModel(make_tok2vec(), "ner", use_upper=use_upper)
        model.initialize(X=DOCS, Y=np.zeros((1, 9), "f"))
        assert model.get_dim("nO") == 9


@pytest.mark.parametrize("docs", [[], [[], []]])
def test_batches_without_tokens_have_scorers_and_gradients(docs):
    model = make_model().initialize(X=DOCS)
    scorer, backprop = model(docs, is_train=True)
    assert scorer.lengths.tolist() == [0] * len(docs)
    assert scorer.table().shape == (8, 1, 12)
    backprop(ScoreGradient([]))


def test_a_batch_that_taught_nothing_has_no_gradient():
    model = make_model().initialize(X=DOCS)
    backprop = model(DOCS, is_train=True)[1]
    backprop(ScoreGradient([]))
    assert not model.get_ref("features").get_grad("W").any()


def test_one_piece_is_linear_in_prediction_if_asked_for():
    model = randomize(make_model(maxout_pieces=1, linear_prediction=True), 0)
    sums = np.array([[-1.0, 2.0]])
    assert model.predict(DOCS).activate(sums).tolist() == [[-1, 2]]
    assert model(DOCS, is_train=True)[0].activate(sums).tolist() == [[0, 2]]


@pytest.mark.parametrize(("fixed", "rate"), [(None, 0.5), (0.25, 0.25), (1.0, 1.0)])
def test_dropout_of_the_hidden_vector(fixed, rate):
    model = randomize(make_model(hidden_dropout=fixed), 0)
    set_dropout_rate(model, 0.5)
    scorer = model(DOCS, is_train=True)[0]
    assert scorer.dropout == rate
    assert model.predict(DOCS).dropout == 0
    fix_random_seed(0)
    steps = TrainingSteps(scorer, tuple(range(8)))
    rows = draw_rows(np.random.default_rng(0), model, 2000)
    _, states = steps.score(rows)
    assert (states.mask == 0).mean() == pytest.approx(rate, abs=0.02)
    if rate < 1:
        np.testing.assert_allclose(states.mask.max(), 1 / (1 - rate), rtol=1e-5)


def test_without_an_output_layer_there_is_no_dropout_of_its_vector():
    model = randomize(make_model(use_upper=False, hidden_dropout=0.5), 0)
    assert model(DOCS, is_train=True)[0].dropout == 0


def test_last_token_stands_for_missing_ones_in_the_gradient_of_W_alone():
    found = []
    for last_for_missing in (False, True):
        model = randomize(make_model(last_for_missing=last_for_missing), 0)
        wrapped = scoring(model, draw_rows(np.random.default_rng(0), model) * 0)
        scores, backprop = wrapped(DOCS, is_train=True)
        backprop(np.ones_like(scores))
        found.append(model.get_ref("features"))
    right, wrong = found
    assert not right.get_grad("W").any()
    assert wrong.get_grad("W").any()
    np.testing.assert_array_equal(right.get_grad("pad"), wrong.get_grad("pad"))


def test_another_state_type_is_refused():
    with pytest.raises(ValueError, match="state_type must be 'parser' or 'ner', got"):
        TransitionModel(make_tok2vec(), "tagger")


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_a_dropout_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"hidden_dropout must be 0 to 1, got"):
        make_model(hidden_dropout=rate)


def test_the_features_do_not_run_alone():
    features = make_model().initialize(X=DOCS).get_ref("features")
    with pytest.raises(RuntimeError, match="runs as a part of a TransitionModel"):
        features.predict(np.zeros((2, 6), "f"))


def test_weights_that_change_in_place_count_at_once():
    """Laid-out weights are kept between predictions, as long as they are the same."""
    model = make_model().initialize()
    docs = [["a", "b", "c"]]
    before = model.predict(docs).table()
    assert model.predict(docs).weights is model.predict(docs).weights
    model.get_ref("features").get_param("W")[:] += 1
    after = model.predict(docs).table()
    assert not np.allclose(before, after)
