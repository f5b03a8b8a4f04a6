"""Score categories by a linear model over hashed words and n-grams."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from thinc.api import Logistic, Model, softmax_activation
from thinc.types import Floats2d

from .._arrays import as_thinc, grad_of, on_device, param_of
from .._check_numbers import check_sizes
from .._lexical.hashing import hash_keys
from .._registry import layer
from .._types import Docs
from ._ragged import Sequences
from .extract_ngrams import Bags, count_ngrams
from .scatter import scatter_add


@layer("zoo.TextCatBOW.v1", task="classification")
def TextCatBOW(
    exclusive_classes: bool,
    ngram_size: int = 1,
    no_output_layer: bool = False,
    length: int = 262144,
    nO: int | None = None,
    *,
    prefixes: Sequence[int] = (),
) -> Model[Docs, Floats2d]:
    """Score each document for each of nO categories, from its words and n-grams.

    Computes ``a(sum_k count_k (W[h0(k)] + W[h1(k)]) + b)`` over the unique n-grams and
    prefixes k of the document, where h0 and h1 hash to rows of a table, and a is the
    softmax, the logistic function or the identity. A document without words is scored
    by b alone.

    Prefixes let a word that was seldom or never seen share what is known of its other
    forms: "boring" and "boredom" begin with the same four characters.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Floats2d, (n_docs, nO). The backward pass includes the derivative of the softmax
        or logistic function.
    Layers:
        sparse_linear with W, (nO * length,), class by class, and b, (nO,).

    Args:
        exclusive_classes: Whether a document has exactly one category. If so, a is the
            softmax, otherwise the logistic function.
        ngram_size: Words of the longest n-gram.
        no_output_layer: Whether to leave out the softmax or logistic function.
        length: Rows of the hashed table, rounded up to a power of two.
        nO: Number of categories. If None, the sample output sets it.
        prefixes: Lengths in characters, such as 4 and 6. Of each longer word, the first
            so many characters in lower case count as further words.

    Raises:
        ValueError: A size is below 1.
        TypeError: A size is not a whole number, or prefixes are not a list.

    Source:
        Hashed features: Weinberger et al. (2009), https://arxiv.org/abs/0902.2206, here
        with two hash functions as in spaCy.
    """
    check_sizes("TextCatBOW", 1, ngram_size=ngram_size, length=length, nO=nO)
    if not isinstance(prefixes, Sequence):
        raise TypeError(
            f"TextCatBOW: prefixes must be a list of numbers, such as [4, 6], got "
            f"{prefixes!r}."
        )
    for size in prefixes:
        check_sizes("TextCatBOW", 1, prefixes=size)
    linear = sparse_linear(nO, 1 << (length - 1).bit_length())
    activation = softmax_activation() if exclusive_classes else Logistic()
    return Model(
        "textcat_bow",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[linear] if no_output_layer else [linear, activation],
        refs={"output_layer": linear},
        attrs={
            "multi_label": not exclusive_classes,
            "ngram_size": ngram_size,
            "prefixes": [*prefixes],
        },
    )


def sparse_linear(nO: int | None, length: int) -> Model[Bags, Floats2d]:
    """Sum the weights of hashed keys, as the inner layer of `TextCatBOW`."""
    return Model(
        "sparse_linear",
        forward_linear,
        dims={"nO": nO, "length": length},
        params={"W": None, "b": None},
    )


def forward(
    model: Model[Docs, Floats2d], docs: Docs, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Docs]]:
    size, prefixes = model.attrs["ngram_size"], model.attrs["prefixes"]
    Y: Any = count_ngrams(docs, size, prefixes=prefixes)
    callbacks = []
    for step in model.layers:
        Y, callback = step(Y, is_train)
        callbacks.append(callback)

    def backprop(dY: Any) -> Docs:
        for callback in reversed(callbacks):
            dY = callback(dY)
        return []

    return Y, backprop


def forward_linear(
    model: Model[Bags, Floats2d], bags: Bags, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], None]]:
    ops, xp = model.ops, model.ops.xp
    W, b = param_of(model, "W"), param_of(model, "b")
    nO, length = model.get_dim("nO"), model.get_dim("length")
    hashed = np.stack([hash_keys(bags.keys, seed) % length for seed in (0, 1)])
    rows = on_device(ops, hashed)
    counts = on_device(ops, bags.counts).astype(W.dtype)
    sequences = Sequences(ops, bags.lengths)
    weights = W.reshape(nO, length)
    scores = weights.take(rows[0], axis=1) + weights.take(rows[1], axis=1)
    Y = sequences.sum(xp.ascontiguousarray((scores * counts).T)) + b

    def backprop(dY: Floats2d) -> None:
        if not model.has_grad("W"):
            model.set_grad("W", xp.zeros_like(W))
        d_scores = sequences.spread(dY).T * counts
        positions = rows + length * xp.arange(nO)[:, None, None]  # (nO, 2, n_keys)
        d_weights = xp.repeat(d_scores[:, None], 2, axis=1)
        scatter_add(ops, grad_of(model, "W"), positions.ravel(), d_weights.ravel())
        model.inc_grad("b", dY.sum(axis=0))

    return as_thinc(Y), backprop


def init(
    model: Model[Docs, Floats2d], X: Docs | None = None, Y: Floats2d | None = None
) -> None:
    linear = model.get_ref("output_layer")
    if Y is not None:
        linear.set_dim("nO", Y.shape[1])
    nO, length = linear.get_dim("nO"), linear.get_dim("length")
    linear.set_param("W", linear.ops.alloc1f(nO * length))
    linear.set_param("b", linear.ops.alloc1f(nO))
    model.set_dim("nO", nO)
