"""Remember which tests of patterns hold for tokens that are alike."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from .._memo import Memo
from ..doc import Doc
from ._automaton import ONE, Step
from ._predicates import Condition
from ._token_values import Value, read_values, source_of, value_of_word

#: The numbers of the conditions that hold for a value, or for a token.
_Held = frozenset[int]


class TokenFacts(NamedTuple):
    """What holds for a token.

    Attributes:
        holds: Whether a test holds, by its number.
        starts: The patterns that may begin at the token, in order.
    """

    holds: Callable[[int], Any]
    starts: tuple[int, ...]


class _Attribute(NamedTuple):
    """The conditions of one attribute, by their numbers."""

    read: Callable[[Any], Value]  # From the value of its source.
    literals: dict[Value, list[int]]
    tests: list[tuple[int, Callable[[Value], bool]]]


class TokenIndex:
    """Find out what holds for tokens, once for all that are alike.

    The word, the tag and all else that patterns ask for is first replaced by what
    holds for it, which is the same for most words; tokens are alike if all of that is.

    Args:
        tests: Conditions of one token each.
        patterns: The steps of each pattern.
        lang: Code of the language, which attributes may depend on.
    """

    def __init__(
        self,
        tests: Sequence[tuple[Condition, ...]],
        patterns: Sequence[Sequence[Step]],
        lang: str,
    ) -> None:
        self._number_conditions(tests, lang)
        self.attributes = [a for of in self._by_source.values() for a in of]
        # The patterns that begin with a test that must hold, by it; and all others.
        self._by_test: dict[int, list[int]] = {}
        self._other_patterns: list[int] = []
        for number, (first, *_) in enumerate(patterns):
            if first.quantifier == ONE:
                self._by_test.setdefault(first.test, []).append(number)
            else:
                self._other_patterns.append(number)
        self._classes = {
            source: Memo(partial(self._test_value, [*of.values()]))
            for source, of in self._by_source.items()
        }
        self._interned: dict[_Held, _Held] = {}
        self._facts: Memo[tuple[_Held, ...], TokenFacts] = Memo(self._test_token)

    def look_up(self, doc: Doc) -> list[TokenFacts]:
        """Return what holds for each word of a document."""
        columns = [
            map(classes.__getitem__, read_values(doc, source))
            for source, classes in self._classes.items()
        ]
        # Without attributes, one token is as good as any other.
        rows = zip(*columns, strict=True) if columns else [()] * len(doc)
        return [*map(self._facts.__getitem__, rows)]

    def _number_conditions(
        self, tests: Sequence[tuple[Condition, ...]], lang: str
    ) -> None:
        """Number the conditions, by their source and attribute."""
        self._by_source: dict[str, dict[str, _Attribute]] = {}
        self._needed: list[_Held] = []  # The conditions of each test.
        self._by_condition: dict[int, list[int]] = {}
        self._unconditional: list[int] = []
        n_conditions = 0
        for number, conditions in enumerate(tests):
            needed = range(n_conditions, n_conditions + len(conditions))
            n_conditions += len(conditions)
            self._needed.append(frozenset(needed))
            for condition, (name, test, literals) in zip(
                needed, conditions, strict=True
            ):
                attribute = self._attribute(name, lang)
                if literals is None:
                    attribute.tests.append((condition, test))
                for literal in literals or ():
                    attribute.literals.setdefault(literal, []).append(condition)
            # A test is tried where one of its conditions holds, a rare one at best.
            pairs = zip(needed, conditions, strict=True)
            rare = [i for i, c in pairs if c.literals and all(c.literals)]
            if conditions:
                key = (rare or needed)[0]
                self._by_condition.setdefault(key, []).append(number)
            else:
                self._unconditional.append(number)

    def _attribute(self, name: str, lang: str) -> _Attribute:
        source = source_of(name)
        attributes = self._by_source.setdefault(source, {})
        if name not in attributes:
            read = value_of_word(name, lang) if source == "WORD" else _same
            attributes[name] = _Attribute(read, {}, [])
        return attributes[name]

    def _test_value(self, attributes: Sequence[_Attribute], value: Value) -> _Held:
        held = frozenset(chain.from_iterable(_held(a, value) for a in attributes))
        return self._interned.setdefault(held, held)

    def _test_token(self, row: tuple[_Held, ...]) -> TokenFacts:
        conditions: _Held = frozenset().union(*row)
        candidates = (self._by_condition.get(i, ()) for i in conditions)
        held = frozenset(
            test
            for test in chain(self._unconditional, *candidates)
            if self._needed[test] <= conditions
        )
        begun = (self._by_test.get(test, ()) for test in held)
        starts = sorted(chain(self._other_patterns, *begun))
        return TokenFacts(held.__contains__, tuple(starts))


def _held(attribute: _Attribute, value: Value) -> list[int]:
    read = attribute.read(value)
    held = [number for number, test in attribute.tests if test(read)]
    held += attribute.literals.get(read, ())
    return held


def _same(value: Value) -> Value:
    return value
