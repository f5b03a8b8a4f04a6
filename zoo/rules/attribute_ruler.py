"""Set attributes of tokens by patterns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypedDict

from .._lexical.feats import normal_feats
from .._memo import Memo
from .._registry import registry
from .._spacy_files import pack, read_msgpack, take_file, unpack, wrong
from ..doc import Doc, write_field
from ._automaton import ONE, find_matches
from .matcher import Matcher, Pattern

#: The attributes that can be set, and the fields that they stand in.
FIELDS: Final = {
    "TAG": "tags",
    "POS": "pos",
    "MORPH": "morphs",
    "LEMMA": "lemmas",
    "DEP": "deps",
    "NORM": "norms",
}
_FILE: Final = "patterns.msgpack"

#: What is set for a token: a value for each of FIELDS, None where nothing is.
_Values = tuple[str | None, ...]


class AttributeRule(TypedDict):
    """What to set, and for which tokens: an entry of an `AttributeRuler`."""

    patterns: Sequence[Pattern]
    attrs: Mapping[str, str]
    index: int


class AttributeRuler:
    """Set tags, parts of speech, features, lemmas and labels where patterns match.

    All patterns are matched with the document as it was before. Where several match,
    later entries win, attribute by attribute. What is set for a token is remembered for
    all tokens that are alike in what the patterns ask for.

    Args:
        lang: Code of the language, as of `Matcher`.
        scorer: Measures predictions. None: each field as the objectives do.

    Source:
        spaCy 3.8, `AttributeRuler`, whose annotations these are. Lexical attributes are
        set for the tokens that match, and not for the same words elsewhere.
    """

    _fields: tuple[str, ...] | None

    def __init__(
        self, lang: str = "xx", *, scorer: Callable[..., dict[str, Any]] | None = None
    ) -> None:
        self.lang = lang
        self.scorer = scorer
        self.rules: list[AttributeRule] = []
        self._reset()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that some entry sets."""
        if self._fields is None:
            self._fields = tuple(
                field
                for i, field in enumerate(FIELDS.values())
                if any(values[i] is not None for values in self._values)
            )
        return self._fields

    def add(
        self, patterns: Sequence[Pattern], attrs: Mapping[str, str], index: int = 0
    ) -> None:
        """Add an entry.

        Args:
            patterns: Patterns as a `Matcher` takes them.
            attrs: What to set: TAG, POS, MORPH ("_" for no features), LEMMA, DEP, NORM.
            index: The token of a match that it is set for; negative ones count from
                the end.

        Raises:
            ValueError: A pattern or an attribute is not supported.
        """
        values = _read_attrs(attrs)
        for pattern in patterns:
            self._matcher.add(str(len(self.rules)), [pattern])
            self._owners.append(len(self.rules))
        self._values.append(values)
        self.rules.append(AttributeRule(patterns=patterns, attrs=attrs, index=index))
        self._forget()

    def annotate(self, docs: Sequence[Doc]) -> None:
        """Set the attributes, in place.

        Raises:
            ValueError: The index of an entry lies outside of what its pattern matched.
        """
        written = self.fields
        fields = [(i, f) for i, f in enumerate(FIELDS.values()) if f in written]
        for doc in docs:
            n_words = len(doc)
            columns = [*zip(*self._find_values(doc), strict=True)]
            for i, field in fields if columns else ():
                new, old = columns[i], getattr(doc, field)
                n_unset = new.count(None)
                if n_unset == n_words:
                    continue
                if old is None:  # A norm is never unknown; "" is that of the word.
                    old = ["" if field == "norms" else None] * n_words
                pairs = zip(new, old, strict=True) if n_unset else ()
                mixed = [o if n is None else n for n, o in pairs]
                write_field(doc, field, mixed or [*new])

    def to_files(self) -> dict[str, bytes]:
        """Return the entries as spaCy writes them."""
        return {_FILE: pack([dict(rule) for rule in self.rules])}

    def from_files(self, files: Mapping[str, bytes]) -> None:
        """Take entries that `to_files` returned; ValueError if they are damaged."""
        data = take_file("attribute_ruler", files, _FILE)
        self._take(unpack(data, _FILE), _FILE)

    def from_spacy(self, path: Path) -> None:
        """Take the entries of spaCy's file `patterns`, in the component's folder."""
        self._take(read_msgpack(path / "patterns"), str(path / "patterns"))

    def _take(self, rules: Any, source: str) -> None:
        if not isinstance(rules, list) or not all(
            isinstance(rule, dict)
            and isinstance(rule.get("patterns"), list)
            and isinstance(rule.get("attrs"), dict)
            and isinstance(rule.get("index", 0), int)
            for rule in rules
        ):
            raise wrong(source, "a list of patterns, attrs and index", rules)
        self.rules = []
        self._reset()
        for rule in rules:
            try:
                self.add(rule["patterns"], rule["attrs"], rule.get("index", 0))
            except ValueError as error:
                raise ValueError(f"{source}: {error}") from error

    def _reset(self) -> None:
        self._matcher = Matcher(self.lang, owner="attribute_ruler")
        self._owners: list[int] = []  # The entry of each pattern.
        self._values: list[_Values] = []
        self._forget()

    def _forget(self) -> None:
        """Forget what depends on the entries."""
        self._fields = None
        self._decided: Memo[tuple[int, ...], tuple[_Values, tuple[int, ...]]] = Memo(
            self._decide
        )

    def _find_values(self, doc: Doc) -> list[_Values]:
        """Return what is set for each token."""
        facts = self._matcher.look_up(doc)
        decided = [self._decided[token.starts] for token in facts]
        values = [value for value, _ in decided]
        starts = [longer for _, longer in decided]
        if not any(starts):
            return values
        hits: dict[int, list[int]] = {}
        holds = [token.holds for token in facts]
        for number, start, end in find_matches(self._matcher.patterns, starts, holds):
            rule = self._owners[number]
            place = self._place(rule, start, end)
            hits.setdefault(place, []).append(rule)
        for place, rules in hits.items():
            singles = [p for p in facts[place].starts if self._is_single(p)]
            values[place] = self._merge([*rules, *(self._owners[p] for p in singles)])
        return values

    def _is_single(self, pattern: int) -> bool:
        steps = self._matcher.patterns[pattern]
        return len(steps) == 1 and steps[0].quantifier == ONE

    def _place(self, rule: int, start: int, end: int) -> int:
        """Return the token of a match that an entry is for."""
        index = self.rules[rule]["index"]
        if not start - end <= index < end - start:
            raise ValueError(
                f"attribute_ruler: the index of entry {rule} must be that of a token "
                f"of the {end - start} that its pattern matched, got {index}."
            )
        return (end if index < 0 else start) + index

    def _decide(self, starts: tuple[int, ...]) -> tuple[_Values, tuple[int, ...]]:
        """Return what patterns of one token set, and which longer ones may begin."""
        singles = [p for p in starts if self._is_single(p)]
        for pattern in singles:
            self._place(self._owners[pattern], 0, 1)
        longer = tuple(p for p in starts if not self._is_single(p))
        return self._merge(self._owners[p] for p in singles), longer

    def _merge(self, rules: Iterable[int]) -> _Values:
        merged: list[str | None] = [None] * len(FIELDS)
        for rule in sorted(rules):
            for i, value in enumerate(self._values[rule]):
                merged[i] = merged[i] if value is None else value
        return tuple(merged)


def _read_attrs(attrs: Mapping[str, Any]) -> _Values:
    found: dict[str, str] = {}
    for name, value in attrs.items():
        upper = str(name).upper()
        if upper not in FIELDS or not isinstance(value, str):
            raise ValueError(
                f"attribute_ruler: attrs must be strings for {', '.join(FIELDS)}, got "
                f"{value!r} for {name!r}."
            )
        found[upper] = normal_feats(value) if upper == "MORPH" else value
    return tuple(found.get(name) for name in FIELDS)


@registry.factories("attribute_ruler")
def attribute_ruler(
    *,
    lang: str = "xx",
    validate: bool = False,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> AttributeRuler:
    """Set attributes of tokens by patterns, which `from_spacy` or `add` give it.

    Args:
        lang: Code of the language, for patterns with LIKE_NUM.
        validate: spaCy's setting; patterns are always checked.
        scorer: Measures predictions.
    """
    return AttributeRuler(lang, scorer=scorer)
