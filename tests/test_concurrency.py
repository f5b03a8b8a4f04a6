"""Predict at once in several threads: everywhere the bits of one thread alone."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from thinc.api import Model, get_current_ops, set_current_ops
from thinc.types import Ragged
from threadpoolctl import threadpool_limits

from zoo import layers
from zoo._lexical import attributes
from zoo._lexical.key_cache import KeyCache
from zoo.testing import check_layer
from zoo.testing._samples import ForeignOps, is_same, move_parameters

from .layers.builders import Table
from .tiny import make_docs, make_trained_pipeline, same_bits, scores_of

WORDS = [f"word{i}" for i in range(1500)]
ROWS = np.random.default_rng(0).normal(size=(1500, 96)).astype("f")
WIDE = np.random.default_rng(0).normal(size=(500, 3000)).astype("f")
#: Layers with a product of matrices that are not worked on in chunks.
PRODUCTS = {
    "attention_pool": (
        lambda: layers.AttentionPool(3000),
        Ragged(WIDE, np.array([200, 300], dtype="i")),
    ),
    "mish_norm": (lambda: layers.MishNorm(96, 96), ROWS),
    "static_vectors": (
        lambda: layers.StaticVectors(96, vectors=Table(WORDS, 300)),
        [WORDS],
    ),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_prediction_does_not_depend_on_how_many_threads_blas_has(name):
    build, X = PRODUCTS[name]
    model = build().initialize(X=X)
    move_parameters(model, np.random.default_rng(0))
    found = []
    for count in (1, 2):
        with threadpool_limits(count, "blas"):
            found.append(model.predict(X))
    assert is_same(*found)


def make_model(compute):
    return Model("strange", lambda model, X, is_train: (compute(X), lambda dY: dY))


def test_layer_that_takes_the_ops_of_the_thread_is_found_out():
    model = make_model(lambda X: get_current_ops().asarray(X))
    with pytest.raises(RuntimeError, match="ops of the thread were asked for"):
        check_layer(model, ROWS[:3, :4])


def test_layer_that_depends_on_the_thread_is_found_out():
    def add(X):
        is_main = threading.current_thread() is threading.main_thread()
        return X if is_main else X + 1

    with pytest.raises(AssertionError, match=r"in several threads: .* got others"):
        check_layer(make_model(add), ROWS[:3, :4])


@pytest.mark.parametrize(
    "names",
    [("tok2vec", "tagger", "textcat"), ("tagger", "textcat_multilabel")],
    ids=["shared", "own"],
)
def test_pipelines_annotate_in_eight_threads_as_in_one(names, monkeypatch):
    """Batches differ in size, and the cache of keys forgets all the time."""
    pipeline = make_trained_pipeline(names)
    batches = [make_docs(n, seed=n) for n in (1, 2, 3, 5, 8, 13, 21, 34)]
    for n, batch in enumerate(batches):
        batch[0].words[:] = [f"{word}{n}" for word in batch[0].words]
    batches.append([])
    bare = [[doc.copy(annotations=False) for doc in batch] for batch in batches]
    scores = [scores_of(pipeline, batch) for batch in batches]
    expected = [pipeline([doc.words for doc in batch]) for batch in bare]
    width = len(attributes.VALUES)
    cache = KeyCache(attributes._compute_values, width, max_words=6)
    monkeypatch.setattr(attributes, "_VALUE_KEYS", cache)

    def work(first):
        set_current_ops(ForeignOps())
        for i in range(len(batches)):
            n = (first + i) % len(batches)
            assert same_bits(scores_of(pipeline, batches[n]), scores[n])
            assert pipeline([doc.copy() for doc in bare[n]]) == expected[n]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))


def test_a_cache_can_grow_in_a_process_forked_while_a_thread_was_adding():
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    code = (
        "import os\n"
        "from zoo._lexical.attributes import _VALUE_KEYS as cache\n"
        "cache._adding.acquire()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    cache(['word'])\n"
        "    os._exit(0 if len(cache) == 1 else 1)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
