"""Follow the operators of patterns over the tokens of a document."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any, Final, NamedTuple

#: How often a token of a pattern matches: not at all, once, up to once, any number of
#: times. Several of them stand for the other operators.
NOT, ONE, MAYBE, ANY = "!", "1", "?", "*"

_OPERATORS: Final = {
    "!": (NOT,),
    "1": (ONE,),
    "?": (MAYBE,),
    "*": (ANY,),
    "+": (ONE, ANY),
}
_BOUNDS: Final = re.compile(r"\{(?:(\d+)|(\d*),(\d*))\}")
#: How often a token may be repeated by {n,m}.
MAX_REPEATS: Final = 1000


class Step(NamedTuple):
    """A part of a pattern: what it needs of a token, and how often."""

    quantifier: str
    test: int  # The number of the test, among those of all patterns.


class Match(NamedTuple):
    """A pattern that matches ``doc.words[start:end]``."""

    pattern: int
    start: int
    end: int


class _State(NamedTuple):
    """How far a pattern has matched from a start."""

    pattern: int
    step: int
    start: int
    length: int


def read_operator(owner: str, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the quantifiers that the operator of a token stands for.

    Raises:
        ValueError: There is no such operator.
    """
    found = [value for key, value in spec.items() if str(key).upper() == "OP"]
    operator = found[0] if found else "1"
    if operator in _OPERATORS:
        return _OPERATORS[operator]
    if isinstance(operator, str) and (match := _BOUNDS.fullmatch(operator)):
        exactly, low, high = match.groups()
        least = int(exactly or low or 0)
        most = int(exactly or high) if exactly or high else None
        if (exactly or low or high) and least <= (least if most is None else most):
            more = (ANY,) if most is None else (MAYBE,) * (most - least)
            if least + len(more) <= MAX_REPEATS:
                return (ONE,) * least + more
    raise ValueError(
        f"{owner}: OP must be one of !, ?, +, *, {{n}}, {{n,m}}, {{n,}} and {{,m}}, "
        f"with n at most m and m at most {MAX_REPEATS}, got {operator!r}."
    )


def find_matches(
    patterns: Sequence[Sequence[Step]],
    starts: Sequence[Sequence[int]],
    holds: Sequence[Callable[[int], Any]],
) -> list[Match]:
    """Find all matches, in the order in which spaCy's Matcher finds them.

    Patterns are followed from every token at once; where one may go on in two ways,
    both are followed. A match that was found before, or is empty, is left out.

    Args:
        patterns: The steps of each pattern.
        starts: For each token, the patterns that may begin at it, in order.
        holds: For each token, whether a test holds for it, by the test's number.

    Source:
        the states of spaCy 3.8, `Matcher`; written anew.
    """
    found: list[Match] = []
    states: list[_State] = []
    for place, (begin, is_held) in enumerate(zip(starts, holds, strict=True)):
        states += map(_State, begin, repeat(0), repeat(place), repeat(0))
        if states:
            states = _advance(patterns, states, is_held, found)
    for pattern, step, start, length in states:
        # What is left of a pattern may be optional.
        steps = patterns[pattern]
        if all(s.quantifier in (MAYBE, ANY) for s in steps[step:]):
            found.append(Match(pattern, start, start + length))
    return [match for match in dict.fromkeys(found) if match.start < match.end]


def _advance(
    patterns: Sequence[Sequence[Step]],
    states: list[_State],
    is_held: Callable[[int], Any],
    found: list[Match],
) -> list[_State]:
    """Take one token into all states; return those that go on."""
    kept: list[_State] = []
    new: list[_State] = []
    for pattern, step, start, length in states:
        steps = patterns[pattern]
        last = len(steps) - 1
        longer = start + length + 1
        while True:
            quantifier, test = steps[step]
            held = is_held(test)
            if quantifier in (NOT, ONE):
                if bool(held) == (quantifier == ONE):
                    if step == last:
                        found.append(Match(pattern, start, longer))
                    else:
                        kept.append(_State(pattern, step + 1, start, length + 1))
                break
            if step == last:
                if not held or quantifier == ANY or length:
                    found.append(Match(pattern, start, longer - 1))
                if held and quantifier == ANY:
                    kept.append(_State(pattern, step, start, length + 1))
                elif held:
                    found.append(Match(pattern, start, longer))
                break
            if held:
                # Stay with this step, or go to the next, and also skip it.
                after = step if quantifier == ANY else step + 1
                new.append(_State(pattern, after, start, length + 1))
            step += 1
    return kept + new
