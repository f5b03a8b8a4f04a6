"""Check that zoo's layers stand in Thinc's combinators, and give right gradients."""

import numpy as np
import pytest
from thinc.api import (
    Linear,
    Softmax,
    add,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    reduce_mean,
    residual,
    with_array,
    with_list,
    with_ragged,
)

from tests.layers.builders import WIDTH, make_embed, make_ragged, make_tok2vec
from zoo.layers import (
    FeatureExtractor,
    MaxoutNorm,
    MaxoutWindowEncoder,
    Tagger,
    TextCatReduce,
    reduce,
    to_list,
    to_ragged,
)
from zoo.layers.containers import split
from zoo.testing import assert_gradients_match

# Thinc's containers cannot do without documents, nor without tokens.
WORDS = [["the", "cat"], ["sees", "the", "x"]]
RAGGED = make_ragged([2, 3])
ARRAY = RAGGED.dataXd
LISTS = split(RAGGED)


def maxout():
    return MaxoutNorm(WIDTH, WIDTH)


def encoder():
    return MaxoutWindowEncoder(WIDTH, depth=1)


CHAINS = {
    "chain of rows": (chain(maxout(), Linear(3, WIDTH)), ARRAY),
    "concatenate": (concatenate(maxout(), Linear(3, WIDTH)), ARRAY),
    "add": (add(maxout(), maxout()), ARRAY),
    "residual": (residual(maxout()), ARRAY),
    "with_array on lists": (with_array(maxout()), LISTS),
    "with_array on ragged": (with_array(maxout()), RAGGED),
    "with_ragged on lists": (with_ragged(encoder()), LISTS),
    "with_ragged on ragged": (with_ragged(encoder()), RAGGED),
    "with_list": (with_list(chain(to_ragged(), encoder(), to_list())), RAGGED),
    "residual with_ragged": (with_ragged(residual(encoder())), LISTS),
    "list2ragged": (chain(list2ragged(), encoder(), reduce(["max"])), LISTS),
    "ragged2list": (chain(encoder(), ragged2list(), to_ragged()), RAGGED),
    "embed": (chain(make_embed(), encoder(), reduce_mean(), Linear(2)), WORDS),
    "tok2vec": (chain(make_tok2vec(), list2ragged(), reduce(["last"])), WORDS),
    "two tok2vecs": (
        chain(
            concatenate(
                chain(make_tok2vec(), list2ragged(), reduce_mean()),
                chain(make_tok2vec(), to_ragged(), reduce(["first"])),
            ),
            Linear(2),
        ),
        WORDS,
    ),
    "textcat": (chain(TextCatReduce(make_tok2vec(), False, nO=3), Linear(2, 3)), WORDS),
}


@pytest.mark.parametrize("name", CHAINS)
def test_combinators_take_zoos_layers(name):
    model, X = CHAINS[name]
    model.initialize(X=X)
    assert_gradients_match(model, X)


def test_a_head_of_thincs_layers_on_a_tok2vec():
    model = chain(make_tok2vec(), with_array(Softmax(3))).initialize(X=WORDS)
    assert_gradients_match(model, WORDS, cross_entropy=True)


def test_keys_go_into_thincs_containers():
    model = chain(FeatureExtractor(["ORTH", "SHAPE"]), list2ragged())
    Y, backprop = model(WORDS, is_train=True)
    assert Y.dataXd.shape == (5, 2) and Y.dataXd.dtype == np.uint64
    assert backprop(Y) == []


def test_one_encoder_in_two_heads_learns_from_both():
    tok2vec = make_tok2vec()
    heads = [Tagger(tok2vec, 3), TextCatReduce(tok2vec, True, nO=2)]
    gradients = []
    for head in heads:
        head.initialize(X=WORDS)
    E = tok2vec.get_ref("embed").layers[0]
    for head in heads:
        head.get_ref("output_layer").set_param(
            "W", np.ones_like(head.get_ref("output_layer").get_param("W"))
        )
        Y, backprop = head(WORDS, is_train=True)
        backprop(Y)
        gradients.append(E.get_grad("E").copy())
    assert gradients[0].any() and not np.array_equal(*gradients)
