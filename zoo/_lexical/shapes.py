"""Compute the shapes of words."""

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from .._memo import Memo

#: Characters of a word from which on its shape is "LONG".
LONG: Final = 100


def shapes_of(words: Sequence[str]) -> list[str]:
    """Return the shape of each word, as `attributes.shape` describes it."""
    text = "".join(words)
    mapped = text.translate(SHAPES)
    ends = accumulate(map(len, words), initial=0)
    whole = [mapped[start:end] for start, end in pairwise(ends)]
    cut = {form: cut_shape(form) for form in set(whole)}
    return [cut[form] for form in whole]


def cut_shape(form: str) -> str:
    """Cut the runs of a shape to 4 characters."""
    return _LONG_RUN.sub(r"\1", form) if len(form) < LONG else "LONG"


def _shape_of_character(number: int) -> str:
    character = chr(number)
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return "d" if character.isdigit() else character


#: The shapes of characters, by their numbers.
SHAPES: Final = Memo(_shape_of_character, size=1 << 14)
_LONG_RUN: Final = re.compile(r"((.)\2{3})\2+", re.DOTALL)
