"""Check sums over sequences against a loop, on CPU and as a GPU computes them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import NumpyOps
from thinc.types import Ragged

from tests.layers.builders import DOCS, WIDTH, FakeGPU, OnDevice, make_ragged, randomize
from zoo.layers import AttentionPool, TextCatBOW, reduce
from zoo.layers._ragged import Sequences, SizedRagged
from zoo.layers.containers import split
from zoo.layers.reduce import POOLINGS
from zoo.layers.scatter import deterministic
from zoo.testing import ragged

OPS = [NumpyOps, FakeGPU]
SIZES = [2, 0, 3, 1, 0]
#: What Thinc has for a GPU, by a thread for each sequence and with several waits.
SLOW = ["reduce_sum", "reduce_mean", "backprop_reduce_sum", "backprop_reduce_mean"]


@given(ragged(WIDTH), st.sampled_from(OPS))
def test_sums_and_means_match_a_loop(X, make_ops):
    sequences = Sequences(make_ops(), X.lengths)
    sums = [rows.sum(axis=0) for rows in split(X)]
    means = [rows.sum(axis=0) / max(len(rows), 1) for rows in split(X)]
    for found, expected in ((sequences.sum, sums), (sequences.mean, means)):
        expected = np.reshape(expected, (-1, WIDTH))
        np.testing.assert_allclose(found(X.dataXd), expected, atol=1e-5)


@given(ragged(WIDTH))
def test_rows_know_their_sequence_and_sequences_their_rows(X):
    sequences = Sequences(NumpyOps(), X.lengths)
    parts = split(X)
    assert sequences.owner.tolist() == [i for i, x in enumerate(parts) for _ in x]
    filled = [i for i, rows in enumerate(parts) if len(rows)]
    assert np.arange(len(parts))[sequences.filled].tolist() == filled
    firsts = [parts[i][0].tolist() for i in filled]
    assert X.dataXd[sequences.starts].tolist() == firsts
    assert sequences.sizes.tolist() == [len(parts[i]) for i in filled]
    numbers = np.arange(len(parts))[:, None]
    assert sequences.spread(numbers)[:, 0].tolist() == sequences.owner.tolist()
    filled_up = sequences.fill(numbers[sequences.filled] + 1)[:, 0].tolist()
    assert filled_up == [i + 1 if len(rows) else 0 for i, rows in enumerate(parts)]


def poolings():
    everything = {name: (lambda name=name: reduce([name])) for name in POOLINGS}
    everything["all"] = lambda: reduce(POOLINGS)
    everything["attention"] = lambda: AttentionPool(WIDTH)
    return everything


@pytest.mark.parametrize("is_sorted", [False, True], ids=["atomic", "deterministic"])
@pytest.mark.parametrize("name", poolings())
def test_a_gpu_gives_the_numbers_of_the_cpu_without_a_wait(
    name, is_sorted, monkeypatch
):
    for slow in SLOW:
        monkeypatch.setattr(FakeGPU, slow, None)
    build, found = poolings()[name], []
    for ops in (NumpyOps(), FakeGPU()):
        model, X = randomize(build()), make_ragged(SIZES)
        model._to_ops(ops)
        X = SizedRagged(X.dataXd, X.lengths.view(OnDevice), SIZES)
        with deterministic(is_sorted):
            Y, backprop = model(X, is_train=True)
            found.append([Y, backprop(Y + 1).dataXd])
    np.testing.assert_allclose(found[1][0], found[0][0], atol=1e-5)
    np.testing.assert_allclose(found[1][1], found[0][1], atol=1e-5)
    assert ops.n_copied == 0


def test_a_gpu_counts_words_without_a_wait():
    found = []
    for ops in (NumpyOps(), FakeGPU()):
        model = TextCatBOW(False, ngram_size=2, length=64, nO=3)
        randomize(model)._to_ops(ops)
        Y, backprop = model(DOCS, is_train=True)
        backprop(Y + 1)
        linear = model.get_ref("output_layer")
        found.append([Y, linear.get_grad("W"), linear.get_grad("b")])
        assert model.predict([]).shape == (0, 3)
    for on_cpu, on_gpu in zip(*found, strict=True):
        np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-5)
    assert ops.n_copied == 0


def test_lengths_may_be_of_any_integers():
    X = make_ragged([2, 0, 3])
    Y = reduce(["mean", "max"]).predict(X)
    other = reduce(["mean", "max"]).predict(Ragged(X.dataXd, X.lengths.astype("i8")))
    np.testing.assert_array_equal(other, Y)
