"""Time a transformer aligned with words, beside its bare forward pass and the peer.

    python benchmarks/bench_transformer.py DATA.conllu[.gz] MODEL [--device cuda]

MODEL is a folder, a name on the Hugging Face hub, or a random BERT: "tiny", "minilm" or
"bert-base", by its shape.
Sentences are joined into documents of 20, and read in windows of 128 pieces, one
every 96; the peer's windows are 128 tokens, one every 96. The bare forward pass reads
the same pieces in blocks of 128 without overlap, special pieces or alignment: an upper
bound that no layer can reach. Rows of the peer need spacy-transformers. The rows run in
turn, so that a change of the machine's speed affects all. Prints a line of JSON for
each row, with words per second: median and range. On a GPU it has the memory too that a
run takes at most, beside the models, in MB.
"""

import argparse
import importlib.util
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import thinc
import torch
import transformers
from random_bert import SIZES, make_bert
from thinc.api import Adam, Model, require_gpu, set_gpu_allocator

import zoo
from zoo.corpora import read_docs
from zoo.transformers import Tok2VecTransformer, TransformerWrapper, strided_spans

WINDOW, STRIDE = 128, 96
#: Sentences in a document.
JOINED = 20
Run = Callable[[], object]


def read_texts(path: Path, limit: int) -> list[list[str]]:
    """Join sentences into documents."""
    words = [doc.words for doc in islice(read_docs(path), limit)]
    starts = range(0, len(words), JOINED)
    return [[*chain.from_iterable(words[i : i + JOINED])] for i in starts]


def bare_run(name: str, texts: list[list[str]], device: str, precision: str) -> Run:
    """Run nothing but forward passes, on blocks of pieces."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(name)
    module = transformers.AutoModel.from_pretrained(name).float().eval().to(device)
    ids = tokenizer([" ".join(words) for words in texts], add_special_tokens=False)
    flat = np.concatenate([np.array(row) for row in ids["input_ids"]])
    n_rows = 4096 // WINDOW
    blocks = torch.from_numpy(flat[: len(flat) // WINDOW * WINDOW]).view(-1, WINDOW)

    def run() -> None:
        with torch.inference_mode(), autocast(device, precision):
            for block in blocks.split(n_rows):
                module(input_ids=block.to(device)).last_hidden_state.float()
        if device == "cuda":
            torch.cuda.synchronize()

    return run


def autocast(device: str, precision: str) -> Any:
    is_half = precision != "float32"
    return torch.autocast(
        device, getattr(torch, precision if is_half else "bfloat16"), enabled=is_half
    )


def our_model(name: str, precision: str, max_batch_items: int) -> Model:
    wrapper = TransformerWrapper(
        name,
        strided_spans(WINDOW, STRIDE),
        precision=precision,
        max_batch_items=max_batch_items,
    )
    return Tok2VecTransformer(wrapper).initialize()


def peer_model(name: str, precision: str) -> Model:
    """Build the peer's layer; its half precision is float16, on a GPU alone."""
    import spacy
    from thinc.api import reduce_mean

    make = spacy.registry.get(
        "architectures", "spacy-transformers.Tok2VecTransformer.v3"
    )
    get_spans = spacy.registry.get(
        "span_getters", "spacy-transformers.strided_spans.v1"
    )
    model = make(
        name=name,
        get_spans=get_spans(window=WINDOW, stride=STRIDE),
        tokenizer_config={"use_fast": True},
        pooling=reduce_mean(),
        mixed_precision=precision != "float32",
    )
    return model.initialize(X=peer_docs([["a"]]))


def peer_docs(texts: list[list[str]]) -> list[Any]:
    import spacy
    from spacy.tokens import Doc

    vocab = spacy.blank("en").vocab
    return [Doc(vocab, words=words) for words in texts]


def batched(docs: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(docs), size):
        yield docs[start : start + size]


def predicting(model: Model, docs: list[Any], batch_size: int, device: str) -> Run:
    def run() -> None:
        for batch in batched(docs, batch_size):
            model.predict(batch)
        if device == "cuda":
            torch.cuda.synchronize()

    return run


def updating(model: Model, docs: list[Any], batch_size: int, device: str) -> Run:
    """Run forward, backward and Adam, with the output as gradient."""
    optimizer = Adam(1e-5)

    def run() -> None:
        for batch in batched(docs, batch_size):
            vectors, backprop = model(batch, is_train=True)
            backprop(vectors)
            model.finish_update(optimizer)
        if device == "cuda":
            torch.cuda.synchronize()

    return run


def make_rows(name: str, texts: list[list[str]], settings: Any) -> dict[str, Run]:
    """Make all rows. The first two of predictions must give the same vectors."""
    size, device, half = settings.batch_size, settings.device, settings.precision
    n_train = max(size, len(texts) // 8)
    rows: dict[str, Run] = {}
    for precision in dict.fromkeys(("float32", half)):
        model = our_model(name, precision, settings.max_batch_items)
        rows[f"zoo, predict, {precision}"] = predicting(model, texts, size, device)
        rows[f"bare, predict, {precision}"] = bare_run(name, texts, device, precision)
        rows[f"zoo, update, {precision}"] = updating(
            our_model(name, precision, settings.max_batch_items),
            texts[:n_train],
            size,
            device,
        )
    if importlib.util.find_spec("spacy_transformers") is not None:
        docs = peer_docs(texts)
        for precision in ("float32", "float16") if device == "cuda" else ("float32",):
            peer = peer_model(name, precision)
            rows[f"peer, predict, {precision}"] = predicting(peer, docs, size, device)
            rows[f"peer, update, {precision}"] = updating(
                peer_model(name, precision), docs[:n_train], size, device
            )
        check_against_peer(name, texts[0][:10])
    return rows


def check_against_peer(name: str, words: list[str]) -> None:
    """Compare both on words that fit into one window."""
    (expected,) = peer_model(name, "float32").predict(peer_docs([words]))
    (found,) = our_model(name, "float32", 4096).predict([words])
    thinc_ops = thinc.api.get_current_ops()
    np.testing.assert_allclose(
        thinc_ops.to_numpy(found), thinc_ops.to_numpy(expected), atol=1e-4
    )


def memory_before(device: str) -> int:
    """Return the bytes that PyTorch holds on the GPU, and count its peak anew."""
    if device != "cuda":
        return 0
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def machine(device: str) -> dict[str, Any]:
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return {
        "device": torch.cuda.get_device_name() if device == "cuda" else names[:1],
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "thinc": thinc.about.__version__,
        "zoo": zoo.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="A corpus that zoo can read.")
    parser.add_argument("model", help='A folder, a name, or "tiny".')
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", default="bfloat16", help="Of the fast rows.")
    parser.add_argument("--limit", type=int, default=1000, help="Sentences to read.")
    parser.add_argument("--batch-size", type=int, default=8, help="Documents.")
    parser.add_argument("--max-batch-items", type=int, default=4096)
    parser.add_argument("--rows", nargs="*", default=[""], help="Rows that begin so.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="Of PyTorch on CPU.")
    parser.add_argument(
        "--clock",
        choices=["wall", "processor"],
        default="wall",
        help="On a busy machine, with one thread, the processor's time is steadier.",
    )
    settings = parser.parse_args()
    if settings.device == "cuda":
        require_gpu()
        set_gpu_allocator("pytorch")
    torch.set_num_threads(settings.threads)
    clock = time.process_time if settings.clock == "processor" else time.perf_counter
    texts = read_texts(settings.data, settings.limit)
    with tempfile.TemporaryDirectory() as folder:
        is_random = settings.model in SIZES
        name = make_bert(folder, settings.model, texts) if is_random else settings.model
        made = make_rows(name, texts, settings)
        rows = {k: r for k, r in made.items() if k.startswith(tuple(settings.rows))}
        n_train = sum(map(len, texts[: max(settings.batch_size, len(texts) // 8)]))
        words = {k: n_train if "update" in k else sum(map(len, texts)) for k in rows}
        speeds: dict[str, list[float]] = {k: [] for k in rows}
        peaks: dict[str, int] = {}
        for _ in range(settings.runs + 1):
            for row, run in rows.items():
                before = memory_before(settings.device)
                start = clock()
                run()
                speeds[row].append(words[row] / (clock() - start))
                if settings.device == "cuda":
                    peak = (torch.cuda.max_memory_allocated() - before) >> 20
                    peaks[row] = max(peak, peaks.get(row, 0))
    facts = machine(settings.device)
    for row, found in speeds.items():
        found = found[1:]  # The first one warms up.
        figures = {
            "median": round(statistics.median(found)),
            "min": round(min(found)),
            "max": round(max(found)),
        }
        line = {"row": row, "model": settings.model, "words_per_s": figures}
        line |= {"peak_mb": peaks.get(row), **facts}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
