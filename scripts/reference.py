"""Write the pages of the API reference, and check that the built ones are complete.

    python scripts/reference.py write         # docs/reference/*.md
    python scripts/reference.py check SITE    # Every public name stands in its page.
"""

import html.parser
import importlib
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What users import from. A package that is not there yet has no page.
PUBLIC = (
    "zoo",
    "zoo.config",
    "zoo.corpora",
    "zoo.layers",
    "zoo.models",
    "zoo.objectives",
    "zoo.pipeline",
    "zoo.pretraining",
    "zoo.rules",
    "zoo.testing",
    "zoo.tokenizer",
    "zoo.training",
    "zoo.transformers",
    "zoo.vectors",
)


def packages() -> list[str]:
    """Return the names of the public packages that can be imported."""
    return [name for name in PUBLIC if importlib.util.find_spec(name)]


def file_of(package: str) -> str:
    return package.removeprefix("zoo.") + ".md"


def text_of(package: str) -> str:
    """Return a page: the package, and functions whose module has their own name."""
    module = importlib.import_module(package)
    hidden = [
        f"\n::: {package}.{name}.{name}\n"
        "    options:\n      show_root_heading: true\n      show_root_toc_entry: true\n"
        for name in module.__all__
        if f"{package}.{name}" in sys.modules
    ]
    return f"# {package}\n\n::: {package}\n" + "".join(hidden)


class Ids(html.parser.HTMLParser):
    """Collects the ids of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name == "id" and value}


def missing(site: Path) -> list[str]:
    """Return the public names that have no entry in the built reference."""
    absent = []
    for package in packages():
        path = site / "reference" / file_of(package).replace(".md", ".html")
        ids = Ids(path.read_text(encoding="utf8")).found
        names = importlib.import_module(package).__all__
        shown = {i.rpartition(".")[2] for i in ids if i.startswith("zoo")}
        absent += [
            f"{package}.{n}" for n in names if n not in shown and n[:2] != "__"
        ]
    return absent


def main() -> int:
    """Write or check; return 1 if a name is missing."""
    folder = ROOT / "docs" / "reference"
    if sys.argv[1:] == ["write"]:
        folder.mkdir(exist_ok=True)
        for package in packages():
            (folder / file_of(package)).write_text(text_of(package), encoding="utf8")
        return 0
    if len(sys.argv) != 3 or sys.argv[1] != "check":
        print(__doc__, file=sys.stderr)
        return 2
    absent = missing(Path(sys.argv[2]))
    for name in absent:
        print(f"The API reference lacks {name}.", file=sys.stderr)
    return 1 if absent else 0


if __name__ == "__main__":
    raise SystemExit(main())
