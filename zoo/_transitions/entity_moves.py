"""Define the moves of an entity recognizer."""

from collections.abc import Mapping, Sequence

import numpy as np

from .._types import Array

#: Kinds of moves, and the letters that begin their names: "B-ORG", "O".
BEGIN, IN, LAST, UNIT, OUT = range(5)
LETTERS = "BILUO"


class EntityMoves:
    """The moves of an entity recognizer, in the order of its model's outputs.

    Each word gets one move: it begins an entity of several words, is inside one, ends
    it, is one by itself, or is outside of entities.

    Args:
        names: Such as "B-ORG", "I-ORG", "L-ORG", "U-ORG", "O", and "U-", for spaCy's
            words that must not be in an entity, which is never predicted.

    Raises:
        ValueError: A name is none, or a label lacks one of its moves.
    """

    def __init__(self, names: Sequence[str]) -> None:
        pairs = [parse_entity_move(name) for name in names]
        self.names = list(names)
        self.kinds: Array = np.array([kind for kind, _ in pairs], dtype=np.intp)
        self.labels = [label for _, label in pairs]
        number = {pair: i for i, pair in enumerate(pairs)}
        types = [label for kind, label in pairs if kind == BEGIN]
        wanted = {(kind, label) for label in types for kind in (BEGIN, IN, LAST, UNIT)}
        known = {pair for pair in number if pair[1] and pair[0] != OUT}
        if known != wanted or (OUT, "") not in number:
            raise ValueError(
                f"ner: its moves must hold O, and B, I, L and U of each label, got "
                f"{', '.join(self.names[:20]) or 'none'}."
            )
        #: Moves that are possible outside of entities, in order.
        self.outer: Array = np.array(
            [i for i, (kind, label) in enumerate(pairs) if self._is_outer(kind, label)],
            dtype=np.intp,
        )
        #: Which of these begin an entity, and which are one by themselves.
        self.outer_begins: Array = (self.kinds[self.outer] == BEGIN).nonzero()[0]
        self.outer_units: Array = (self.kinds[self.outer] == UNIT).nonzero()[0]
        #: For each label the moves B, I, L and U, (n_labels, 4).
        self.by_label: Array = np.array(
            [
                [number[kind, label] for kind in (BEGIN, IN, LAST, UNIT)]
                for label in types
            ],
            dtype=np.intp,
        ).reshape(-1, 4)
        self.types = types
        self.out = number[OUT, ""]
        #: The number of the label of each move among `types`, -1 for none.
        place = {label: i for i, label in enumerate(types)}
        self.type_of: Array = np.array([place.get(label, -1) for label in self.labels])

    @staticmethod
    def _is_outer(kind: int, label: str) -> bool:
        return kind == OUT or (kind in (BEGIN, UNIT) and label != "")


def name_entity_moves(counts: Mapping[str, int]) -> list[str]:
    """Name the moves for labels, in spaCy's order: the most frequent label first.

    Of equally frequent ones, the last one in the alphabet comes first.

    Args:
        counts: The words in entities of each label.
    """
    labels = [(n, label) for label, n in counts.items()]
    units = [*labels, (1, "")]
    names = []
    for kind, pairs in enumerate([labels, labels, labels, units]):
        ordered = sorted(pairs, reverse=True)
        names += [f"{LETTERS[kind]}-{label}" for _, label in ordered]
    return [*names, "O"]


def parse_entity_move(name: str) -> tuple[int, str]:
    """Return the kind and the label of a move of the entity recognizer.

    Raises:
        ValueError: If it is not "O", "U-", or a letter of BILU, "-" and a label.
    """
    letter, dash, label = name.partition("-")
    is_one = len(letter) == 1 and letter in LETTERS
    is_labelled = bool(dash) and (bool(label) or letter == "U")
    if not is_one or is_labelled == (letter == "O") or (letter == "O" and dash):
        raise ValueError(
            f"ner: a label must be the name of a move, such as 'O' or 'B-ORG', got "
            f"{name!r}."
        )
    return LETTERS.index(letter), label
