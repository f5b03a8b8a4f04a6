"""Show documents: in notebooks, as files of SVG and HTML, and on terminals."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from .._atomic import replace_file
from ..doc import Doc
from .doc_html import draw_block, draw_page
from .doc_text import draw_text
from .marks import choose_colors
from .tree_svg import describe, draw_svg

#: The formats of files, by suffix.
FORMATS = (".html", ".svg", ".txt")


class View:
    """Pictures of documents: their trees, tags, entities, spans and categories.

    A notebook shows it as HTML, and `print` as text.

    Args:
        docs: The documents.
    """

    def __init__(self, docs: Sequence[Doc]) -> None:
        self.docs = list(docs)
        self._colors = choose_colors(self.docs)
        self._title = describe(" ".join(w for doc in self.docs for w in doc.words[:80]))

    @cached_property
    def svg(self) -> str:
        """A picture of all documents, one line below the other."""
        return draw_svg(self.docs, self._colors, self._title)

    @cached_property
    def html(self) -> str:
        """A page, of which lines that are too wide can be scrolled."""
        return draw_page(self.docs, self._colors, self._title)

    @cached_property
    def text(self) -> str:
        """The same for a terminal, with a line per word."""
        return "\n".join(draw_text(doc) for doc in self.docs)

    def save(self, path: str | Path) -> None:
        """Write a file, whole or not at all.

        Args:
            path: The file; its suffix decides: .svg, .html or .txt.

        Raises:
            ValueError: The suffix is none of these.
            OSError: It cannot be written.
        """
        suffix = Path(path).suffix.lower()
        if suffix not in FORMATS:
            raise ValueError(
                f"zoo.view: a picture must be one of {', '.join(FORMATS)}, got "
                f"{str(path)!r}."
            )
        content = {".html": "html", ".svg": "svg", ".txt": "text"}[suffix]
        with replace_file(path) as new:
            new.write_text(getattr(self, content), encoding="utf8")

    def _repr_html_(self) -> str:
        return draw_block(self.docs, self._colors)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<View of {len(self.docs)} documents>"


def view(docs: Doc | Sequence[Doc]) -> View:
    """Show the annotations of documents.

    Dependency trees are arcs above the words; tags, entities and groups of spans stand
    below. What a document does not have is left out.

    Args:
        docs: A document, or several.

    Returns:
        An object that a notebook shows, with `svg`, `html`, `text` and `save`.

    Raises:
        TypeError: It is no document of zoo.

    Examples:
        ``zoo.view(doc)`` in a notebook, or ``zoo.view(doc).save("tree.svg")``.
    """
    found = [docs] if isinstance(docs, Doc) else docs
    is_several = isinstance(found, Sequence) and not isinstance(found, str)
    if not is_several or not all(isinstance(doc, Doc) for doc in found):
        raise TypeError(
            f"zoo.view: expected a zoo.Doc or a list of them, got {docs!r:.80}. "
            f"Annotate text by a pipeline first: zoo.view([*pipeline.pipe(texts)])."
        )
    return View(found)
