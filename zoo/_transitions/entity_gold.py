"""Read the entities that are to be learned, as one move of each token."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .._types import Array
from .entity_moves import BEGIN, IN, LAST, OUT, UNIT, EntityMoves

#: The kind of a token of which nothing is known.
UNKNOWN = 5


@dataclass(frozen=True)
class EntityGold:
    """The gold move of each token of a batch; all arrays are (n_tokens,).

    Attributes:
        kinds: The kind of the move, or UNKNOWN.
        types: Its label, a number of `EntityMoves.types`; -1 for none.
        starts: The first token of the entity that the token is in, -1 for none.
        is_before_out: Whether the next token is outside of entities, or there is none.
        is_before_unknown: Whether nothing is known of the next token.
        wrong: Keys of the spans that are known to be no entities, sorted; see
            `span_keys`.
    """

    kinds: Array
    types: Array
    starts: Array
    is_before_out: Array
    is_before_unknown: Array
    wrong: Array = field(default_factory=lambda: np.zeros(0, np.int64))

    def is_wrong(self, starts: Array, ends: Array, types: Array) -> Array:
        """Return whether spans are known to be no entities of their types."""
        if not len(self.wrong):
            return np.zeros(np.broadcast(starts, ends, types).shape, bool)
        keys = span_keys(starts, ends, types, len(self.kinds))
        return np.isin(keys, self.wrong)


def span_keys(starts: Array, ends: Array, types: Array, n_tokens: int) -> Array:
    """Return a number for each span with a type, another for each other."""
    size = n_tokens + 1
    keys: Array = (types.astype(np.int64) * size + starts) * size + ends
    return keys


def read_wrong_spans(
    moves: EntityMoves,
    spans: Sequence[Sequence[tuple[int, int, str]]],
    lengths: Sequence[int] | Array,
) -> Array:
    """Return the keys of spans that are known to be no entities.

    Those with a label that is not among the moves are left out: it is never predicted.

    Args:
        moves: Of the entity recognizer.
        spans: Of each document: first token, token behind the last, label.
        lengths: Tokens of each document.
    """
    number_of = {label: i for i, label in enumerate(moves.types)}
    firsts = np.cumsum(lengths) - lengths
    rows = [
        (first + start, first + end, number_of[label])
        for first, group in zip(firsts.tolist(), spans, strict=True)
        for start, end, label in group
        if label in number_of
    ]
    starts, ends, types = np.array(rows, np.int64).reshape(-1, 3).T
    return np.unique(span_keys(starts, ends, types, int(sum(lengths))))


def read_entities(
    moves: EntityMoves,
    entities: Sequence[Sequence[tuple[int, int, str]]],
    lengths: Sequence[int] | Array,
    known: Sequence[Sequence[bool] | None] | None = None,
) -> EntityGold:
    """Read entities as gold moves.

    Args:
        moves: Of the entity recognizer.
        entities: Of each document: first token, token behind the last, label.
        lengths: Tokens of each document.
        known: For each document, whether it is known of each token if it is in an
            entity; None if all is known.

    Raises:
        ValueError: If there are no moves for a label, or two entities overlap.
    """
    n_tokens = int(sum(lengths))
    kinds = np.full(n_tokens, OUT, np.intp)
    types, starts = np.full(n_tokens, -1, np.intp), np.full(n_tokens, -1, np.intp)
    number_of = {label: i for i, label in enumerate(moves.types)}
    first, free = 0, 0
    for spans, length in zip(entities, lengths, strict=True):
        for start, end, label in sorted(spans):
            begin, stop = first + start, first + end
            if begin < free:
                raise ValueError(
                    f"ner: entities must not overlap, got one at {start}:{end} "
                    f"({label}) that begins inside of another."
                )
            if label not in number_of:
                raise ValueError(
                    f"ner: the label {label!r} was not seen when the model was "
                    f"initialized. Known are: {', '.join(moves.types)}."
                )
            types[begin:stop], starts[begin:stop] = number_of[label], begin
            kinds[begin:stop] = IN
            kinds[begin], kinds[stop - 1] = BEGIN, LAST
            if stop == begin + 1:
                kinds[begin] = UNIT
            free = stop
        first = free = first + length
    sizes: Array = np.asarray(lengths, np.intp)
    ends = np.cumsum(sizes)
    for number, is_known in enumerate(known or ()):
        if is_known is not None:
            part = slice(int(ends[number]) - len(is_known), int(ends[number]))
            kinds[part] = np.where(np.asarray(is_known, bool), kinds[part], UNKNOWN)
    following: Array = np.append(kinds[1:], OUT)
    following[ends[ends > 0] - 1] = OUT
    return EntityGold(kinds, types, starts, following == OUT, following == UNKNOWN)
