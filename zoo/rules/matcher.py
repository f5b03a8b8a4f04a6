"""Find sequences of tokens by patterns of their attributes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

from ..doc import Doc, Span
from ._automaton import Match, Step, find_matches, read_operator
from ._predicates import Condition, compile_token
from ._token_index import TokenFacts, TokenIndex
from ._token_values import FIELDS

#: A map for each token: attributes with values or predicates, and an operator.
Pattern = Sequence[Mapping[str, Any]]
#: Which of several matches that overlap counts.
Greedy = Literal["FIRST", "LONGEST"]

#: The fields that patterns may need, by attribute; a document should have them.
_NEEDED: Final = {**FIELDS, "MORPH": "morphs"}


class Matcher:
    """Find tokens by patterns in the language of spaCy's `Matcher`.

    A pattern is a list with a map for each token: attributes (``ORTH`` or ``TEXT``,
    ``LOWER``, ``NORM``, ``SHAPE``, ``PREFIX``, ``SUFFIX``, ``LENGTH``, ``TAG``,
    ``POS``, ``MORPH``, ``LEMMA``, ``DEP``, ``ENT_TYPE``, ``ENT_IOB``, ``SPACY``,
    ``SENT_START`` and flags such as ``IS_ALPHA``), each with a value, or with a map of
    predicates: ``REGEX``, ``IN``, ``NOT_IN``, ``IS_SUBSET``, ``IS_SUPERSET``,
    ``INTERSECTS``, ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``. ``OP`` says how often
    the token matches: ``!``, ``?``, ``*``, ``+``, ``{n}``, ``{n,m}``, ``{n,}``,
    ``{,m}``. An empty map matches any token.

    What was seen of a token is remembered, up to a number of different ones. Threads
    may share a matcher once all patterns are added.

    Args:
        lang: Code of the language, which ``LIKE_NUM`` depends on: "en" or "xx".
        owner: What messages call it.

    Source:
        spaCy 3.8, `Matcher`, whose matches and whose order these are. ``FUZZY``, custom
        attributes, ``IS_STOP`` and callbacks are not supported.
    """

    def __init__(self, lang: str = "xx", *, owner: str = "Matcher") -> None:
        self.lang = lang
        self.owner = owner
        self.keys: list[str] = []  # Of each pattern.
        self.greedy: dict[str, Greedy | None] = {}
        self.patterns: list[list[Step]] = []
        self._numbers: dict[str, int] = {}  # Of tests, by what they are compiled from.
        self._tests: list[tuple[Condition, ...]] = []
        self._index: TokenIndex | None = None

    def __len__(self) -> int:
        return len(self.greedy)

    def __contains__(self, key: str) -> bool:
        return key in self.greedy

    def add(
        self,
        key: str,
        patterns: Sequence[Pattern],
        *,
        greedy: Greedy | None = None,
    ) -> None:
        """Add patterns under a key, which the spans that they match have as a label.

        Args:
            key: The key; patterns that it has already stay.
            patterns: One or more patterns.
            greedy: Of matches of the key that overlap, the "FIRST" or the "LONGEST"
                one alone counts; None keeps all.

        Raises:
            ValueError: A pattern is empty, or something in it is not supported.
        """
        if greedy is not None and greedy not in get_args(Greedy):
            raise ValueError(
                f"{self.owner}: greedy must be FIRST, LONGEST or None, got {greedy!r}."
            )
        found = [self._compile(pattern) for pattern in patterns]
        self.patterns += found
        self.keys += [key] * len(found)
        self.greedy[key] = greedy
        self._index = None

    def __call__(self, doc: Doc, *, allow_missing: bool = False) -> list[Span]:
        """Find all spans that match, with the keys as labels, in spaCy's order.

        Args:
            doc: The document.
            allow_missing: Whether the document may lack annotation that patterns ask
                for; its values then count as empty.

        Raises:
            ValueError: It lacks some, and must not.
        """
        if not allow_missing:
            self._check_annotation(doc)
        matches = self.find(doc)
        spans = [Span(m.start, m.end, self.keys[m.pattern]) for m in matches]
        # One key may find a span by several patterns.
        spans = [*dict.fromkeys(spans)]
        kept = [span for span in spans if self.greedy[span.label] is None]
        for key in dict.fromkeys(span.label for span in spans):
            if greedy := self.greedy[key]:
                of_key = [span for span in spans if span.label == key]
                kept += _without_overlaps(of_key, greedy)
        return kept

    def find(self, doc: Doc) -> list[Match]:
        """Find the matches of each pattern, by the pattern's number, unfiltered."""
        if not self.patterns or not doc.words:
            return []
        tokens = self.look_up(doc)
        if not any(token.starts for token in tokens):
            return []
        starts = [token.starts for token in tokens]
        return find_matches(self.patterns, starts, [token.holds for token in tokens])

    def look_up(self, doc: Doc) -> list[TokenFacts]:
        """Return what holds for each word of a document."""
        return self.index.look_up(doc)

    @property
    def index(self) -> TokenIndex:
        """What is known of tokens, made anew when patterns were added."""
        index = self._index
        if index is None:
            index = self._index = TokenIndex(self._tests, self.patterns, self.lang)
        return index

    def _check_annotation(self, doc: Doc) -> None:
        for name in self.index.attributes:
            field = _NEEDED.get(name)
            values = getattr(doc, field) if field else None
            if field and doc.words and not any(v is not None for v in values or ()):
                raise ValueError(
                    f"{self.owner}: patterns with {name} need documents with {field}, "
                    f"and got one that has none. Run what predicts them first."
                )

    def _compile(self, pattern: Pattern) -> list[Step]:
        if not isinstance(pattern, Sequence) or isinstance(pattern, str):
            raise ValueError(
                f"{self.owner}: a pattern must be a list of maps, got {pattern!r}."
            )
        steps: list[Step] = []
        for spec in pattern:
            conditions = compile_token(self.owner, spec, self.lang)
            test = self._numbers.setdefault(_spec_key(spec), len(self._tests))
            if test == len(self._tests):
                self._tests.append(conditions)
            steps += [Step(kind, test) for kind in read_operator(self.owner, spec)]
        if not steps:
            raise ValueError(
                f"{self.owner}: a pattern must have a token, got {pattern!r}."
            )
        return steps


def _spec_key(spec: Mapping[str, Any]) -> str:
    """Make equal conditions known as such."""
    parts = sorted((str(k), repr(v)) for k, v in spec.items() if str(k).upper() != "OP")
    return repr(parts)


def _without_overlaps(spans: Iterable[Span], greedy: Greedy) -> list[Span]:
    if greedy == "FIRST":
        ordered = sorted(spans, key=lambda span: (span.start, -span.end))
    else:
        ordered = sorted(spans, key=lambda span: (span.start - span.end, span.start))
    kept: list[Span] = []
    taken: set[int] = set()
    for span in ordered:
        places = range(span.start, span.end)
        if taken.isdisjoint(places):
            kept.append(span)
            taken.update(places)
    return kept
