"""Count the transfers and waits of a batch on a GPU, by two profilers.

    python benchmarks/gpu_transfers.py DATA.conllu[.gz]

PyTorch's profiler sees all that runs on the GPU in this process, CuPy's work too: it
counts the operations that are started, the transfers, and the calls that wait. CuPy's
own (`cupyx.profiler.benchmark`) measures how long the host takes to start a batch, and
how long the GPU takes for it: if the two are equal, the host is what bounds the speed.
Prints a line of JSON for each batch. Without a GPU it is a rehearsal, with counts of
the host's operations alone.
"""

import argparse
import itertools
import json
import statistics
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from random_bert import make_bert
from thinc.api import Adam, Model, require_gpu, set_gpu_allocator
from thinc.compat import has_cupy_gpu

import zoo
from zoo.corpora import read_docs
from zoo.models.make_config import make_config
from zoo.transformers import Tok2VecTransformer, TransformerWrapper, strided_spans

#: Calls of CUDA after which the host waits for the GPU.
WAITS = ("Synchronize", "cudaMemcpy", "cuMemcpyDtoH", "cuMemcpyHtoD")
Run = Callable[[], object]


def count_events(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Count the events of a trace by what they are.

    Args:
        events: Those of a trace in Chrome's format, as PyTorch's profiler writes it.

    Returns:
        How many kernels, transfers in each direction with their bytes, and calls that
        wait, with their names; "host": how many operations of PyTorch.
    """
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    waits: Counter[str] = Counter()
    for event in events:
        kind, name = event.get("cat", ""), event.get("name", "")
        if kind == "kernel":
            counts["kernels"] += 1
        elif kind == "gpu_memset":
            counts["memsets"] += 1
        elif kind == "gpu_memcpy":
            direction = name.removeprefix("Memcpy ").split(" ")[0]
            counts[direction] += 1
            sizes[direction] += int(event.get("args", {}).get("bytes", 0))
        elif kind in ("cuda_runtime", "cuda_driver"):
            if name.endswith("Async") or not any(wait in name for wait in WAITS):
                continue
            waits[name] += 1
        elif kind == "cpu_op":
            counts["host"] += 1
    return {**counts, "bytes": dict(sizes), "waits": dict(waits)}


def check_count() -> None:
    """Check `count_events` on a trace of each kind of event."""
    copy = "Memcpy HtoD (Pageable -> Device)"
    events = [
        {"cat": "kernel", "name": "add"},
        {"cat": "gpu_memcpy", "name": copy, "args": {"bytes": 8}},
        {"cat": "cuda_runtime", "name": "cudaMemcpyAsync"},
        {"cat": "cuda_runtime", "name": "cudaMemcpy"},
        {"cat": "cuda_runtime", "name": "cudaStreamSynchronize"},
        {"cat": "cuda_runtime", "name": "cudaLaunchKernel"},
        {"cat": "cpu_op", "name": "aten::add"},
        {"name": "process_name", "ph": "M"},
    ]
    expected = {"kernels": 1, "HtoD": 1, "host": 1, "bytes": {"HtoD": 8}}
    expected["waits"] = {"cudaMemcpy": 1, "cudaStreamSynchronize": 1}
    assert count_events(events) == expected, count_events(events)


def trace(run: Run) -> dict[str, Any]:
    """Count the events of a run, after it has run twice."""
    for _ in range(2):
        run()
    kinds = [torch.profiler.ProfilerActivity.CPU]
    if has_cupy_gpu:
        kinds.append(torch.profiler.ProfilerActivity.CUDA)
        torch.cuda.synchronize()
    with torch.profiler.profile(activities=kinds) as profiler:
        run()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "trace.json")
        profiler.export_chrome_trace(str(file))
        return count_events(json.loads(file.read_text())["traceEvents"])


def time_batch(run: Run, times: int = 10) -> dict[str, float | None]:
    """Return the median milliseconds of the host and of the GPU for a run."""
    if has_cupy_gpu:
        from cupyx.profiler import benchmark

        found = benchmark(run, (), n_repeat=times, n_warmup=2)
        seconds = {"host_ms": found.cpu_times, "gpu_ms": found.gpu_times[0]}
        return {k: round(1e3 * statistics.median(s), 3) for k, s in seconds.items()}
    spans = []
    for _ in range(2):
        begin = time.perf_counter()
        run()
        spans.append(time.perf_counter() - begin)
    return {"host_ms": round(1e3 * min(spans), 3), "gpu_ms": None}


def encoder_runs(docs: list["zoo.Doc"]) -> dict[str, Run]:
    """Make the runs of a tagger over a window encoder, of which each is one batch."""
    pipeline = zoo.Pipeline.from_config(make_config(["tok2vec", "tagger"]))
    pipeline.initialize(docs)
    optimizer = Adam(0.001)
    texts = [doc.words for doc in docs]
    return {
        "tagger, scores": lambda: pipeline.predict(texts),
        "tagger, documents": lambda: pipeline.annotate(texts),
        "tagger, update": lambda: pipeline.update(docs, optimizer=optimizer),
    }


def transformer_runs(docs: list["zoo.Doc"]) -> dict[str, Run]:
    texts = [doc.words for doc in docs]
    folder = tempfile.mkdtemp()
    name = make_bert(folder, "minilm" if has_cupy_gpu else "tiny", texts)
    wrapper = TransformerWrapper(name, strided_spans(128, 96))
    model: Model = Tok2VecTransformer(wrapper).initialize()
    optimizer = Adam(1e-5)

    def update() -> None:
        vectors, backprop = model(texts, is_train=True)
        backprop(vectors)
        zoo.finish_update(model, optimizer)

    return {
        "transformer, predict": lambda: model.predict(texts),
        "transformer, update": update,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="A treebank that zoo can read.")
    arguments = parser.parse_args()
    check_count()
    if has_cupy_gpu:
        set_gpu_allocator("pytorch")
        require_gpu()
    size = 1000 if has_cupy_gpu else 20
    docs = list(itertools.islice(read_docs(arguments.data), size))
    n_failed = 0
    for make in (encoder_runs, transformer_runs):
        try:
            for name, run in make(docs).items():
                line: dict[str, Any] = {"batch": name, "documents": size}
                line |= {"words": sum(map(len, docs)), "rehearsal": not has_cupy_gpu}
                line |= {**trace(run), **time_batch(run)}
                print(json.dumps(line), flush=True)
        except Exception:
            n_failed += 1
            error = {"batch": make.__name__, "error": traceback.format_exc()}
            print(json.dumps(error), flush=True)
    sys.exit(n_failed > 0)


if __name__ == "__main__":
    main()
