"""Open a table that is far larger than what is read of it."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from zoo.vectors import Vectors, read_vectors, write_vectors

N_ROWS, WIDTH = 4_300_000, 300


def write_sparse(path):
    """Write a table of 5 GB of which nearly all is a hole in the file."""
    small = path.with_name("small.safetensors")
    write_vectors(Vectors(["snow", "ducks"], np.eye(2, WIDTH, dtype="f")), small)
    data = small.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    parts, place = {}, 0
    names = sorted(
        (n for n in header if n != "__metadata__"), key=lambda n: n == "data"
    )
    for name in names:  # The rows last, as the hole follows the two that are there.
        start, end = header[name]["data_offsets"]
        parts[name] = body[start:end]
        length = N_ROWS * WIDTH * 4 if name == "data" else end - start
        header[name]["data_offsets"] = [place, place + length]
        place += length
    header["data"]["shape"][0] = N_ROWS
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            file.write(parts[name])
        file.truncate(8 + len(text) + place)


def own_memory():
    """Return the anonymous memory of the process, in bytes."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(n.split()[1]) for n in lines if n.startswith("Private_Dirty")) << 10


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux about memory")
def test_a_table_of_five_gigabytes_stays_in_its_file(tmp_path):
    path = tmp_path / "large.safetensors"
    write_sparse(path)
    assert path.stat().st_size > 5e9
    before = own_memory()
    table = read_vectors(path)
    vectors, known = table.get(["ducks", "geese"])
    assert table.shape == (N_ROWS, WIDTH)
    assert vectors[0, 1] == 1 and known.tolist() == [True, False]
    read = table.matrix.block(1_000_000, 1_100_000)  # 120 MB, in their place.
    assert not read.any()
    assert own_memory() - before < 30e6
