"""Time zoo beside spaCy: the same data, weights, threads and process.

    python benchmarks/bench_peer.py DATA.conllu[.gz] [--rows predict update] [--gpu]

With --gpu, the rows for a GPU run instead of those for the CPU; where there is none,
--rehearse runs them on the CPU, to find out whether they run. A row that this machine
cannot run is skipped, with the reason; one that fails is printed with its error, and
the others still run.

Each row first checks that both compute the same numbers. Then the two run in turn, so
that a change of the machine's speed affects both. zoo keeps the vectors of words: in
rows of "unseen" texts, it has predicted other texts before each run, and in those of
"known" texts the same ones. Prints a line of JSON for each row, with words per second
(median and range), the ratio, and the cores that were busy on average, then the same as
a table.
"""

import argparse
import itertools
import json
import platform
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import spacy
import thinc
from spacy.ml.models import MaxoutWindowEncoder, MultiHashEmbed, build_Tok2Vec_model
from spacy.tokens import Doc as SpacyDoc
from thinc.api import Adam, Model, get_current_ops, require_gpu, set_dropout_rate
from thinc.compat import has_cupy_gpu
from threadpoolctl import threadpool_info

import zoo
from zoo import layers
from zoo._kernel_choice import kernels_name
from zoo.corpora import read_docs
from zoo.fused_adam import finish_update
from zoo.interop.spacy import load_weights
from zoo.layers.precision import set_precision
from zoo.threads import threads

WIDTH, DEPTH = 96, 4
FEATURES = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
ROWS = [5000, 1000, 2500, 2500]
TOLERANCE = 1e-4
BFLOAT16_TOLERANCE = 2e-2


def do_nothing() -> None:
    pass


class Case(NamedTuple):
    """One row: the same work for both, over the same words."""

    peer: Callable[[], Any]
    ours: Callable[[], Any]
    n_words: int
    prepare: Callable[[], Any] = do_nothing  # Runs before each run of ours.


def build_peer(texts: list[list[str]]) -> tuple[list[SpacyDoc], Model]:
    """Build spaCy's tok2vec, and its documents."""
    vocab = spacy.blank("en").vocab
    docs = [SpacyDoc(vocab, words=words) for words in texts]
    peer = build_Tok2Vec_model(
        MultiHashEmbed(WIDTH, FEATURES, ROWS, include_static_vectors=False),
        MaxoutWindowEncoder(WIDTH, window_size=1, maxout_pieces=3, depth=DEPTH),
    )
    return docs, peer.initialize(X=docs[:10])


def build_ours() -> Model:
    embed = layers.MultiHashEmbed(WIDTH, features=FEATURES, rows=ROWS)
    encode = layers.MaxoutWindowEncoder(WIDTH, depth=DEPTH)
    return layers.Tok2Vec(embed, encode).initialize()


def build_both(texts: list[list[str]]) -> tuple[list[SpacyDoc], Model, Model]:
    """Build both with one set of weights, and compare their outputs."""
    docs, peer = build_peer(texts)
    ours = build_ours()
    load_weights(ours, peer.to_bytes())
    for expected, found in zip(
        peer.predict(docs[:500]), ours.predict(texts[:500]), strict=True
    ):
        expected, found = ours.ops.to_numpy(expected), ours.ops.to_numpy(found)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    return docs, peer, ours


def predict_case(texts: list[list[str]], batch_size: int, n_seen: int = 0) -> Case:
    """Predict all texts but the first ones, which zoo alone has seen just before."""
    docs, peer, ours = build_both(texts)

    def run(model: Model, inputs: list[Any], size: int = batch_size) -> None:
        for batch in batched(inputs, size):
            model.predict(batch)

    def prepare() -> None:
        if n_seen:
            for node in ours.walk():
                for name in node.param_names:
                    node.get_param(name)  # This makes zoo forget all words.
            run(ours, texts[:n_seen], 250)

    docs, rest = docs[n_seen:], texts[n_seen:]
    return Case(
        lambda: run(peer, docs), lambda: run(ours, rest), count_words(rest), prepare
    )


def update_case(texts: list[list[str]], batch_size: int) -> Case:
    """Run forward with dropout, backward and Adam, with the output as gradient."""
    texts = texts[: len(texts) // 4]  # spaCy needs ten seconds for these.
    docs, peer, ours = build_both(texts)
    for model in (peer, ours):
        set_dropout_rate(model, 0.1)
    optimizers = {peer.id: Adam(0.001), ours.id: Adam(0.001)}
    finish_updates = {
        peer.id: peer.finish_update,
        ours.id: partial(finish_update, ours),
    }

    def run(model: Model, inputs: list[Any]) -> None:
        for batch in batched(inputs, batch_size):
            vectors, backprop = model(batch, is_train=True)
            backprop(vectors)
            finish_updates[model.id](optimizers[model.id])

    return Case(lambda: run(peer, docs), lambda: run(ours, texts), count_words(texts))


def bfloat16_case(texts: list[list[str]], batch_size: int) -> Case:
    """Predict in bfloat16, once its error is known to be small."""
    case = predict_case(texts, batch_size)
    _, _, ours = build_both(texts)
    exact = np.concatenate(ours.predict(texts[:500]))
    set_precision("bfloat16")
    error = np.linalg.norm(np.concatenate(ours.predict(texts[:500])) - exact)
    set_precision("float32")
    assert error / np.linalg.norm(exact) < BFLOAT16_TOLERANCE

    def run() -> None:
        set_precision("bfloat16")
        case.ours()
        set_precision("float32")

    return Case(case.peer, run, case.n_words)


CASES: dict[str, Callable[[list[list[str]]], Case]] = {
    "predict, one, unseen": lambda texts: predict_case(texts[:2500], 1, 2000),
    "predict, one, known": lambda texts: predict_case(texts[:1000], 1),
    "predict, 32, unseen": lambda texts: predict_case(texts, 32, 2000),
    "predict, 32, known": lambda texts: predict_case(texts[:2000], 32),
    "predict, 256, unseen": lambda texts: predict_case(texts, 256, 2000),
    "predict, 256, known": lambda texts: predict_case(texts[:2000], 256),
    "predict, 1000, unseen": lambda texts: predict_case(texts, 1000, 2000),
    "predict, 256, bfloat16": lambda texts: bfloat16_case(texts, 256),
    "update, batches of 32": lambda texts: update_case(texts, 32),
    "update, batches of 128": lambda texts: update_case(texts, 128),
    "update, batches of 256": lambda texts: update_case(texts, 256),
}
GPU_CASES: dict[str, Callable[[list[list[str]]], Case]] = {
    "GPU predict, batches of 256": lambda texts: predict_case(texts, 256),
    "GPU predict, batches of 1000": lambda texts: predict_case(texts, 1000),
    "GPU predict, batches of 4000": lambda texts: predict_case(texts, 4000),
    "GPU predict, 1000, unseen": lambda texts: predict_case(
        texts, 1000, len(texts) // 3
    ),
    "GPU update, batches of 256": lambda texts: update_case(texts, 256),
    "GPU update, batches of 1000": lambda texts: update_case(texts, 1000),
}


def reason_to_skip(name: str, rehearse: bool) -> str | None:
    """Return why a row cannot run on this machine; None if it can."""
    if name.startswith("GPU") and not has_cupy_gpu and not rehearse:
        return "there is no GPU, or no CuPy"
    flags = {"amx_bf16", "avx512_bf16"}
    if name.endswith("bfloat16") and not flags & read_cpu_flags():
        return f"the processor has none of {', '.join(sorted(flags))}"
    return None


def read_cpu_flags() -> set[str]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return {flag for line in lines if line.startswith("flags") for flag in line.split()}


def batched(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def count_words(texts: list[list[str]]) -> int:
    return sum(map(len, texts))


def time_case(case: Case, n_runs: int) -> dict[str, Any]:
    """Run both in turn, after a warm-up, and return words per second and the ratio."""
    seconds: dict[str, list[float]] = {"peer": [], "ours": []}
    cores: dict[str, list[float]] = {"peer": [], "ours": []}
    for i in range(n_runs + 1):
        for name in seconds:
            if name == "ours":
                case.prepare()
            start, cpu = time.perf_counter(), time.process_time()
            getattr(case, name)()
            wait_for_gpu()
            if i:  # The first round warms caches up.
                seconds[name].append(time.perf_counter() - start)
                cores[name].append((time.process_time() - cpu) / seconds[name][-1])
    speeds = {name: [case.n_words / s for s in runs] for name, runs in seconds.items()}
    pairs = zip(seconds["peer"], seconds["ours"], strict=True)
    return {
        "spacy_words_per_s": summary(speeds["peer"]),
        "zoo_words_per_s": summary(speeds["ours"]),
        "ratio": summary([peer / ours for peer, ours in pairs], digits=2),
        "spacy_cores": round(statistics.median(cores["peer"]), 1),
        "zoo_cores": round(statistics.median(cores["ours"]), 1),
    }


def wait_for_gpu() -> None:
    if get_current_ops().device_type == "gpu":
        import cupy

        cupy.cuda.Device().synchronize()


def summary(values: list[float], digits: int = 0) -> dict[str, float]:
    figures = {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }
    return {name: round(value, digits) for name, value in figures.items()}


def machine() -> dict[str, Any]:
    lines = (
        Path("/proc/cpuinfo").read_text().splitlines()
        if Path("/proc/cpuinfo").exists()
        else []
    )
    models = [
        line.split(":")[1].strip() for line in lines if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(models),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "thinc": thinc.about.__version__,
        "spacy": spacy.__version__,
        "zoo": zoo.__version__,
        "device": get_current_ops().device_type,
        "kernels": kernels_name(),
        "zoo_threads": threads.count,
        "blas_threads": [lib["num_threads"] for lib in threadpool_info()],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="A corpus that zoo can read.")
    parser.add_argument("--rows", nargs="*", default=[""], help="Rows that begin so.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--gpu", action="store_true", help="Run the rows of a GPU.")
    parser.add_argument("--rehearse", action="store_true", help="Those on the CPU.")
    parser.add_argument("--limit", type=int, default=4000, help="Documents to use.")
    arguments = parser.parse_args()
    texts = [
        doc.words
        for doc in itertools.islice(read_docs(arguments.data), arguments.limit)
    ]
    if arguments.gpu and has_cupy_gpu:
        require_gpu()
    facts, rows, n_failed = machine(), [], 0
    for name, make in (GPU_CASES if arguments.gpu else CASES).items():
        if not name.removeprefix("GPU ").startswith(tuple(arguments.rows)):
            continue
        if reason := reason_to_skip(name, arguments.rehearse):
            print(json.dumps({"row": name, "skipped": reason}), flush=True)
            continue
        try:
            row = {"row": name, **time_case(make(texts), arguments.runs)}
        except Exception:
            n_failed += 1
            row = {"row": name, "error": traceback.format_exc()}
        else:
            rows.append(row)
        print(json.dumps({**row, **facts}), flush=True)
    print_table(rows)
    sys.exit(n_failed > 0)


def print_table(rows: list[dict[str, Any]]) -> None:
    print(
        f"\n{'':28}{'spaCy':>12}{'zoo':>12}{'ratio':>8}{'from - to':>14}{'cores':>12}"
    )
    for row in rows:
        ratio = row["ratio"]
        print(
            f"{row['row']:28}{row['spacy_words_per_s']['median']:12,.0f}"
            f"{row['zoo_words_per_s']['median']:12,.0f}{ratio['median']:8.2f}"
            f"{ratio['min']:7.2f} -{ratio['max']:5.2f}"
            f"{row['spacy_cores']:7.1f}{row['zoo_cores']:5.1f}"
        )


if __name__ == "__main__":
    main()
