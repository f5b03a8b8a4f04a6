"""Find the corpora that lie beside the project."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"


def data(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the file ../shared/data/{name} is not beside the project")
    return path
