"""Encode each token together with its neighbours, by mish convolutions."""

from collections.abc import Callable

from thinc.api import Model
from thinc.types import Ragged

from .._arrays import on_device, rows_of
from .._check_numbers import check_sizes
from .._registry import layer
from ._encode_windows import token_rows
from ._ragged import check_ragged, lengths_of, with_data
from .mish_norm import MishNorm
from .window_encoder import init


@layer("zoo.MishWindowEncoder.v1")
def MishWindowEncoder(
    width: int = 96, *, window_size: int = 1, depth: int = 4
) -> Model[Ragged, Ragged]:
    """Add context to token vectors with residual mish convolutions.

    Each of `depth` blocks computes ``Y + norm(mish(window(Y)))``, where window
    concatenates the vectors of a token and of its neighbours, with zeros beyond the
    ends of the document. Documents do not see each other. (In spaCy they do: the window
    of a last token contains the first token of the next document. A document alone has
    the same numbers in both. In `MaxoutWindowEncoder` the rows beyond the ends are
    zeros in the first block only.)

    Input:
        Ragged of Floats2d, (n_tokens, width). May hold no tokens at all.
    Output:
        Ragged of Floats2d, (n_tokens, width). The lengths are those of the input.
    Layers:
        One MishNorm per block, (n_tokens, n_window * width) to (n_tokens, width), where
        n_window = 2 * window_size + 1.

    Args:
        width: Input and output width. They are equal, as the blocks are residual.
        window_size: Tokens to take from either side. The receptive field is 2 *
            window_size * depth + 1 tokens.
        depth: Blocks to stack. With 0, the output equals the input.

    Raises:
        ValueError: A size is too small, or, at initialization, the sample is not
            `width` wide.

    Source:
        Mish: Misra (2019), https://arxiv.org/abs/1908.08681, used as in spaCy's
        encoder.
    """
    check_sizes("MishWindowEncoder", 1, width=width)
    check_sizes("MishWindowEncoder", 0, window_size=window_size, depth=depth)
    n_window = 2 * window_size + 1
    return Model(
        "mish_window_encoder",
        forward,
        init=init,
        layers=[MishNorm(width, width * n_window) for _ in range(depth)],
        dims={"nI": width, "nO": width},
        attrs={"window_size": window_size},
    )


def forward(
    model: Model[Ragged, Ragged], X: Ragged, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Ragged]]:
    check_ragged(model, X)
    xp, size = model.ops.xp, model.attrs["window_size"]
    Y = rows_of(X)
    if len(Y) == 0:  # An empty list has lost its width.
        none = model.ops.alloc2f(0, model.get_dim("nO"))
        return with_data(X, none), lambda dY: X
    rows = token_rows(lengths_of(X), size)
    n_rows = int(rows[-1]) + 1 + size
    tokens = on_device(model.ops, rows)
    # For each position in a window, the row of the padded tokens at it.
    windows = [tokens + offset for offset in range(-size, size + 1)]
    callbacks = []
    for block in model.layers:
        padded = xp.zeros((n_rows, Y.shape[1]), dtype=Y.dtype)
        padded[tokens] = Y
        laid_out = xp.hstack([padded[rows] for rows in windows])
        added, callback = block(laid_out, is_train)
        callbacks.append(callback)
        Y = Y + added

    def backprop(dY: Ragged) -> Ragged:
        dX = rows_of(dY)
        for callback in reversed(callbacks):
            d_padded = xp.zeros((n_rows, dX.shape[1]), dtype=dX.dtype)
            d_windows = xp.split(callback(dX), len(windows), axis=1)
            for rows, d_part in zip(windows, d_windows, strict=True):
                d_padded[rows] += d_part
            dX = dX + d_padded[tokens]
        return with_data(X, dX)

    return with_data(X, Y), backprop
