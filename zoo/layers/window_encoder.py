"""Encode each token together with its neighbours, by stacked convolutions."""

from collections.abc import Callable

from thinc.api import Model
from thinc.types import Ragged

from .._arrays import rows_of
from .._check_numbers import check_sizes
from .._registry import layer
from ._encode_windows import encode_windows
from ._predict_windows import predict_windows
from ._predict_words import no_backprop
from ._ragged import check_ragged, with_data
from .maxout_norm import MaxoutNorm


@layer("zoo.MaxoutWindowEncoder.v1")
def MaxoutWindowEncoder(
    width: int = 96,
    *,
    window_size: int = 1,
    maxout_pieces: int = 3,
    depth: int = 4,
) -> Model[Ragged, Ragged]:
    """Add context to token vectors with residual maxout convolutions.

    Each of `depth` blocks computes ``Y + norm(maxout(window(Y)))``, where window
    concatenates the vectors of a token and of its neighbours. Documents do not see
    each other: between them lie `window_size * depth` rows of padding. As in spaCy,
    the padding starts as zeros and passes through the blocks like any other row.
    The page on layers has this definition in numpy.

    Args:
        width: Input and output width. They are equal, as the blocks are residual.
        window_size: Tokens to take from either side. The receptive field is
            2 * window_size * depth + 1 tokens.
        maxout_pieces: Linear pieces, of which each unit takes the largest.
        depth: Blocks to stack. With 0, the output equals the input.

    Raises:
        ValueError: A size is too small, or, at initialization, the sample is not
            `width` wide.

    Input:
        Ragged of Floats2d, (n_tokens, width). May hold no tokens at all.
    Output:
        Ragged of Floats2d, (n_tokens, width). The lengths are those of the input.
    Layers:
        One MaxoutNorm per block, (n_tokens, n_window * width) to (n_tokens, width),
        where n_window = 2 * window_size + 1.

    Source:
        The trigram CNN of spaCy's tok2vec, Honnibal (2016),
        https://explosion.ai/blog/deep-learning-formula-nlp.
    """
    sizes = {"width": width, "maxout_pieces": maxout_pieces}
    check_sizes("MaxoutWindowEncoder", 1, **sizes)
    check_sizes("MaxoutWindowEncoder", 0, window_size=window_size, depth=depth)
    nI = width * (2 * window_size + 1)
    return Model(
        "maxout_window_encoder",
        forward,
        init=init,
        layers=[MaxoutNorm(width, nI, maxout_pieces) for _ in range(depth)],
        dims={"nI": width, "nO": width},
        attrs={"window_size": window_size},
    )


def forward(
    model: Model[Ragged, Ragged], X: Ragged, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Ragged]]:
    check_ragged(model, X)
    if not is_train:
        return predict_windows(model, X), no_backprop
    Y, backprop_tokens = encode_windows(model, X, slice(None), is_train)

    def backprop(dY: Ragged) -> Ragged:
        return with_data(X, backprop_tokens(rows_of(dY)))

    return with_data(X, Y), backprop


def init(
    model: Model[Ragged, Ragged], X: Ragged | None = None, Y: Ragged | None = None
) -> None:
    if X is not None:
        check_ragged(model, X)
        model.set_dim("nI", X.dataXd.shape[-1])
    for block in model.layers:
        block.initialize()
