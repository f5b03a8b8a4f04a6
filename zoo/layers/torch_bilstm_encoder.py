"""Encode tokens with LSTMs of PyTorch, which is imported only when used."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from thinc.api import Model
from thinc.initializers import uniform_init
from thinc.types import Ragged
from thinc.util import torch2xp

from .._arrays import as_array, as_thinc, on_device, param_of, rows_of
from .._check_numbers import SHARE, check_numbers, check_sizes
from .._optional import import_torch
from .._registry import layer
from .._tensors import as_tensor
from .._types import Array
from ._ragged import check_ragged, lengths_of, pack, with_data


@layer("zoo.TorchBiLSTMEncoder.v1", needs={"torch": None})
def TorchBiLSTMEncoder(
    width: int = 96, *, depth: int = 1, dropout: float = 0.0
) -> Model[Ragged, Ragged]:
    """Add context to token vectors with LSTMs that read documents in both directions.

    Each of `depth` layers has two LSTMs: one reads a document from its beginning, the
    other from its end, and each computes half of the output. PyTorch computes them; the
    parameters are Thinc's, so that they are saved and trained like others. The output
    of a document does not depend on the lengths of others. (In spaCy it does: the LSTM
    that reads from the end starts on the padding of shorter documents. Documents of
    equal length have the same numbers in both.)

    Input:
        Ragged of Floats2d, (n_tokens, width). May hold no tokens at all.
    Output:
        Ragged of Floats2d, (n_tokens, width). The lengths are those of the input.
    Parameters:
        Under PyTorch's names, weight_ih and weight_hh of each LSTM, (2 * width, width)
        and (2 * width, width / 2), and two biases, (2 * width,).

    Args:
        width: Input and output width, an even number.
        depth: Layers to stack. With 0, the output equals the input.
        dropout: Probability of zeroing an activation between two layers, 0 to 1. In
            training only; without effect if depth is 1.

    Raises:
        ValueError: A size or dropout is out of range, or width is odd.
        ImportError: PyTorch is missing.

    Source:
        Hochreiter and Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735;
        bidirectional as in Graves and Schmidhuber (2005),
        https://doi.org/10.1016/j.neunet.2005.06.042.
    """
    check_sizes("TorchBiLSTMEncoder", 1, width=width)
    check_sizes("TorchBiLSTMEncoder", 0, depth=depth)
    check_numbers("TorchBiLSTMEncoder", SHARE, dropout=dropout)
    if width % 2:
        raise ValueError(
            f"TorchBiLSTMEncoder: width must be even, as half of it comes from either "
            f"direction, got {width}."
        )
    import_torch("TorchBiLSTMEncoder")
    return Model(
        "torch_bilstm_encoder",
        forward,
        init=init,
        dims={"nI": width, "nO": width, "nH": width // 2, "nG": 2 * width},
        params=dict.fromkeys(_parameter_shapes(width, depth)),
        attrs={"depth": depth, "dropout_rate": dropout},
    )


def forward(
    model: Model[Ragged, Ragged], X: Ragged, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Ragged]]:
    check_ragged(model, X)
    ops = model.ops
    data = rows_of(X)
    if len(data) == 0:  # An empty list has lost its width.
        none = ops.alloc2f(0, model.get_dim("nO"))
        return with_data(X, none), lambda dY: X
    if model.attrs["depth"] == 0:
        return X, lambda dY: dY
    order, counts = pack(lengths_of(X))
    order = on_device(ops, order)
    names = list(_parameter_shapes(model.get_dim("nO"), model.attrs["depth"]))
    arrays = [data[order], *(param_of(model, name) for name in names)]
    inputs = [as_tensor(array, requires_grad=is_train) for array in arrays]
    outputs = run_lstms(
        inputs, counts, model.attrs["depth"], model.attrs["dropout_rate"], is_train
    )
    Y = ops.xp.empty_like(data)
    Y[order] = torch2xp(outputs.detach(), ops=ops)

    def backprop(dY: Ragged) -> Ragged:
        d_outputs = as_tensor(rows_of(dY)[order])
        # The graph is kept, as the backprop callback may be called twice.
        grads = import_torch("TorchBiLSTMEncoder").autograd.grad(
            outputs, inputs, d_outputs, retain_graph=True
        )
        d_data, *d_params = (as_array(torch2xp(grad, ops=ops)) for grad in grads)
        for name, gradient in zip(names, d_params, strict=True):
            model.inc_grad(name, as_thinc(gradient))
        dX = ops.xp.empty_like(data)
        dX[order] = d_data
        return with_data(X, dX)

    return with_data(X, Y), backprop


def init(
    model: Model[Ragged, Ragged], X: Ragged | None = None, Y: Ragged | None = None
) -> None:
    """Draw all parameters as PyTorch does, but from numpy's random numbers."""
    if X is not None:
        check_ragged(model, X)
        model.set_dim("nI", X.dataXd.shape[-1])
    width, bound = model.get_dim("nO"), model.get_dim("nH") ** -0.5
    for name, shape in _parameter_shapes(width, model.attrs["depth"]).items():
        model.set_param(name, uniform_init(model.ops, shape, lo=-bound, hi=bound))


def _parameter_shapes(width: int, depth: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of PyTorch's parameters, in its order."""
    kinds = {
        "weight_ih": (2 * width, width),
        "weight_hh": (2 * width, width // 2),
        "bias_ih": (2 * width,),
        "bias_hh": (2 * width,),
    }
    ends = [f"_l{i}{way}" for i in range(depth) for way in ("", "_reverse")]
    return {kind + end: shape for end in ends for kind, shape in kinds.items()}


def run_lstms(
    inputs: Sequence[Any], counts: Array, depth: int, dropout: float, is_train: bool
) -> Any:
    """Run PyTorch's LSTMs on packed tokens in both directions.

    Args:
        inputs: The tokens and all parameters, in PyTorch's order, as its tensors.
        counts: How many documents have a first token, a second one, and so on.
    """
    torch = import_torch("TorchBiLSTMEncoder")
    tokens, *parameters = inputs
    width = tokens.shape[1]
    start = tokens.new_zeros((2 * depth, int(counts[0]), width // 2))
    has_biases = is_bidirectional = True
    with torch.set_grad_enabled(is_train), _quiet(tokens.is_cuda):
        outputs, _, _ = torch.lstm(
            tokens,
            as_tensor(counts),
            (start, start),
            parameters,
            has_biases,
            depth,
            dropout,
            is_train,
            is_bidirectional,
        )
    return outputs


@contextmanager
def _quiet(is_on_gpu: bool) -> Iterator[None]:
    """Suppress the warning that cuDNN copies the parameters into one block.

    They are separate arrays, each of which Thinc's optimizers may replace.
    """
    if not is_on_gpu:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "RNN module weights are not part of single")
        yield
