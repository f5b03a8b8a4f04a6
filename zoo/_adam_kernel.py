"""Compile a step of Adam with numba, in one pass over the memory."""

from typing import Any

import numpy as np

from ._compile import kernel


@kernel
def update(x, d, mean, square, numbers):  # type: ignore
    """Return a weight and its moments after a step; d is its gradient."""
    b1, b2, size, decay, eps = numbers
    one = np.float32(1)
    m = b1 * mean + (one - b1) * d
    s = b2 * square + (one - b2) * (d * d)
    return decay * x - size * m / (np.sqrt(s) + eps), m, s


@kernel
def step(w, g, mean, square, average, clip, given):  # type: ignore
    """Update weights, moments and the average, if there is one; zero the gradient.

    clip: What gradients are multiplied by.
    given: Beta 1, beta 2, the size of the step, the share of old weights that stays,
        epsilon, and the share of new weights in the average.
    """
    b1, b2, size, decay, eps, share = given
    by, part = np.float32(clip), np.float32(share)
    numbers = (
        np.float32(b1),
        np.float32(b2),
        np.float32(size),
        np.float32(decay),
        np.float32(eps),
    )
    # To divide takes longest, and what is read meanwhile takes no time.
    if len(average):
        for i in range(len(w)):
            x, mean[i], square[i] = update(w[i], g[i] * by, mean[i], square[i], numbers)
            w[i] = x
            g[i] = np.float32(0)
            average[i] += part * (x - average[i])
    else:
        for i in range(len(w)):
            w[i], mean[i], square[i] = update(
                w[i], g[i] * by, mean[i], square[i], numbers
            )
            g[i] = np.float32(0)


def sums_kernel(function: Any) -> Any:
    """As `kernel`, with sums in the order that suits vectors, which is always one."""
    return kernel(function, fastmath={"reassoc", "contract", "nsz"})


@sums_kernel
def sum_squares(x):  # type: ignore
    """Return the sum of the squares of numbers.

    Four places of the memory are read at a time, which takes half of the time of one.
    """
    n = len(x) // 4
    a, b, c, d = x[:n], x[n : 2 * n], x[2 * n : 3 * n], x[3 * n : 4 * n]
    zero = np.float32(0)
    p, q, r, s = zero, zero, zero, zero
    for i in range(n):
        p += a[i] * a[i]
        q += b[i] * b[i]
        r += c[i] * c[i]
        s += d[i] * d[i]
    for i in range(4 * n, len(x)):
        p += x[i] * x[i]
    return p + q + r + s
