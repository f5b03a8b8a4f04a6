"""Check HashEmbedCNN, and MultiHashEmbed with a table of vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import fix_random_seed, set_dropout_rate

from tests.layers.builders import (
    DOCS,
    WIDTH,
    Table,
    as_doubles,
    assert_config_builds,
    randomize,
)
from tests.layers.references import (
    encode_slowly,
    join_slowly,
    project_slowly,
    transform_slowly,
)
from zoo._parameters import named_parameters
from zoo.layers import (
    HashEmbedCNN,
    MaxoutWindowEncoder,
    MultiHashEmbed,
    Tok2Vec,
    set_vectors,
)
from zoo.testing import assert_gradients_match, check_layer, docs
from zoo.testing._samples import is_same

CONFIG = """
[model]
@layers = "zoo.HashEmbedCNN.v1"
width = 4
depth = 2
embed_size = 21
subword_features = true
"""
quick = settings(max_examples=15)
vectors = pytest.mark.parametrize("with_vectors", [False, True])


def make_embed(features=("NORM", "SHAPE")):
    rows = [20, 9][: len(features)]
    model = MultiHashEmbed(
        WIDTH, features=features, rows=rows, include_static_vectors=True
    )
    set_vectors(model, Table())
    return model


def make_cnn(with_vectors=False, **arguments):
    sizes = {"width": WIDTH, "depth": 2, "embed_size": 21, **arguments}
    model = HashEmbedCNN(**sizes, pretrained_vectors=with_vectors)
    set_vectors(model, Table())
    return model


def embed_slowly(model, batch):
    """Embed a token at a time, in float64."""
    *layers, mix = model.layers
    n_features = len(model.attrs["features"])
    parts = [join_slowly(model, layers[:n_features], batch)]
    for static in layers[n_features:]:
        parts.append(project_slowly(as_doubles(static)["W"], Table(), batch))
    return transform_slowly(mix, np.hstack(parts))


@quick
@given(docs())
def test_all_that_holds_for_every_layer_with_vectors(batch):
    check_layer(make_embed().initialize(), batch)


@given(docs(), st.integers(0, 99))
def test_output_with_vectors_matches_a_loop_over_tokens(batch, seed):
    model = randomize(make_embed(), seed)
    expected = embed_slowly(model, batch)
    np.testing.assert_allclose(
        model.predict(batch).dataXd, expected, atol=1e-3, rtol=1e-3
    )


@given(docs(max_docs=3), st.integers(0, 99))
def test_gradients_with_vectors_match_numerical_differentiation(batch, seed):
    assert_gradients_match(make_embed(["SHAPE"]).initialize(), batch, seed=seed)


def test_a_copy_with_vectors_computes_the_same():
    model = randomize(make_embed())
    assert is_same(model.copy().predict(DOCS), model.predict(DOCS))


def test_parameters_with_vectors_are_named_and_drawn_in_spacys_order():
    names = list(named_parameters(make_embed().initialize()))
    expected = ["norm.E", "shape.E", "vectors.W", *(f"mix.{n}" for n in "WbG")]
    assert names == [*expected, "mix.beta"]


def test_set_dropout_rate_reaches_the_vectors():
    model = randomize(make_embed())
    set_dropout_rate(model, 0.25)
    assert model.get_ref("vectors").attrs["dropout_rate"] == 0.25


def test_without_a_table_an_embedding_says_how_to_give_one():
    model = MultiHashEmbed(4, features=["NORM"], rows=[5], include_static_vectors=True)
    with pytest.raises(RuntimeError, match=r"no table of vectors.*set_vectors\(model"):
        model.initialize()


@vectors
@quick
@given(batch=docs())
def test_all_that_holds_for_every_layer(with_vectors, batch):
    check_layer(make_cnn(with_vectors).initialize(), batch)


@vectors
@quick
@given(batch=docs(), is_subword=st.booleans(), seed=st.integers(0, 99))
def test_output_matches_a_loop_over_documents(with_vectors, batch, is_subword, seed):
    model = randomize(make_cnn(with_vectors, subword_features=is_subword), seed)
    embed, encode = model.get_ref("embed"), model.get_ref("encode")
    for found, doc in zip(model.predict(batch), batch, strict=True):
        expected = encode_slowly(encode, embed_slowly(embed, [doc]))
        np.testing.assert_allclose(found, expected, atol=1e-3, rtol=1e-3)


@quick
@given(batch=docs(max_docs=3), seed=st.integers(0, 99))
def test_gradients_match_numerical_differentiation(batch, seed):
    assert_gradients_match(make_cnn(True, depth=1).initialize(), batch, seed=seed)


def test_it_is_a_tok2vec_of_an_embedding_and_an_encoder():
    embed = MultiHashEmbed(
        WIDTH, features=["NORM", "PREFIX", "SUFFIX", "SHAPE"], rows=[21, 10, 10, 10]
    )
    long = Tok2Vec(embed, MaxoutWindowEncoder(WIDTH, depth=2))
    models = [make_cnn(), long]
    for model in models:
        fix_random_seed(0)
        model.initialize()
    names = [list(named_parameters(model)) for model in models]
    assert names[0] == names[1]
    assert is_same(*(model.predict(DOCS) for model in models))


def test_sizes_go_where_they_belong():
    model = make_cnn(window_size=2, maxout_pieces=1, subword_features=False)
    encode = model.get_ref("encode")
    assert model.get_ref("embed").attrs["features"] == ["NORM"]
    assert encode.attrs["window_size"] == 2
    assert [block.get_dim("nP") for block in encode.layers] == [1, 1]


def test_defaults_are_spacys():
    model = HashEmbedCNN()
    embed, encode = model.get_ref("embed"), model.get_ref("encode")
    assert [t.get_dim("nV") for t in embed.layers[:-1]] == [2000, 1000, 1000, 1000]
    assert model.get_dim("nO") == 96 and len(encode.layers) == 4


def test_config_builds_the_layer_and_bytes_restore_it():
    assert_config_builds(CONFIG, randomize(make_cnn()), DOCS)


@pytest.mark.parametrize(
    "arguments, match",
    [
        ({"embed_size": 0}, "MultiHashEmbed: needs at least one feature, and a row"),
        ({"depth": -1}, "MaxoutWindowEncoder: depth must be 0 or more, got -1"),
    ],
)
def test_sizes_that_are_too_small_are_refused(arguments, match):
    with pytest.raises(ValueError, match=match):
        make_cnn(**arguments)
