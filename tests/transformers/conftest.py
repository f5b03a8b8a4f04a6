"""Share a folder with a transformer."""

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write a small BERT as Hugging Face does, and return the folder."""
    hugging_face = pytest.importorskip("tests.transformers.hugging_face")
    return str(hugging_face.save_tiny(tmp_path_factory.mktemp("bert"), "bert"))
