"""Time the tokenizer and the reading of files beside spaCy's, in turn.

    python benchmarks/bench_corpora.py RAW.jsonl[.gz] TREEBANK.conllu[.gz] [--runs 5]

Prints a line of JSON a case: words per second of both (median and range), the ratio,
and for the tokenizer how far the words agree.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spacy
from spacy.tokens import DocBin

from zoo.corpora import read_docs, write_docs
from zoo.tokenizer import Tokenizer, locate_words

#: Texts on which the words of both are compared.
N_COMPARED = 2000


def agreement(texts: list[str]) -> dict[str, float]:
    """Tell how far words agree, white space aside: F1 of spans, and equal texts."""
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
    peer: Callable[[], Any],
    **more: float,
) -> None:
    """Run both in turn, and print their speeds."""
    speeds: dict[str, list[float]] = {"zoo": [], "spacy": []}
    for _ in range(runs):
        for who, function in (("zoo", ours), ("spacy", peer)):
            start = time.perf_counter()
            function()
            speeds[who].append(n_words / (time.perf_counter() - start))
    line: dict[str, Any] = {"case": name, "words": n_words}
    for who, found in speeds.items():
        line[who] = round(statistics.median(found))
        line[f"{who}_range"] = [round(min(found)), round(max(found))]
    line["ratio"] = round(line["zoo"] / line["spacy"], 2)
    versions = {"spacy_version": spacy.__version__, "python": platform.python_version()}
    print(json.dumps(line | more | versions), flush=True)


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
    docs = [*read_docs(options.treebank)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.spacy"
        write_docs(docs, path)
        vocab = spacy.blank("en").vocab
        compare(
            "read .spacy",
            sum(map(len, docs)),
            runs,
            lambda: [*read_docs(path)],
            lambda: [*DocBin().from_disk(path).get_docs(vocab)],
        )


if __name__ == "__main__":
    main()
