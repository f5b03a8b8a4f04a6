"""Run a trained pipeline of spaCy's in zoo and in spaCy: speed, shares, load, memory.

    OMP_NUM_THREADS=1 python benchmarks/bench_pipeline.py PACKAGE DATA/ud_english_ewt

PACKAGE is an installed pipeline, such as en_core_web_sm. Both sides annotate the same
texts in turn, each text once, on one thread; seconds are those of the processor. Before
they are timed, all annotations are compared. Imports count
apart from loading, in a new process. Prints a line of JSON for each case.
"""

import argparse
import gzip
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import zoo
from zoo.threads import threads

SIDES = ("spacy", "zoo")


class Case(NamedTuple):
    """What is annotated, and how many at a time."""

    name: str
    unit: str
    batch_size: int


CASES = [
    Case("documents in batches of 256", "documents", 256),
    Case("sentences in batches of 32", "sentences", 32),
    Case("one sentence at a time", "sentences", 1),
]


def read_texts(folder: Path) -> dict[str, list[str]]:
    """Return documents of a treebank and the sentences of its others, as raw text.

    Every second document is for sentences: nobody has read those as part of a document.
    """
    documents: list[list[str]] = []
    for part in ("train", "dev", "test"):
        with gzip.open(folder / f"{part}.conllu.gz", "rt", encoding="utf8") as lines:
            for line in lines:
                if line.startswith("# newdoc"):
                    documents.append([])
                elif line.startswith("# text = "):
                    documents[-1].append(line.removeprefix("# text = ").rstrip("\n"))
    return {
        "documents": [" ".join(sentences) for sentences in documents[::2]],
        "sentences": [s for sentences in documents[1::2] for s in sentences],
    }


class Ours:
    """The pipeline in zoo."""

    def __init__(self, package: str) -> None:
        self.pipeline = zoo.load(package)

    def run(self, texts: list[str], batch_size: int) -> list[Any]:
        """Annotate texts, as a user would."""
        return list(self.pipeline.pipe(texts, batch_size=batch_size))

    def shares(self, texts: list[str], batch_size: int) -> dict[str, float]:
        """Measure the seconds of each component."""
        seconds = dict[str, float]()
        parts = self.pipeline._parts
        for batch in batched(texts, batch_size):
            clock = Clock(seconds)
            docs = [self.pipeline.tokenizer(text) for text in batch]
            clock.stop("tokenizer")
            with threads.one_blas_thread(), parts.running(docs, parts.writers):
                clock.stop("tok2vec")
                for component in parts.writers:
                    component.annotate(docs)
                    clock.stop(component.name)
        return seconds


class Theirs:
    """The pipeline in spaCy."""

    def __init__(self, package: str) -> None:
        import spacy

        self.nlp = spacy.load(package)

    def run(self, texts: list[str], batch_size: int) -> list[Any]:
        """Annotate texts, as a user would."""
        return list(self.nlp.pipe(texts, batch_size=batch_size))

    def shares(self, texts: list[str], batch_size: int) -> dict[str, float]:
        """Measure the seconds of each component."""
        seconds = dict[str, float]()
        for batch in batched(texts, batch_size):
            clock = Clock(seconds)
            docs = [self.nlp.make_doc(text) for text in batch]
            clock.stop("tokenizer")
            components: list[tuple[str, Any]] = self.nlp.pipeline
            for name, component in components:
                docs = list(component.pipe(docs, batch_size=batch_size))
                clock.stop(name)
        return seconds


class Clock:
    """Add the seconds of the processor since the last stop to a count."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self.start = time.process_time()

    def stop(self, name: str) -> None:
        """Count what has passed under a name."""
        now = time.process_time()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self.start
        self.start = now


def batched(texts: list[str], size: int) -> Iterator[list[str]]:
    """Cut texts into batches."""
    return (texts[i : i + size] for i in range(0, len(texts), size))


def count_differences(ours: Iterable[Any], theirs: Iterable[Any]) -> int:
    """Count the tokens of which some annotation differs, and missing entities."""
    count = 0
    for left, right in zip(ours, theirs, strict=True):
        fields = [left.words, left.tags, left.pos, left.morphs, left.lemmas]
        empty: list[Any] = [None] * len(left)
        columns = [f or empty for f in (*fields, left.heads, left.deps)]
        rows = zip(*columns, strict=True)
        for found, token in zip(rows, right, strict=True):
            expected = (
                *(token.text, token.tag_, token.pos_, str(token.morph), token.lemma_),
                *(token.head.i, token.dep_),
            )
            count += any(
                a != b for a, b in zip(found, expected, strict=True) if a is not None
            )
        ents = {(ent.start, ent.end, ent.label_) for ent in right.ents}
        count += len(ents ^ {tuple(ent) for ent in left.ents or ()})
    return count


def measure(
    case: Case, sides: dict[str, Any], texts: list[str], runs: int
) -> dict[str, Any]:
    """Time both sides on the same texts, other texts in every run."""
    size = len(texts) // (runs + 2)
    chunks = [texts[i * size : (i + 1) * size] for i in range(runs + 2)]
    found = {n: side.run(chunks[0], case.batch_size) for n, side in sides.items()}
    differences = count_differences(found["zoo"], found["spacy"])
    speeds: dict[str, list[float]] = {name: [] for name in SIDES}
    for chunk in chunks[1:-1]:
        for name, side in sides.items():
            start = time.process_time()
            docs = side.run(chunk, case.batch_size)
            seconds = time.process_time() - start
            speeds[name].append(sum(map(len, docs)) / seconds)
    ratios = [z / s for z, s in zip(speeds["zoo"], speeds["spacy"], strict=True)]
    return {
        "case": case.name,
        "tokens that differ": differences,
        "words/s": {n: round(statistics.median(v)) for n, v in speeds.items()},
        "ratio": round(statistics.median(ratios), 2),
        "spread": [round(min(ratios), 2), round(max(ratios), 2)],
        "shares": {
            name: as_shares(side.shares(chunks[-1], case.batch_size))
            for name, side in sides.items()
        },
    }


def as_shares(seconds: dict[str, float]) -> dict[str, str]:
    """Turn seconds into percentages of their sum."""
    total = sum(seconds.values())
    return {name: f"{n / total:.0%}" for name, n in seconds.items()}


def measure_start(side: str, package: str, folder: Path) -> dict[str, Any]:
    """Measure load time and peak memory in a process of its own."""
    command = [sys.executable, __file__, package, str(folder), "--child", side]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def work_as_child(side: str, package: str, folder: Path) -> None:
    """Load the pipeline, annotate a text and 200 more; print seconds and memory."""
    clock = Clock({})
    if side == "spacy":
        import spacy  # noqa: F401
    else:
        zoo.Pipeline  # noqa: B018  All that a pipeline needs is imported.
    clock.stop("import")
    made: Any = {"spacy": Theirs, "zoo": Ours}[side](package)
    clock.stop("load")
    made.run(["This is a first text; c'est aujourd'hui."], 256)
    clock.stop("first text")
    small = read_peak()
    made.run(read_texts(folder)["documents"][:200], 256)
    found = {f"{name} seconds": round(s, 2) for name, s in clock.seconds.items()}
    peaks = {"MB after the first text": small, "MB after 200 documents": read_peak()}
    print(json.dumps(found | peaks))


def read_peak() -> int:
    """Return the most memory that the process has used, in MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--texts", type=int, default=4000, help="of each case")
    parser.add_argument("--start", action="store_true", help="measure no speeds")
    parser.add_argument("--child", choices=SIDES)
    arguments = parser.parse_args()
    package, folder = arguments.package, arguments.folder
    if arguments.child:
        work_as_child(arguments.child, package, folder)
        return
    starts = {side: measure_start(side, package, folder) for side in SIDES}
    print(json.dumps({"case": "load and peak memory", **starts}), flush=True)
    if arguments.start:
        return
    sides = {"spacy": Theirs(package), "zoo": Ours(package)}
    texts = read_texts(folder)
    place = dict.fromkeys(texts, 0)
    for case in CASES:  # No text is annotated twice.
        first = place[case.unit]
        chosen = texts[case.unit][first : first + arguments.texts]
        place[case.unit] += arguments.texts
        found = measure(case, sides, chosen, arguments.runs)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
