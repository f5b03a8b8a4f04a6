"""Screen features of texts by logistic regression, before a model is built of them.

    python benchmarks/screen_texts.py DATA [VECTORS ...]

DATA contains sst2/. Prints, for each set of features, the accuracy over five folds of
the training set and, after training on all of it, on the development set. VECTORS are
tables of word vectors, to be averaged over a sentence. Needs scikit-learn.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

import zoo
from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo.corpora import read_docs

#: What is counted, by the lengths of prefixes and whether pairs are.
COUNTED: dict[str, tuple[Sequence[int], bool]] = {
    "words": ((), False),
    "words and pairs": ((), True),
    "words, pairs, prefixes of 4": ((4,), True),
    "words, pairs, prefixes of 4 and 6": ((4, 6), True),
    "words, pairs, prefixes of 3, 4, 5 and 6": ((3, 4, 5, 6), True),
}
BEST = "words, pairs, prefixes of 4 and 6"
#: Weight of averaged vectors beside counts, and the inverse of L2 of each.
VECTOR_WEIGHT, COUNT_C, VECTOR_C = 0.15, 0.5, 0.03


def list_features(
    words: Sequence[str], prefixes: Sequence[int], with_pairs: bool
) -> Iterator[str]:
    """Return the features of a sentence that are counted."""
    yield from words
    yield from (f"{a} {b}" for a, b in pairwise(words) if with_pairs)
    yield from (f"{n}:{w[:n]}" for w in words for n in prefixes if len(w) > n)


def count(docs: list[list[str]], n_train: int, name: str) -> Any:
    """Count the features of the training set in all sentences."""
    counter = CountVectorizer(analyzer=lambda doc: list_features(doc, *COUNTED[name]))
    return counter.fit(docs[:n_train]).transform(docs).astype(float)


def average(docs: list[list[str]], source: str) -> Any:
    """Average the token vectors of an encoder of zoo's, or the vectors of a table."""
    if source in zoo.list_models(pretrained=True):
        rows = zoo.create_model(source, pretrained=True).predict(docs)
    else:
        table = zoo.read_vectors(source)
        rows = [table.get(doc)[0] for doc in docs]
    X = np.stack([np.asarray(vectors).mean(axis=0) for vectors in rows])
    return (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-6)


def score(X: Any, y: Any, n_train: int) -> str:
    """Return the accuracy over folds, and on the development set."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    parts = list(folds.split(np.zeros(n_train), y[:n_train]))
    parts.append((np.arange(n_train), np.arange(n_train, len(y))))
    right = np.zeros(len(y))
    is_sparse = sparse.issparse(X)
    for train, held_out in parts:
        model = LogisticRegression(
            C=COUNT_C if is_sparse else VECTOR_C,
            solver="liblinear" if is_sparse else "lbfgs",
            max_iter=300,
        )
        predicted = model.fit(X[train], y[train]).predict(X[held_out])
        right[held_out] = predicted == y[held_out]
    return f"{100 * right[:n_train].mean():.1f} | {100 * right[n_train:].mean():.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("vectors", nargs="*", default=["zoo:english-words"])
    arguments = parser.parse_args()
    parts = [
        list(read_docs(arguments.data / f"sst2/{part}.tsv.gz"))
        for part in ("train", "dev")
    ]
    n_train, docs = len(parts[0]), [doc for part in parts for doc in part]
    texts = [[word.lower() for word in doc.words] for doc in docs]
    y = np.array([(doc.cats or {}).get("1", 0.0) >= 0.5 for doc in docs])
    for name in COUNTED:
        print(f"| {name} | {score(count(texts, n_train, name), y, n_train)} |")
    counts = count(texts, n_train, BEST)
    for source in (*zoo.list_models(pretrained=True), *arguments.vectors):
        X = average(texts, source)
        print(f"| {source} | {score(X, y, n_train)} |", flush=True)
        both = sparse.hstack([counts, sparse.csr_matrix(VECTOR_WEIGHT * X)]).tocsr()
        print(f"| {BEST}, and {source} | {score(both, y, n_train)} |", flush=True)


if __name__ == "__main__":
    main()
