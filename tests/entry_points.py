"""Read the entry points of pyproject.toml."""

import re
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def entry_points():
    """Read the entry points of pyproject.toml, by group and name."""
    text = PYPROJECT.read_text(encoding="utf8")
    sections = re.findall(r"^\[project\.entry-points\.(\w+)\]\n([^\[]*)", text, re.M)
    line = re.compile(r'^"(.+)" = "(.+)"$', re.M)
    return {group: dict(line.findall(body)) for group, body in sections}
