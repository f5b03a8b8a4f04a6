"""Draw documents as HTML: running text with entities, and pictures of the rest."""

from collections.abc import Iterable, Iterator, Mapping

from ..doc import Doc, Span
from .styles import escape, style_sheet
from .tree_svg import draw_rows


def draw_block(docs: Iterable[Doc], colors: Mapping[str, int]) -> str:
    """Return a part of a page, with its styles."""
    shown = "".join(_draw_doc(doc, colors) for doc in docs)
    empty = '<p class="soft">(no documents)</p>'
    return f'<div class="zoo-view"><style>{style_sheet()}</style>{shown or empty}</div>'


def draw_page(docs: Iterable[Doc], colors: Mapping[str, int], title: str) -> str:
    """Return a page that stands by itself."""
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title></head>"
        f'<body style="margin:16px">{draw_block(docs, colors)}</body></html>\n'
    )


def _draw_doc(doc: Doc, colors: Mapping[str, int]) -> str:
    parts = []
    if not doc.words:
        parts.append('<p class="soft">(no words)</p>')
    if doc.cats:
        shown = sorted(doc.cats.items(), key=lambda pair: -pair[1])
        cats = ", ".join(f"{escape(label)} {score:.2f}" for label, score in shown)
        parts.append(f'<p class="soft">{cats}</p>')
    if doc.words and (doc.ents is not None or not _has_more(doc)):
        parts.append(f'<p dir="auto">{"".join(_mark_entities(doc, colors))}</p>')
    if _has_more(doc):
        rows = draw_rows(doc, colors)
        # A row that is too wide for a page can be moved by keys, too.
        parts += [f'<div class="row" tabindex="0">{row}</div>' for row in rows]
    return f'<section style="margin-bottom:16px">{"".join(parts)}</section>'


def _has_more(doc: Doc) -> bool:
    """Check whether a document has annotations that running text cannot show."""
    return any((doc.heads, doc.tags, doc.pos, doc.spans)) and bool(doc.words)


def _mark_entities(doc: Doc, colors: Mapping[str, int]) -> Iterator[str]:
    """Return the text, with a mark around each entity."""
    at = 0
    for span in sorted(doc.ents or []):
        yield escape(_text(doc, at, span.start))
        words = escape(_text(doc, span.start, span.end).rstrip())
        yield (
            f'<mark class="c{colors.get(span.label, 0)}">{words}'
            f"<b>{escape(span.label)}</b></mark>{_gap(doc, span)}"
        )
        at = span.end
    yield escape(_text(doc, at, len(doc)))


def _text(doc: Doc, start: int, end: int) -> str:
    spaces = doc.spaces or [True] * len(doc)
    return "".join(
        word + (" " if space else "")
        for word, space in zip(doc.words[start:end], spaces[start:end], strict=True)
    )


def _gap(doc: Doc, span: Span) -> str:
    spaces = doc.spaces or [True] * len(doc)
    return " " if spaces[span.end - 1] else ""
