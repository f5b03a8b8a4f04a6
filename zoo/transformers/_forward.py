"""Run a module of PyTorch on windows, padded batch by padded batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from .._optional import import_torch
from .._tensors import as_tensor
from .._types import Array
from ._hugging_face import Transformer
from ._strides import PaddedBatch, Windows, pad_batches

#: From so many pieces on, a CPU gains less from more of them than padding costs.
_CPU_ENOUGH: Final = 128
Precision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class RunSettings:
    """Settings of a forward pass: precision, and memory against time."""

    max_batch_items: int = 4096
    precision: Precision = "float32"
    gradient_checkpointing: bool = False


class Outputs(NamedTuple):
    """The output of a module for some windows, as tensors."""

    layers: list[Any]  # (n_rows, width) each
    pooled: Any  # (n_windows, width), or None
    attentions: list[Any]  # (n_layers, n_heads, n, n) per window of n rows


def run_windows(
    transformer: Transformer,
    windows: Windows,
    settings: RunSettings,
    device: Any,
    *,
    is_train: bool = False,
    drops: bool = False,
) -> Outputs:
    """Run a transformer on all windows, and give the rows in their order.

    Args:
        is_train: Whether a backward pass follows.
        drops: Whether the module's own dropout is on.
    """
    torch = import_torch("TransformerWrapper", "transformers")
    most = settings.max_batch_items
    enough = _CPU_ENOUGH if device.type == "cpu" else None
    batching = transformer.batching or "padded"
    batches = [*pad_batches(windows, transformer.pad_id, most, batching, enough)]

    def run(batch: PaddedBatch) -> Outputs:
        with _dropout(transformer.module, drops):
            return _run_batch(torch, transformer, batch, device)

    def run_again_later(batch: PaddedBatch) -> Outputs:
        outputs: Outputs = torch.utils.checkpoint.checkpoint(
            run, batch, use_reentrant=False
        )
        return outputs

    forgets = is_train and settings.gradient_checkpointing
    gradients = torch.enable_grad() if is_train else torch.inference_mode()
    with gradients, _autocast(torch, settings.precision, device):
        parts = list(map(run_again_later if forgets else run, batches))
        return _in_order(torch, batches, parts)


def average_twins(outputs: Outputs, twins: Array) -> Outputs:
    """Average the vectors of each row with those of its twin, in all layers.

    Args:
        outputs: The output for some windows.
        twins: (n_rows,): another row of the same piece, or the row itself.
    """
    if (twins == np.arange(len(twins))).all():
        return outputs
    at = as_tensor(twins).to(outputs.layers[0].device)
    layers = [(layer + layer.index_select(0, at)) / 2 for layer in outputs.layers]
    return outputs._replace(layers=layers)


def _run_batch(
    torch: Any, transformer: Transformer, batch: PaddedBatch, device: Any
) -> Outputs:
    def put(array: Array) -> Any:
        return as_tensor(array).to(device, non_blocking=True)

    inputs = {"input_ids": put(batch.ids)}
    if transformer.takes_mask:  # FNet takes none in transformers 4.
        inputs["attention_mask"] = put(batch.mask.view("i1")).long()
    if "token_type_ids" in transformer.arguments and batch.types.any():
        inputs["token_type_ids"] = put(batch.types)
    output = transformer.module(**inputs, **_requests(transformer))
    layers = _layers_of(transformer, output, batch.ids.shape)
    flat = [layer.reshape(-1, layer.shape[-1]) for layer in layers]
    if not batch.mask.all():
        at = put(np.flatnonzero(batch.mask))
        flat = [layer.index_select(0, at) for layer in flat]
    pooled = getattr(output, "pooler_output", None)
    attentions = getattr(output, "attentions", None)
    if hasattr(transformer.module, "config"):
        _check_attentions(transformer, attentions, batch.ids.shape[1])
    return Outputs(
        [_widen(layer) for layer in flat],
        None if pooled is None else _widen(pooled.detach()),
        _split_attentions(torch, attentions, batch.mask.sum(axis=1).tolist()),
    )


#: What a config may ask for; some modules listen only to arguments.
_WANTED: Final = ("output_hidden_states", "output_attentions")


def _requests(transformer: Transformer) -> dict[str, bool]:
    """Return the arguments of a module that say what it is to return."""
    config = getattr(transformer.module, "config", None)
    wanted = {name: True for name in _WANTED if getattr(config, name, False)}
    wanted["return_dict"] = True  # A config may ask for tuples.
    return {k: v for k, v in wanted.items() if k in transformer.arguments}


def _layers_of(
    transformer: Transformer, output: Any, shape: tuple[int, ...]
) -> list[Any]:
    """Return the output of each layer that a module gives, the last one at the end.

    Raises:
        ValueError: One of them has not a vector for each piece.
    """
    name = type(transformer.module).__name__
    last = getattr(output, "last_hidden_state", output)
    last = last[0] if isinstance(last, tuple | list) else last
    if tuple(getattr(last, "shape", ())[:-1]) != shape:
        raise ValueError(
            f"TransformerWrapper: a transformer must give a vector for each piece, "
            f"{(*shape, 'width')}, got {_shape_of(last)} from {name}. Pass another "
            f"model: this one has none to align with tokens."
        )
    hidden = getattr(output, "hidden_states", None) or []
    config = getattr(transformer.module, "config", None)
    if getattr(config, "output_hidden_states", False) and len(hidden) < 2:
        raise ValueError(
            f"TransformerWrapper: with output_hidden_states a transformer must give "
            f"its layers, got none from {name}. It can be used only without."
        )
    for layer in hidden:
        if tuple(layer.shape[:-1]) != shape:
            raise ValueError(
                f"TransformerWrapper: with output_hidden_states each layer must give a "
                f"vector for each piece, {(*shape, 'width')}, got {_shape_of(layer)} "
                f"from {name}. It can be used only without."
            )
    return [*hidden[:-1], last]


def _shape_of(tensor: Any) -> Any:
    shape = getattr(tensor, "shape", None)
    return type(tensor).__name__ if shape is None else tuple(shape)


def _check_attentions(transformer: Transformer, matrices: Any, length: int) -> None:
    """Check that each layer gives a square matrix for each head.

    Raises:
        ValueError: It gives another one, or none though it is asked for.
    """
    wanted = getattr(transformer.module.config, "output_attentions", False)
    shapes = [_shape_of(matrix) for matrix in matrices or ()]
    is_square = all(s[-2:] == (length, length) and len(s) == 4 for s in shapes)
    if (wanted and not shapes) or not is_square or len({s[1] for s in shapes}) > 1:
        got = "none" if not shapes else ", ".join(map(str, dict.fromkeys(shapes)))
        raise ValueError(
            f"TransformerWrapper: with output_attentions each layer must give a matrix "
            f"for each head, (n, n_heads, {length}, {length}), got {got} from "
            f"{type(transformer.module).__name__}. It has no attention between "
            f"all pieces to look at, and can be used only without output_attentions."
        )


def _split_attentions(torch: Any, matrices: Any, lengths: list[int]) -> list[Any]:
    """Return the attention matrices of each window without its padding."""
    if not matrices:
        return []
    stacked = torch.stack([matrix.detach() for matrix in matrices], dim=1)
    # Cloned, as a view would keep the padding of all windows.
    return [_widen(stacked[i, :, :, :n, :n].clone()) for i, n in enumerate(lengths)]


def _in_order(
    torch: Any, batches: Sequence[PaddedBatch], parts: Sequence[Outputs]
) -> Outputs:
    """Restore the order of the windows after batching by length."""
    rows = np.concatenate([batch.rows for batch in batches])
    windows = np.concatenate([batch.windows for batch in batches])
    layers = zip(*(part.layers for part in parts), strict=True)
    attentions = [matrix for part in parts for matrix in part.attentions]
    return Outputs(
        [_reorder(torch, layer, rows) for layer in layers],
        None
        if parts[0].pooled is None
        else _reorder(torch, [part.pooled for part in parts], windows),
        [attentions[i] for i in np.argsort(windows)] if attentions else [],
    )


def _reorder(torch: Any, tensors: Sequence[Any], places: Array) -> Any:
    """Concatenate tensors and put each row at its position."""
    joined = tensors[0] if len(tensors) == 1 else torch.cat(list(tensors))
    if (places[1:] > places[:-1]).all():
        return joined
    order = as_tensor(np.argsort(places)).to(joined.device, non_blocking=True)
    return joined.index_select(0, order)


def _widen(tensor: Any) -> Any:
    """Convert half precision to float32."""
    return tensor.float() if tensor.element_size() < 4 else tensor


def _autocast(torch: Any, precision: Precision, device: Any) -> Any:
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=getattr(torch, precision))


@contextmanager
def _dropout(module: Any, is_on: bool) -> Iterator[None]:
    """Turn the dropout of a module on inside the block."""
    if is_on:
        module.train()
    try:
        yield
    finally:
        if is_on:
            module.eval()
