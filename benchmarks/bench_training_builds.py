"""Time what a training consists of on several builds of zoo, in turn.

    python benchmarks/bench_training_builds.py DATA.conllu[.gz] OLD NEW

OLD and NEW are folders that hold a package zoo, such as two work trees. All run on one
thread, without compiled kernels. "hold" reads a corpus as a training does.
"""

import argparse
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from builds import Worker, compare, work

#: Sentences that are read, and of these learned from in batches of 32.
READ, UPDATED = 2000, 320
#: How often a model is saved and loaded.
REPEATS = 5
ROWS = ("read", "hold", "initialize", "update 32", "evaluate", "save", "load")

Runs = dict[str, Callable[[], object]]


def make_runs(data: str, folder: Path) -> Runs:
    """Build the pipeline of `zoo init config` with the zoo of this process."""
    from thinc.api import Adam, fix_random_seed

    import zoo
    from zoo.corpora import read_docs

    try:
        from zoo.models.make_config import make_config
        from zoo.training._training_config import _in_memory as hold
    except ImportError:  # The layout of debfae7.
        from zoo.configs import make_config
        from zoo.training.plans import _in_memory as hold

    def read() -> list[zoo.Doc]:
        return list(islice(read_docs(data), READ))

    def initialize() -> zoo.Pipeline:
        fix_random_seed(0)
        made = zoo.Pipeline.from_config(make_config(["tok2vec", "tagger"]))
        made.initialize(docs)
        return made

    def update() -> None:
        for start in range(0, UPDATED, 32):
            pipeline.update(docs[start : start + 32], optimizer=adam, dropout=0.1)

    docs = read()
    pipeline, adam, model = initialize(), Adam(0.001), folder / "model"
    pipeline.to_disk(model)
    return {
        "read": read,
        "hold": lambda: hold(lambda: islice(read_docs(data), READ))(),
        "initialize": initialize,
        "update 32": update,
        "evaluate": lambda: pipeline.evaluate(docs[:UPDATED]),
        "save": lambda: [pipeline.to_disk(model) for _ in range(REPEATS)],
        "load": lambda: [zoo.load(model) for _ in range(REPEATS)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="A corpus that zoo can read.")
    parser.add_argument("builds", nargs="*", help="Folders that hold a package zoo.")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        with TemporaryDirectory() as folder:
            work(make_runs(options.data, Path(folder)))
        return
    command = [__file__, options.data, "--work"]
    plain = {"OMP_NUM_THREADS": "1", "ZOO_NUM_THREADS": "1", "ZOO_KERNELS": "numpy"}
    workers = {folder: Worker(folder, command, plain) for folder in options.builds}
    compare(workers, ROWS, options.runs)


if __name__ == "__main__":
    main()
