"""Compare the lists on the pages with what they list."""

import re
from pathlib import Path

import pytest

from zoo.pipeline._usual_models import component_names
from zoo.training._run_folder import FILES, FOLDERS

from .entry_points import entry_points

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def section(page, title):
    """Return the text below a heading, up to the next one."""
    text = (ROOT / "docs" / page).read_text(encoding="utf8")
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    assert found is not None
    return found[1]


def column(text, number):
    """List the cells of a column of a table, below its head."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line[:1] == "|"]
    return [row[number].strip() for row in rows[2:]]


def test_list_of_the_files_of_a_run():
    cells = column(section("training.md", "A run and its folder"), 0)
    assert sorted(cells) == sorted(f"`{name}`" for name in (*FILES, *FOLDERS))


@pytest.mark.parametrize(
    ("page", "title"), [("cli.md", "zoo init config"), ("configs.md", "Templates")]
)
def test_pages_name_every_component_with_a_template(page, title):
    assert {*component_names()} <= {*NAME.findall(section(page, title))}


def test_tree_of_packages():
    names = re.findall(r"^  (\w+)/ ", section("contributing.md", "The tree"), re.M)
    packages = {path.parent.name for path in (ROOT / "zoo").glob("*/__init__.py")}
    assert set(names) == {*packages, "data"}
    assert len(names) == len(set(names))


def test_list_of_architectures_for_spacy():
    sentence, _, _ = section("from-spacy.md", "Inside spaCy").partition(", by entry")
    assert set(NAME.findall(sentence)) == {*entry_points()["spacy_architectures"]}


def test_files_to_look_at_are_there():
    named = NAME.findall(
        " ".join(column(section("contributing.md", "Where things are"), 1))
    )
    paths = [name for name in named if "/" in name]
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
