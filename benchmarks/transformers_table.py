"""Check every text architecture of the installed transformers on a tiny model.

    python benchmarks/transformers_table.py --output docs/architectures.md

Each architecture runs in a process of its own with a time limit. Sizes are set by the
names of settings, as configs have no common ones.
"""

import argparse
import inspect
import json
import multiprocessing
import os
import queue
import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import tokenizers
import torch
import transformers
from tokenizers import models, normalizers, pre_tokenizers, processors

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
LIMIT, CLOSE = 120, 2e-5
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "cat", "duck", "##s", "swim", "sat", "on", "a", "mat", "fast", "."]
NAMES = [*SPECIAL, *WORDS, *(f"word{i}" for i in range(80))]
SHORT, LONG = ["the", "cat"], ["a", "ducks", "sat", "on", "the", "fast", "mat", "."]
DOCS = [SHORT, LONG, ["mat"], [*LONG, *LONG]]
N, WIDTH, HEADS, HEAD, LAYERS, INNER, LENGTH = len(NAMES), 32, 4, 8, 2, 48, 256


def _named(value: int, names: str) -> dict[str, int]:
    return dict.fromkeys(names.split(), value)


#: Small values of settings, by their names.
SIZES: dict[str, int] = {
    **_named(
        WIDTH,
        """
        hidden_size d_model n_embd dim emb_dim embedding_size embed_dim
        decoder_hidden_size word_embed_proj_dim true_hidden_size
        encoder_hidden_size cross_attention_hidden_size
        hidden_size_per_layer_input lru_width projection_dim d_embed
        encoder_embed_dim decoder_embed_dim attention_hidden_size
        """,
    ),
    **_named(
        HEADS,
        """
        num_attention_heads n_head n_heads num_heads encoder_attention_heads
        decoder_attention_heads num_encoder_attention_heads
        num_decoder_attention_heads encoder_num_attention_heads
        decoder_num_attention_heads num_key_value_heads attention_heads
        linear_num_key_heads linear_num_value_heads num_global_key_value_heads
        mamba_num_heads mamba_n_heads linear_num_heads swa_num_key_value_heads
        swa_num_attention_heads
        """,
    ),
    **_named(
        HEAD,
        """
        head_dim d_kv d_head qk_nope_head_dim v_head_dim kv_lora_rank
        q_lora_rank qk_rope_head_dim attention_head_size mamba_head_dim
        mamba_d_head index_head_dim linear_key_head_dim linear_value_head_dim
        attention_head_dim global_head_dim kv_channels swa_head_dim
        """,
    ),
    **_named(
        LAYERS,
        """
        num_hidden_layers num_layers n_layer n_layers encoder_layers
        decoder_layers num_decoder_layers num_encoder_layers
        encoder_num_hidden_layers depth decoder_num_hidden_layers
        decoder_num_layers encoder_num_layers
        """,
    ),
    **_named(
        INNER,
        """
        intermediate_size ffn_dim d_ff n_inner hidden_dim encoder_ffn_dim
        d_inner decoder_ffn_dim ffn_hidden_size feed_forward_size dff inner_dim
        encoder_intermediate_size decoder_intermediate_size pooler_hidden_size
        intermediate_size_mlp dense_intermediate_size expert_ffn_hidden_size
        """,
    ),
    **_named(
        16,
        """
        moe_intermediate_size shared_expert_intermediate_size expert_dim
        moe_ffn_hidden_size shared_intermediate_size local_attention
        sliding_window attention_window attn_window_size attention_window_size
        """,
    ),
    **_named(
        4,
        """
        num_experts num_local_experts n_routed_experts moe_num_experts
        state_size mamba_d_state mamba_state_dim ssm_state_size num_buckets
        """,
    ),
    **_named(
        2,
        """
        num_experts_per_tok moe_topk top_k moe_k type_vocab_size
        """,
    ),
    **_named(
        1,
        """
        n_group topk_group n_shared_experts n_groups mamba_n_groups
        """,
    ),
    **_named(
        N,
        """
        vocab_size text_vocab_size vocab_size_per_layer_input
        """,
    ),
    **_named(
        LENGTH,
        """
        max_position_embeddings n_positions max_encoder_position_embeddings
        n_ctx max_decoder_position_embeddings max_seq_len max_sequence_length
        seq_length max_source_positions max_target_positions context_length
        """,
    ),
    **_named(
        8,
        """
        chunk_size mamba_chunk_size block_size
        """,
    ),
    **_named(
        28,
        """
        image_size
        """,
    ),
    **_named(
        14,
        """
        patch_size
        """,
    ),
}
#: Settings of single types that names do not decide.
ROPE = {"rope_type": "default", "rope_theta": 1e4}
MROPE = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]}
OWN: dict[str, dict[str, Any]] = {
    "blt": {"encoder_hash_byte_group_vocab": 100},
    "cohere_compass_text": {"rope_parameters": {"full_attention": ROPE}},
    "glm5_next_text": {"qk_rope_head_dim": 0},
    "neomme": {"head_dim": 16},
    "reformer": {"axial_pos_embds_dim": [8, 24], "axial_pos_shape": [16, 16]},
    "codegen": {"rotary_dim": 4},
    "funnel": {"block_sizes": [1, 1], "num_decoder_layers": 1, "block_repeats": [1, 1]},
    "gemma3n_text": {"num_kv_shared_layers": 0},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "gptj": {"rotary_dim": 4},
    "layoutlmv3": {"coordinate_size": 6, "shape_size": 4, "visual_embed": False},
    "lilt": {"hidden_size": 48},
    "luke": {"entity_vocab_size": N, "entity_emb_size": WIDTH},
    "mamba2": {"num_heads": 8},
    "mobilebert": {
        **{"embedding_size": WIDTH, "intra_bottleneck_size": WIDTH},
        "true_hidden_size": WIDTH,
    },
    **{
        key: {"rope_parameters": MROPE}
        for key in ["glm4v_text", "glm4v_moe_text", "glm_image_text", "glm_ocr_text"]
    },
    **{
        key: {"mamba_n_heads": 8, "mamba_expand": 2}
        for key in ["bamba", "falcon_h1", "granitemoehybrid"]
    },
}


def make_tokenizer() -> Any:
    vocab = {name: i for i, name in enumerate(NAMES)}
    made = tokenizers.Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {f"{n}_token": f"[{n.upper()}]" for n in ("pad", "unk", "cls", "sep")}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **names)


def small(kind: type, own: dict[str, Any]) -> dict[str, Any]:
    """Choose small sizes for a class of configs, and for the configs within it."""
    default = kind()
    known = default.to_dict()
    chosen: dict[str, Any] = {}
    for name, value in known.items():
        if name in SIZES and not isinstance(value, list | tuple | dict):
            chosen[name] = SIZES[name]
        elif name.endswith("_token_id") and isinstance(value, int):
            # What stands for pictures and sounds must not stand in a text.
            used = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
            chosen[name] = used.get(name, N - 1)
        elif isinstance(value, dict) and "mrope_section" in value:
            chosen[name] = {**value, "mrope_section": [2, 1, 1]}
    if chosen.get("pad_token_id", 0) is None or "pad_token_id" in known:
        chosen["pad_token_id"] = 0
    for name in getattr(kind, "sub_configs", None) or {}:
        if isinstance(getattr(default, name, None), transformers.PretrainedConfig):
            inner = type(getattr(default, name))
            chosen[name] = small(inner, OWN.get(inner.model_type, {}))
    return {**chosen, **own}


def make_folder(kind: str, folder: str) -> Any:
    """Write a tiny model with random weights; return the module."""
    mapping = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    config = mapping[kind](**small(mapping[kind], OWN.get(kind, {})))
    names = transformers.models.auto.modeling_auto.MODEL_MAPPING_NAMES[kind]
    if not isinstance(names, str):  # Of several classes, the first.
        config.architectures = [names[0]]
    torch.manual_seed(0)
    module = transformers.AutoModel.from_config(config).float().eval()
    if sum(p.numel() for p in module.parameters()) > 120e6:
        raise ValueError("the sizes are not small")
    for parameter in module.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    module.save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return module


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
        module = transformers.AutoModel.from_pretrained(folder).float().eval()
        for part in module.modules():  # BigBird's attention must not switch.
            if getattr(part, "attention_type", "") == "block_sparse":
                part.set_attention_type("original_full")
        if hasattr(module, "get_encoder") and module.config.is_encoder_decoder:
            module = module.get_encoder()
        if "pixel_values" in str(inspect.signature(module.forward)).split("=")[0]:
            module = module.language_model.base_model
        for part in module.modules():
            if hasattr(part, "config"):
                part.config.use_cache = False
        self.bare = module

    def wrap(self, spans: Any = None, **settings: Any) -> Any:
        found = TransformerWrapper(self.folder, spans or doc_spans(), **settings)
        return found.initialize()

    def run_bare(self, batch: Any, **settings: Any) -> list[Any]:
        """Run the bare module on each window of a batch by itself."""
        ends = np.cumsum(batch.n_rows)
        ids = np.split(batch.ids.astype("i8"), ends[:-1])
        with torch.no_grad():
            return [
                self.bare(input_ids=torch.tensor(window[None]), **settings)
                for window in ids
            ]

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
            ids = torch.tensor(batch.ids[None, at : at + n].astype("i8"))
            last = module(input_ids=ids).last_hidden_state[0]
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
        for part in self.bare.modules():
            if hasattr(part, "config"):
                part.config._attn_implementation = "eager"
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
            return found_in.put({"not made": f"{type(error).__name__}: {error}"})
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


def sentence(text: str) -> str:
    """Cut an error to what a table has room for, without the folder's name."""
    text = " ".join(re.sub(r" of /\S+", "", text).split())
    text = text.removeprefix("ValueError: TransformerWrapper: ")
    return (text if len(text) < 300 else f"{text[:300]} …").replace("|", "\\|")


def render(results: dict[str, Any]) -> str:
    """Write the page of all results."""
    ran = {k: found for k, found in results.items() if "width" in found}
    right = [k for k, found in ran.items() if is_right(found)]
    refused = {k: f["refused"] for k, f in results.items() if "refused" in f}
    unmade = {k: f["not made"] for k, f in results.items() if "not made" in f}
    versions = f"transformers {transformers.__version__}, PyTorch {torch.__version__}"
    lines = [
        "# Architectures of Hugging Face",
        "",
        "`benchmarks/transformers_table.py` builds a tiny random model of every "
        "architecture of the installed transformers that takes the ids of pieces, and "
        "compares `TransformerWrapper` with the bare module, window by window.",
        f"The table below is of {versions}, on a CPU: {len(right)} of {len(ran)} "
        f"architectures that run are right in every check, {len(refused)} are refused "
        f"at initialization, and {len(unmade)} could not be built with small sizes or "
        f"without another package.",
        "",
        "| check | what must hold |",
        "| --- | --- |",
        *(f"| {name} | {what} |" for name, what in CHECKS.items()),
        "",
        f"`yes`: equal within {CLOSE:.0e} of the largest number, or of 1.",
        "`none`: the architecture has no such output, and asking for it is an error "
        "that says so.",
        "`batching` is what the probe at initialization found: windows of any lengths "
        "share a batch (padded), only those of one length (equal), or none (single).",
        "",
        "## Results",
        "",
        f"| architecture | {' | '.join(CHECKS)} | batching |",
        f"| --- |{' --- |' * (len(CHECKS) + 1)}",
        *(
            f"| {kind} | {' | '.join(mark(found.get(name)) for name in CHECKS)} | "
            f"{found['batching']} |"
            for kind, found in ran.items()
        ),
    ]
    errors = [
        f"| {kind} | {name} | {sentence(found[name])} |"
        for kind, found in ran.items()
        for name in CHECKS
        if mark(found.get(name)) == "**error**"
    ]
    for title, head, rows in (
        ("Errors", "| architecture | check | error |", errors),
        ("Refused", "| architecture | reason |", _rows(refused)),
        ("Not built", "| architecture | reason |", _rows(unmade)),
    ):
        if rows:
            bar = "| --- " * (head.count("|") - 1) + "|"
            lines += ["", f"## {title}", "", head, bar, *rows]
    return "\n".join(lines) + "\n"


def _rows(reasons: dict[str, str]) -> list[str]:
    return [f"| {kind} | {sentence(text)} |" for kind, text in reasons.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="types of models; all if not given")
    parser.add_argument("--output", type=Path, help="the page, docs/architectures.md")
    parser.add_argument(
        "--results", type=Path, nargs="*", default=[], help="JSON: read, first written"
    )
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for file in options.results:
        if file.exists():
            results |= json.loads(file.read_text())
    wanted = text_types() if options.only is None else options.only
    check("bert", queue.SimpleQueue())  # Processes that are forked have its imports.
    for kind in wanted:
        if kind in results:
            continue
        results[kind] = run(kind)
        print(kind, json.dumps(results[kind])[:400], flush=True)
        if options.results:
            options.results[0].write_text(json.dumps(results, indent=1))
    results = dict(sorted(results.items()))
    print(sum(map(is_right, results.values())), "right of", len(results))
    if options.output:
        options.output.write_text(render(results))


if __name__ == "__main__":
    main()
