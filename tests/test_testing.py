"""Check that zoo.testing finds the faults of broken layers, and passes good ones."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import find, given
from thinc.api import (
    Linear,
    Model,
    NumpyOps,
    Softmax,
    chain,
    list2ragged,
    ragged2list,
    with_array,
    with_list,
    with_padded,
    with_ragged,
)
from thinc.compat import has_cupy_gpu
from thinc.types import Padded, Ragged, Unserializable

import zoo.testing
from zoo.doc import Doc
from zoo.testing import (
    Float64Ops,
    arrays,
    assert_gradients_match,
    check_layer,
    docs,
    lists_of_arrays,
    padded,
    ragged,
)
from zoo.testing._samples import arrays_of

WIDTH = 3
X = Ragged(
    np.random.default_rng(0).normal(size=(6, WIDTH)).astype("f"),
    np.array([2, 0, 3, 1], dtype="i"),
)


def Scale(forward, **attrs):
    """Multiply each column by a parameter, in some broken way."""

    def init(model, X=None, Y=None):
        model.set_param("w", model.ops.xp.random.normal(size=WIDTH).astype("f"))

    return Model("scale", forward, init=init, params={"w": None}, attrs=attrs)


def scale(model, X, is_train):
    w = model.get_param("w")

    def backprop(dY):
        model.inc_grad("w", (dY.dataXd * X.dataXd).sum(axis=0))
        return Ragged(dY.dataXd * w, X.lengths)

    return Ragged(X.dataXd * w, X.lengths), backprop


def after(change_Y=None, change_dX=None, before=None, change_w=None):
    """Make the right layer and break it: before or after its passes."""

    def forward(model, X, is_train):
        if before:
            X = before(X) or X
        Y, backprop = scale(model, X, is_train)

        def broken_backprop(dY):
            dX = backprop(dY)
            if change_w:
                grad = model.get_grad("w")
                model.set_grad("w", change_w(grad))
            return change_dX(dX, dY) if change_dX else dX

        return (change_Y(Y, is_train) if change_Y else Y), broken_backprop

    return forward


def add_mean(Y, _):
    return Ragged(Y.dataXd + Y.dataXd.sum(axis=0), Y.lengths)


def write_into_X(X):
    X.dataXd[...] += 1


def write_into_dY(dX, dY):
    dY.dataXd[...] *= 2
    return dX


def replace_empty(n_sequences, shape):
    """Return another array for an empty batch of some sequences."""

    def change(Y, _):
        is_empty = Y.lengths.tolist() == [0] * n_sequences
        return Ragged(np.zeros(shape, dtype="f"), Y.lengths) if is_empty else Y

    return change


def triple(model, X, is_train):
    return np.vstack([X.dataXd] * 3), lambda dY: Ragged(dY[: len(X.dataXd)], X.lengths)


def map_data(function):
    return lambda batch, _: Ragged(function(batch.dataXd), batch.lengths)


def jitter(Y, is_train):
    noise = 0 if is_train else np.random.normal(scale=1e-6, size=Y.dataXd.shape)
    return Ragged((Y.dataXd + noise).astype("f"), Y.lengths)


def differ_in_training(Y, is_train):
    return Ragged(Y.dataXd * (1.1 if is_train else 1), Y.lengths)


def make_infinite(array):
    with np.errstate(all="ignore"):
        return (array / np.float32(0)).astype("f")


BROKEN = [
    (after(add_mean), "alone against batch, output of sequence 0: expected the same"),
    (after(None, add_mean), "alone against batch, gradient of sequence 0: expected"),
    (after(before=write_into_X), "unwritten X: expected X to be unchanged"),
    (after(None, write_into_dY), "unwritten dY: expected dY to be unchanged"),
    (
        after(None, map_data(lambda d: d * np.float32(1.01))),
        "gradient of X: expected a slope of .* got .* from backprop",
    ),
    (
        after(change_w=lambda d: d * np.float32(1.01)),
        "gradient of scale w: expected a slope of .* got .* from backprop",
    ),
    (
        after(map_data(lambda y: y.astype("d"))),
        "dtype of the output: expected float32, got float64",
    ),
    (
        after(None, map_data(lambda d: d.astype("d"))),
        r"gradient of X: expected float32 \(6, 3\), got float64 \(6, 3\)",
    ),
    (
        after(None, map_data(lambda d: d[:-1])),
        r"gradient of X: expected float32 \(6, 3\), got float32 \(5, 3\)",
    ),
    (
        after(None, lambda dX, dY: dX.dataXd),
        "gradient of X: expected a Ragged as X is, got a ndarray",
    ),
    (
        after(None, lambda dX, dY: Ragged(dX.dataXd, dX.lengths[::-1])),
        r"gradient of X: expected lengths \[2, 0, 3, 1\], got \[1, 3, 0, 2\]",
    ),
    (
        after(change_w=lambda d: d.astype("d")),
        r"gradient of scale w: expected float32 \(3,\), got float64 \(3,\)",
    ),
    (
        after(replace_empty(2, (0, 0))),
        r"no tokens: expected an output of width \(3,\), got \(0,\)",
    ),
    (
        after(replace_empty(0, (0, 0))),
        r"empty batch: expected an output of width \(3,\), got \(0,\)",
    ),
    (
        after(replace_empty(2, (1, WIDTH))),
        r"no tokens: expected no rows, got \[\(1, 3\)\]",
    ),
    (after(jitter), "repeated prediction: expected the same bits twice, got others"),
    (after(differ_in_training), "prediction against training: expected the same num"),
    (after(map_data(make_infinite)), "output: expected finite numbers, got some that"),
    (triple, "alone against batch: expected an output per sequence or per token, got"),
]


@pytest.mark.filterwarnings("ignore:invalid value|divide by zero")
@pytest.mark.parametrize("forward, message", BROKEN, ids=[m[:40] for _, m in BROKEN])
def test_each_fault_is_found_and_named(forward, message):
    model = Scale(forward).initialize()
    with pytest.raises(AssertionError, match=message) as caught:
        check_layer(model, Ragged(X.dataXd.copy(), X.lengths))
    assert str(caught.value).startswith("scale, ")


def test_a_parameter_that_is_not_saved_is_found():
    def init(model, X=None, Y=None):
        hidden = np.random.normal(size=WIDTH).astype("f")
        model.attrs["w"] = Unserializable(hidden)

    def forward(model, X, is_train):
        w = model.ops.asarray1f(model.attrs["w"].obj)
        return X * w, lambda dY: dY * w

    model = Model("secret", forward, init=init).initialize()
    with pytest.raises(AssertionError, match="secret, bytes: expected the same bits"):
        check_layer(model, X.dataXd)


def test_wrong_gradients_of_a_cross_entropy_are_found():
    model = Softmax(4, WIDTH).initialize()
    check_layer(model, X.dataXd, cross_entropy=True)
    with pytest.raises(AssertionError, match="softmax, gradient of softmax W"):
        check_layer(model, X.dataXd)  # It is not the gradient of its output.


def test_writing_is_found_by_the_gradient_check_too():
    for forward, name in (
        (after(before=write_into_X), "X"),
        (after(None, write_into_dY), "dY"),
    ):
        batch = Ragged(X.dataXd.copy(), X.lengths)
        with pytest.raises(AssertionError, match=f"scale, unwritten {name}:"):
            assert_gradients_match(Scale(forward).initialize(), batch)


def test_a_gradient_of_another_shape_is_found_by_the_gradient_check_too():
    narrow = after(None, map_data(lambda d: d[:, :1]))
    with pytest.raises(
        AssertionError, match=r"shapes of X, \[\(6, 3\)\], got \[\(6, 1"
    ):
        assert_gradients_match(Scale(narrow).initialize(), X)
    short = after(change_w=lambda d: d[:1])
    with pytest.raises(
        AssertionError, match=r"scale w: expected the shape \(3,\), got"
    ):
        assert_gradients_match(Scale(short).initialize(), X)


def test_documents_that_are_written_into_are_found():
    def forward(model, docs, is_train):
        for doc in docs:
            doc.words[:] = [word.lower() for word in doc.words]
        return [np.zeros((len(doc), 2), dtype="f") for doc in docs], lambda dY: []

    with pytest.raises(AssertionError, match="lower, unwritten X"):
        check_layer(Model("lower", forward), [Doc(["A"])])


def linear():
    return Linear(2, WIDTH)


@given(arrays(WIDTH))
def test_a_good_layer_of_arrays_passes(X):
    check_layer(linear().initialize(), X)


@given(ragged(WIDTH))
def test_a_good_layer_of_ragged_passes(X):
    check_layer(with_ragged(with_array(linear())).initialize(), X)


@given(lists_of_arrays(WIDTH))
def test_a_good_layer_of_lists_passes(X):
    check_layer(with_list(with_list(each(linear()))).initialize(), X)


@given(padded(WIDTH))
def test_a_good_layer_of_padded_passes(X):
    check_layer(with_padded(steps(linear())).initialize(), X)


def each(layer):
    """Apply a layer to every array of a list."""

    def forward(model, Xs, is_train):
        pairs = [layer(X, is_train) for X in Xs]
        return [Y for Y, _ in pairs], lambda dYs: [
            backprop(dY) for (_, backprop), dY in zip(pairs, dYs, strict=True)
        ]

    def init(model, X=None, Y=None):
        layer.initialize()

    return Model("each", forward, init=init, layers=[layer], dims={"nO": 2})


def steps(layer):
    """Apply a layer to every cell of a Padded that is no padding."""

    def forward(model, X, is_train):
        ops = model.ops
        Y, backprop = layer(X.data.reshape(-1, WIDTH), is_train)
        shape = X.data.shape[:2]

        def backprop_padded(dY):
            dX = backprop(ops.as_contig(dY.data.reshape(-1, dY.data.shape[2])))
            return Padded(dX.reshape(X.data.shape), X.size_at_t, X.lengths, X.indices)

        data = Y.reshape(*shape, Y.shape[1])
        return Padded(data, X.size_at_t, X.lengths, X.indices), backprop_padded

    def init(model, X=None, Y=None):
        layer.initialize()

    return Model("steps", forward, init=init, layers=[layer])


def test_the_model_is_left_as_it_was():
    model = chain(Linear(2, WIDTH), Linear(2, 2)).initialize()
    model.layers[0].set_grad("W", np.ones((2, WIDTH), dtype="f"))
    model.layers[0].attrs["dropout_rate"] = 0.5
    ops, W = model.ops, model.layers[0].get_param("W")
    before, state = model.to_bytes(), np.random.get_state()[1].copy()
    check_layer(model, X.dataXd)
    assert model.to_bytes() == before
    assert model.ops is ops and model.layers[0].get_param("W") is W
    assert (model.layers[0].get_grad("W") == 1).all()
    assert not model.layers[1].has_grad("W")
    assert model.layers[0].attrs["dropout_rate"] == 0.5
    assert (np.random.get_state()[1] == state).all()


class OtherOps(NumpyOps):
    """Stand for the operators of a GPU, where there is none."""


def on_other_ops(Y=0.0, dX=0.0, dw=0.0, alone=0.0):
    """Make a layer that computes other numbers there, or only of one sequence."""

    def forward(model, X, is_train):
        is_other = isinstance(model.ops, OtherOps)
        output, backprop = scale(model, X, is_train)
        more = Y + alone * (len(X.lengths) == 1)

        def broken_backprop(dY):
            d = backprop(dY)
            if is_other:
                model.inc_grad("w", np.full(WIDTH, dw, dtype="f"))
            return Ragged(d.dataXd + np.float32(dX * is_other), d.lengths)

        return Ragged(output.dataXd + np.float32(more * is_other), X.lengths), (
            broken_backprop
        )

    return forward


@pytest.mark.parametrize(
    "fault, message",
    [
        ({}, None),
        (
            {"Y": 1.0},
            "scale, GPU against CPU, output: expected the same numbers to 0.0",
        ),
        ({"alone": 1.0}, "scale, GPU against CPU, sequence 0 alone, output: expected"),
        ({"dX": 1.0}, "scale, GPU against CPU, gradient of X: expected the same numb"),
        (
            {"dw": 1.0},
            r"scale, GPU against CPU, gradient of scale w \(node 0\): expected",
        ),
    ],
)
def test_numbers_that_differ_on_a_gpu_are_found(fault, message, monkeypatch):
    battery = sys.modules["zoo.testing.check_layer"]
    monkeypatch.setattr(battery, "has_cupy_gpu", True)
    monkeypatch.setattr(battery, "CupyOps", OtherOps)
    monkeypatch.setattr(Model, "to_gpu", lambda model, _: model._to_ops(OtherOps()))
    model = Scale(on_other_ops(**fault)).initialize()
    ops = model.ops
    if message is None:
        check_layer(model, X)
    else:
        with pytest.raises(AssertionError, match=message):
            check_layer(model, X)
    assert model.ops is ops


@pytest.mark.gpu
def test_a_good_layer_passes_on_a_gpu():
    if not has_cupy_gpu:
        pytest.skip("needs a CUDA device and CuPy")
    check_layer(linear().initialize(), X.dataXd)


def test_a_kink_on_the_way_does_not_make_a_right_gradient_wrong():
    def forward(model, X, is_train):
        return np.abs(X), lambda dY: dY * np.sign(X)

    X = np.full((1, 1), 5e-7, dtype="f")  # Nearer to the kink than the first steps.
    assert_gradients_match(Model("abs", forward), X)


def test_float64_ops_stay_in_float64():
    ops = Float64Ops()
    assert ops.alloc2f(2, 3).dtype == np.float64
    assert ops.asarray2f([[1.0]]).dtype == np.float64
    assert ops.asarray1i([1]).dtype == np.int32
    assert ops.asarray([1.5]).dtype == np.float64
    A, B = (np.random.default_rng(0).normal(size=(4, 4)) for _ in "ab")
    np.testing.assert_array_equal(ops.gemm(A, B, trans1=True), A.T @ B)
    np.testing.assert_array_equal(ops.gemm(A, B, trans2=True), A @ B.T)


@pytest.mark.parametrize("kind", [ragged, lists_of_arrays, padded, docs])
def test_strategies_draw_empty_batches(kind):
    strategy = kind() if kind is docs else kind(WIDTH)

    def n_sequences(batch):
        return len(batch.lengths if hasattr(batch, "lengths") else batch)

    def lengths(batch):
        if hasattr(batch, "lengths"):
            return batch.lengths.tolist()
        return [len(item) for item in batch]

    find(strategy, lambda batch: n_sequences(batch) == 0)
    find(strategy, lambda batch: n_sequences(batch) > 1 and not any(lengths(batch)))
    find(strategy, lambda batch: 0 in lengths(batch) and any(lengths(batch)))
    if kind is not docs:

        @given(strategy)
        def check_width(batch):
            assert all(array.shape[-1] == WIDTH for array in arrays_of(batch))
            assert all(array.dtype == np.float32 for array in arrays_of(batch))

        check_width()


def test_strategies_draw_documents_of_both_kinds():
    find(docs(), lambda batch: any(isinstance(doc, list) and doc for doc in batch))
    find(docs(), lambda batch: any(isinstance(doc, Doc) and doc.words for doc in batch))
    find(docs(), lambda batch: any(getattr(doc, "norms", None) for doc in batch))
    find(arrays(2), lambda array: len(array) == 0)


def test_chains_of_containers_pass():
    X = [np.ones((2, WIDTH), dtype="f"), np.ones((1, WIDTH), dtype="f")]
    model = chain(list2ragged(), with_array(linear()), ragged2list()).initialize()
    assert_gradients_match(model, X)


def test_hypothesis_is_asked_for_only_by_the_strategies():
    code = (
        "import sys\n"
        "sys.modules['hypothesis'] = None\n"
        "import zoo.testing\n"
        "zoo.testing.check_layer, zoo.testing.assert_gradients_match\n"
        "try:\n"
        "    zoo.testing.docs\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    run = [sys.executable, "-c", code]
    found = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "`pip install thinc-zoo[testing]`" in found.stdout


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match=r"'zoo.testing' has no attribute 'cats'"):
        zoo.testing.cats  # noqa: B018
    assert sorted(zoo.testing.__all__) == zoo.testing.__all__
    assert all(hasattr(zoo.testing, name) for name in zoo.testing.__all__)
    assert isinstance(Float64Ops(), NumpyOps)
