"""Check that the pictures of the docs show what the code makes now.

``python -m tests.test_pictures`` draws them anew.
"""

import html
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from zoo import Doc, Pipeline, Span, view
from zoo import _register_all as builtins
from zoo.models.make_config import make_config
from zoo.pipeline._diagram import draw

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
DOC = Doc(["Time", "flies"], tags=["NN", "VBZ"], cats={"proverb": 1.0, "news": 0.0})


def draw_sharing():
    """Draw the default encoder with two heads, its tables frozen."""
    assert builtins.registry  # Registers what the config names.
    pipeline = Pipeline.from_config(make_config(["tok2vec", "tagger", "textcat"]))
    pipeline.initialize([DOC])
    pipeline.freeze("tok2vec.embed")
    console = Console(record=True, width=86, file=io.StringIO())
    console.print(draw(pipeline, "pipeline"), highlight=False)
    return console.export_svg(title="zoo info")


def draw_view():
    """Draw a tree with entities and a group of spans that overlap."""
    split = str.split
    words = split("Ada Lovelace wrote the first program for a machine .")
    spans = [Span(3, 6, "WORK"), Span(3, 9, "WORK"), Span(7, 9, "THING")]
    doc = Doc(
        words,
        heads=[1, 2, 2, 5, 5, 2, 5, 8, 6, 2],
        deps=split("compound nsubj ROOT det amod dobj prep det pobj punct"),
        pos=split("PROPN PROPN VERB DET ADJ NOUN ADP DET NOUN PUNCT"),
        ents=[Span(0, 2, "PERSON"), Span(4, 5, "ORDINAL")],
        spans={"topics": spans},
    )
    return view(doc).svg


#: What draws each picture.
DRAWN = {"sharing.svg": draw_sharing, "view.svg": draw_view}


def text_of(svg):
    """Return the text of an SVG."""
    body = svg[svg.index("</style>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.parametrize("name", DRAWN)
def test_picture_is_current(name):
    drawn = (PICTURES / name).read_text(encoding="utf8")
    assert text_of(drawn) == text_of(DRAWN[name]())


if __name__ == "__main__":
    for name, draw_picture in DRAWN.items():
        (PICTURES / name).write_text(draw_picture(), encoding="utf8")
