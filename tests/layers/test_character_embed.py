"""Check CharacterEmbed against a loop over tokens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import set_dropout_rate

from tests.layers.builders import (
    DOCS,
    WIDTH,
    Table,
    as_doubles,
    assert_config_builds,
    randomize,
)
from tests.layers.references import (
    embed_bytes_slowly,
    hash_slowly,
    project_slowly,
    transform_slowly,
)
from zoo._lexical.attributes import VALUES, string_ids
from zoo._parameters import named_parameters
from zoo.doc import words_and_norms
from zoo.layers import CharacterEmbed, set_vectors
from zoo.testing import assert_gradients_match, check_layer, docs

CONFIG = """
[model]
@layers = "zoo.CharacterEmbed.v1"
width = 4
rows = 20
nM = 2
nC = 3
feature = "suffix"
"""
vectors = pytest.mark.parametrize("with_vectors", [False, True])


def make_model(with_vectors=False, feature="LOWER"):
    model = CharacterEmbed(WIDTH, 20, 2, 3, with_vectors, feature)
    set_vectors(model, Table())
    return model


def hash_feature_slowly(E, name, batch):
    """Sum the rows of the feature of a token at a time, in float64; no norms."""
    words = [word for doc in batch for word in words_and_norms(doc)[0]]
    rows = []
    for word in words:
        hashed = hash_slowly(int(string_ids([VALUES[name](word)])[0]), 5)
        rows.append(sum(E[h % len(E)] for h in hashed))
    return np.reshape(rows, (-1, E.shape[1]))


def embed_slowly(model, batch):
    characters, table, *static, mix = model.layers
    parts = [
        embed_bytes_slowly(characters, batch),
        hash_feature_slowly(as_doubles(table)["E"], *model.attrs["features"], batch),
        *(project_slowly(as_doubles(n)["W"], Table(), batch) for n in static),
    ]
    return transform_slowly(mix, np.hstack(parts))


@vectors
@given(batch=docs())
def test_all_that_holds_for_every_layer(with_vectors, batch):
    check_layer(make_model(with_vectors).initialize(), batch)


@vectors
@given(
    batch=docs(),
    feature=st.sampled_from(["LOWER", "ORTH", "SHAPE"]),
    seed=st.integers(0, 99),
)
def test_output_matches_a_loop_over_tokens(with_vectors, batch, feature, seed):
    model = randomize(make_model(with_vectors, feature), seed)
    Y = model.predict(batch)
    assert Y.lengths.tolist() == [len(doc) for doc in batch]
    expected = embed_slowly(model, batch)
    np.testing.assert_allclose(Y.dataXd, expected, atol=1e-3, rtol=1e-3)


@vectors
@given(batch=docs(max_docs=3), seed=st.integers(0, 99))
def test_gradients_match_numerical_differentiation(with_vectors, batch, seed):
    model = make_model(with_vectors, "NORM").initialize()
    assert_gradients_match(model, batch, seed=seed)


@vectors
@pytest.mark.parametrize("batch", [[], [[]], [[], []]])
def test_batches_without_words_keep_the_width_both_ways(with_vectors, batch):
    model = randomize(make_model(with_vectors))
    Y, backprop = model(batch, is_train=True)
    assert Y.dataXd.shape == (0, WIDTH)
    assert backprop(Y) == []


def test_dropout_reaches_vectors_and_mix_but_not_the_feature_as_in_spacy():
    model = make_model(with_vectors=True)
    set_dropout_rate(model, 0.5)
    rates = {
        name: model.get_ref(name).attrs.get("dropout_rate")
        for name in ("characters", "lower", "vectors", "mix")
    }
    assert rates == {"characters": None, "lower": None, "vectors": 0.5, "mix": 0.5}
    model = randomize(model)
    set_dropout_rate(model, 1.0)
    assert not model(DOCS, is_train=True)[0].dataXd.any()
    assert model.predict(DOCS).dataXd.any()


def test_parameters_have_readable_names():
    names = list(named_parameters(make_model(with_vectors=True).initialize()))
    assert names[:4] == ["characters.E", "lower.E", "vectors.W", "mix.W"]


def test_a_feature_may_be_given_by_its_number():
    assert make_model(feature=66).attrs["features"] == ["LOWER"]


def test_a_copy_computes_the_same():
    model = randomize(make_model(with_vectors=True))
    copied = model.copy().predict(DOCS).dataXd
    np.testing.assert_array_equal(copied, model.predict(DOCS).dataXd)


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, randomize(make_model(feature="SUFFIX")), DOCS)


def test_unknown_features_are_refused():
    with pytest.raises(ValueError, match=r"got 'LOWR'. Did you mean LOWER\?"):
        make_model(feature="LOWR")


def test_a_table_without_rows_is_refused():
    with pytest.raises(ValueError, match="CharacterEmbed: rows must be 1 or more, got"):
        CharacterEmbed(WIDTH, 0, 2, 3)
    with pytest.raises(ValueError, match="CharEmbed: nC must be 1 or more, got 0"):
        CharacterEmbed(WIDTH, 20, 2, 0)
