"""Time tables of vectors: read, look up, search; beside peers where they are there.

    python benchmarks/bench_vectors.py VECTORS.vec[.gz] [--rows read] [--runs 5]
    python benchmarks/bench_vectors.py --large

Peers are gensim, floret and spaCy, if they are installed, and bare numpy. Each row
first checks that both return the same. Then the two run in turn, so that a change of
the machine's speed affects both. Prints a line of JSON for each row, with seconds
(median and range) and the ratio of the peer's time to ours, then the same as a table.
The second form writes a table of 5 GB, opens it, and reports the memory of two
processes that read it.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import zoo
from zoo._lexical.hashing import hash_spans
from zoo.vectors import FloretVectors, Vectors, read_vectors, write_vectors
from zoo.vectors._ngrams import cut

N_QUERIES = 1000
#: Words that hashed vectors are made of.
N_HASHED = 10_000
#: The large table: 5.2 GB.
N_LARGE, LARGE_WIDTH = 4_300_000, 300
FLORET = {"minn": 4, "maxn": 5, "hash_count": 2}


class Case(NamedTuple):
    """One row: the same work for both; a peer that is not there is None."""

    name: str
    peer_name: str
    peer: Callable[[], Any] | None
    ours: Callable[[], Any]
    n_words: int


def find_peer(name: str) -> Any:
    """Import a package, which may warn; None if it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            print(f"{name} is not installed: rows without it", file=sys.stderr)
            return None


def read_cases(path: Path, folder: Path, table: Vectors) -> Iterator[Case]:
    """Read the same table from text, binary and safetensors."""
    gensim = find_peer("gensim.models")
    load = gensim and gensim.KeyedVectors.load_word2vec_format
    n_words = len(table)
    for name in ("x.vec", "x.bin", "x.safetensors"):
        write_vectors(table, folder / name)

    def by_gensim(file: Path, **options: bool) -> Callable[[], Any] | None:
        return load and (lambda: load(str(file), **options))

    def by_zoo(file: Path) -> Callable[[], Any]:
        return lambda: read_vectors(file, strict=True)

    if load:
        expected = load(str(path))
        assert expected.index_to_key == table.words
        np.testing.assert_array_equal(expected.vectors, table.matrix.values)
    text, binary = folder / "x.vec", folder / "x.bin"
    zipped = f"read {path.name[-7:]}"
    yield Case(zipped, "gensim", by_gensim(path), by_zoo(path), n_words)
    yield Case("read .vec", "gensim", by_gensim(text), by_zoo(text), n_words)
    peer = by_gensim(binary, binary=True)
    yield Case("read .bin", "gensim", peer, by_zoo(binary), n_words)
    mapped = by_zoo(folder / "x.safetensors")
    assert mapped().checksum == table.checksum
    yield Case("open .safetensors", "gensim .vec.gz", by_gensim(path), mapped, n_words)

    def read_all() -> None:
        opened = mapped()
        opened.get(opened.words)

    yield Case("the same, all words", "zoo .vec.gz", by_zoo(path), read_all, n_words)


def get_cases(folder: Path, table: Vectors) -> Iterator[Case]:
    """Look all words up, in a dictionary and in a mapped file."""
    write_vectors(table, folder / "x.safetensors")
    mapped = read_vectors(folder / "x.safetensors")
    words = [*table.words, *(f"{word}?" for word in table.words[:5000])]
    rows = {word: i for i, word in enumerate(table.words)}
    data = table.matrix.values
    zeros = np.zeros(table.shape[1], "f")

    def loop() -> Any:
        return np.stack([data[rows[w]] if w in rows else zeros for w in words])

    np.testing.assert_array_equal(loop(), table.get(words)[0])
    np.testing.assert_array_equal(loop(), mapped.get(words)[0])
    n_words = len(words)
    yield Case("get", "a loop", loop, lambda: table.get(words), n_words)
    yield Case("get, mapped", "a loop", loop, lambda: mapped.get(words), n_words)


def similar_cases(table: Vectors) -> Iterator[Case]:
    """Find neighbours of a thousand words; the peer is the matrix product alone."""
    words = table.words[N_QUERIES : 2 * N_QUERIES]
    data = np.array(table.matrix.values)
    queries = table.get(words)[0]

    def product() -> Any:
        return queries @ data.T

    def search() -> Any:
        return table.most_similar(words, 10)

    search()
    yield Case("similar, 1,000 words", "product", product, search, len(words))


def floret_cases(table: Vectors, folder: Path) -> Iterator[Case]:
    """Compute vectors of unique words from their hashed n-grams."""
    words = table.words[:N_HASHED]
    rng = np.random.default_rng(0)

    def hash_words() -> None:
        for i in range(0, len(words), 2048):
            grams = cut(words[i : i + 2048], FLORET["minn"], FLORET["maxn"], "<", ">")
            hash_spans(grams.text, grams.starts, grams.lengths, 1)

    yield Case("floret, hashes alone", "", None, hash_words, len(words))
    for width in (64, 100, 300):
        rows = rng.standard_normal((50_000, width)).astype("f")
        ours = FloretVectors(rows, **FLORET)
        get = partial(ours.get, words)
        name = f"floret, {width} wide"
        peer = by_floret(words, width, table.words[-N_HASHED:], folder)
        yield Case(name, "floret", peer, get, len(words))
    yield Case(name, "spacy", by_spacy(words, rows), get, len(words))


def by_floret(
    words: list[str], width: int, others: list[str], folder: Path
) -> Callable[[], Any] | None:
    """Compute vectors of words with floret, by a model trained on other words."""
    floret = find_peer("floret")
    if floret is None:
        return None
    text = folder / "text"
    text.write_text("\n".join(others), encoding="utf8")
    model = floret.train_unsupervised(
        str(text), model="cbow", mode="floret", dim=width, bucket=50_000, epoch=1,
        minn=4, maxn=5, hashCount=2, minCount=1, thread=1, verbose=0,
    )  # fmt: skip
    hashed = model.get_input_matrix()[len(model.get_words()) :]
    same = FloretVectors(hashed, **FLORET).get(words[:100])[0]
    expected = np.stack([model.get_word_vector(word) for word in words[:100]])
    np.testing.assert_array_equal(same, expected)
    return lambda: np.stack([model.get_word_vector(word) for word in words])


def by_spacy(words: list[str], rows: Any) -> Callable[[], Any] | None:
    """Look up vectors of words with spaCy, from the same rows."""
    vectors = find_peer("spacy.vectors")
    if vectors is None:
        return None
    table = vectors.Vectors(
        data=rows, mode="floret", minn=4, maxn=5, hash_count=2, hash_seed=2166136261
    )
    found = FloretVectors(rows, **FLORET).get(words[:100])[0]
    np.testing.assert_allclose(found, table.get_batch(words[:100]), atol=1e-4)
    return lambda: table.get_batch(words)


def time_case(case: Case, n_runs: int) -> dict[str, Any]:
    """Run both in turn, after a warm-up, and return seconds and the ratio."""
    works = {"peer": case.peer, "zoo": case.ours}
    seconds: dict[str, list[float]] = {n: [] for n, work in works.items() if work}
    for i in range(n_runs + 1):
        for name, runs in seconds.items():
            start = time.perf_counter()
            works[name]()
            if i:  # The first round warms caches up.
                runs.append(time.perf_counter() - start)
    row: dict[str, Any] = {f"{n}_seconds": summary(s) for n, s in seconds.items()}
    speeds = [case.n_words / s for s in seconds["zoo"]]
    row["zoo_words_per_s"] = summary(speeds, digits=0)
    if "peer" in seconds:
        pairs = zip(seconds["peer"], seconds["zoo"], strict=True)
        row["ratio"] = summary([peer / ours for peer, ours in pairs], digits=2)
    return row


def summary(values: list[float], digits: int = 5) -> dict[str, float]:
    figures = {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }
    return {name: round(value, digits) for name, value in figures.items()}


def machine() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "zoo": zoo.__version__,
    }


def open_large() -> None:
    """Open a table of 5 GB in two processes, and measure time and memory."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "large.safetensors"
        data = np.zeros((N_LARGE, LARGE_WIDTH), np.float32)
        data[:, 0] = np.arange(N_LARGE)
        write_vectors(Vectors(map(str, range(N_LARGE)), data), path)
        del data
        context = multiprocessing.get_context("spawn")
        queues = [context.SimpleQueue(), context.SimpleQueue()]
        done = context.Event()
        for queue in queues:
            context.Process(target=_use_large, args=(path, queue, done)).start()
        opened = [queue.get() for queue in queues]
        done.set()
        memory = [queue.get() for queue in queues]
        for first, second in zip(opened, memory, strict=True):
            print(
                json.dumps({"gigabytes": path.stat().st_size / 1e9, **first, **second})
            )


def _use_large(path: Path, queue: Any, done: Any) -> None:
    """Open the table, look words up and read all rows; then wait for the other."""
    start = time.perf_counter()
    table = read_vectors(path)
    opened = time.perf_counter()
    vectors, known = table.get([str(i) for i in range(0, N_LARGE, N_LARGE // 1000)])
    found = time.perf_counter()
    assert known.all() and vectors[1, 0] == N_LARGE // 1000
    norms = table.matrix.norms()
    assert norms[7] == 7
    queue.put({"open_s": opened - start, "look_up_1000_s": found - opened})
    done.wait()
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1e6 for line in lines}
    names = ("Rss", "Pss", "Private_Dirty")
    queue.put({f"{name}_gigabytes": round(sizes[name], 3) for name in names})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors", type=Path, nargs="?", help="Text of word2vec.")
    parser.add_argument("--large", action="store_true", help="Open a table of 5 GB.")
    parser.add_argument("--rows", nargs="*", default=[""], help="Rows that begin so.")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.large:
        open_large()
        return
    table = read_vectors(arguments.vectors, strict=True)
    facts, rows = {**machine(), "shape": table.shape}, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for cases in (
            read_cases(arguments.vectors, folder, table),
            get_cases(folder, table),
            similar_cases(table),
            floret_cases(table, folder),
        ):
            for case in cases:
                if case.name.startswith(tuple(arguments.rows)):
                    row = {"row": case.name, "peer": case.peer_name}
                    row |= time_case(case, arguments.runs)
                    print(json.dumps({**row, **facts}), flush=True)
                    rows.append(row)
    show(rows)


def show(rows: list[dict[str, Any]]) -> None:
    print(f"\n{'':22}{'peer':>15}{'peer, ms':>10}{'zoo, ms':>10}", end="")
    print(f"{'words/s':>12}{'ratio':>9}{'from - to':>18}")
    for row in rows:
        print(f"{row['row']:22}{row['peer']:>15}", end="")
        for name in ("peer_seconds", "zoo_seconds"):
            cell = f"{1000 * row[name]['median']:.2f}" if name in row else ""
            print(f"{cell:>10}", end="")
        print(f"{row['zoo_words_per_s']['median']:12,.0f}", end="")
        if ratio := row.get("ratio"):
            print(
                f"{ratio['median']:9.2f}{ratio['min']:9.2f} -{ratio['max']:7.2f}",
                end="",
            )
        print()


if __name__ == "__main__":
    main()
