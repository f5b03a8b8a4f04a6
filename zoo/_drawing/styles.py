"""Define how pictures look: colours for light and dark pages, and escapes."""

import html
import re

#: Light and dark colours: of the page, of words, of what matters less, and of lines.
LIGHT = {"page": "#ffffff", "ink": "#1b1b1b", "soft": "#565c61", "line": "#66707a"}
DARK = {"page": "#16191d", "ink": "#f1f3f5", "soft": "#b3bbc3", "line": "#939ca5"}
#: What marks are filled with and framed by. The frames are darker and lighter forms of
#: the colours of Okabe and Ito (2008), which people with any colour vision can tell
#: apart; the label is always written too.
LIGHT_MARKS = (
    ("#d3e8f8", "#0072b2"),
    ("#fbe3bd", "#9a5b00"),
    ("#c9eddd", "#007552"),
    ("#f7d6e7", "#a3326f"),
    ("#f8f0ad", "#756a00"),
    ("#fbd6c8", "#b83c00"),
    ("#dedaf6", "#584ab8"),
    ("#e0e2e4", "#565c61"),
)
DARK_MARKS = (
    ("#0c3c5e", "#56b4e9"),
    ("#543600", "#e69f00"),
    ("#07452f", "#37c896"),
    ("#561d40", "#e58fc0"),
    ("#454000", "#f0e442"),
    ("#5f2410", "#ff8a5c"),
    ("#342c70", "#aaa2f2"),
    ("#3d4349", "#b3bbc3"),
)
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
#: Characters that XML cannot hold, or that turn the direction of text around.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]"
)


def escape(text: str) -> str:
    """Escape text for XML and HTML, between tags and in attributes."""
    return html.escape(clean(text))


def clean(text: str) -> str:
    """Replace what neither XML nor HTML can hold by U+FFFD."""
    return _UNFIT.sub("\ufffd", text)


def style_sheet() -> str:
    """Return the rules of all pictures, which concern nothing else on a page."""
    dark = _rules(DARK, DARK_MARKS)
    return (
        f".zoo-view{{font-family:{FONT};font-size:16px;line-height:1.9}}"
        ".zoo-view text{text-anchor:middle;font-size:16px}"
        ".zoo-view text.small{font-size:12px}"
        ".zoo-view text.caption{text-anchor:start}"
        ".zoo-view text.end{text-anchor:end}"
        ".zoo-view path{fill:none;stroke-width:1.5}"
        ".zoo-view .mark rect{stroke-width:1}"
        ".zoo-view .row{overflow-x:auto}"
        ".zoo-view svg{display:block}"
        "div.zoo-view{padding:12px;border-radius:6px}"
        ".zoo-view mark{padding:2px 5px;border-radius:4px;border:1px solid;"
        "color:inherit;-webkit-box-decoration-break:clone;box-decoration-break:clone}"
        ".zoo-view mark b{font-size:12px;font-weight:600;margin-inline-start:6px}"
        ".zoo-view p{margin:0 0 8px;white-space:pre-wrap;overflow-wrap:anywhere}"
        f"{_rules(LIGHT, LIGHT_MARKS)}"
        f"@media (prefers-color-scheme:dark){{{dark}}}"
    )


def _rules(colors: dict[str, str], marks: tuple[tuple[str, str], ...]) -> str:
    """Return the rules that set colours."""
    of_marks = "".join(
        f".zoo-view .c{i} rect{{fill:{fill};stroke:{frame}}}"
        f".zoo-view mark.c{i}{{background:{fill};border-color:{frame}}}"
        for i, (fill, frame) in enumerate(marks)
    )
    page, ink, soft, line = (colors[n] for n in ("page", "ink", "soft", "line"))
    return (
        f"div.zoo-view{{background:{page};color:{ink}}}"
        f".zoo-view text{{fill:{ink}}}"
        f".zoo-view .page{{fill:{page}}}"
        f".zoo-view text.soft{{fill:{soft}}}"
        f".zoo-view .soft{{color:{soft}}}"
        f".zoo-view path{{stroke:{line}}}"
        f".zoo-view .tip{{fill:{line};stroke:none}}"
        f"{of_marks}"
    )
