"""Find entities and spans by phrases and patterns of tokens."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypedDict

from .._label_scores import score_spans
from .._lexical.attributes import string_id
from .._registry import registry
from .._scores import score_ents
from .._spacy_files import parse_json, parse_json_lines, read_plain, take_file, wrong
from ..doc import Doc, Span
from ..tokenizer import Tokenize, Tokenizer
from ._phrases import Phrases
from ._span_filters import SpanFilter, by_length, keep_longest
from .matcher import Matcher, Pattern

_FILE: Final = "patterns.jsonl"


class _Labelled(TypedDict):
    label: str
    pattern: str | Pattern


class SpanPattern(_Labelled, total=False):
    """A label, with the phrase or the tokens that it is given to, and perhaps an id."""

    id: str


class _Ruler:
    """A set of patterns, with the search for what they match."""

    owner = "ruler"

    def __init__(self, lang: str, phrase_matcher_attr: str | None) -> None:
        self.lang = lang
        self.phrase_matcher_attr = phrase_matcher_attr
        self.tokenizer: Tokenize | None = None
        self.patterns: list[SpanPattern] = []
        self._found: tuple[Matcher, Phrases] | None = None
        Phrases(self.owner, phrase_matcher_attr)  # Checks the attribute.

    @property
    def labels(self) -> list[str]:
        """The labels of the patterns, sorted."""
        return sorted({pattern["label"] for pattern in self.patterns})

    def add_patterns(self, patterns: Iterable[SpanPattern]) -> None:
        """Add patterns to those that there are.

        Args:
            patterns: Maps with a `label`, and as `pattern` a phrase, which the
                tokenizer splits, or a list as a `Matcher` takes it; they may have an
                `id`, which tells patterns of one label apart.

        Raises:
            ValueError: One is something else, or is not supported.
        """
        new = [*patterns]
        checker = Matcher(self.lang, owner=self.owner)
        for pattern in new:
            if not isinstance(pattern, Mapping) or not _is_pattern(pattern):
                raise ValueError(
                    f"{self.owner}: a pattern must have a label and a phrase or a list "
                    f"of tokens, got {pattern!r}."
                )
            if not isinstance(pattern["pattern"], str):
                checker.add(pattern["label"], [pattern["pattern"]])
        self.patterns += new
        self._found = None

    def to_files(self) -> dict[str, bytes]:
        """Return the patterns, one JSON object on each line."""
        lines = (json.dumps(p, ensure_ascii=False) + "\n" for p in self.patterns)
        return {_FILE: "".join(lines).encode("utf8", "surrogatepass")}

    def from_files(self, files: Mapping[str, bytes]) -> None:
        """Take patterns that `to_files` returned; ValueError if they are damaged."""
        self._take(take_file(self.owner, files, _FILE), _FILE)

    def _take(self, data: bytes, source: str) -> None:
        self.patterns = []
        try:
            self.add_patterns(parse_json_lines(data, source))
        except ValueError as error:
            named = str(error).startswith(source)
            raise ValueError(str(error) if named else f"{source}: {error}") from error

    def _find(self, doc: Doc) -> list[tuple[str, int, int]]:
        """Return the keys of matches, in the order in which they are found."""
        matcher, phrases = self._found or self._compile()
        spans = matcher(doc) if len(matcher) else []
        matches = [(span.label, span.start, span.end) for span in spans]
        return [*matches, *phrases.find(doc)]

    def _compile(self) -> tuple[Matcher, Phrases]:
        tokenize = self.tokenizer or Tokenizer(self.lang, keep_whitespace=True)
        matcher = Matcher(self.lang, owner=self.owner)
        phrases = Phrases(self.owner, self.phrase_matcher_attr)
        for entry in self.patterns:
            key, pattern = self._key(entry), entry["pattern"]
            if isinstance(pattern, str):
                phrases.add(key, tokenize(pattern))
            else:
                matcher.add(key, [pattern])
        self._found = matcher, phrases
        return self._found

    def _key(self, pattern: SpanPattern) -> str:
        raise NotImplementedError


class EntityRuler(_Ruler):
    """Find entities by phrases and patterns of tokens.

    Of matches that overlap the longest counts, of as long ones the first. One in whose
    place an entity stands is passed over, unless entities are overwritten.

    Attributes:
        tokenizer: Splits phrases; that of the pipeline. None: `zoo.tokenizer.Tokenizer`
            of the language.

    Args:
        lang: Code of the language.
        overwrite_ents: Whether matches take the place of entities of the document.
        phrase_matcher_attr: What the words of phrases are compared by: "ORTH", "LOWER"
            or another attribute of words; None is "ORTH".
        ent_id_sep: What spaCy writes between a label and the id of a pattern.
        scorer: Measures predictions. None: `ents_p`, `ents_r`, `ents_f` and figures
            per type.

    Source:
        spaCy 3.8, `EntityRuler`, whose entities these are. Of matches of the same
        tokens with several labels its choice follows from the hashes of the labels, and
        so does this one's. Ids are not written into documents.
    """

    owner = "entity_ruler"
    fields = ("ents",)

    def __init__(
        self,
        lang: str = "xx",
        *,
        overwrite_ents: bool = False,
        phrase_matcher_attr: str | None = None,
        ent_id_sep: str = "||",
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(lang, phrase_matcher_attr)
        self.overwrite_ents = overwrite_ents
        self.ent_id_sep = ent_id_sep
        self.scorer = scorer or score_ents

    def annotate(self, docs: Sequence[Doc]) -> None:
        """Add the entities that match, in place.

        Raises:
            ValueError: Patterns ask for what a document lacks, such as tags.
        """
        for doc in docs:
            doc.ents = sorted(self._merge(doc.ents or [], self._matches(doc)))

    def from_spacy(self, path: Path) -> None:
        """Take spaCy's files `cfg` and ``patterns.jsonl`` in the component's folder."""
        if (path / "cfg").is_file():
            config = parse_json(read_plain(path / "cfg"), str(path / "cfg"))
            if not isinstance(config, dict):
                raise wrong(str(path / "cfg"), "settings", config)
            self.overwrite_ents = bool(config.get("overwrite", self.overwrite_ents))
            self.ent_id_sep = str(config.get("ent_id_sep", self.ent_id_sep))
            attribute = config.get("phrase_matcher_attr", self.phrase_matcher_attr)
            Phrases(f"{path / 'cfg'}: {self.owner}", attribute)
            self.phrase_matcher_attr = attribute
        self._take(read_plain(path / _FILE), str(path / _FILE))

    def _key(self, pattern: SpanPattern) -> str:
        if pattern.get("id"):
            return f"{pattern['label']}{self.ent_id_sep}{pattern['id']}"
        return pattern["label"]

    def _matches(self, doc: Doc) -> list[Span]:
        labels = {self._key(pattern): pattern["label"] for pattern in self.patterns}
        found = {(string_id(key), *place): key for key, *place in self._find(doc)}
        # A set, as in spaCy, so that matches of the same tokens come in its order.
        unique = {match for match in found}
        spans = (Span(s, e, labels[found[m, s, e]]) for m, s, e in unique)
        return sorted(spans, key=by_length)

    def _merge(self, ents: Sequence[Span], matches: Iterable[Span]) -> list[Span]:
        kept, new = [*ents], []
        known = {i for ent in ents for i in range(ent.start, ent.end)}
        seen: set[int] = set()
        for span in matches:
            places = range(span.start, span.end)
            if not self.overwrite_ents and not known.isdisjoint(places):
                continue
            if span.start not in seen and span.end - 1 not in seen:
                new.append(span)
                seen.update(places)
                kept = [e for e in kept if e.end <= span.start or e.start >= span.end]
        return [*kept, *new]


class SpanRuler(_Ruler):
    """Find spans by phrases and patterns of tokens.

    Attributes:
        tokenizer: Splits phrases; that of the pipeline. None: `zoo.tokenizer.Tokenizer`
            of the language.

    Args:
        lang: Code of the language.
        spans_key: The group of `Doc.spans` that is written; None writes none.
        spans_filter: Chooses among the spans of the group and those that match. None
            keeps all.
        annotate_ents: Whether to write entities, too.
        ents_filter: Chooses among the entities and the spans that match. None keeps
            the longest.
        phrase_matcher_attr: What the words of phrases are compared by: "ORTH", "LOWER"
            or another attribute of words; None is "ORTH".
        overwrite: Whether to drop the spans and entities that a document has.
        scorer: Measures predictions. None: `spans_<key>_p`, `_r`, `_f`, `_per_type`.

    Source:
        spaCy 3.8, `SpanRuler`, whose spans these are. Ids are not written into
        documents.
    """

    owner = "span_ruler"

    def __init__(
        self,
        lang: str = "xx",
        *,
        spans_key: str | None = "ruler",
        spans_filter: SpanFilter | None = None,
        annotate_ents: bool = False,
        ents_filter: SpanFilter | None = None,
        phrase_matcher_attr: str | None = None,
        overwrite: bool = True,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(lang, phrase_matcher_attr)
        self.spans_key = spans_key
        self.spans_filter = spans_filter
        self.annotate_ents = annotate_ents
        self.ents_filter = ents_filter or keep_longest
        self.overwrite = overwrite
        self.scorer = scorer or self._score

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it writes: `spans`, `ents`, or both."""
        written = (("spans", bool(self.spans_key)), ("ents", self.annotate_ents))
        return tuple(field for field, is_written in written if is_written)

    def annotate(self, docs: Sequence[Doc]) -> None:
        """Write the spans that match, in place.

        Raises:
            ValueError: Patterns ask for what a document lacks, such as tags, or the
                filter of entities leaves some that overlap.
        """
        for doc in docs:
            matches = self._matches(doc)
            if self.spans_key:
                groups = doc.spans or {}
                old = [] if self.overwrite else groups.get(self.spans_key, [])
                keep = self.spans_filter
                new = keep(old, matches) if keep else matches
                doc.spans = {**groups, self.spans_key: [*old, *new]}
            if self.annotate_ents:
                ents = [] if self.overwrite else doc.ents or []
                doc.ents = _checked_ents(self.ents_filter(ents, matches))

    def from_spacy(self, path: Path) -> None:
        """Take spaCy's file `patterns`, in the component's folder."""
        self._take(read_plain(path / "patterns"), str(path / "patterns"))

    def _key(self, pattern: SpanPattern) -> str:
        return json.dumps([pattern["label"], pattern.get("id", "")])

    def _matches(self, doc: Doc) -> list[Span]:
        """Return the spans, in spaCy's order: by place, then by the ids of labels."""
        found = []
        for key, start, end in dict.fromkeys(self._find(doc)):
            label, id_ = json.loads(key)
            order = (start, end, string_id(label), string_id(id_))
            found.append((order, Span(start, end, label)))
        return [span for _, span in sorted(found)]

    def _score(self, gold: Sequence[Doc], predicted: Sequence[Doc]) -> dict[str, Any]:
        if not self.spans_key:
            return score_ents(gold, predicted)
        return score_spans(gold, predicted, self.spans_key)


def _checked_ents(ents: Iterable[Span]) -> list[Span]:
    ordered = sorted(ents)
    for left, right in pairwise(ordered):
        if right.start < left.end:
            raise ValueError(
                f"span_ruler: the filter of entities must leave none that overlap, got "
                f"{left.start}:{left.end} ({left.label}) and {right.start}:{right.end} "
                f"({right.label})."
            )
    return ordered


def _is_pattern(pattern: Mapping[str, Any]) -> bool:
    return isinstance(pattern.get("label"), str) and isinstance(
        pattern.get("pattern"), str | list | tuple
    )


@registry.factories("entity_ruler")
def entity_ruler(
    *,
    lang: str = "xx",
    overwrite_ents: bool = False,
    phrase_matcher_attr: str | None = None,
    ent_id_sep: str = "||",
    validate: bool = False,
    matcher_fuzzy_compare: Callable[..., Any] | None = None,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> EntityRuler:
    """Find entities by phrases and patterns: the field `ents`.

    The other settings are those of `EntityRuler`.

    Args:
        validate: Without effect: patterns are always checked.
        matcher_fuzzy_compare: Without effect: FUZZY is not supported.
    """
    return EntityRuler(
        lang,
        overwrite_ents=overwrite_ents,
        phrase_matcher_attr=phrase_matcher_attr,
        ent_id_sep=ent_id_sep,
        scorer=scorer,
    )


@registry.factories("span_ruler")
def span_ruler(
    *,
    lang: str = "xx",
    spans_key: str | None = "ruler",
    spans_filter: SpanFilter | None = None,
    annotate_ents: bool = False,
    ents_filter: SpanFilter | None = None,
    phrase_matcher_attr: str | None = None,
    validate: bool = False,
    overwrite: bool = True,
    matcher_fuzzy_compare: Callable[..., Any] | None = None,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> SpanRuler:
    """Find spans by phrases and patterns: the field `spans`, and `ents` if wanted.

    The other settings are those of `SpanRuler`.

    Args:
        validate: Without effect: patterns are always checked.
        matcher_fuzzy_compare: Without effect: FUZZY is not supported.
    """
    return SpanRuler(
        lang,
        spans_key=spans_key,
        spans_filter=spans_filter,
        annotate_ents=annotate_ents,
        ents_filter=ents_filter,
        phrase_matcher_attr=phrase_matcher_attr,
        overwrite=overwrite,
        scorer=scorer,
    )
