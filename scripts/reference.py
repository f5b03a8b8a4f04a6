"""Write the pages of the API reference, and check that the built ones are complete.

python scripts/reference.py write         # docs/reference/*.md
python scripts/reference.py check SITE    # Every public name stands in its page.
"""

import html.parser
import importlib
import inspect
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Modules that users import by their own path.
BY_PATH = ("zoo.integrations.ray", "zoo.interop.spacy", "zoo.tokenizer.adapters")

NAMES_INTRODUCTION = (
    "A block of a config names a registered function by `@` and its registry.\n"
    "[Configs](../configs.md) describes blocks, "
    "and `zoo config explain` the settings of one.\n"
    "Blocks can also use Thinc's names, and the names of spaCy "
    "that are listed in [Coming from spaCy](../from-spacy.md#names)."
)


def packages() -> list[str]:
    """Return the names of what users import from: packages that name what is public."""
    found = []
    for path in sorted((ROOT / "zoo").rglob("__init__.py")):
        name = ".".join(path.parent.relative_to(ROOT).parts)
        is_private = "._" in name
        if not is_private and getattr(importlib.import_module(name), "__all__", None):
            found.append(name)
    return sorted([*found, *BY_PATH])


def public_names(package: str) -> list[str]:
    """Return what a page describes: `__all__`, or what a module itself defines."""
    module = importlib.import_module(package)
    names = getattr(module, "__all__", None)
    if names is None:
        names = [
            name
            for name, value in vars(module).items()
            if name[0] != "_" and getattr(value, "__module__", None) == package
        ]
    return [name for name in names if not name.startswith("__")]


def file_of(package: str) -> str:
    return package.removeprefix("zoo.") + ".md"


def text_of(package: str) -> str:
    """Return the text of a page.

    griffe takes a name that a function and its module share for the module, so that
    such a function needs an entry of its own.
    """
    module = importlib.import_module(package)
    entries = [f"\n::: {package}\n"]
    for name in public_names(package):
        origin = str(getattr(getattr(module, name), "__module__", ""))
        if origin.endswith(f".{name}"):
            entries.append(
                f"\n::: {origin}.{name}\n    options:\n"
                "      show_root_heading: true\n      show_root_toc_entry: true\n"
            )
    return f"# {package}\n" + "".join(entries)


def names_text() -> str:
    """Return the page of all names that configs know, with what each makes."""
    import zoo

    lines = ["# Names for configs", "", NAMES_INTRODUCTION]
    for kind in sorted(zoo.registry.kinds()):
        names = zoo.registry.registered(kind)
        ours = sorted(name for name in names if name.startswith("zoo."))
        if not ours:
            continue
        lines += ["", f"## @{kind}", "", "| name | summary |", "| --- | --- |"]
        for name in ours:
            documented = inspect.getdoc(zoo.registry.get(kind, name)) or ""
            summary = " ".join(documented.partition("\n\n")[0].split())
            lines.append(f"| `{name}` | {summary} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    texts = {file_of(package): text_of(package) for package in packages()}
    return {**texts, "names.md": names_text()}


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
        shown = {i.rpartition(".")[2] for i in ids if i.startswith("zoo")}
        absent += [f"{package}.{n}" for n in public_names(package) if n not in shown]
    return absent


def main() -> int:
    """Write or check; return 1 if a name is missing."""
    folder = ROOT / "docs" / "reference"
    if sys.argv[1:] == ["write"]:
        folder.mkdir(exist_ok=True)
        for name, text in pages().items():
            (folder / name).write_text(text, encoding="utf8")
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
