"""Define the moves of an arc-eager parser, and when each is valid."""

from collections.abc import Sequence

import numpy as np

from .._types import Array
from .trees import ArcLabels

#: Kinds of moves. Those below LEFT push the front of the buffer onto the stack.
SHIFT, RIGHT, LEFT, REDUCE, BREAK = range(5)
#: The letter that begins the name of a move, by kind: "L-nsubj", "S".
LETTERS = "SRLDB"

# What decides which kinds are valid, as parts of one sum. Of the front of the buffer:
# it begins a sentence, was put back from the stack, must not begin a sentence, or
# there is none.
START, PUT_BACK, INSIDE, NO_FRONT = 1, 2, 4, 8
# Of the stack: it holds one word, or more.
ONE, MORE = 16, 32
# Of the word behind the front: there is none, or a sentence may be made to begin there.
NO_NEXT, MAY_START = 48, 96
#: One more than the greatest sum.
N_KEYS = 192

#: The label by which spaCy joins the parts of a word, which is not supported.
SUBTOKEN = "subtok"


class ArcEager:
    """The moves of a parser, in the order of its model's outputs.

    A state is a stack, a buffer and the arcs so far. SHIFT pushes the front of the
    buffer; RIGHT does so too, and makes it depend on the top of the stack. LEFT makes
    the top depend on the front, and pops it. REDUCE pops the top, or puts it back in
    front of the buffer if it has no head. BREAK lets a sentence begin behind the front.

    Args:
        names: Such as "S", "D", "L-nsubj", "R-obj" and "B-ROOT".

    Raises:
        ValueError: A name is none, or S, D, or both L and R are missing: a parser
            without them may come into a state that has no way on.

    Source:
        Nivre (2003), An Efficient Algorithm for Projective Dependency Parsing; Honnibal
        and Johnson (2014) for words that are put back; as in spaCy.
    """

    def __init__(self, names: Sequence[str]) -> None:
        pairs = [parse_move(name) for name in names]
        self.names = list(names)
        self.kind_list = [kind for kind, _ in pairs]
        self.kinds: Array = np.array(self.kind_list, dtype=np.intp)
        self.labels = [label for _, label in pairs]
        self.arc_labels = ArcLabels(self.labels)
        present = {*self.kind_list}
        if not ({SHIFT, REDUCE} <= present and present & {LEFT, RIGHT}):
            raise ValueError(
                f"parser: its moves must hold S, D and some of L or R, got "
                f"{', '.join(self.names[:20]) or 'none'}."
            )
        if SUBTOKEN in self.labels:
            raise ValueError(
                f"parser: the label '{SUBTOKEN}', which joins parts of words, is not "
                f"supported. Train the parser with learn_tokens = false."
            )
        #: The moves of each kind.
        self.of_kind = [(self.kinds == kind).nonzero()[0] for kind in range(5)]
        #: (N_KEYS, n_moves): the moves that are valid, by the sum of the parts above.
        self.valid = VALID[:, self.kinds]
        alone = self.valid.sum(axis=1) == 1
        #: The only valid move, -1 if there are several, by the same sum.
        self.only = np.where(alone, self.valid.argmax(axis=1), -1).tolist()

    def penalties(self, bias: Array | None) -> Array:
        """Return what to add to scores: the bias, and -inf where a move is not valid.

        Args:
            bias: Of the scores, (n_moves,), or None for none.

        Returns:
            A float32 array, (N_KEYS, n_moves).
        """
        added = np.zeros(len(self.names), "f") if bias is None else bias
        table: Array = np.where(self.valid, added, np.float32(-np.inf))
        return table.astype("f")


def parse_move(name: str) -> tuple[int, str]:
    """Return the kind and the label of a move of the parser.

    Raises:
        ValueError: If it is not a letter of `LETTERS`, or one with "-" and a label.
    """
    letter, dash, label = name.partition("-")
    if len(letter) != 1 or letter not in LETTERS or bool(dash) != bool(label):
        raise ValueError(
            f"parser: a label must be the name of a move, such as 'S', 'D' or "
            f"'L-nsubj', got {name!r}."
        )
    return LETTERS.index(letter), label


def _valid_kinds(key: int) -> list[bool]:
    """Return whether each kind of move is valid."""
    front, stack, behind = key % 16, key // 16 % 3, key // 48
    is_start, is_back = bool(front & START), bool(front & PUT_BACK)
    is_inside, no_front = bool(front & INSIDE), bool(front & NO_FRONT)
    has_next = not behind & 1
    may_arc = stack > 0 and not no_front and not is_start
    may_shift = stack == 0 or (has_next and not is_start and not is_back)
    # The last word on the stack stays where no sentence may begin.
    may_reduce = stack > 0 and (no_front or not (stack == 1 and is_inside))
    return [may_shift, may_arc, may_arc, may_reduce, behind == 2]


VALID: Array = np.array([_valid_kinds(key) for key in range(N_KEYS)])
