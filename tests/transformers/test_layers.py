"""Check the layers over a transformer: gradients, empty tokens, sums, mixing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import (
    Model,
    chain,
    fix_random_seed,
    reduce_first,
    reduce_max,
    reduce_mean,
)
from thinc.types import Ragged

from tests.transformers.builders import DOCS, WIDTH, make_transformer, torch
from zoo.layers import reduce
from zoo.layers._ragged import Sequences
from zoo.testing import check_layer
from zoo.transformers import (
    LayerGradients,
    MixLayers,
    PoolPieces,
    Tok2VecTransformer,
    TransformerWrapper,
    strided_spans,
)


def make_wrapper(window=5, stride=3, **settings):
    wrapper = TransformerWrapper(
        make_transformer(), strided_spans(window, stride), **settings
    )
    wrapper.initialize()
    return wrapper


def make_tok2vec(pooling=None, **settings):
    model = Tok2VecTransformer(make_wrapper(**settings), pooling)
    return model.initialize()


def weigh_pieces():
    """Make a pooling layer of a user's own: pieces weighed by their order."""

    def forward(model, X, is_train):
        ops = model.ops
        sequences = Sequences(ops, ops.to_numpy(X.lengths))
        weights = np.concatenate([np.arange(1, n + 1) for n in sequences.lengths])
        weights = ops.asarray2f(weights[:, None])

        def backprop(dY):
            return Ragged(sequences.spread(dY) * weights, X.lengths)

        return sequences.sum(X.dataXd * weights), backprop

    return Model("weigh_pieces", forward)


@pytest.mark.parametrize(
    "pooling",
    [
        *[
            PoolPieces(reduce([name]))
            for name in ("first", "last", "max", "mean", "sum")
        ],
        PoolPieces(reduce(["first", "mean"])),
        PoolPieces(reduce(["sum"]), share_pieces=True),
        PoolPieces(weigh_pieces()),
    ],
    ids=lambda p: f"{p.layers[0].attrs.get('poolings')} {p.attrs['share_pieces']}",
)
def test_gradients_through_pooling_alignment_and_windows(pooling):
    check_layer(make_tok2vec(pooling), DOCS)


def test_gradients_with_checkpointing_and_small_batches():
    check_layer(make_tok2vec(gradient_checkpointing=True, max_batch_items=14), DOCS)


@pytest.mark.parametrize("pooling", [reduce_mean, reduce_max, reduce_first])
def test_thincs_poolings_bear_tokens_without_pieces(pooling):
    model = make_tok2vec(PoolPieces(pooling()))
    Y, backprop = model(DOCS, is_train=True)
    assert not Y[2][2].any()
    assert not Y[2][3].any()
    assert Y[2][4].any()
    backprop([np.ones_like(y) for y in Y])
    assert model.get_ref("transformer").has_grad("pieces.weight")


def test_tokens_without_pieces_give_no_gradient():
    model = make_tok2vec(PoolPieces(reduce(["max"])))
    Y, backprop = model(DOCS, is_train=True)
    dY = [np.zeros_like(y) for y in Y]
    dY[2][2:4] = 1.0
    backprop(dY)
    for name in model.get_ref("transformer").grad_names:
        assert not model.get_ref("transformer").get_grad(name).any(), name


words = st.lists(
    st.sampled_from(["cat", "unthinkable", "\n", "", "é", "a b", "(", "\u0301"])
)


@settings(max_examples=15)
@given(st.lists(words, max_size=4))
def test_shared_out_pieces_lose_nothing(texts):
    wrapper = make_wrapper()
    batch = wrapper.predict(texts)
    pool = PoolPieces(reduce(["sum"]), share_pieces=True)
    pool.initialize(X=batch)
    pooled = pool.predict(batch)
    for data, vectors in zip(batch.doc_data, pooled, strict=True):
        expected = data.vectors[data.piece_rows].sum(axis=0)
        np.testing.assert_allclose(vectors.sum(axis=0), expected, atol=1e-4)


def test_a_piece_of_no_token_is_shared_by_all_of_its_document():
    """A slice of a document leaves words out, whose pieces belong to no token."""
    wrapper = make_wrapper()
    batch = wrapper.predict([["cat", "sat"]])
    batch.alignment = Ragged(batch.alignment.dataXd[:1], np.array([1, 0], dtype="i4"))
    pool = PoolPieces(reduce(["sum"]), share_pieces=True).initialize(X=batch)
    cat, sat = batch.vectors[batch.piece_rows]
    (found,) = pool.predict(batch)
    np.testing.assert_allclose(found, [cat + sat / 2, sat / 2], atol=1e-6)


def make_layers(n_layers, seed=0):
    batch = make_wrapper().predict([["cat", "unthinkable"]])
    draw = np.random.default_rng(seed)
    n_rows = len(batch.vectors)
    batch.layers = [
        draw.normal(size=(n_rows, WIDTH)).astype("d") for _ in range(n_layers)
    ]
    return batch


def test_mixing_starts_with_the_mean_of_the_layers():
    batch = make_layers(3)
    mix = MixLayers().initialize(X=batch)
    np.testing.assert_allclose(
        mix.predict(batch).vectors, np.mean(batch.layers, axis=0), atol=1e-6
    )


def test_gradients_of_mixing_are_those_of_numerical_differentiation():
    batch, draw = make_layers(3), np.random.default_rng(1)
    mix = MixLayers().initialize(X=batch)
    mix.set_param("w", draw.normal(size=3))
    mix.set_param("scale", draw.normal(size=1))
    D = draw.normal(size=batch.vectors.shape)
    _, backprop = mix(batch, is_train=True)
    gradients = backprop(LayerGradients({0: D})).arrays
    pairs = [(mix.get_param(n), mix.get_grad(n)) for n in ("w", "scale")]
    for A, dA in [*pairs, *[(batch.layers[i], gradients[i]) for i in range(3)]]:
        U = draw.normal(size=A.shape)
        start, losses = A.copy(), []
        for eps in (1e-6, -1e-6):
            A[...] = start + eps * U
            losses.append((mix(batch, is_train=True)[0].vectors * D).sum())
        A[...] = start
        slope = (losses[0] - losses[1]) / 2e-6
        np.testing.assert_allclose((dA * U).sum(), slope, rtol=1e-5)


def test_mixing_refuses_another_number_of_layers():
    mix = MixLayers().initialize(X=make_layers(3))
    with pytest.raises(ValueError, match="expected a transformer of 3 layers, got 2"):
        mix.predict(make_layers(2))


def test_mixed_layers_pool_like_one():
    batch = make_layers(2)
    model = chain(MixLayers(), PoolPieces()).initialize(X=batch)
    Y, backprop = model(batch, is_train=True)
    assert [y.shape for y in Y] == [(2, WIDTH)]
    assert set(backprop([np.ones_like(y) for y in Y]).arrays) == {0, 1}


def test_gradients_of_two_listeners_add_up():
    left, right = (
        LayerGradients({0: np.ones(2)}),
        LayerGradients({0: np.ones(2), 1: np.ones(3)}),
    )
    found = (left + right * 2).arrays
    np.testing.assert_array_equal(found[0], [3, 3])
    np.testing.assert_array_equal(found[1], [2, 2, 2])


def test_grad_factor_scales_the_transformers_gradient_and_zero_stops_it():
    gradients = {}
    for factor in (0.0, 1.0, 2.0):
        model = Tok2VecTransformer(make_wrapper(), grad_factor=factor).initialize()
        Y, backprop = model(DOCS, is_train=True)
        backprop([np.ones_like(y) for y in Y])
        wrapper = model.get_ref("transformer")
        gradients[factor] = {n: wrapper.get_grad(n).copy() for n in wrapper.grad_names}
    assert not gradients[0.0]
    assert gradients[1.0].keys() == gradients[2.0].keys() != set()
    for name, gradient in gradients[1.0].items():
        np.testing.assert_allclose(gradients[2.0][name], 2 * gradient, rtol=1e-5)


def test_learning_lowers_the_loss_and_repeats_bit_by_bit():
    from thinc.api import Adam

    def train():
        fix_random_seed(0)
        model, optimizer, losses = make_tok2vec(), Adam(0.01), []
        target = [
            np.sin(np.arange(y.size)).reshape(y.shape) for y in model.predict(DOCS)
        ]
        for _ in range(20):
            Y, backprop = model(DOCS, is_train=True)
            dY = [(y - t).astype("f") for y, t in zip(Y, target, strict=True)]
            losses.append(sum(float((d**2).sum()) for d in dY))
            backprop(dY)
            model.finish_update(optimizer)
        return losses

    losses = train()
    assert losses[-1] < 0.5 * losses[0]
    assert losses == train()
    assert torch.is_grad_enabled()
