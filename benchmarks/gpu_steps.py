"""Run one of the steps of `gpu_check.sh` that check zoo on a GPU, not its speed.

    python benchmarks/gpu_steps.py layers|parity|train DATA.conllu[.gz]

Each step prints a line of JSON for each check as soon as it has run, and exits with 1
if one has failed. Without a GPU it is a rehearsal: the same code runs on the CPU, on
ops of numpy that call themselves a GPU's, with smaller inputs.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from random_bert import make_bert
from thinc.api import (
    Adam,
    Model,
    fix_random_seed,
    require_gpu,
    set_dropout_rate,
    to_numpy,
    use_ops,
)
from thinc.compat import has_cupy_gpu

import zoo
from tests.layers.builders import FakeGPU
from tests.test_registry import LAYERS
from zoo.corpora import read_docs
from zoo.layers import MaxoutWindowEncoder, MishWindowEncoder, MultiHashEmbed, Tok2Vec
from zoo.layers import TorchBiLSTMEncoder as BiLSTM
from zoo.models.make_config import make_config
from zoo.testing import check_layer
from zoo.transformers import Tok2VecTransformer, TransformerWrapper, strided_spans

#: The largest difference between CPU and GPU, of the largest number of an array.
TOLERANCE = 1e-4
#: Of two maxout pieces that are equal but for rounding, either may win, and gets the
#: gradient: in one of six models of 1,500 words, gradients then differ by 0.005.
GRADIENT_TOLERANCE = 0.02
#: Words whose tag may differ, as two scores can be equal but for rounding.
TAG_TOLERANCE = 1e-3
UPDATES = 200
#: Without a GPU.
IS_REHEARSAL = not has_cupy_gpu


def put_on_gpu(model: Model) -> Model:
    if IS_REHEARSAL:
        model._to_ops(FakeGPU())
    else:
        model.to_gpu(0)
    return model


def gpu_ops() -> AbstractContextManager[object]:
    """Make the operations of the GPU those of the thread, as `require_gpu` does."""
    return nullcontext() if IS_REHEARSAL else use_ops("cupy")


@contextmanager
def pretended_gpu() -> Iterator[None]:
    """Let `check_layer` take the ops of a rehearsal for those of a GPU."""
    battery = sys.modules["zoo.testing.check_layer"]
    saved = battery.has_cupy_gpu, battery.CupyOps, Model.to_gpu
    if IS_REHEARSAL:
        battery.has_cupy_gpu, battery.CupyOps = True, FakeGPU
        Model.to_gpu = lambda model, _: model._to_ops(FakeGPU())
    try:
        yield
    finally:
        battery.has_cupy_gpu, battery.CupyOps, Model.to_gpu = saved


def run_checks(checks: dict[str, Callable[[], dict[str, Any] | None]]) -> int:
    """Run checks, print the result of each at once, and count those that failed."""
    n_failed = 0
    for name, check in checks.items():
        line: dict[str, Any] = {"check": name, "rehearsal": IS_REHEARSAL}
        start = time.perf_counter()
        try:
            line |= check() or {}
            line["ok"] = True
        except Exception:
            n_failed += 1
            line |= {"ok": False, "error": traceback.format_exc()}
        line["seconds"] = round(time.perf_counter() - start, 2)
        print(json.dumps(line), flush=True)
    print(f"{len(checks) - n_failed} of {len(checks)} checks passed.", flush=True)
    return n_failed


def layer_checks(_: Path) -> dict[str, Any]:
    """Run every registered layer through `check_layer`, which compares with a GPU."""

    def make(name: str) -> Callable[[], None]:
        def check() -> None:
            arguments, X, *rest = LAYERS[name]
            build = (
                rest[0] if rest else lambda constructor, **kwargs: constructor(**kwargs)
            )
            model = build(zoo.registry.layers.get(name), **arguments)
            check_layer(model.initialize(X=X), X, cross_entropy=len(rest) > 1)

        return check

    return {name: make(name) for name in LAYERS}


def parity_checks(data: Path) -> dict[str, Any]:
    """Compare CPU and GPU on models of usual sizes, with the same weights."""
    docs = list(itertools.islice(read_docs(data), 60 if IS_REHEARSAL else 1000))
    texts = [doc.words for doc in docs]
    makers: dict[str, Callable[[], Model]] = {
        "maxout": lambda: Tok2Vec(MultiHashEmbed(96), MaxoutWindowEncoder(96, depth=4)),
        "mish": lambda: Tok2Vec(MultiHashEmbed(96), MishWindowEncoder(96, depth=4)),
        "LSTM": lambda: Tok2Vec(MultiHashEmbed(96), BiLSTM(96, depth=2)),
        "MiniLM": lambda: make_transformer(texts),
    }
    checks: dict[str, Any] = {
        name: lambda make=make: compare_models(make().initialize(), texts)
        for name, make in makers.items()
    }
    for names in (["tagger"], ["parser"], ["ner"], ["textcat"], ["spancat"]):
        checks[f"pipeline of {names[0]}"] = lambda names=names: compare_pipelines(
            names, docs[:200]
        )
    return checks


def make_transformer(texts: list[list[str]]) -> Model:
    folder = tempfile.mkdtemp()
    size = "tiny" if IS_REHEARSAL else "minilm"
    wrapper = TransformerWrapper(make_bert(folder, size, texts), strided_spans(128, 96))
    return Tok2VecTransformer(wrapper)


def compare_models(model: Model, texts: list[list[str]]) -> dict[str, float]:
    """Compare outputs, gradients, and the weights after a step of Adam."""
    set_dropout_rate(model, 0.0)
    other = put_on_gpu(model.copy())
    rng = np.random.default_rng(0)
    found = []
    dY: list[np.ndarray] = []
    for each, context in ((model, nullcontext()), (other, gpu_ops())):
        with context:
            vectors, backprop = each(texts, is_train=True)
            dY = dY or [rng.normal(size=Y.shape).astype("f") for Y in vectors]
            backprop([each.ops.asarray(d) for d in dY])
            found.append(arrays_of(each, vectors))
    (Y, *expected), (other_Y, *gradients) = found
    worst = difference(Y, other_Y)
    assert worst < TOLERANCE, f"{worst:.2g} of the largest output"
    distance = max(map(relative_distance, expected, gradients))
    assert distance < GRADIENT_TOLERANCE, f"{distance:.2g} of a gradient's length"
    with gpu_ops():
        zoo.finish_update(other, Adam(0.001))
    for node in other.walk():
        for name in node.param_names:
            assert np.isfinite(to_numpy(node.get_param(name))).all(), (node.name, name)
    return {"difference": worst, "distance_of_gradients": distance}


def arrays_of(model: Model, vectors: list[Any]) -> list[np.ndarray]:
    """Return the output of a model and all its gradients, on the host."""
    arrays = [np.concatenate([to_numpy(Y) for Y in vectors])]
    for node in model.walk():
        arrays += [to_numpy(node.get_grad(name)) for name in node.grad_names]
    return arrays


def difference(expected: np.ndarray, found: np.ndarray) -> float:
    assert expected.shape == found.shape and np.isfinite(found).all()
    if not expected.size:
        return 0.0
    return float(np.abs(expected - found).max() / max(1.0, np.abs(expected).max()))


def relative_distance(expected: np.ndarray, found: np.ndarray) -> float:
    """Return the distance of two gradients, as a share of the length of the first."""
    assert expected.shape == found.shape and np.isfinite(found).all()
    length = max(1e-6, float(np.linalg.norm(expected)))
    return float(np.linalg.norm(expected - found)) / length


def compare_pipelines(names: list[str], docs: list["zoo.Doc"]) -> dict[str, float]:
    """Compare what a pipeline says on CPU and on a GPU, after some updates there."""
    gold = [annotated(doc) for doc in docs]
    pipeline = zoo.Pipeline.from_config(make_config(["tok2vec", *names]))
    pipeline.initialize(gold)
    for component in pipeline.components.values():
        put_on_gpu(component.model)
    with gpu_ops():
        optimizer = Adam(0.001)
        for _ in range(3 if IS_REHEARSAL else 10):
            pipeline.update(gold, optimizer=optimizer)
        on_gpu = [describe(doc) for doc in pipeline.pipe(bare(docs))]
    for component in pipeline.components.values():
        component.model.to_cpu()
    on_cpu = [describe(doc) for doc in pipeline.pipe(bare(docs))]
    pairs = list(zip(on_cpu, on_gpu, strict=True))
    share = sum(a != b for a, b in pairs) / len(pairs)
    assert share <= 0.01, f"{share:.1%} of the documents differ"
    return {"documents_that_differ": share}


def annotated(doc: "zoo.Doc") -> "zoo.Doc":
    """Add entities, spans and categories to what a treebank has."""
    copy = doc.copy()
    names = [i for i, pos in enumerate(doc.pos or []) if pos == "PROPN"]
    copy.ents = [zoo.Span(i, i + 1, "NAME") for i in names]
    copy.spans = {"sc": copy.ents}
    copy.cats = {"LONG": float(len(doc) > 15), "SHORT": float(len(doc) <= 15)}
    return copy


def bare(docs: list["zoo.Doc"]) -> Iterator["zoo.Doc"]:
    return (doc.copy(annotations=False) for doc in docs)


def describe(doc: "zoo.Doc") -> tuple[Any, ...]:
    best = max(doc.cats, key=doc.cats.__getitem__) if doc.cats else None
    spans = {k: [tuple(s) for s in v] for k, v in (doc.spans or {}).items()}
    return doc.tags, doc.heads, doc.deps, doc.ents, spans, best


def train_checks(data: Path) -> dict[str, Any]:
    """Train a tagger by the command line, save it, and load it on CPU."""
    return {"zoo train, 200 updates": lambda: train_tagger(data)}


def train_tagger(data: Path) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp())
    docs = list(itertools.islice(read_docs(data), 300 if IS_REHEARSAL else 3000))
    parts = {"train": docs[: -len(docs) // 10], "dev": docs[-len(docs) // 10 :]}
    for name, part in parts.items():
        zoo.write_docs(part, folder / f"{name}.jsonl")
    config, output = folder / "config.cfg", folder / "run"
    corpora = ("--train", folder / "train.jsonl", "--dev", folder / "dev.jsonl")
    run_zoo("init", "config", config, "--pipeline", "tok2vec,tagger", *corpora)
    begin = time.perf_counter()
    gpu = ("--gpu-id", "-1" if IS_REHEARSAL else "0")
    limits = ("--training.max_steps", UPDATES, "--training.eval_frequency", 100)
    run_zoo("train", config, "--output", output, *gpu, *limits)
    seconds = time.perf_counter() - begin
    model, scores = output / "model-best", folder / "scores.json"
    dev, tagged = folder / "dev.jsonl", folder / "cpu.jsonl"
    run_zoo("evaluate", model, dev, "-o", scores, CUDA_VISIBLE_DEVICES="")
    run_zoo("apply", model, dev, "-o", tagged, CUDA_VISIBLE_DEVICES="")
    on_cpu = list(read_docs(tagged))
    if not IS_REHEARSAL:
        require_gpu()
    on_gpu = list(zoo.load(model).pipe(bare(parts["dev"])))
    pairs = [
        (a, b)
        for x, y in zip(on_cpu, on_gpu, strict=True)
        for a, b in zip(x.tags, y.tags, strict=True)
    ]
    share = sum(a != b for a, b in pairs) / len(pairs)
    assert share <= TAG_TOLERANCE, f"{share:.2%} of the tags differ"
    return {
        "train_seconds": round(seconds, 1),
        "tags_that_differ": share,
        "tag_acc": json.loads(scores.read_text())["tag_acc"],
    }


def run_zoo(*arguments: object, **variables: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zoo", *map(str, arguments)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"zoo {arguments[0]}: {done.stdout}{done.stderr}"


STEPS = {"layers": layer_checks, "parity": parity_checks, "train": train_checks}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("data", type=Path, help="A treebank that zoo can read.")
    arguments = parser.parse_args()
    fix_random_seed(0)
    torch.backends.cudnn.allow_tf32 = False  # As it is for products by default.
    with pretended_gpu():
        n_failed = run_checks(STEPS[arguments.step](arguments.data))
    sys.exit(n_failed > 0)


if __name__ == "__main__":
    main()
