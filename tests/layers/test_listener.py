"""Check Listener and Upstream: one encoder, several heads."""

import copy
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import Config, Linear, Model, chain, with_array
from thinc.types import Ragged

from tests.layers.builders import (
    DOCS,
    WIDTH,
    Listening,
    make_embed,
    make_tok2vec,
    randomize,
)
from zoo._parameters import named_parameters
from zoo._registry import registry
from zoo.layers import Listener, Tagger, TextCatReduce, Tok2Vec, Upstream
from zoo.layers.containers import split
from zoo.layers.listener import (
    add_gradients,
    grad_factor_of,
    scale_gradient,
    upstreams_in_scope,
)
from zoo.testing import Float64Ops, check_layer, docs
from zoo.testing._samples import clear_gradients, is_same

CONFIG = """
[model]
@architectures = "zoo.Tagger.v1"
nO = 3

[model.tok2vec]
@architectures = "zoo.Listener.v1"
upstream = "tok2vec"
width = 4
"""


def make_upstream(name="tok2vec"):
    return Upstream(name, randomize(make_tok2vec()))


def make_heads(upstream):
    """Make a tagger and a text classifier that listen to one encoder."""
    tagger = Tagger(Listener(upstream), 3, normalize=True)
    textcat = TextCatReduce(Listener(upstream), True, nO=2)
    return [randomize(head, seed) for seed, head in enumerate((tagger, textcat))]


def gradients_of(model):
    return {
        name: p.node.get_grad(p.name).copy()
        for name, p in named_parameters(model).items()
        if p.node.has_grad(p.name)
    }


@settings(max_examples=15)
@given(docs())
def test_all_that_holds_for_every_layer(batch):
    def make_head(upstream):
        return Tagger(Listener(upstream), 3, normalize=True)

    model = Listening("tok2vec", make_tok2vec(), make_head).initialize(X=DOCS)
    check_layer(model, batch, cross_entropy=True)


def test_it_passes_on_what_the_upstream_gives():
    upstream = make_upstream()
    listener = Listener(upstream)
    with upstream.run(DOCS):
        assert is_same(listener.predict(DOCS), upstream.model.predict(DOCS))
        assert listener.predict(DOCS) is listener.predict(DOCS)


def count_calls(model):
    """Wrap a model, to count its passes."""
    calls = {"predict": 0, "forward": 0, "backward": 0}

    def forward(wrapper, X, is_train):
        calls["forward" if is_train else "predict"] += 1
        Y, backprop = model(X, is_train)

        def counted(dY):
            calls["backward"] += 1
            return backprop(dY)

        return Y, counted

    return Model("counted", forward, layers=[model], dims={"nO": WIDTH}), calls


def test_the_encoder_runs_once_for_all_heads_and_learns_from_their_sum():
    encoder = randomize(make_tok2vec())
    counted, calls = count_calls(encoder)
    upstream = Upstream("tok2vec", counted)
    heads = make_heads(upstream)
    dYs = []
    with upstream.run(DOCS, is_train=True):
        for head in heads:
            Y, backprop = head(DOCS, is_train=True)
            dYs.append(Y)
            backprop(Y)
        assert calls == {"predict": 0, "forward": 1, "backward": 0}
    assert calls == {"predict": 0, "forward": 1, "backward": 1}
    shared = gradients_of(encoder)

    total = {}
    for head, dY in zip(heads, dYs, strict=True):
        alone = make_tok2vec()
        own = make_copy_of(head, alone)
        randomize(alone)
        Y, backprop = own(DOCS, is_train=True)
        assert is_same(Y, dY)
        backprop(Y)
        for name, gradient in gradients_of(alone).items():
            total[name] = total.get(name, 0) + gradient
        same = {k: v for k, v in gradients_of(own).items() if "tok2vec" not in k}
        theirs = {k: v for k, v in gradients_of(head).items() if "tok2vec" not in k}
        assert same.keys() == theirs.keys() and same
        for name, gradient in same.items():
            np.testing.assert_allclose(theirs[name], gradient, atol=1e-5)
    assert shared.keys() == total.keys()
    assert len(shared) == len(named_parameters(encoder))
    for name, gradient in shared.items():
        np.testing.assert_allclose(gradient, total[name], atol=1e-4, err_msg=name)


def make_copy_of(head, encoder):
    """Make the same head with an encoder of its own."""
    if head.name == "tagger":
        own = Tagger(encoder, 3, normalize=True).initialize()
    else:
        own = TextCatReduce(encoder, True, nO=2).initialize()
    for name in ("W", "b"):
        value = head.get_ref("output_layer").get_param(name)
        own.get_ref("output_layer").set_param(name, value)
    return own


def test_gradients_of_heads_are_not_written_into():
    upstream = make_upstream()
    listeners = [Listener(upstream) for _ in range(3)]
    dYs = [[np.full((len(doc), WIDTH), i, "f") for doc in DOCS] for i in range(3)]
    with upstream.run(DOCS, is_train=True):
        for listener, dY in zip(listeners, dYs, strict=True):
            assert listener(DOCS, is_train=True)[1](dY) == []
    for i, dY in enumerate(dYs):
        assert all((part == i).all() for part in dY)


@settings(max_examples=15, deadline=None)
@given(
    docs(),
    st.lists(st.sampled_from([0.0, 0.5, 1.0, -2.0]), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_sharing_equals_copies_whose_gradients_are_summed(batch, factors, random):
    """In float64, whatever the factors of the heads and the order they run in."""
    encoder = in_float64(randomize(make_tok2vec()))
    upstream = Upstream("tok2vec", encoder)
    heads = [
        in_float64(randomize(Tagger(Listener(upstream, grad_factor=factor), 3), i))
        for i, factor in enumerate(factors)
    ]
    order = [*range(len(heads))]
    random.shuffle(order)
    callbacks = {}
    with upstream.run(batch, is_train=True):
        for i in order:
            callbacks[i] = heads[i](batch, is_train=True)
        random.shuffle(order)
        for i in order:
            Y, backprop = callbacks[i]
            backprop(Y)
    total = {}
    for i, factor in enumerate(factors):
        own = in_float64(Tagger(randomize(make_tok2vec()), 3))
        for name in ("W", "b"):
            value = heads[i].get_ref("softmax").get_param(name)
            own.get_ref("softmax").set_param(name, value)
        Y, backprop = own(batch, is_train=True)
        assert is_same(Y, callbacks[i][0])
        backprop(Y)
        for name, gradient in gradients_of(own.get_ref("tok2vec")).items():
            total[name] = total.get(name, 0) + factor * gradient
    shared = gradients_of(encoder)
    for name in total.keys() | shared.keys():
        expected, found = total.get(name, 0), shared.get(name, 0)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def in_float64(model):
    """Make a model compute in float64."""
    for node in model.walk():
        node.ops = Float64Ops()
        for name in node.param_names:
            if node.has_param(name):
                node.set_param(name, node.get_param(name).astype("d"))
    return model


def test_the_factor_of_gradients_may_be_a_schedule_whose_last_number_stays():
    upstream = make_upstream()
    listener = Listener(upstream, grad_factor=[0.0, 0.5])
    copied = listener.copy()
    for node, expected in ((listener, [0.0, 0.5, 0.5]), (copied, [0.0, 0.5, 0.5])):
        found = []
        for _ in range(3):
            found.append(grad_factor_of(node).value)
            grad_factor_of(node).step()
        assert found == expected
    with pytest.raises(ValueError, match="got a schedule without any"):
        Listener(upstream, grad_factor=[])


def test_a_listener_without_a_factor_teaches_nothing():
    counted, calls = count_calls(randomize(make_tok2vec()))
    upstream = Upstream("tok2vec", counted)
    listener = Listener(upstream, grad_factor=0.0)
    with upstream.run(DOCS, is_train=True):
        Y, backprop = listener(DOCS, is_train=True)
        backprop(Y)
    assert calls["backward"] == 0


def test_a_gradient_that_comes_too_late_is_refused():
    upstream = make_upstream()
    with upstream.run(DOCS, is_train=True):
        Y, backprop = Listener(upstream)(DOCS, is_train=True)
    with pytest.raises(RuntimeError, match=r"'tok2vec' has ended, so its gradient com"):
        backprop(Y)


def halve(ops):
    """Make a pooling from a Ragged to the first half of each vector."""

    def forward(model, X, is_train):
        def backprop(dY):
            data = np.zeros_like(X.dataXd)
            data[:, : WIDTH // 2] = np.concatenate(dY)
            return Ragged(data, X.lengths)

        return [part[:, : WIDTH // 2] for part in split(X)], backprop

    return Model("halve", forward, dims={"nO": WIDTH // 2}, ops=ops)


def test_an_upstream_may_give_anything_that_its_listeners_can_pool():
    embed = randomize(make_embed())
    upstream = Upstream("embed", embed)
    heads = [Listener(upstream, pooling=halve(embed.ops)) for _ in range(2)]
    assert heads[0].get_dim("nO") == WIDTH // 2
    gradients = []
    for chosen in (heads[:1], heads):
        clear_gradients(embed)
        with upstream.run(DOCS, is_train=True):
            for head in chosen:
                Y, backprop = head(DOCS, is_train=True)
                assert [y.shape for y in Y] == [(len(d), WIDTH // 2) for d in DOCS]
                backprop(Y)
        gradients.append(gradients_of(embed))
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(2 * gradient, gradients[1][name], rtol=1e-5)
    with pytest.raises(ValueError, match="of its upstream 'embed', 2, got 4"):
        Listener(upstream, width=WIDTH, pooling=halve(embed.ops))


def test_gradients_of_every_container_are_added_and_scaled():
    array = np.ones((3, 2), dtype="f")
    ragged = Ragged(array, np.array([1, 2], dtype="i"))
    for gradient in (array, [array, array[:1]], ragged):
        doubled = add_gradients(gradient, gradient)
        assert is_same(doubled, scale_gradient(gradient, 2.0))
        assert not is_same(doubled, gradient)
    assert (array == 1).all()


def test_prediction_runs_no_backward_pass():
    counted, calls = count_calls(randomize(make_tok2vec()))
    upstream = Upstream("tok2vec", counted)
    tagger, _ = make_heads(upstream)
    with upstream.run(DOCS):
        Y, backprop = tagger(DOCS, is_train=True)
        backprop(Y)
    assert calls == {"predict": 1, "forward": 0, "backward": 0}
    with upstream.run(DOCS, is_train=True):
        tagger.predict(DOCS)
    assert calls == {"predict": 1, "forward": 1, "backward": 0}


def test_an_error_in_the_block_drops_the_gradients():
    upstream = make_upstream()
    listener = Listener(upstream)
    with (
        pytest.raises(ZeroDivisionError),
        upstream.run(DOCS, is_train=True),
    ):
        Y, backprop = listener(DOCS, is_train=True)
        backprop(Y)
        raise ZeroDivisionError
    assert not gradients_of(upstream.model)
    with pytest.raises(RuntimeError, match="has not run on this batch"):
        listener.predict(DOCS)


def test_no_batch_is_refused():
    upstream = make_upstream()
    match = r"its upstream 'tok2vec' has not run on this batch\. Call the head inside"
    with pytest.raises(RuntimeError, match=match):
        Listener(upstream).predict(DOCS)
    with upstream.run(DOCS):
        pass
    with pytest.raises(RuntimeError, match=match):
        Listener(upstream).predict(DOCS)


def test_another_batch_is_refused_even_if_its_words_are_the_same():
    upstream = make_upstream()
    match = r"'tok2vec' ran on another batch, of 4 documents, got one of 4\. Pass the"
    with upstream.run(DOCS), pytest.raises(RuntimeError, match=match):
        Listener(upstream).predict(list(DOCS))


def test_blocks_may_stand_in_each_other():
    upstream, inner = make_upstream(), [["a", "b"]]
    listener = Listener(upstream)
    with upstream.run(DOCS):
        before = listener.predict(DOCS)
        with upstream.run(inner):
            assert len(listener.predict(inner)) == 1
            with pytest.raises(RuntimeError, match="ran on another batch"):
                listener.predict(DOCS)
        assert listener.predict(DOCS) is before


class Batch(list):
    """A list that can be referred to weakly."""


@pytest.mark.parametrize("is_train", [False, True])
def test_nothing_is_kept_after_the_batch(is_train):
    upstream = make_upstream()
    tagger, _ = make_heads(upstream)
    batch = Batch(DOCS)
    with upstream.run(batch, is_train=is_train):
        Y, backprop = tagger(batch, is_train)
        vectors = tagger.get_ref("tok2vec").predict(batch)
        if is_train:
            backprop(Y)
        kept = [weakref.ref(batch), weakref.ref(vectors[0])]
    del batch, vectors, backprop, Y
    gc.collect()
    assert [reference() for reference in kept] == [None, None]


def test_threads_with_batches_of_their_own_give_the_bits_of_one_thread():
    upstream = make_upstream()
    heads = make_heads(upstream)
    rng = np.random.default_rng(0)
    words = ["the", "cat", "sees", "a", "dog", ".", "x"]
    batches = [
        [rng.choice(words, size=n).tolist() for n in rng.integers(0, 6, size=size)]
        for size in rng.integers(0, 5, size=40)
    ]
    together = threading.Barrier(8)

    def predict(batch):
        with upstream.run(batch):
            return [head.predict(batch) for head in heads]

    def predict_all(first):
        together.wait()
        order = [*range(first, len(batches)), *range(first)]
        return {i: predict(batches[i]) for i in order}

    expected = [predict(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(predict_all, range(0, 40, 5)):
            for i, scores in enumerate(expected):
                for a, b in zip(found[i], scores, strict=True):
                    assert is_same(a, b)


def test_a_batch_belongs_to_its_thread():
    upstream = make_upstream()
    listener = Listener(upstream)
    with upstream.run(DOCS), ThreadPoolExecutor(1) as pool:
        future = pool.submit(listener.predict, DOCS)
        with pytest.raises(RuntimeError, match="has not run on this batch"):
            future.result()


def test_a_copied_head_listens_to_the_same_encoder():
    upstream = make_upstream()
    tagger, _ = make_heads(upstream)
    copied = copy.deepcopy(tagger)
    copied_listener = copied.get_ref("tok2vec")
    assert copied_listener is not tagger.get_ref("tok2vec")
    assert copied_listener.attrs["upstream"].obj is upstream
    assert Listener(upstream).copy().attrs["upstream"].obj is upstream
    with upstream.run(DOCS):
        assert is_same(copied.predict(DOCS), tagger.predict(DOCS))


def test_the_bytes_of_a_head_hold_nothing_of_its_encoder():
    tagger, _ = make_heads(make_upstream())
    other, _ = make_heads(make_upstream())
    other.get_ref("softmax").set_param("b", np.ones(3, dtype="f"))
    upstream = other.get_ref("tok2vec").attrs["upstream"].obj
    other.from_bytes(tagger.to_bytes())
    assert len(tagger.to_bytes()) < 1_500
    assert other.get_ref("tok2vec").attrs["upstream"].obj is upstream
    np.testing.assert_array_equal(
        other.get_ref("softmax").get_param("b"),
        tagger.get_ref("softmax").get_param("b"),
    )


def resolve(text=CONFIG):
    return registry.resolve(Config().from_str(text))["model"]


@pytest.mark.parametrize("name", ["tok2vec", "*"])
def test_config_builds_a_head_on_the_upstream_in_scope(name):
    upstreams = {"first": make_upstream("first"), "tok2vec": make_upstream()}
    with upstreams_in_scope(upstreams):
        head = resolve(CONFIG.replace('"tok2vec"', f'"{name}"')).initialize()
    listener = head.get_ref("tok2vec")
    assert listener.attrs["upstream"].obj is upstreams["tok2vec"]
    assert listener.get_dim("nO") == WIDTH


def test_unknown_upstreams_are_refused():
    text = CONFIG.replace('"tok2vec"', '"encoder"')
    match = r"got 'encoder'\. Before it stand: first, second\."
    upstreams = {"first": make_upstream(), "second": make_upstream()}
    with pytest.raises(ValueError, match=match), upstreams_in_scope(upstreams):
        resolve(text)
    with (
        pytest.raises(ValueError, match=r"got '\*'\. Before it stand: none\."),
        upstreams_in_scope({}),
    ):
        Listener("*")
    with pytest.raises(ValueError, match=r"must be an Upstream, got the name 'encod"):
        resolve(text)


def test_another_width_than_the_upstreams_is_refused():
    match = r"that of its upstream 'tok2vec', 4, got 5\."
    with pytest.raises(ValueError, match=match):
        Listener(make_upstream(), width=5)
    assert Listener(make_upstream(), width=WIDTH).get_dim("nO") == WIDTH


def test_the_width_of_an_upstream_may_be_known_only_after_its_initialization():
    encode = with_array(Linear(nI=WIDTH))
    upstream = Upstream("tok2vec", Tok2Vec(make_embed(), encode))
    head = Tagger(Listener(upstream), 3)
    encode.layers[0].set_dim("nO", 6)
    upstream.model.initialize(X=DOCS)
    with upstream.run(DOCS):
        head.initialize(X=DOCS)
        assert [y.shape for y in head.predict(DOCS)] == [(len(d), 3) for d in DOCS]
    assert head.get_ref("softmax").get_dim("nI") == 6


def test_it_stands_in_thincs_chains():
    upstream = make_upstream()
    model = chain(Listener(upstream), with_array(Linear(2, WIDTH)))
    with upstream.run(DOCS):
        model.initialize(X=DOCS)
        assert [y.shape for y in model.predict(DOCS)] == [(len(d), 2) for d in DOCS]
