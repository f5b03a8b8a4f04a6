"""Compile a step of Adam with numba, in one pass over the memory."""

import numpy as np

from ._compile import kernel

#: Weights that are updated before their averages are.
N_AT_ONCE = 1024


@kernel
def update(w, g, mean, square, numbers):  # type: ignore
    """Update weights and moments, and zero the gradient, of a few numbers."""
    clip, b1, b2, size, decay, eps, _ = numbers
    one = np.float32(1)
    for i in range(len(w)):
        d = g[i] * clip
        m = b1 * mean[i] + (one - b1) * d
        s = b2 * square[i] + (one - b2) * (d * d)
        mean[i] = m
        square[i] = s
        w[i] = decay * w[i] - size * m / (np.sqrt(s) + eps)
        g[i] = np.float32(0)


@kernel
def step(w, g, mean, square, average, numbers):  # type: ignore
    """Update weights, moments and the average, if there is one; zero the gradient.

    numbers: what gradients are multiplied by, beta 1, beta 2, the size of the step, the
    share of old weights that stays, epsilon, and the share of new weights in the
    average; all float32.
    """
    share = numbers[6]
    # Some numbers at a time, so that each is read from memory once.
    for start in range(0, len(w), N_AT_ONCE):
        end = start + N_AT_ONCE
        x = w[start:end]
        update(x, g[start:end], mean[start:end], square[start:end], numbers)
        if len(average):
            y = average[start:end]
            for i in range(len(y)):
                y[i] += share * (x[i] - y[i])
