"""Compute a linear-chain CRF over all legal BILUO taggings of a document.

A document is read by a machine with one state "outside of entities", in which it begins
and ends, and one state "inside" for each type. A BILUO tag is a move: O and U stay
outside, B goes in, I stays in, and L goes out. Taggings that are not made of such moves
are not counted, so only whole entities compete. A token has as many moves as tags, so
the cost of a step is linear in the number of tags; with a matrix of transitions it
would be quadratic.

Everything is computed on the CPU in float64, for a whole batch at once: a step is too
little work for a GPU.

Source: Lafferty, McCallum and Pereira (2001), Conditional Random Fields,
https://repository.upenn.edu/cis_papers/159. Legal moves have no weights of their own.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .._types import Array
from ..layers._ragged import pack
from ._biluo import BEGIN, INSIDE, LAST, PARTS, UNIT


class Moves(NamedTuple):
    """The scores of tags: of O, (n_tokens,); of others, (n_tokens, n_types)."""

    outside: Array
    begin: Array
    inside: Array
    last: Array
    unit: Array


class States(NamedTuple):
    """The sum of all paths to each state: (n_tokens,) and (n_tokens, n_types)."""

    outside: Array
    inside: Array


def viterbi(scores: Array, lengths: Array) -> Array:
    """Find the best legal tags of each document, by Viterbi's algorithm.

    Args:
        scores: Scores of each token for each tag, (n_tokens, n_tags), in the order of
            `_biluo.tag_names`.
        lengths: Tokens of each document, (n_docs,).

    Returns:
        The tag of each token, (n_tokens,). Of equally good taggings, any one.
    """
    moves, (order, counts) = _split(scores), pack(lengths)
    before = _states_before(moves, order, counts, np.maximum)
    outside = before.outside[:, None]
    begin, inside = outside + moves.begin, before.inside + moves.inside
    # The best tag into each state after a token, and the state that it comes from.
    out = np.full(scores.shape, -np.inf)
    out[:, 0] = before.outside + moves.outside
    out[:, LAST], out[:, UNIT] = before.inside + moves.last, outside + moves.unit
    firsts = 1 + len(PARTS) * np.arange(begin.shape[1])
    best = np.column_stack([out.argmax(axis=1), firsts + (inside > begin)])[order]
    source = np.zeros(scores.shape[1], dtype="i8")
    source[INSIDE] = source[LAST] = 1 + np.arange(len(firsts))
    tags = np.zeros(len(scores), dtype="i8")
    state = np.zeros(len(lengths), dtype="i8")
    end = len(order)
    for n in reversed(counts.tolist()):
        found = best[np.arange(end - n, end), state[:n]]
        tags[order[end - n : end]] = found
        state[:n] = source[found]
        end -= n
    return tags


def marginals(scores: Array, lengths: Array) -> tuple[Array, Array]:
    """Sum all legal taggings, by the forward-backward algorithm.

    Args:
        scores: Scores of each token for each tag, (n_tokens, n_tags).
        lengths: Tokens of each document, (n_docs,).

    Returns:
        The logarithm of the sum of ``exp(score of the tagging)`` over the taggings of
        each document, (n_docs,), and its gradient with respect to the scores, which is
        the probability of each tag, (n_tokens, n_tags).
    """
    moves, (order, counts) = _split(scores), pack(lengths)
    before = _states_before(moves, order, counts, np.logaddexp)
    # Read backwards, L goes in and B goes out.
    starts = np.cumsum(lengths) - lengths
    mirror = np.repeat(2 * starts + lengths - 1, lengths) - np.arange(len(scores))
    mirrored = moves._replace(begin=moves.last, last=moves.begin)
    behind = _states_before(mirrored, mirror[order], counts, np.logaddexp)
    logs = np.empty(scores.shape)
    logs[:, 0] = before.outside + moves.outside + behind.outside
    into, out = before.outside[:, None], behind.outside[:, None]
    logs[:, BEGIN] = into + moves.begin + behind.inside
    logs[:, INSIDE] = before.inside + moves.inside + behind.inside
    logs[:, LAST] = before.inside + moves.last + out
    logs[:, UNIT] = into + moves.unit + out
    # The sum over the tags of a token is the same for all tokens of a document.
    sums = np.logaddexp.reduce(logs, axis=1)
    totals = np.zeros(len(lengths))
    totals[lengths > 0] = sums[starts[lengths > 0]]
    return totals, np.exp(logs - sums[:, None])


def span_probabilities(
    scores: Array, tags: Array, bounds: Sequence[tuple[int, int]]
) -> Array:
    """Compute how probable the tags of spans are, whatever the other tokens have.

    Args:
        scores: Scores of each token of one document for each tag, (n_tokens, n_tags).
        tags: A tag for each token, (n_tokens,).
        bounds: The first token of each span, and the one after its last.

    Returns:
        For each span the share of the legal taggings that have its tags, each weighted
        by ``exp(score of the tagging)``, (n_spans,).
    """
    # The document as it is, and once for each span with no other tags there.
    copies = np.tile(scores.astype("d"), (len(bounds) + 1, 1, 1))
    for fixed, (start, end) in zip(copies[1:], bounds, strict=True):
        rows = np.arange(start, end)
        fixed[rows] = -np.inf
        fixed[rows, tags[rows]] = scores[rows, tags[rows]]
    lengths = np.full(len(copies), len(scores))
    totals, _ = marginals(copies.reshape(-1, scores.shape[1]), lengths)
    shares: Array = np.exp(totals[1:] - totals[0])
    return shares


def _split(scores: Array) -> Moves:
    doubles = scores.astype("d")
    parts = (doubles[:, part] for part in (BEGIN, INSIDE, LAST, UNIT))
    return Moves(doubles[:, 0], *parts)


def _states_before(moves: Moves, order: Array, counts: Array, plus: np.ufunc) -> States:
    """Sum the paths to the state before each token, from the start of its document.

    Args:
        moves: The scores of the moves.
        order, counts: The tokens step by step, as `pack` returns them.
        plus: `np.maximum` for the best path, `np.logaddexp` for the sum of all.
    """
    stay = plus(moves.outside, plus.reduce(moves.unit, axis=1))[order]
    begin, inside, last = (part[order] for part in moves[1:4])
    states = States(np.zeros(stay.shape), np.full(begin.shape, -np.inf))
    here = 0
    for n, n_next in zip(counts[:-1].tolist(), counts[1:].tolist(), strict=True):
        now, after = slice(here, here + n_next), slice(here + n, here + n + n_next)
        out, within = states.outside[now], states.inside[now]
        ends = plus.reduce(within + last[now], axis=1)
        states.outside[after] = plus(out + stay[now], ends)
        states.inside[after] = plus(out[:, None] + begin[now], within + inside[now])
        here += n
    flat = States(np.empty_like(states.outside), np.empty_like(states.inside))
    flat.outside[order], flat.inside[order] = states
    return flat
