"""Time what a training consists of on several builds of zoo, in turn.

    python benchmarks/bench_training_builds.py DATA.conllu[.gz] OLD NEW
    python benchmarks/bench_training_builds.py DEV.conllu[.gz] OLD NEW \\
        --train TRAIN.conllu[.gz] --epochs 6 --kernels numpy numba --runs 3

OLD and NEW are folders that hold a package zoo, such as two work trees. All run on one
thread, without compiled kernels. "hold" reads a corpus as a training does.

With --train, whole processes of `zoo train` are measured instead, of the tagger of
`zoo init config`: those of OLD, then those of NEW with each of the kernels.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from builds import Worker, compare, print_rounds, work

#: Sentences that are read, and of these learned from in batches of 32.
READ, UPDATED = 2000, 320
#: How often a model is saved and loaded.
REPEATS = 5
ROWS = ("read", "hold", "initialize", "update 32", "evaluate", "save", "load")
PLAIN = {"OMP_NUM_THREADS": "1", "ZOO_NUM_THREADS": "1"}

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


class Training:
    """A training of a build, which runs in a process of its own.

    Args:
        build: The folder with the package.
        kernels: What computes: "numpy" or "numba".
        files: The training and the development corpus.
        folder: Where to write. It must not exist.
    """

    def __init__(
        self, build: str, kernels: str, files: Sequence[str], folder: Path
    ) -> None:
        self.name = f"{build}, {kernels}"
        folder.mkdir()
        self.output = folder / "run"
        self.config = folder / "tagger.cfg"
        own = {"PYTHONPATH": str(Path(build).absolute()), "ZOO_KERNELS": kernels}
        self.environment = {**os.environ, **PLAIN, **own}
        # Without what is imported on disk, compiled, each process would compile it.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.train, self.dev = files
        self._run("init", "config", str(self.config), "--pipeline", "tok2vec,tagger")

    def run(self, epochs: int, limit: int = 0) -> list[float]:
        """Train for some epochs on the first documents; a limit of 0 takes all.

        Returns:
            Seconds, those of the processor, and the peak memory in MB.
        """
        return self._run(
            *("train", str(self.config), "--output", str(self.output), "--overwrite"),
            *("--paths.train", self.train, "--paths.dev", self.dev),
            *("--corpora.train.limit", str(limit), "--corpora.dev.limit", str(limit)),
            *("--training.max_epochs", str(epochs), "--training.max_steps", "0"),
            *("--training.patience", "0"),
        )

    def _run(self, *arguments: str) -> list[float]:
        start = time.perf_counter()
        command = [sys.executable, "-m", "zoo", *arguments]
        with TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
            process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, cwd=folder
            )
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                log.seek(0)
                raise RuntimeError(f"{self.name} stopped:\n{log.read()}")
        return [seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]


def compare_trainings(trainings: Sequence[Training], epochs: int, n_runs: int) -> None:
    """Run trainings in turn, and print a line of JSON for each with its medians."""
    for training in trainings:  # To compile kernels, and what is imported.
        training.run(1, limit=100)
    rounds = [{t.name: t.run(epochs) for t in trainings} for _ in range(n_runs)]
    print_rounds(f"train, {epochs} epochs", rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="A corpus that zoo can read.")
    parser.add_argument("builds", nargs="*", help="Folders that hold a package zoo.")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--train", help="A corpus for whole processes of zoo train.")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--kernels", nargs="*", default=["numpy", "numba"])
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        with TemporaryDirectory() as folder:
            work(make_runs(options.data, Path(folder)))
        return
    if options.train:
        first, *others = options.builds
        kinds = [(first, "numpy"), *((b, k) for b in others for k in options.kernels)]
        files = [str(Path(file).absolute()) for file in (options.train, options.data)]
        with TemporaryDirectory() as folder:
            trainings = [
                Training(*kind, files, Path(folder) / str(i))
                for i, kind in enumerate(kinds)
            ]
            compare_trainings(trainings, options.epochs, options.runs)
        return
    command = [__file__, options.data, "--work"]
    plain = {**PLAIN, "ZOO_KERNELS": "numpy"}
    workers = {folder: Worker(folder, command, plain) for folder in options.builds}
    compare(workers, ROWS, options.runs)


if __name__ == "__main__":
    main()
