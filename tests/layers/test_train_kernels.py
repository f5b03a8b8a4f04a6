"""Check compiled kernels of training against numpy, in float32 and float64."""

import ast
import re
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from thinc.api import fix_random_seed, set_dropout_rate
from thinc.types import Ragged

from tests.both_kernels import needs_numba, using
from tests.layers.builders import randomize
from zoo import layers
from zoo.layers import MaxoutNorm, MaxoutWindowEncoder, MultiHashEmbed
from zoo.layers._call_train_kernels import (
    train_rows,
    train_windows,
    trains,
    weights_to_train,
)
from zoo.layers._encode_windows import TrainBlock, encode_windows
from zoo.layers._maxout import Params
from zoo.threads import set_threads, threads

pytestmark = needs_numba

lengths = st.lists(st.integers(0, 40), max_size=5)
FOLDER = Path(layers.__file__).parent
FILES = "_kernels.py", "_train_kernels.py", "_gradient_kernels.py"


def make_encoder(width=8, window_size=1, depth=3, pieces=3, rate=0.1):
    model = MaxoutWindowEncoder(
        width, window_size=window_size, depth=depth, maxout_pieces=pieces
    )
    set_dropout_rate(randomize(model), rate)
    return model


def make_rows(sizes, width, seed=0):
    rows = np.random.default_rng(seed).normal(size=(sum(sizes), width))
    return Ragged(rows.astype("f"), np.array(sizes, dtype="i"))


def gradients_of(model):
    return [n.get_grad(p) for n in model.walk() for p in n.param_names if n.has_grad(p)]


def train(model, X, dY, dtype="f"):
    """Return output, the gradient of the input and those of all parameters."""
    model = model.copy()
    for node in model.walk():
        for name in node.param_names:
            node.set_param(name, node.get_param(name).astype(dtype))
    fix_random_seed(0)  # Of dropout.
    Y, backprop = model(Ragged(X.dataXd.astype(dtype), X.lengths), is_train=True)
    dX = backprop(Ragged(dY.dataXd.astype(dtype), X.lengths))
    return [Y.dataXd, dX.dataXd, *gradients_of(model)]


def assert_near(found, expected, scale=1e-5):
    assert [a.shape for a in found] == [a.shape for a in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == np.float32
        largest = np.abs(theirs).max(initial=1e-3)
        np.testing.assert_allclose(ours, theirs, atol=scale * largest, rtol=0)


# Numbers of pieces, and strips of all kinds.
SHAPES = [
    ([40, 0, 1, 300, 250], 24, 1, 3, 3),
    ([40, 0, 1, 11, 30], 96, 1, 3, 2),
    ([5, 1], 8, 2, 1, 2),
    ([9, 0, 4], 32, 0, 4, 3),
    ([7, 7], 40, 2, 3, 2),
    ([7, 3], 16, 2, 3, 2),
    ([90, 9], 64, 1, 2, 2),
    ([0, 0], 8, 1, 3, 2),
    ([], 8, 1, 3, 0),
]


@pytest.mark.parametrize(("sizes", "width", "window_size", "pieces", "depth"), SHAPES)
def test_gradients_are_those_of_float64(sizes, width, window_size, pieces, depth):
    """Those of float64 are compared with differences in the tests of the layer."""
    model = make_encoder(width, window_size, depth, pieces)
    X, dY = make_rows(sizes, width), make_rows(sizes, width, seed=1)
    exact = train(model, X, dY, "d")
    for name in ("numpy", "numba"):
        with using(name):
            assert_near(train(model, X, dY), exact)


@settings(max_examples=10)
@given(lengths, st.integers(0, 2), st.integers(0, 4), st.sampled_from([0.0, 0.3, 1.0]))
@example([40, 0, 1, 11, 12, 13], 1, 4, 0.0)
def test_outputs_are_those_of_numpy(sizes, window_size, depth, rate):
    model = make_encoder(8, window_size, depth, rate=rate)
    X, dY = make_rows(sizes, 8), make_rows(sizes, 8, seed=1)
    found = {}
    for name in ("numpy", "numba"):
        with using(name):
            found[name] = train(model, X, dY)
    assert_near(found["numba"][:1], found["numpy"][:1])


@pytest.mark.parametrize("biases", [0.0, 0.001])
def test_padding_of_a_new_encoder_has_no_rounding_errors(biases):
    """Its maxout is constant, so that the norm would multiply them by up to 10,000."""
    model = MaxoutWindowEncoder(24, depth=4).initialize()
    set_dropout_rate(model, 0.0)
    for node in model.walk():
        if node.has_param("b"):
            node.set_param("b", np.full_like(node.get_param("b"), biases))
    X, dY = make_rows([9, 0, 1, 14], 24), make_rows([9, 0, 1, 14], 24, seed=1)
    exact = train(model, X, dY, "d")
    with using("numba"):
        assert_near(train(model, X, dY), exact)
        assert_near([model.predict(X).dataXd], exact[:1])


def test_bits_do_not_depend_on_threads():
    model, before, found = make_encoder(16), threads.count, []
    sizes = [200, 0, 700, 3, 900]
    X, dY = make_rows(sizes, 16), make_rows(sizes, 16, seed=1)
    with using("numba"):
        try:
            for count in (1, 3, 1):
                set_threads(count)
                found.append(train(model, X, dY))
        finally:
            set_threads(before)
    for other in found[1:]:
        for ours, theirs in zip(found[0], other, strict=True):
            assert np.array_equal(ours, theirs)


def test_some_tokens_are_encoded_as_among_all():
    model, X = make_encoder(rate=0.0), make_rows([30, 0, 12, 3], 8)
    chosen = np.array([0, 1, 17, 29, 30, 44])
    dY = np.random.default_rng(1).normal(size=(6, 8)).astype("f")
    found = {}
    for name in ("numpy", "numba"):
        copy = model.copy()
        with using(name):
            Y, backprop = encode_windows(copy, X, chosen, is_train=True)
            found[name] = [Y, backprop(dY), *gradients_of(copy)]
    assert_near(found["numba"], found["numpy"])


@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_mix_of_an_embedding_is_trained_alike(rate):
    embed = MultiHashEmbed(8, features=["NORM", "SHAPE"], rows=[30, 9])
    set_dropout_rate(randomize(embed), rate)
    docs = [["the", "snow", "the"], [], ["ice"], [f"word{i}" for i in range(70)]]
    dY = np.random.default_rng(1).normal(size=(74, 8)).astype("f")
    found = {}
    for name in ("numpy", "numba"):
        model = embed.copy()
        with using(name):
            fix_random_seed(0)
            Y, backprop = model(docs, is_train=True)
            backprop(Ragged(dY, Y.lengths))
            found[name] = [Y.dataXd, *gradients_of(model)]
    assert_near(found["numba"], found["numpy"])


@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_of_any_layout_are_trained_alike(order):
    model = randomize(MaxoutNorm(8, 16, 3))
    rng = np.random.default_rng(0)
    X, dY = rng.normal(size=(9, 16)).astype("f"), rng.normal(size=(9, 8)).astype("f")
    found = {}
    for name in ("numpy", "numba"):
        copy = model.copy()
        with using(name):
            Y, backprop = copy(np.asarray(X, order=order), is_train=True)
            dX = backprop(np.asarray(dY, order=order))
            found[name] = [Y, dX, *gradients_of(copy)]
    assert_near(found["numba"], found["numpy"])


def test_a_weight_that_is_no_number_is_never_lost():
    """Kernels choose the larger piece; NaN is neither larger nor smaller."""
    for piece in range(3):
        model = make_encoder(depth=1)
        model.layers[0].get_param("W")[2, piece, 5] = np.nan
        with using("numba"):
            Y, _ = model(make_rows([30], 8), is_train=True)
        assert np.isnan(Y.dataXd).any(axis=1).all()


def params_of(nO=8, nP=3, nI=24, dtype="f"):
    shapes = (nO, nP, nI), (nO, nP), nO, nO
    return Params(*(np.ones(shape, dtype=dtype) for shape in shapes))


@pytest.mark.parametrize("shape", [(12, 3, 36), (8, 5, 24), (8, 3, 20), (0, 3, 0)])
def test_weights_that_fit_no_kernel_are_trained_by_numpy(shape):
    with using("numba"):
        rows = np.zeros((2, 24), "f")
        assert trains(params_of(), rows)
        assert not trains(params_of(*shape), rows)
        assert not trains(params_of(dtype="d"), rows)
        assert not trains(params_of(), rows.astype("d"))
    with using("numpy"):
        assert not trains(params_of(), rows)


def test_the_path_is_chosen_by_the_kernels_in_use(monkeypatch):
    built = []
    monkeypatch.setattr(
        TrainBlock, "add", lambda *_: built.append(1) or (lambda dX: None)
    )
    for name, expected in (("numpy", 0), ("numba", 3)):
        with using(name):
            make_encoder()(make_rows([3], 8), is_train=True)
            assert len(built) == expected


def test_arrays_that_do_not_fit_never_reach_a_kernel():
    params, E = params_of(), np.zeros((9, 8), "f")
    with using("numba"):
        windows, rows = weights_to_train(params), weights_to_train(params)
        X, Y = np.zeros((2, 24), "f"), np.zeros((2, 8), "f")
        grads = params_of()
        wrong = [grads._replace(W=E), params_of(dtype="d"), params_of(nI=16)]
        back_rows = train_rows(X, Y, rows)
        back = train_windows(E.copy(), slice(1, 8), 1, None, windows)
        calls = [
            lambda: weights_to_train(params._replace(G=E[0, :4])),
            lambda: weights_to_train(params._replace(b=E[:, :2])),
            lambda: weights_to_train(params_of(12, 3, 36)),
            lambda: train_rows(X[:, :16], Y, rows),
            lambda: train_rows(X, Y[:1], rows),
            lambda: train_rows(X.astype("d"), Y, rows),
            lambda: back_rows(Y[:1], X, grads),
            lambda: back_rows(Y, X[:, ::2], grads),
            *(partial(back_rows, Y, X, g) for g in wrong),
            lambda: train_windows(E, slice(0, 8), 1, None, windows),
            lambda: train_windows(E, slice(1, 9), 1, None, windows),
            lambda: train_windows(E, np.array([3, 2]), 1, None, windows),
            lambda: train_windows(E, np.array([3, 3]), 1, None, windows),
            lambda: train_windows(E, slice(1, 8), 1, E[1:], windows),
            lambda: train_windows(E, slice(1, 8), 2, None, windows),
            lambda: train_windows(E[:, ::2], slice(1, 8), 1, None, windows),
            lambda: train_windows(E.astype("d"), slice(1, 8), 1, None, windows),
            lambda: back(E[1:], grads),
            lambda: back(E.astype("d"), grads),
            *(partial(back, E, g) for g in wrong),
        ]
        for call in calls:
            with pytest.raises(ValueError, match="shapes and types of its arrays"):
                call()


def test_what_files_of_kernels_define_is_the_same():
    """One cannot import from another: numba would not notice a change."""
    definitions = []
    for name in (*FILES, "../_mask_kernel.py"):
        tree = ast.parse((FOLDER / name).read_text(encoding="utf8"))
        named = {
            node.name if isinstance(node, ast.FunctionDef) else ast.unparse(node): node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.Assign)
        }
        definitions.append({key: ast.unparse(node) for key, node in named.items()})
    of_masks = definitions.pop()
    assert of_masks["keep"] == definitions[0]["keep"]
    for ours, theirs in combinations(definitions, 2):
        shared = ours.keys() & theirs.keys() - {"kernel", "_make_multiply"}
        assert {"_loop", "_fma", "LANES = 8"} < shared
        for name in shared:
            assert ours[name] == theirs[name]
    shared = definitions[0].keys() & definitions[1].keys()
    assert {"_points", "transform_inputs"} < shared


@pytest.mark.parametrize("name", [*FILES, "../_mask_kernel.py"])
def test_kernels_keep_the_arrays_whose_addresses_they_use(name):
    """Otherwise numba frees one before what is written to its address."""
    n_kept = 0
    for function in ast.parse((FOLDER / name).read_text(encoding="utf8")).body:
        decorators = [ast.unparse(d) for d in getattr(function, "decorator_list", ())]
        if not {"kernel", "sums_kernel"}.intersection(decorators):
            continue
        addressed = {
            node.value.id
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute) and node.attr == "ctypes"
        }
        last = ast.unparse(function.body[-1])
        own = addressed - {argument.arg for argument in function.args.args}
        kept = set(re.findall(r"\w+", last)) if last.startswith("keep((") else set()
        assert own <= kept, function.name
        n_kept += len(own)
    assert n_kept
