"""Check the properties that every layer must have, in one call."""

from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np
from thinc.api import CupyOps, Model, to_numpy
from thinc.compat import has_cupy_gpu
from thinc.types import Padded, Ragged

from .._arrays import grad_of, param_of
from .._types import Array
from ._samples import (
    Batch,
    arrays_of,
    borrowed,
    clear_gradients,
    container_of,
    holds_floats,
    is_same,
    lengths_of,
    move_parameters,
    predict_in_threads,
    snapshot,
    split_by,
    with_arrays,
    without_tokens,
)
from .gradients import (
    assert_gradients_match,
    assert_unwritten,
    cross_entropy_loss,
    linear_loss,
)

#: Largest difference between two ways to compute the same float32 numbers.
TOLERANCE = 1e-4
#: The same between CPU and GPU, which may compute in TF32.
GPU_TOLERANCE = 1e-2


class Case(NamedTuple):
    """A layer to check, and the batch to check it with."""

    model: Model[Any, Any]
    X: Batch
    seed: int
    cross_entropy: bool

    def fail(self, check: str, expected: str, got: str) -> NoReturn:
        raise AssertionError(
            f"{self.model.name}, {check}: expected {expected}, got {got}."
        )


class Run(NamedTuple):
    """The results of a forward and a backward pass."""

    Y: Batch
    dY: Batch
    dX: Batch


def check_layer(
    model: Model[Any, Any], X: Batch, *, seed: int = 0, cross_entropy: bool = False
) -> None:
    """Check the properties that every layer must have, on one batch.

    - Floats are float32. The gradient of X has its container, shapes and dtype, and
      the gradient of a parameter its shape and dtype.
    - Nothing is written into X or dY.
    - Gradients are those of numerical differentiation in float64.
    - A sequence alone has the same results as in the batch, forward and backward.
    - Batches without tokens and empty batches work forward and backward, and keep the
      width.
    - Predictions equal the output in training without dropout, and are bitwise
      identical each time.
    - Predictions in several threads at once are bitwise identical too, and use the ops
      of the model and not those of the threads.
    - `to_bytes` and `from_bytes` restore everything that predictions depend on.
    - If CuPy has a GPU, the numbers on it equal those on CPU, forward and backward, of
      all these batches.

    Parameters are moved at random for the checks, because zeros hide errors. Afterwards
    the model has its own parameters again.

    Args:
        model: Initialized, on CPU.
        X: A Ragged, Padded, array, list of arrays, or list of documents. Sequences of
            several lengths, including 0, are good samples.
        seed: Seed of all random numbers.
        cross_entropy: Whether the backprop callback takes scores minus truth, which is
            the gradient of the cross-entropy with respect to the input of a final
            softmax, as that of Thinc's Softmax does.

    Raises:
        AssertionError: A check failed. The message says which, what was expected and
            what was found.
    """
    case = Case(model, X, seed, cross_entropy)
    state = np.random.get_state()
    try:
        with borrowed(model):
            move_parameters(model, np.random.default_rng(seed))
            _check_passes(case)
            _check_predictions(case)
            _check_threads(case)
            _check_alone(case)
            _check_without_tokens(case)
            _check_gpu(case)
            _check_bytes(case)
        assert_gradients_match(model, X, seed=seed, cross_entropy=cross_entropy)
    finally:
        np.random.set_state(state)


def _run(case: Case, X: Batch, dY: Batch | None = None) -> Run:
    """Run a forward and a backward pass, with a random dY if it is None."""
    clear_gradients(case.model)
    Y, backprop = case.model(X, is_train=True)
    if dY is None:
        rng = np.random.default_rng(case.seed)
        if not holds_floats(Y):
            dY = with_arrays(Y, [np.zeros_like(y) for y in arrays_of(Y)])
        elif case.cross_entropy:
            dY = cross_entropy_loss(Y, rng)(Y)[1]
        else:
            dY = linear_loss(Y, rng)(Y)[1]
    return Run(Y, dY, backprop(dY))


def _check_passes(case: Case) -> None:
    before = snapshot(case.X)
    Y, backprop = case.model(case.X, is_train=True)
    _check_dtypes(case, Y)
    run = _run(case, case.X)
    dY = snapshot(run.dY)
    backprop(run.dY)
    assert_unwritten(case.model.name, case.X, before, "X")
    assert_unwritten(case.model.name, run.dY, dY, "dY")
    _check_input_gradient(case, case.X, run.dX, "gradient of X")
    for node in case.model.walk():
        for name in node.grad_names:
            value, gradient = param_of(node, name), grad_of(node, name)
            expected, got = _describe(value), _describe(gradient)
            if expected != got:
                case.fail(f"gradient of {node.name} {name}", expected, got)


def _check_dtypes(case: Case, Y: Batch) -> None:
    for y in arrays_of(Y):
        if y.dtype.kind == "f" and y.dtype != np.float32:
            case.fail("dtype of the output", "float32", str(y.dtype))
        if y.dtype.kind == "f" and not np.isfinite(y).all():
            case.fail("output", "finite numbers", "some that are not")


def _check_input_gradient(case: Case, X: Batch, dX: Batch, check: str) -> None:
    if not holds_floats(X):
        return
    if container_of(dX) is not container_of(X):
        case.fail(check, f"a {type(X).__name__} as X is", f"a {type(dX).__name__}")
    expected = [_describe(x) for x in arrays_of(X)]
    got = [_describe(x) for x in arrays_of(dX)]
    if expected != got:
        case.fail(check, "; ".join(expected), "; ".join(got) or "no arrays")
    if isinstance(X, Ragged) and X.lengths.tolist() != dX.lengths.tolist():
        case.fail(check, f"lengths {X.lengths.tolist()}", f"{dX.lengths.tolist()}")


def _check_predictions(case: Case) -> None:
    first, again = (case.model.predict(case.X) for _ in range(2))
    if not is_same(first, again):
        case.fail(
            "repeated prediction", "the same bits twice", "others the second time"
        )
    in_training = case.model(case.X, is_train=True)[0]
    _compare(case, "prediction against training", in_training, first)


def _check_threads(case: Case) -> None:
    lengths = lengths_of(case.X)
    batches = [case.X, *without_tokens(case.X).values()]
    batches += (split_by(case.X, lengths) if lengths else None) or []
    expected = [case.model.predict(batch) for batch in batches]
    for found in predict_in_threads(case.model, batches):
        if not all(map(is_same, expected, found)):
            case.fail(
                "prediction in several threads", "the bits of one thread", "others"
            )


def _check_alone(case: Case) -> None:
    lengths = lengths_of(case.X)
    if lengths is None:
        return
    check = "alone against batch"
    whole = _run(case, case.X)
    alone = split_by(case.X, lengths) or []
    parts = [split_by(batch, lengths) for batch in (whole.Y, whole.dY)]
    if parts[0] is None or parts[1] is None:
        case.fail(check, "an output per sequence or per token", "neither")
    d_parts = split_by(whole.dX, lengths) if holds_floats(case.X) else None
    for i, X in enumerate(alone):
        run = _run(case, X, parts[1][i])
        _compare(case, f"{check}, output of sequence {i}", parts[0][i], run.Y)
        if d_parts is not None:
            _compare(case, f"{check}, gradient of sequence {i}", d_parts[i], run.dX)


def _check_without_tokens(case: Case) -> None:
    for check, X in without_tokens(case.X).items():
        _check_empty_output(case, check, X, case.model.predict(X))
        run = _run(case, X)
        _check_empty_output(case, check, X, run.Y)
        _check_input_gradient(case, X, run.dX, f"{check}, gradient of X")


def _check_empty_output(case: Case, check: str, X: Batch, Y: Batch) -> None:
    _check_dtypes(case, Y)
    expected, width = _width(case.model.predict(case.X)), _width(Y)
    # An empty list of arrays has no width.
    is_blind = isinstance(X, list) and not X and arrays_of(case.X)
    knows_width = case.model.has_dim("nO") or not is_blind
    if knows_width and None not in (expected, width) and expected != width:
        case.fail(check, f"an output of width {expected}", f"{width}")
    if any(y.shape[0] for y in arrays_of(Y)) and not _is_per_sequence(X, Y):
        case.fail(check, "no rows", f"{[y.shape for y in arrays_of(Y)]}")


def _check_bytes(case: Case) -> None:
    """Restore the model from its bytes after it has been initialized again."""
    model = case.model
    before, data = model.predict(case.X), model.to_bytes()
    model.initialize(X=case.X)
    move_parameters(model, np.random.default_rng(case.seed + 1))
    model.from_bytes(data)
    if not is_same(before, model.predict(case.X)):
        case.fail(
            "bytes",
            "the same bits from a model that was initialized anew and then restored",
            "others, so that something which counts is not saved",
        )


def _check_gpu(case: Case) -> None:
    """Compare all batches, forward and backward, on CPU and on a GPU."""
    if not has_cupy_gpu:
        return
    batches = {"": case.X}
    batches |= {f"{name}, ": X for name, X in without_tokens(case.X).items()}
    lengths = lengths_of(case.X)
    alone = split_by(case.X, lengths) if lengths is not None else None
    batches |= {f"sequence {i} alone, ": X for i, X in enumerate(alone or [])}
    on_cpu = []
    for X in batches.values():
        run = _run(case, X)
        on_cpu.append((run, _gradients(case.model)))
    saved = [(node, node.ops) for node in case.model.walk()]
    try:
        case.model.to_gpu(0)
        for (name, X), (run, gradients) in zip(batches.items(), on_cpu, strict=True):
            _compare_on_gpu(case, f"GPU against CPU, {name}", X, run, gradients)
    finally:
        case.model.to_cpu()
        for node, ops in saved:
            node.ops = ops


def _compare_on_gpu(
    case: Case, check: str, X: Batch, on_cpu: Run, gradients: dict[str, Array]
) -> None:
    clear_gradients(case.model)
    Y, backprop = case.model(_to_gpu(X), is_train=True)
    dX = backprop(_to_gpu(on_cpu.dY))
    _compare(case, f"{check}output", on_cpu.Y, Y, GPU_TOLERANCE)
    if holds_floats(X):
        _compare(case, f"{check}gradient of X", on_cpu.dX, dX, GPU_TOLERANCE)
    for label, found in _gradients(case.model).items():
        wanted = gradients.get(label, np.zeros_like(found))
        _compare(case, f"{check}gradient of {label}", wanted, found, GPU_TOLERANCE)


def _to_gpu(batch: Batch) -> Batch:
    ops = CupyOps()
    if isinstance(batch, Ragged):
        return Ragged(ops.asarray(batch.dataXd), ops.asarray1i(batch.lengths))
    if isinstance(batch, Padded):
        names = ("data", "size_at_t", "lengths", "indices")
        return Padded(*(ops.asarray(getattr(batch, name)) for name in names))
    return with_arrays(batch, [ops.asarray(array) for array in arrays_of(batch)])


def _gradients(model: Model[Any, Any]) -> dict[str, Array]:
    return {
        f"{node.name} {name} (node {i})": to_numpy(node.get_grad(name))
        for i, node in enumerate(model.walk())
        for name in node.grad_names
    }


def _compare(
    case: Case, check: str, expected: Batch, got: Batch, tolerance: float = TOLERANCE
) -> None:
    wanted: Sequence[Array] = [to_numpy(a) for a in arrays_of(expected)]
    found: Sequence[Array] = [to_numpy(a) for a in arrays_of(got)]
    if [a.shape for a in wanted] != [a.shape for a in found]:
        case.fail(check, f"{[a.shape for a in wanted]}", f"{[a.shape for a in found]}")
    for a, b in zip(wanted, found, strict=True):
        if not np.allclose(a, b, rtol=tolerance, atol=tolerance):
            most = float(np.abs(a.astype("d") - b.astype("d")).max())
            case.fail(
                check, f"the same numbers to {tolerance}", f"{most:.3g} between them"
            )


def _width(Y: Batch) -> tuple[int, ...] | None:
    n_axes = 2 if isinstance(Y, Padded) else 1
    shapes = {y.shape[n_axes:] for y in arrays_of(Y)}
    return min(shapes) if shapes else None


def _is_per_sequence(X: Batch, Y: Batch) -> bool:
    """Check whether the output may have rows although there are no tokens."""
    return len(lengths_of(X) or []) == sum(len(y) for y in arrays_of(Y))


def _describe(array: Array) -> str:
    return f"{array.dtype} {array.shape}"
