"""Run a transformer on tiny windows, to learn what it gives before it is relied on."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from .._types import Array
from ._align import ranges
from ._forward import Outputs, RunSettings, run_windows
from ._hugging_face import Batching, Transformer
from ._load_errors import shortened
from ._strides import Windows, cut_windows
from ._tokenize import Pieces

#: Pieces of the windows that are tried, if the transformer can read so many.
_SHORT, _LONG = 1, 9
#: Pieces of a window of one piece: two are more than experts take (64, often).
_MANY = 40
#: Types whose vectors of long windows are random, and why.
_UNFIT: Final = {
    "reformer": "whose attention compares random hashes of long texts",
}
#: Differences up to this share of the largest number are rounding.
_ROUNDING = 1e-4


def probe(transformer: Transformer) -> Transformer:
    """Measure the output of a transformer, and how its windows may be batched.

    Padding leaks into the vectors of some architectures, such as FNet, and others
    change with all texts of the batch. What a table of names would miss, runs on a few
    short windows show.

    Args:
        transformer: On the CPU, with its final weights. One that is measured already,
            as the folder of a pipeline says, is returned as it is.

    Returns:
        The same with its width, its number of layers and its batching as measured.

    Raises:
        ValueError: It cannot be run on pieces alone, does not give a vector for each
            piece, or gives other vectors when it runs again.
    """
    if transformer.batching is not None:
        return transformer
    _check_kind(transformer)
    transformer = _fit_vocabulary(transformer)
    transformer.module.eval()
    pieces = _choose_pieces(transformer)
    n_long = min(_LONG, transformer.max_pieces or _LONG)
    n_short = min(_SHORT, n_long)
    long, short = pieces[:n_long], pieces[::-1][:n_short]
    alone = [_run(transformer, [ids])[0] for ids in (long, short)]
    batching = _find_batching(transformer, long, short)
    # After the others, so that it shows what they left in the module.
    again = _run(transformer, [long])[0]
    if _differ(alone[:1], [again]):
        raise ValueError(
            f"TransformerWrapper: a transformer must give the same vectors each time, "
            f"got others from the second run of {_name(transformer)}. Its output is "
            f"random, or depends on what it has read before."
        )
    layers = alone[0].layers
    return replace(
        transformer,
        width=int(layers[-1].shape[-1]),
        n_layers=len(layers),
        batching=batching,
    )


def _find_batching(transformer: Transformer, long: Array, short: Array) -> Batching:
    """Find which windows may share a batch without a change of their vectors.

    Beside two windows of different lengths, two of one piece again and again are tried:
    all their pieces go to the same expert, which may take only so many of a batch.
    """
    n_many = min(_MANY, transformer.max_pieces or _MANY)
    many, fewer = np.full(n_many, long[0]), np.full(max(1, n_many - 4), long[0])
    is_dynamic = _has_dynamic_places(transformer)
    if not is_dynamic and _agree(transformer, [long, short], [many, fewer]):
        return "padded"
    if _agree(transformer, [long, long], [_others(long), long], [many, many]):
        return "equal"
    return "single"


def _agree(transformer: Transformer, *batches: list[Array]) -> bool:
    """Check whether the windows of each batch have the vectors that they have alone."""
    return not any(
        _differ(
            [_run(transformer, [ids])[0] for ids in batch], _run(transformer, batch)
        )
        for batch in batches
    )


def _check_kind(transformer: Transformer) -> None:
    """Refuse kinds whose errors short windows do not show."""
    config = getattr(transformer.module, "config", None)
    reason = _UNFIT.get(getattr(config, "model_type", ""))
    if reason is not None:
        raise ValueError(
            f"TransformerWrapper: a transformer must give the same vectors each time, "
            f"got {_name(transformer)}, {reason}. Give another model."
        )


def _run(transformer: Transformer, texts: Sequence[Array]) -> list[Outputs]:
    """Run windows of pieces as one batch; return the output of each window."""
    windows = _make_windows(transformer, texts)
    settings = RunSettings(max_batch_items=2**31)
    # The windows are to meet in one batch, whatever the transformer wants.
    together = replace(transformer, batching="padded")
    try:
        device = next(transformer.module.parameters()).device
        outputs = run_windows(together, windows, settings, device)
    except (MemoryError, ImportError):
        raise
    except Exception as error:  # Modules raise errors of many kinds.
        if str(error).startswith("TransformerWrapper: "):
            raise
        raise ValueError(
            f"TransformerWrapper: a transformer must read the ids of pieces and a mask "
            f"alone, also of a short text, got {type(error).__name__} from "
            f"{_name(transformer)}: {shortened(error)} Pass an encoder of text."
        ) from error
    ends = np.cumsum(windows.lengths)
    starts = ends - windows.lengths
    return [
        outputs._replace(layers=[layer[a:b] for layer in outputs.layers])
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
    ]


def _make_windows(transformer: Transformer, texts: Sequence[Array]) -> Windows:
    counts = np.array([len(text) for text in texts], dtype="i8")
    at = ranges(np.zeros_like(counts), counts)
    pieces = Pieces(np.concatenate(texts).astype("i8"), at, at + 1, counts)
    most = int(counts.max())
    return cut_windows(pieces, transformer.special, most, most)


def _choose_pieces(transformer: Transformer) -> Array:
    """Choose ids of pieces that are not special, several times if there are few."""
    special = transformer.special
    taken = {*special.before, *special.behind, transformer.pad_id}
    ids = sorted({*transformer.tokenizer.get_vocab().values()} - taken) or [0]
    middle = ids[len(ids) // 2 :] + ids[: len(ids) // 2]
    return np.resize(np.array(middle[:_LONG], dtype="i8"), _LONG)


def _others(ids: Array) -> Array:
    """Choose others of the pieces, as many, in another order."""
    others: Array = np.resize(ids[: max(1, len(ids) // 2)], len(ids))[::-1].copy()
    return others


def _differ(wanted: Sequence[Outputs], found: Sequence[Outputs]) -> bool:
    """Check whether vectors differ by more than rounding."""
    for a, b in zip(wanted, found, strict=True):
        for one, other in zip(a.layers, b.layers, strict=True):
            largest = max(float(one.abs().max()), 1e-6)
            if not float((one - other).abs().max()) <= _ROUNDING * largest:
                return True
    return False


def _has_dynamic_places(transformer: Transformer) -> bool:
    """Check whether positions are scaled by the longest window of a batch.

    Windows that are so long are not tried, as they may have thousands of pieces.
    """
    config = getattr(transformer.module, "config", None)
    for name in ("rope_scaling", "rope_parameters"):
        found = getattr(config, name, None)
        blocks = [found, *found.values()] if isinstance(found, dict) else []
        for block in filter(lambda block: isinstance(block, dict), blocks):
            kind = block.get("rope_type", block.get("type"))
            if kind in ("dynamic", "longrope", "su"):
                return True
    return False


def _fit_vocabulary(transformer: Transformer) -> Transformer:
    """Check that each piece of the tokenizer has an embedding.

    Special pieces without one are taken out of the tokenizer, if no text has them
    around it: the package transformers adds some by itself.
    """
    find: Any = getattr(transformer.module, "get_input_embeddings", None)
    try:
        table = find() if find is not None else None
    except Exception:  # It may be not implemented; then nothing is known of it.
        table = None
    n_rows = getattr(table, "num_embeddings", None)
    most = max(transformer.tokenizer.get_vocab().values(), default=0)
    if not isinstance(n_rows, int) or most < n_rows:
        return transformer
    found = _without_special(transformer.tokenizer, n_rows)
    most = max(found.get_vocab().values(), default=0)
    special = transformer.special
    if max([most, *special.before, *special.behind]) >= n_rows:
        raise ValueError(
            f"TransformerWrapper: each piece needs an embedding, got {n_rows} in "
            f"{_name(transformer)} and a tokenizer with ids up to {most}. Pass the "
            f"tokenizer that belongs to it."
        )
    return replace(transformer, tokenizer=found)


def _without_special(tokenizer: Any, n_rows: int) -> Any:
    """Copy a tokenizer without the special pieces that have no embedding."""
    content = json.loads(tokenizer.to_str())
    content["added_tokens"] = [
        token
        for token in content["added_tokens"]
        if token["id"] < n_rows or not token["special"]
    ]
    return type(tokenizer).from_str(json.dumps(content))


def _name(transformer: Transformer) -> str:
    return type(transformer.module).__name__
