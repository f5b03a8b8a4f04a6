"""Write the table of English word vectors that comes with zoo.

    python benchmarks/write_word_vectors.py FOLDER

FOLDER is that of pretrain_encoders.py, which has written teacher.safetensors there: the
vectors that all-MiniLM-L6-v2 has for the words of the texts, the most frequent first,
reduced to their principal components. Of these, the table holds the first components of
the most frequent words, in lower case, as the teacher reads them so too.
"""

import argparse
from pathlib import Path

import numpy as np

from zoo import Vectors, read_vectors, write_vectors
from zoo.vectors._matrix import Matrix
from zoo.vectors._shipped_vectors import FOLDER, NAME

#: Words and width, which are 2.8 MB.
N_WORDS, WIDTH = 24_000, 80


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    teacher = read_vectors(parser.parse_args().folder / "teacher.safetensors")
    rows: dict[str, int] = {}
    for row, word in enumerate(teacher.words):
        rows.setdefault(word.lower(), row)
    chosen = dict(list(rows.items())[:N_WORDS])
    data = teacher.matrix.take(np.array(list(chosen.values())))[:, :WIDTH]
    matrix = Matrix(np.ascontiguousarray(data), None).convert("int8")
    table = Vectors(list(chosen), matrix, name=NAME)
    FOLDER.mkdir(exist_ok=True)
    write_vectors(table, FOLDER / f"{NAME}.safetensors")
    size = (FOLDER / f"{NAME}.safetensors").stat().st_size
    print(f"{len(table):,} words, {size / 1e6:.2f} MB, checksum {table.checksum}")


if __name__ == "__main__":
    main()
