"""Flip single bits in every file of a saved folder, and see that each is noticed.

Called with an empty folder and the number of flips in each file, which are spread over
it evenly, from a place drawn at random. Prints how many were refused; one that is not
must have left all content as it was, such as e in place of E in a number.
"""

import random
import sys
from pathlib import Path

import numpy as np

from tests.tiny import make_docs, make_tiny_config
from zoo import Pipeline, read_vectors
from zoo import _register_all as _names  # noqa: F401
from zoo.pipeline._saved_pipeline import read_folder
from zoo.vectors import Vectors, write_vectors


def make_model(folder):
    """Save a pipeline with word vectors in its folder."""
    table = Vectors(["dogs", "run"], np.eye(2, 3, dtype="f"), name="table")
    write_vectors(table, folder / "table.safetensors")
    names = ["tok2vec", "tagger", "textcat"]
    vectors = str(folder / "table.safetensors")
    config = make_tiny_config(names, {"vectors": vectors})
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = True
    pipeline = Pipeline.from_config(config)
    pipeline.initialize(make_docs(), vectors=read_vectors(vectors))
    pipeline.holds_vectors = True
    pipeline.to_disk(folder / "model")
    return folder / "model"


def flip_bits(model, number, seed=0):
    """Flip bits in each file.

    Returns:
        How many flips were refused, and how many changed nothing of the content.
    """
    draw, refused, harmless = random.Random(seed), 0, 0
    whole = read_folder(model).__getstate__()
    for file in sorted(model.iterdir()):
        data = file.read_bytes()
        n_bits = 8 * len(data)
        first = draw.randrange(n_bits)
        for i in range(min(number, n_bits)):
            bit = (first + i * n_bits // number) % n_bits
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            file.write_bytes(changed)
            try:
                found = read_folder(model)
            except ValueError:
                refused += 1
            else:
                assert found.__getstate__() == whole, (file, bit)
                harmless += 1
        file.write_bytes(data)
    return refused, harmless


if __name__ == "__main__":
    print(*flip_bits(make_model(Path(sys.argv[1])), int(sys.argv[2])))
