"""Find where sentences begin, by their punctuation, in documents."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .._registry import registry
from .._scores import score_sents
from .._spacy_files import parse_json, read_plain, take_file, wrong
from ..doc import Doc
from ..tokenizer.sentences import ENDS, sentence_starts

_FILE: Final = "sentencizer.json"


class Sentencizer:
    """Find where sentences begin, by the words that end them.

    A sentence ends with a word such as "." or "?" and with all punctuation after it,
    as `zoo.tokenizer.Sentences` does.

    Args:
        punct_chars: The words that end sentences. None: full stops, exclamation and
            question marks of many scripts.
        overwrite: Whether to replace what a document says of where sentences begin.
        scorer: Measures predictions. None: `sents_p`, `sents_r` and `sents_f`.

    Source:
        spaCy 3.8, `Sentencizer`, whose sentences these are.
    """

    fields = ("sent_starts",)

    def __init__(
        self,
        *,
        punct_chars: Iterable[str] | None = None,
        overwrite: bool = False,
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        found = frozenset(punct_chars or ())
        self.punct_chars = found or ENDS
        self.overwrite = overwrite
        self.scorer = scorer or score_sents

    def annotate(self, docs: Sequence[Doc]) -> None:
        """Write where sentences begin; what is known stays, unless `overwrite` is."""
        for doc in docs:
            starts: list[bool | None] = [*sentence_starts(doc.words, self.punct_chars)]
            if doc.sent_starts is not None and not self.overwrite:
                pairs = zip(doc.sent_starts, starts, strict=True)
                starts = [new if old is None else old for old, new in pairs]
            doc.sent_starts = starts

    def to_files(self) -> dict[str, bytes]:
        """Return the settings, in spaCy's form."""
        settings = {
            "punct_chars": sorted(self.punct_chars),
            "overwrite": self.overwrite,
        }
        return {_FILE: json.dumps(settings, ensure_ascii=False).encode()}

    def from_files(self, files: Mapping[str, bytes]) -> None:
        """Take what `to_files` returned; ValueError if it is damaged."""
        self._take(take_file("sentencizer", files, _FILE), _FILE)

    def from_spacy(self, path: Path) -> None:
        """Take spaCy's file ``sentencizer.json``, which has the component's name."""
        file = path if path.suffix == ".json" else path.with_suffix(".json")
        self._take(read_plain(file), str(file))

    def _take(self, data: bytes, source: str) -> None:
        found = parse_json(data, source)
        ends = found.get("punct_chars", [*ENDS]) if isinstance(found, dict) else None
        if not isinstance(ends, list) or not {*map(type, ends)} <= {str}:
            raise wrong(source, "punct_chars and overwrite", found)
        self.punct_chars = frozenset(ends)
        self.overwrite = bool(found.get("overwrite", self.overwrite))


@registry.factories("sentencizer")
def sentencizer(
    *,
    punct_chars: list[str] | None = None,
    overwrite: bool = False,
    scorer: Callable[..., dict[str, Any]] | None = None,
) -> Sentencizer:
    """Mark where sentences begin, by their punctuation: the field `sent_starts`.

    The settings are those of `Sentencizer`.
    """
    return Sentencizer(punct_chars=punct_chars, overwrite=overwrite, scorer=scorer)
