"""Compile what a pattern says of a token into tests of its attributes."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from .._lexical.feats import normal_feats
from ._token_values import STRINGS, Value, attribute_name, check_language

#: A test of a value of one attribute.
Test = Callable[[Value], bool]

_IOB: Final = ("", "I", "O", "B")
_SETS: Final = ("IN", "NOT_IN", "IS_SUBSET", "IS_SUPERSET", "INTERSECTS")
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": lambda value, bound: bool(value == bound),
    "!=": lambda value, bound: bool(value != bound),
    ">=": lambda value, bound: bool(value >= bound),
    "<=": lambda value, bound: bool(value <= bound),
    ">": lambda value, bound: bool(value > bound),
    "<": lambda value, bound: bool(value < bound),
}


class Condition(NamedTuple):
    """What must hold of one attribute of a token.

    Attributes:
        attribute: Its name.
        test: Whether a value is right.
        literals: The only values that are right, if the condition is no more than that.
    """

    attribute: str
    test: Test
    literals: Collection[Value] | None = None


def compile_token(
    owner: str, spec: Mapping[str, Any], lang: str = "xx"
) -> tuple[Condition, ...]:
    """Compile the conditions of one token of a pattern, but for its operator.

    Args:
        owner: Whose pattern it is, for messages.
        spec: Attributes with a value each, or a map of predicates to values.
        lang: Code of the language, for attributes that depend on it.

    Raises:
        ValueError: Something in it is not supported, or makes no sense.
    """
    if not isinstance(spec, Mapping):
        raise ValueError(
            f"{owner}: each token of a pattern must be a map of attributes, got "
            f"{spec!r}."
        )
    found: list[Condition] = []
    for key, value in spec.items():
        if str(key).upper() == "OP":
            continue
        if key == "_":
            raise ValueError(
                f"{owner}: custom attributes ('_') are not supported in patterns, got "
                f"{value!r}. Leave out the component, or its patterns with them."
            )
        name = attribute_name(owner, key)
        check_language(owner, name, lang)
        if isinstance(value, Mapping):
            for predicate, wanted in value.items():
                test = _compile_predicate(owner, name, str(predicate), wanted)
                is_in = str(predicate).upper() == "IN"
                literals = _members(owner, name, wanted) if is_in else None
                found.append(Condition(name, test, literals))
        else:
            literal = _literal(owner, name, value)
            found.append(Condition(name, literal.__eq__, (literal,)))
    return tuple(found)


def _literal(owner: str, name: str, value: Any) -> Value:
    if name == "ENT_IOB" and value in _IOB:
        return _IOB.index(value)
    # spaCy counts True and False as 1 and 0.
    if isinstance(value, str) if name in STRINGS else isinstance(value, int):
        return value if isinstance(value, str) else int(value)
    kind = "a string" if name in STRINGS else "a number or a truth value"
    raise ValueError(
        f"{owner}: the attribute {name} must have {kind} as its value, or a map of "
        f"predicates, got {value!r}."
    )


def _compile_predicate(owner: str, name: str, predicate: str, wanted: Any) -> Test:
    upper = predicate.upper()
    if upper == "REGEX":
        return _compile_regex(owner, name, wanted)
    if upper in _SETS:
        return _compile_set(owner, name, upper, wanted)
    if upper in _COMPARISONS:
        if name in STRINGS or not isinstance(wanted, int | float):
            raise ValueError(
                f"{owner}: {predicate} compares numbers, got {name} and {wanted!r}."
            )
        compare = _COMPARISONS[upper]
        return lambda value: compare(value, wanted)
    raise ValueError(
        f"{owner}: the predicate {predicate!r} of {name} is not supported. Known are: "
        f"REGEX, {', '.join(_SETS)}, {', '.join(_COMPARISONS)}."
    )


def _compile_regex(owner: str, name: str, wanted: Any) -> Test:
    if name not in STRINGS:
        raise ValueError(f"{owner}: REGEX needs an attribute of strings, got {name}.")
    if isinstance(wanted, Mapping):
        tests = [_any_regex(owner, name, key, value) for key, value in wanted.items()]
        return lambda value: all(test(value) for test in tests)
    search = _search(owner, name, wanted)
    return lambda value: search(value) is not None


def _any_regex(owner: str, name: str, predicate: Any, wanted: Any) -> Test:
    upper = str(predicate).upper()
    if upper not in ("IN", "NOT_IN") or not _is_list(wanted):
        raise ValueError(
            f"{owner}: REGEX of {name} may hold IN or NOT_IN with a list of patterns, "
            f"got {{{predicate!r}: {wanted!r}}}."
        )
    searches = [_search(owner, name, pattern) for pattern in wanted]
    is_in = upper == "IN"
    return lambda value: any(search(value) for search in searches) == is_in


def _search(owner: str, name: str, pattern: Any) -> Callable[[Any], Any]:
    try:
        return re.compile(pattern).search
    except (re.error, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(
            f"{owner}: REGEX of {name} must be a pattern for Python's `re`, got "
            f"{pattern!r}: {error}."
        ) from error


def _compile_set(owner: str, name: str, predicate: str, wanted: Any) -> Test:
    if not _is_list(wanted):
        raise ValueError(
            f"{owner}: {predicate} of {name} must be a list, got {wanted!r}."
        )
    members = _members(owner, name, wanted)
    if predicate == "IN":
        return members.__contains__
    if predicate == "NOT_IN":
        return lambda value: value not in members
    split: Callable[[Value], frozenset[Any]]
    split = split_features if name == "MORPH" else _alone
    if predicate == "IS_SUBSET":
        return lambda value: split(value) <= members
    if predicate == "IS_SUPERSET":
        return lambda value: split(value) >= members
    return lambda value: not split(value).isdisjoint(members)


def _members(owner: str, name: str, wanted: Any) -> frozenset[Any]:
    """Return the values of a list, in the form in which tokens have them."""
    literals = frozenset(_literal(owner, name, value) for value in wanted)
    if name == "MORPH":
        return frozenset(normal_feats(str(value)) or "_" for value in literals)
    return literals


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def split_features(morph: Any) -> frozenset[str]:
    """Split features, and a feature of several values into one for each."""
    found: set[str] = set()
    for feature in morph.split("|") if morph not in ("", "_") else ():
        name, _, values = feature.partition("=")
        found.update(f"{name}={value}" for value in values.split(","))
    return frozenset(found)


def _alone(value: Value) -> frozenset[Value]:
    return frozenset((value,))
