"""Time the tokenizer beside spaCy's, and the reading of every format of file.

    python benchmarks/bench_corpora.py RAW.jsonl[.gz] TREEBANK.conllu[.gz] [--runs 5]

The documents of the treebank, with words, spaces, tags, heads and labels, and with
artificial entities and categories, are written in every format and read again. If spaCy
has a reader for a format, the two run in turn.

Prints a line of JSON for each case: words per second of CPU time (median and range) of
both, their ratio, and for the tokenizer how many words agree. Everything runs on one
thread.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import spacy
from spacy.tokens import DocBin

from zoo import Doc, Span
from zoo.corpora import read_docs, write_docs
from zoo.corpora.formats import FORMATS
from zoo.tokenizer import Tokenizer, locate_words

#: Texts on which the words of both are compared.
N_COMPARED = 2000


def agreement(texts: list[str]) -> dict[str, float]:
    """Compare the words of both, whitespace aside: F1 of spans, and equal texts."""
    tokenizer, peer = Tokenizer(), spacy.blank("en").tokenizer
    both = ours = theirs = same = 0
    for text in texts[:N_COMPARED]:
        words = tokenizer(text).words
        found = {*zip(locate_words(words, text), words, strict=True)}
        expected = {(t.idx, t.text) for t in peer(text) if not t.text.isspace()}
        both += len(found & expected)
        ours, theirs = ours + len(found), theirs + len(expected)
        same += found == expected
    n_texts = min(len(texts), N_COMPARED)
    return {"f1": 2 * both / (ours + theirs), "equal_texts": same / n_texts}


def compare(
    name: str,
    n_words: int,
    runs: int,
    ours: Callable[[], Any],
    peer: Callable[[], Any] | None = None,
    **more: float,
) -> None:
    """Run both in turn, or one if there is no other, and print their speeds."""
    functions = {"zoo": ours} | ({"spacy": peer} if peer is not None else {})
    speeds: dict[str, list[float]] = {who: [] for who in functions}
    for _ in range(runs):
        for who, function in functions.items():
            start = time.process_time()
            function()
            speeds[who].append(n_words / (time.process_time() - start))
    line: dict[str, Any] = {"case": name, "words": n_words}
    for who, found in speeds.items():
        line[who] = round(statistics.median(found))
        line[f"{who}_range"] = [round(min(found)), round(max(found))]
    if peer is not None:
        line["ratio"] = round(line["zoo"] / line["spacy"], 2)
    versions = {"spacy_version": spacy.__version__, "python": platform.python_version()}
    print(json.dumps(line | more | versions), flush=True)


def compare_formats(docs: list[Doc], runs: int) -> None:
    """Time the reading of the same documents from every format."""
    n_words, vocab = sum(map(len, docs)), spacy.blank("en").vocab
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (*FORMATS, ".conllu.gz", ".jsonl.gz"):
            path = Path(folder) / f"docs{suffix}"
            write_docs(docs, path)

            def read(path: Path = path) -> list[Doc]:
                return [*read_docs(path)]

            def read_with_spacy(path: Path = path) -> list[Any]:
                return [*DocBin().from_disk(path).get_docs(vocab)]

            found = read()
            assert sum(map(len, found)) == n_words or suffix in (".txt", ".tsv")
            words = sum(map(len, found))
            peer = read_with_spacy if suffix == ".spacy" else None
            compare(f"read {suffix}", words, runs, read, peer)


def label(doc: Doc) -> Doc:
    """Add a category and an entity to a document, for formats that store only these."""
    ents = [Span(0, 1, "THING")] if len(doc) > 3 else []
    return replace(doc, ents=ents, cats={"long": float(len(doc) > 20)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("raw", type=Path)
    parser.add_argument("treebank", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    texts = [doc.user_data["text"] for doc in read_docs(options.raw)]
    n_words = sum(map(len, map(Tokenizer(), texts)))
    warm, peer = Tokenizer(), spacy.blank("en").tokenizer

    def tokenize_anew() -> None:
        for text in map(Tokenizer(), texts):
            len(text)

    def tokenize_anew_with_spacy() -> None:
        for text in map(spacy.blank("en").tokenizer, texts):
            len(text)

    more = agreement(texts)
    runs = options.runs
    compare("tokenize", n_words, runs, tokenize_anew, tokenize_anew_with_spacy, **more)
    few = texts[:N_COMPARED]
    n_few = sum(map(len, map(warm, few)))
    for text in few:
        peer(text)
    compare(
        "tokenize, words seen before",
        n_few,
        runs,
        lambda: [*map(warm, few)],
        lambda: [*map(peer, few)],
    )
    docs = [label(doc) for doc in read_docs(options.treebank)]
    for doc in docs:  # Comments and columns of CoNLL-U have no place elsewhere.
        doc.user_data = {}
    compare_formats(docs, runs)


if __name__ == "__main__":
    main()
