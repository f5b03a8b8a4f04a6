"""Collect the wrong predictions of a pipeline, and write them to a file to read."""

import json
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._wrong_predictions import Mistake
    from ..doc import Doc, Span
    from ..pipeline import Pipeline

#: Words that are shown before and after a wrong prediction.
CONTEXT = 12
#: The kinds of file that wrong predictions can be written to.
SUFFIXES = (".jsonl", ".html")


def check_errors_file(path: Path) -> None:
    """Raise ValueError if wrong predictions cannot be written to a file."""
    if path.suffix not in SUFFIXES:
        raise ValueError(
            f"{path}: wrong predictions are written as {' or '.join(SUFFIXES)}, got "
            f"the suffix {path.suffix!r}."
        )


def collect_mistakes(pipeline: "Pipeline", docs: "Sequence[Doc]") -> "list[Mistake]":
    """Find the wrong predictions of a pipeline, in the order of its components."""
    from .._wrong_predictions import find_mistakes
    from ..objectives.entities import Entities
    from ..objectives.tags import Tagging

    predicted = pipeline([doc.copy(annotations=False) for doc in docs])
    found: list[Mistake] = []
    for component, objective in pipeline.heads:
        mistakes = find_mistakes(
            docs,
            predicted,
            objective.field,
            exclusive=getattr(objective, "exclusive", True),
            threshold=getattr(objective, "threshold", 0.5),
        )
        if isinstance(objective, Tagging):
            chances = _best_chances(pipeline, component.name, docs)
            mistakes = (m._replace(score=chances[m.doc][m.start]) for m in mistakes)
        elif isinstance(objective, Entities):
            spans = _span_chances(pipeline, component.name, predicted)
            mistakes = (m._replace(score=spans[m.doc].get(_span(m))) for m in mistakes)
        found += mistakes
    return found


def _best_chances(
    pipeline: "Pipeline", component: str, docs: "Sequence[Doc]"
) -> list[list[float]]:
    """Compute the probability of the predicted label of each word of documents."""
    import numpy as np

    found = []
    size = pipeline.batch_size
    for start in range(0, len(docs), size):
        for scores in pipeline.predict(docs[start : start + size])[component]:
            P = pipeline.models[component].ops.to_numpy(scores)
            if len(P) and not np.allclose(P.sum(axis=1), 1, atol=1e-3):
                P = np.exp(P - P.max(axis=1, keepdims=True))
                P /= P.sum(axis=1, keepdims=True)
            found.append(P.max(axis=1).tolist() if len(P) else [])
    return found


def _span_chances(
    pipeline: "Pipeline", component: str, docs: "Sequence[Doc]"
) -> "list[dict[Span, float]]":
    """Compute the probability of each predicted entity of documents."""
    objective = pipeline.components[component].objective
    ops, size = pipeline.models[component].ops, pipeline.batch_size
    found: list[dict[Span, float]] = []
    for start in range(0, len(docs), size):
        batch = docs[start : start + size]
        scores = pipeline.predict(batch)[component]
        found += objective.probabilities(ops, batch, scores)  # type: ignore[union-attr]
    return found


def _span(mistake: "Mistake") -> "Span":
    from ..doc import Span

    return Span(mistake.start, mistake.end, mistake.predicted or "")


def write_mistakes(
    path: Path, docs: "Sequence[Doc]", mistakes: "Sequence[Mistake]", title: str
) -> None:
    """Write wrong predictions as JSON lines, or as a page for a browser.

    Args:
        path: The file, whose suffix decides. It is replaced when all is written.
        docs: The documents.
        mistakes: Their wrong predictions.
        title: The heading of the page.
    """
    from .._atomic import replace_file

    lines = _page(docs, mistakes, title)
    if path.suffix == ".jsonl":
        rows = (_as_row(docs[m.doc], m) for m in mistakes)
        lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    with replace_file(path) as file, file.open("w", encoding="utf8") as out:
        for line in lines:
            out.write(f"{line}\n")


def _as_row(doc: "Doc", mistake: "Mistake") -> dict[str, Any]:
    words = list(doc.words[mistake.start : mistake.end])
    return {
        "text": " ".join(doc.words),
        "field": mistake.field,
        "words": words if mistake.field != "cats" else None,
        "gold": mistake.gold,
        "predicted": mistake.predicted,
        "score": mistake.score,
        "doc": mistake.doc,
        "start": mistake.start,
        "end": mistake.end,
    }


STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em;
  padding: 0 1em; color: #222; background: #fff; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2em; }
th, td { text-align: left; padding: .25em .8em .25em 0; vertical-align: top;
  border-bottom: 1px solid #ddd; }
td.label { white-space: nowrap; } .gold { color: #06633a; } .wrong { color: #a3122b; }
mark { background: #ffe9a8; color: inherit; padding: 0 .1em; }
.more { color: #666; }
"""


def _page(
    docs: "Sequence[Doc]", mistakes: "Sequence[Mistake]", title: str
) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    yield f"<h1>Wrong predictions: {escape(title)}</h1>"
    yield f"<p>{len(mistakes):,} in {len(docs):,} documents.</p>"
    for field, group in groupby(mistakes, key=lambda m: m.field):
        found = list(group)
        yield f"<h2>{escape(field)}: {len(found):,}</h2>\n<table>\n<tr>"
        yield "<th>document</th><th>text</th><th>gold</th><th>predicted</th>"
        yield "<th>score</th></tr>"
        # Those with the same confusion stand together, the most frequent first.
        pairs = [(m.gold or "", m.predicted or "") for m in found]
        rank = {pair: -pairs.count(pair) for pair in set(pairs)}
        for m in sorted(found, key=lambda m: _rank(m, rank)):
            score = "" if m.score is None else f"{m.score:.2f}"
            yield (
                f"<tr><td>{m.doc + 1}</td><td>{_excerpt(docs[m.doc], m)}</td>"
                f'<td class="label gold">{escape(m.gold or "–")}</td>'
                f'<td class="label wrong">{escape(m.predicted or "–")}</td>'
                f"<td>{score}</td></tr>"
            )
        yield "</table>"
    yield "</body>\n</html>"


def _rank(m: "Mistake", rank: dict[tuple[str, str], int]) -> tuple[int, str, str, int]:
    gold, predicted = m.gold or "", m.predicted or ""
    return rank[gold, predicted], gold, predicted, m.doc


def _excerpt(doc: "Doc", mistake: "Mistake") -> str:
    """Return the words around a wrong prediction, which is marked, as HTML."""
    if mistake.field == "cats":
        return escape(" ".join(doc.words))
    first = max(0, mistake.start - CONTEXT)
    last = mistake.end + CONTEXT
    before, inside, after = (
        escape(" ".join(doc.words[i:j]))
        for i, j in ((first, mistake.start), (mistake.start, mistake.end),
                     (mistake.end, last))
    )  # fmt: skip
    start = '<span class="more">…</span> ' if first else ""
    end = ' <span class="more">…</span>' if last < len(doc) else ""
    return f"{start}{before} <mark>{inside}</mark> {after}{end}"
