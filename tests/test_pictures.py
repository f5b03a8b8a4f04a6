"""Check that the pictures of the docs show what the code makes now.

``python -m tests.test_pictures`` draws them anew.
"""

import html
import io
import re
from pathlib import Path

from rich.console import Console

from zoo import Doc, Pipeline
from zoo import _register as builtins
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


def text_of(svg):
    """Return the text of an SVG."""
    body = svg[svg.index("</style>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_the_picture_of_sharing_is_current():
    drawn = (PICTURES / "sharing.svg").read_text(encoding="utf8")
    assert text_of(drawn) == text_of(draw_sharing())


if __name__ == "__main__":
    (PICTURES / "sharing.svg").write_text(draw_sharing(), encoding="utf8")
