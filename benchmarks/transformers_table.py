"""Check every text architecture of the installed transformers on a tiny model.

    python benchmarks/transformers_table.py --results new.json
    OLD/bin/python benchmarks/transformers_table.py --results old.json
    python benchmarks/transformers_table.py --page docs/architectures.md \\
        --tables new.json old.json

Each architecture runs in a process of its own with a time limit, and its result is
written at once, so that a run that was stopped goes on where it was. OLD is a virtual
environment with another version of transformers.
"""

import argparse
import inspect
import json
import multiprocessing
import os
import queue
import re
import tempfile
import textwrap
import warnings
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

import numpy as np
import torch
import transformers
from tiny_models import make_files, make_folder

import zoo
from zoo.models.make_config import make_config
from zoo.transformers import (
    LayerGradients,
    PoolPieces,
    TransformerWrapper,
    doc_spans,
    strided_spans,
)
from zoo.transformers.wrapper import transformer_of

CHECKS = {
    "width": "`nO` is the width of the vectors, also without documents",
    "batch": "a document has the vectors that it has alone",
    "mean": "token vectors equal the mean of what the bare module gives each piece",
    "windows": "a long document is read in windows, each as the bare module reads it",
    "state": "predictions are the same after others were made",
    "gradients": "gradients equal those of PyTorch's own backward pass",
    "saved": "a pipeline has the same vectors after it was saved and loaded",
    "hidden": "`output_hidden_states`: the layers of the bare module",
    "attention": "`output_attentions`: the matrices of the bare module",
}
#: Seconds for an architecture, and the least precision of a check.
LIMIT, CLOSE = 240, 5e-5
SHORT, LONG = ["the", "cat"], ["a", "ducks", "sat", "on", "the", "fast", "mat", "."]
DOCS = [SHORT, LONG, ["mat"], [*LONG, *LONG]]


def differs(a: Any, b: Any) -> float:
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return float("inf")
    scale = max(1.0, float(np.abs(b).max(initial=0)))
    return float(np.abs(a - b).max(initial=0)) / scale


def places(words: list[str]) -> list[tuple[int, int]]:
    """Return where words stand in a text that has a space after each."""
    ends = np.cumsum([len(word) + 1 for word in words]) - 1
    return [(end - len(w), end) for end, w in zip(ends.tolist(), words, strict=True)]


class Checks:
    """Run all checks on the model in a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.model = self.wrap()
        self.bare = self.load()

    def load(self, **settings: Any) -> Any:
        """Load the part that reads text with transformers alone."""
        found = transformers.AutoModel.from_pretrained(self.folder, **settings)
        module: Any = found.float().eval()
        for part in module.modules():  # BigBird's attention must not switch.
            if getattr(part, "attention_type", "") == "block_sparse":
                part.set_attention_type("original_full")
        accepted = inspect.signature(module.forward).parameters
        writes = module.config.is_encoder_decoder or "decoder_input_ids" in accepted
        if hasattr(module, "get_encoder") and writes:
            module = module.get_encoder()
        module = getattr(module, "language_model", module)
        if "pixel_values" in inspect.signature(module.forward).parameters:
            module = getattr(module, "text_model", module)
        if hasattr(module, "lm_head"):
            module = module.model
        for part in module.modules():
            if getattr(part, "config", None) is not None:
                part.config.use_cache = False
        return module

    def wrap(self, spans: Any = None, **settings: Any) -> Any:
        found = TransformerWrapper(self.folder, spans or doc_spans(), **settings)
        return found.initialize()

    def run_bare(self, batch: Any, **settings: Any) -> list[Any]:
        """Run the bare module on each window of a batch by itself."""
        ends = np.cumsum(batch.n_rows)
        windows = np.split(batch.ids.astype("i8"), ends[:-1])
        with torch.no_grad():
            return [self.call(self.bare, ids, **settings) for ids in windows]

    def call(self, module: Any, ids: Any, **settings: Any) -> Any:
        """Call a module on a window, with a mask of ones if it takes one."""
        ids = torch.tensor(ids[None].astype("i8"))
        if "attention_mask" in inspect.signature(module.forward).parameters:
            settings["attention_mask"] = torch.ones_like(ids)
        return module(input_ids=ids, **settings)

    def width(self) -> float:
        made = self.model.get_dim("nO")
        shapes = [
            self.model.predict(docs).vectors.shape[1] for docs in (DOCS, [], [[]])
        ]
        return float(max(abs(n - made) for n in shapes))

    def batch(self) -> float:
        alone = [self.model.predict([doc]).vectors for doc in DOCS]
        worst = differs(self.model.predict(DOCS).vectors, np.concatenate(alone))
        before = self.model.attrs["max_batch_items"]
        for most in (1, 16):
            self.model.attrs["max_batch_items"] = most
            other = self.model.predict(DOCS).vectors
            worst = max(worst, differs(other, np.concatenate(alone)))
        self.model.attrs["max_batch_items"] = before
        return worst

    def mean(self) -> float:
        tokenizer = transformers.AutoTokenizer.from_pretrained(self.folder)
        batch = self.model.predict(DOCS)
        found = np.concatenate(PoolPieces().initialize(X=batch).predict(batch))
        bare = [o.last_hidden_state[0].numpy() for o in self.run_bare(batch)]
        windows = np.split(batch.ids, np.cumsum(batch.n_rows)[:-1])
        worst, at = 0.0, 0
        for doc, ids, vectors in zip(DOCS, windows, bare, strict=True):
            cut = tokenizer(" ".join(doc), return_offsets_mapping=True)
            if cut["input_ids"] != ids.tolist():
                return float("inf")
            for row, (start, end) in enumerate(places(doc), start=at):
                shares = [max(a, start) < min(b, end) for a, b in cut["offset_mapping"]]
                expected = vectors[shares].mean(axis=0) if any(shares) else 0 * found[0]
                worst = max(worst, differs(found[row], expected))
            at += len(doc)
        return worst

    def windows(self) -> float:
        transformer = transformer_of(self.model)
        model = TransformerWrapper(transformer, strided_spans(12, 8)).initialize()
        batch = model.predict([LONG * 12, SHORT])
        bare = [o.last_hidden_state[0].numpy() for o in self.run_bare(batch)]
        assert len(bare) > 4
        return differs(batch.vectors, np.concatenate(bare))

    def state(self) -> float:
        before = self.model.predict([LONG * 8]).vectors
        self.model.predict([SHORT])
        self.model.predict(DOCS)
        return differs(self.model.predict([LONG * 8]).vectors, before)

    def gradients(self) -> float:
        self.model.attrs["dropout_rate"] = 0.0
        batch, backprop = self.model(DOCS, True)
        weights = np.random.RandomState(0).randn(*batch.vectors.shape).astype("f")
        backprop(LayerGradients({0: weights}))
        found = {n: self.model.get_grad(n) for n in self.model.grad_names}
        module, at = transformer_of(self.model).module, 0
        for parameter in module.parameters():
            parameter.requires_grad_(True)
        module.zero_grad()
        for n in batch.n_rows.tolist():
            last = self.call(module, batch.ids[at : at + n]).last_hidden_state[0]
            (last * torch.from_numpy(weights[at : at + n])).sum().backward()
            at += n
        wanted = {n: p.grad for n, p in module.named_parameters() if p.grad is not None}
        if not found or not all(np.isfinite(g).all() for g in found.values()):
            return float("inf")
        scale = max(float(g.abs().max()) for g in wanted.values())
        return max(
            float(np.abs(found.get(n, 0 * g.numpy()) - g.numpy()).max()) / max(scale, 1)
            for n, g in wanted.items()
        )

    def saved(self) -> float:
        config = make_config(["transformer", "tagger"])
        config["components"]["transformer"]["model"] = {
            "@architectures": "zoo.TransformerWrapper.v1",
            "name": self.folder,
            "get_spans": {"@span_getters": "zoo.doc_spans.v1"},
        }
        pipeline = zoo.Pipeline.from_config(config)
        pipeline.initialize([zoo.Doc(["duck", "swim"], tags=["NOUN", "VERB"])])
        with tempfile.TemporaryDirectory() as folder:
            pipeline.to_disk(f"{folder}/saved")
            loaded = zoo.load(f"{folder}/saved")
        both = [p.components["transformer"].model for p in (pipeline, loaded)]
        return differs(*(model.predict(DOCS).vectors for model in both))

    def hidden(self) -> float:
        model = self.wrap(transformer_config={"output_hidden_states": True})
        batch = model.predict(DOCS)
        outputs = self.run_bare(batch, output_hidden_states=True)
        layers = zip(*(output.hidden_states for output in outputs), strict=True)
        wanted = [np.concatenate([h[0].numpy() for h in layer]) for layer in layers]
        # The last may be without the norm that follows; zoo's is the last output.
        pairs = zip(batch.layers[:-1], wanted[:-1], strict=True)
        return max(differs(a, b) for a, b in pairs)

    def attention(self) -> float:
        model = self.wrap(transformer_config={"output_attentions": True})
        batch = model.predict(DOCS)
        self.bare = self.load(attn_implementation="eager")
        outputs = self.run_bare(batch, output_attentions=True)
        return max(
            differs(found, torch.stack(output.attentions, dim=1)[0].numpy())
            for found, output in zip(batch.attentions, outputs, strict=True)
        )


def check(kind: str, found_in: Any) -> None:
    """Check an architecture, and put what was found into a queue."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        try:
            make_folder(kind, folder)
        except Exception as error:
            return found_in.put(refusal(kind, folder, error))
        try:
            checks = Checks(folder)
        except Exception as error:
            return found_in.put({"refused": f"{type(error).__name__}: {error}"})
        found: dict[str, Any] = {}
        for name in CHECKS:
            try:
                found[name] = getattr(checks, name)()
            except Exception as error:
                found[name] = f"{type(error).__name__}: {error}"
        found["batching"] = transformer_of(checks.model).batching
        found_in.put(found)


def refusal(kind: str, folder: str, error: Exception) -> dict[str, Any]:
    """Return what a user sees of a model that transformers itself cannot build.

    It counts as a refusal only if it is for the same reason, or a package is missing.
    """
    try:
        make_files(kind, folder)
        TransformerWrapper(folder).initialize()
    except Exception as found:
        is_same = str(error)[:60] in str(found) or isinstance(error, ImportError)
        if str(found).startswith("TransformerWrapper: cannot load") and is_same:
            return {"refused": f"{type(found).__name__}: {found}"}
    return {"not made": f"{type(error).__name__}: {error}"}


def run(kind: str) -> dict[str, Any]:
    """Check an architecture in a process that is ended after a while."""
    context = multiprocessing.get_context("fork")
    found_in = context.Queue()
    process = context.Process(target=check, args=(kind, found_in))
    process.start()
    try:
        found: dict[str, Any] = found_in.get(timeout=LIMIT)
    except Exception:
        found = {"not made": f"no result within {LIMIT} seconds"}
    process.terminate()
    process.join()
    return found


def text_types() -> list[str]:
    """Return the types of models that take the ids of pieces."""
    mapping = transformers.models.auto.modeling_auto.MODEL_MAPPING_NAMES
    found = []
    for kind, names in mapping.items():
        name = names if isinstance(names, str) else names[0]
        try:
            forward = getattr(transformers, name).forward
        except (AttributeError, ImportError):
            continue
        if "input_ids" in inspect.signature(forward).parameters:
            found.append(kind)
    return sorted(found)


def is_right(found: dict[str, Any]) -> bool:
    return all(mark(found.get(name)) in ("yes", "none") for name in CHECKS)


def mark(value: Any) -> str:
    if isinstance(value, float):
        return "yes" if value <= CLOSE else f"**{value:.0e}**"
    text = str(value)
    is_refusal = text.startswith("ValueError: TransformerWrapper: with output_")
    return "none" if is_refusal else "**error**"


def verdict(found: dict[str, Any] | None) -> str:
    """Return what a version makes of an architecture, in a word or two."""
    if found is None:
        return "–"
    if "width" in found:
        return "right" if is_right(found) else "**wrong**"
    return "refused" if "refused" in found else "not built"


def sentence(text: str) -> str:
    """Shorten an error to what a table has room for, without the folder's name."""
    text = re.sub(r"( of| from)? '?/(tmp|\w+/)[\w./+-]+'?", "", text)
    text = text.removeprefix("ValueError: ").removeprefix("TransformerWrapper: ")
    return textwrap.shorten(text, 300, placeholder=" …").replace("|", "\\|")


def render(tables: list[dict[str, Any]]) -> str:
    """Write the page of the results of several versions, the main one first."""
    first = tables[0]["found"]
    names = [table["versions"]["transformers"] for table in tables]
    others = [f" {name} |" for name in names[1:]]
    lines = [*introduction(tables), "", f"## Results with {names[0]}", ""]
    head = f"| architecture | {' | '.join(CHECKS)} | batching |{''.join(others)}"
    lines += [head, f"| --- |{' --- |' * (len(CHECKS) + len(names))}"]
    for kind, found in sorted(first.items()):
        if "width" in found:
            marks = [mark(found.get(name)) for name in CHECKS]
            rest = [verdict(table["found"].get(kind)) for table in tables[1:]]
            lines.append(f"| {' | '.join([kind, *marks, found['batching'], *rest])} |")
    for table, name in zip(tables[1:], names[1:], strict=True):
        gone = sorted(k for k, f in table["found"].items() if k not in first)
        lines += ["", f"## Only in {name}", "", "| architecture | result |"]
        lines += ["| --- | --- |"]
        lines += [f"| {kind} | {verdict(table['found'][kind])} |" for kind in gone]
    return "\n".join([*lines, *reasons(tables)]) + "\n"


def introduction(tables: list[dict[str, Any]]) -> list[str]:
    """Write what was done, and how many architectures came out how."""
    lines = [
        "# Architectures of Hugging Face",
        "",
        "`benchmarks/transformers_table.py` builds a tiny random model of every "
        "architecture of the installed transformers that takes the ids of pieces, and "
        "compares `TransformerWrapper` with the bare module, window by window.",
        "",
        "| transformers | PyTorch | architectures | right in every check | refused at "
        "initialization | wrong | not built |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for table in tables:
        found = [verdict(result) for result in table["found"].values()]
        numbers = [len(found)] + [
            found.count(word) for word in ("right", "refused", "**wrong**", "not built")
        ]
        cells = [*table["versions"].values(), *map(str, numbers)]
        lines.append(f"| {' | '.join(cells)} |")
    return [
        *lines,
        "",
        "What the package transformers itself cannot build, for want of another "
        "package or as `AutoModel` has no class for it, is shown with the error that a "
        "user sees.",
        "",
        "| check | what must hold |",
        "| --- | --- |",
        *(f"| {name} | {what} |" for name, what in CHECKS.items()),
        "",
        f"`yes`: equal within {CLOSE:.0e} of the largest number, or of 1.",
        "`none`: the architecture has no such output, and asking for it is an error "
        "at initialization that says so.",
        "`batching` is what the probe at initialization found: windows of any lengths "
        "share a batch (padded), only those of one length (equal), or none (single).",
    ]


def reasons(tables: list[dict[str, Any]]) -> list[str]:
    """Write the messages of what is wrong, refused or not built."""
    groups: dict[str, list[str]] = {"Wrong": [], "Refused": [], "Not built": []}
    for table in tables:
        version = table["versions"]["transformers"]
        for kind, found in sorted(table["found"].items()):
            start = f"| {kind} | {version} |"
            if "refused" in found:
                groups["Refused"].append(f"{start} {sentence(found['refused'])} |")
            elif "not made" in found:
                groups["Not built"].append(f"{start} {sentence(found['not made'])} |")
            for name in CHECKS if "width" in found else ():
                if mark(found.get(name)) not in ("yes", "none"):
                    text = sentence(f"{name}: {found.get(name)}")
                    groups["Wrong"].append(f"{start} {text} |")
    lines = []
    for title, rows in groups.items():
        if rows:
            lines += ["", f"## {title}", "", "| architecture | transformers | reason |"]
            lines += ["| --- | --- | --- |", *rows]
    return lines


def read_table(file: Path) -> dict[str, Any]:
    """Read the results of a file; without one, there are none of this version."""
    if file.exists():
        table: dict[str, Any] = json.loads(file.read_text())
        return table
    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    return {"versions": versions, "found": {}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, help="JSON to go on with, and to write")
    parser.add_argument("--only", nargs="*", help="types of models; all if not given")
    parser.add_argument("--again", action="store_true", help="also what has a result")
    parser.add_argument("--page", type=Path, help="write it of --tables, and run none")
    parser.add_argument("--tables", type=Path, nargs="*", help="JSON, a version each")
    options = parser.parse_args()
    if options.page:
        options.page.write_text(render([read_table(file) for file in options.tables]))
        return
    table = read_table(options.results or Path("/no/such/file"))
    check("bert", queue.SimpleQueue())  # Processes that are forked have its imports.
    for kind in text_types() if options.only is None else options.only:
        if kind in table["found"] and not options.again:
            continue
        table["found"][kind] = run(kind)
        print(kind, json.dumps(table["found"][kind])[:400], flush=True)
        if options.results:
            options.results.write_text(json.dumps(table, indent=1))
    right = sum(map(is_right, table["found"].values()))
    print(right, "right of", len(table["found"]))


if __name__ == "__main__":
    main()
