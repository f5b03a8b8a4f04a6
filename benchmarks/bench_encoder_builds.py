"""Time the hash encoder of several builds of zoo, in turn, on the same sentences.

    python benchmarks/bench_encoder_builds.py DATA.conllu[.gz] OLD NEW [--kernels]

OLD and NEW are folders that hold a package zoo, such as two work trees. With --kernels,
NEW runs a second time, with compiled kernels. All run on one thread. "Unseen" texts
follow 2,000 others, "known" ones were encoded just before. With --memory, the peak
memory of processes that encode the whole corpus is measured instead.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import islice

from builds import Worker, compare, work

#: Sentences that are encoded before those that count as unseen.
SEEN = 2000
#: Sentences at a time, and how many in all.
PREDICTED = {1: 200, 32: 640, 256: 1024}
UPDATED = {32: 320, 128: 512}
ROWS = (
    *(f"predict {size}, {what}" for size in PREDICTED for what in ("unseen", "known")),
    *(f"update {size}" for size in UPDATED),
)

Runs = dict[str, Callable[[], object]]


def make_runs(data: str) -> tuple[Runs, Runs]:
    """Build the encoder with the zoo of this process: what is timed, what precedes."""
    from thinc.api import Adam, fix_random_seed, set_dropout_rate

    from zoo import finish_update
    from zoo.corpora import read_docs
    from zoo.layers import MaxoutWindowEncoder, MultiHashEmbed, Tok2Vec

    needed = SEEN + max(PREDICTED.values())
    words = [doc.words for doc in islice(read_docs(data), needed)]
    seen, unseen = words[:SEEN], words[SEEN:]
    fix_random_seed(0)
    embed = MultiHashEmbed(96, rows=[5000, 1000, 2500, 2500])
    model = Tok2Vec(embed, MaxoutWindowEncoder(96, depth=4)).initialize()
    optimizer = Adam(0.001)

    def predict(texts: list[list[str]], size: int) -> None:
        for start in range(0, len(texts), size):
            model.predict(texts[start : start + size])

    def forget() -> None:
        for node in model.walk():
            for name in node.param_names:  # Who gets a parameter may change it.
                node.get_param(name)
        predict(seen, 250)

    def update(texts: list[list[str]], size: int) -> None:
        set_dropout_rate(model, 0.1)
        for start in range(0, len(texts), size):
            Y, backprop = model(texts[start : start + size], is_train=True)
            backprop(Y)
            finish_update(model, optimizer)
        set_dropout_rate(model, 0.0)

    runs: Runs = {}
    prepare: Runs = {}
    for size, n in PREDICTED.items():
        texts = unseen[:n]
        for what in ("unseen", "known"):
            runs[f"predict {size}, {what}"] = lambda t=texts, s=size: predict(t, s)
        prepare[f"predict {size}, unseen"] = forget
        prepare[f"predict {size}, known"] = lambda t=texts, s=size: predict(t, s)
    for size, n in UPDATED.items():
        runs[f"update {size}"] = lambda t=unseen[:n], s=size: update(t, s)
    return runs, prepare


def peak_mb() -> int:
    """Return the most memory that this process has had; Linux counts in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def print_memory(data: str) -> None:
    """Encode a corpus in batches of 256, and print the peak memory after each step."""
    from thinc.api import fix_random_seed

    from zoo.corpora import read_docs
    from zoo.layers import MaxoutWindowEncoder, MultiHashEmbed, Tok2Vec

    found = {"imported": peak_mb()}
    words = [doc.words for doc in read_docs(data)]
    found["read"] = peak_mb()
    fix_random_seed(0)
    embed = MultiHashEmbed(96, rows=[5000, 1000, 2500, 2500])
    model = Tok2Vec(embed, MaxoutWindowEncoder(96, depth=4)).initialize()
    model.predict(words[:1])
    found["first prediction"] = peak_mb()
    for start in range(0, len(words), 256):
        model.predict(words[start : start + 256])
    print(json.dumps({**found, "all": peak_mb()}), flush=True)


def measure_memory(data: str, builds: Mapping[str, Mapping[str, str]]) -> None:
    """Print a line of JSON for each build, from a process of its own.

    Args:
        data: The corpus.
        builds: The variables of each process by its name, whose first part is a folder.
    """
    for name, variables in builds.items():
        own = {"PYTHONPATH": name.partition(",")[0], **variables}
        command = [sys.executable, __file__, data, "--work", "--memory"]
        run = subprocess.run(
            command, env={**os.environ, **own}, stdout=subprocess.PIPE, check=True
        )
        print(json.dumps({"build": name, "peak_mb": json.loads(run.stdout)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="A corpus that zoo can read.")
    parser.add_argument("builds", nargs="*", help="Folders that hold a package zoo.")
    parser.add_argument("--kernels", action="store_true", help="Compiled kernels too.")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--memory", action="store_true", help="Memory, not time.")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work and options.memory:
        print_memory(options.data)
        return
    if options.work:
        work(*make_runs(options.data))
        return
    one = {"OMP_NUM_THREADS": "1", "ZOO_NUM_THREADS": "1"}
    builds = {folder: {**one, "ZOO_KERNELS": "numpy"} for folder in options.builds}
    if options.kernels:
        builds[f"{options.builds[-1]}, kernels"] = {**one, "ZOO_KERNELS": "numba"}
    if options.memory:
        measure_memory(options.data, builds)
        return
    command = [__file__, options.data, "--work"]
    workers = {
        name: Worker(name.partition(",")[0], command, variables)
        for name, variables in builds.items()
    }
    compare(workers, ROWS, options.runs)


if __name__ == "__main__":
    main()
