"""Run a transformer on documents, and align what it gives with their tokens."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from thinc.api import CupyOps, Model
from thinc.types import Unserializable
from thinc.util import torch2xp

from .._check_numbers import check_sizes
from .._optional import import_torch
from .._registry import layer
from .._tensors import as_tensor
from .._types import Array, Docs
from ._encode import Encoded, encode, find_window
from ._forward import Outputs, Precision, RunSettings, average_twins, run_windows
from ._grad_scaler import GradScaler
from ._hugging_face import Transformer, load_transformer
from ._probe import probe
from ._shared_parameters import SharedParameters, add_gradient
from ._trust import check_settings
from .batch import LayerGradients, TransformerBatch
from .spans import SpanGetter, strided_spans

OnTruncate = Literal["error", "warn", "ignore"]


@dataclass
class State:
    """The objects of a TransformerWrapper that are neither parameters nor settings."""

    load: Callable[[], Transformer]
    get_spans: SpanGetter
    scaler: GradScaler
    is_given: bool = False  # Whether the module was made in Python.
    transformer: Transformer | None = None
    parameters: SharedParameters | None = None


@layer("zoo.TransformerWrapper.v1", needs={"transformers": None})
def TransformerWrapper(
    name: str | Path | Transformer,
    get_spans: SpanGetter | None = None,
    *,
    tokenizer_config: Mapping[str, Any] | None = None,
    transformer_config: Mapping[str, Any] | None = None,
    max_batch_items: int = 4096,
    precision: Precision = "float32",
    grad_scaler_config: Mapping[str, Any] | None = None,
    gradient_checkpointing: bool = False,
    on_truncate: OnTruncate = "warn",
) -> Model[Docs, TransformerBatch]:
    """Compute the vectors of a pretrained transformer, aligned with the tokens.

    Cuts the text of each document into pieces, runs the transformer on windows of
    them, and records which rows of the output belong to each token. Nothing is
    dropped: what is too long for one window is read in several that overlap by a
    quarter, and each piece has its vector from the window whose middle it is nearest
    to. `PoolPieces` makes token vectors of the result.

    In training, the transformer's own dropout is on, unless the dropout rate that a
    pipeline sets is 0.

    Input:
        list of documents: zoo Docs, lists of words or spaCy Docs.

    Output:
        TransformerBatch, of which each layer is Floats2d, (n_rows, width). The gradient
        that comes back is a LayerGradients.

    Parameters:
        those of the transformer, under the names that it gives them. They are loaded at
        initialization, and share memory with PyTorch's.

    Args:
        name: A folder, a name on the hub of Hugging Face, or a `Transformer`.
        get_spans: Chooses what the transformer reads separately: documents, sentences,
            or windows of documents. If None, windows of 128 pieces, one every 96.
        tokenizer_config: Passed on to the tokenizer.
        transformer_config: Overrides the transformer's config. With
            ``output_hidden_states`` or ``output_attentions`` the output holds these.
        max_batch_items: Pieces that the transformer reads at a time, padding included,
            both in training and in prediction. Vectors do not depend on it. A CPU reads
            fewer at a time where padding would add an eighth to its work.
        precision: Of most of the arithmetic. Parameters and outputs stay float32.
        grad_scaler_config: Settings of the GradScaler that float16 is trained with.
        gradient_checkpointing: Whether a forward pass keeps nothing for the backward
            pass, which runs it again. Training then takes a third more time, and
            its memory grows with `max_batch_items`, not with the batch.
        on_truncate: What to do if a span or a token does not fit into one window.

    Raises:
        TypeError: `name` is none of the three.
        ValueError: A setting is out of range; in a forward pass, with
            ``on_truncate="error"``, something does not fit into a window.
        OSError: At initialization, the transformer is not found.
    """
    if not isinstance(name, str | Path | Transformer) or name == "":
        raise TypeError(
            f"TransformerWrapper: name must be a folder, a name on the hub of Hugging "
            f"Face or a Transformer, got {name!r:.100}."
        )
    _check_choices("precision", precision, Precision)
    _check_choices("on_truncate", on_truncate, OnTruncate)
    check_sizes("TransformerWrapper", 1, max_batch_items=max_batch_items)

    def load() -> Transformer:
        if isinstance(name, Transformer):
            return name
        return load_transformer(name, tokenizer_config, transformer_config)

    scaling = {"enabled": precision == "float16", **(grad_scaler_config or {})}
    is_given = isinstance(name, Transformer)
    scaler = GradScaler(**scaling)
    state = State(load, get_spans or strided_spans(), scaler, is_given)
    if not is_given:
        check_settings(tokenizer_config, transformer_config)
    return Model(
        "transformer_wrapper",
        forward,
        init=init,
        dims={"nO": name.width if isinstance(name, Transformer) else None},
        attrs={
            "state": Unserializable(state),
            "max_batch_items": max_batch_items,
            "precision": precision,
            "gradient_checkpointing": gradient_checkpointing,
            "on_truncate": on_truncate,
            "dropout_rate": 0.1,
        },
    )


def forward(
    model: Model[Docs, TransformerBatch], docs: Docs, is_train: bool
) -> tuple[TransformerBatch, Callable[[LayerGradients], Docs]]:
    state, transformer = state_of(model), transformer_of(model)
    encoded = encode(transformer, state.get_spans, docs)
    _report_cuts(model, encoded)
    parameters: Any = state.parameters
    parameters.take_from(model)
    learners = parameters.learners(model) if is_train else {}
    if len(encoded.windows.lengths) == 0:
        return _make_batch(model, encoded, None), lambda dY: []
    outputs = run_windows(
        transformer,
        encoded.windows,
        _settings(model),
        parameters.device,
        is_train=bool(learners),
        drops=is_train and model.attrs["dropout_rate"] > 0,
    )
    if encoded.twins is not None:
        outputs = average_twins(outputs, encoded.twins)

    def backprop(dY: LayerGradients) -> Docs:
        if learners:
            tensors = [outputs.layers[i] for i in dY.arrays]
            _backprop(model, tensors, list(dY.arrays.values()), learners)
        return []

    return _make_batch(model, encoded, outputs), backprop


def init(
    model: Model[Docs, TransformerBatch],
    X: Docs | None = None,
    Y: TransformerBatch | None = None,
) -> None:
    """Load the transformer, unless that is done already."""
    state = state_of(model)
    if state.transformer is None:
        transformer = _probed(state.load(), is_given=state.is_given)
        find_window(transformer, state.get_spans)
        if isinstance(model.ops, CupyOps):
            transformer.module.to("cuda")
        transformer.module.eval()
        state.parameters = SharedParameters(transformer.module)
        state.parameters.give_to(model)
        state.transformer = transformer
        model.set_dim("nO", transformer.width)


def _probed(transformer: Transformer, *, is_given: bool) -> Transformer:
    """Measure a transformer; the width of one that was made in Python must be right."""
    found = probe(transformer)
    if is_given and found.width != transformer.width:
        raise ValueError(
            f"Transformer: width must be that of the vectors, {found.width}, got "
            f"{transformer.width}."
        )
    return found


def limit_batches(model: Model[Any, Any], max_batch_items: int) -> None:
    """Set the pieces that the transformers of a model read at a time."""
    check_sizes("TransformerWrapper", 1, max_batch_items=max_batch_items)
    for node in filter(is_wrapper, model.walk()):
        node.attrs["max_batch_items"] = max_batch_items


def is_wrapper(node: Model[Any, Any]) -> bool:
    """Check whether a node is a TransformerWrapper."""
    state = node.attrs.get("state")
    return isinstance(state, Unserializable) and isinstance(state.obj, State)


def awaits_transformer(model: Model[Any, Any]) -> bool:
    """Check whether a model holds a transformer that is not loaded yet.

    Then the names of its parameters are not known either.
    """
    wrappers = filter(is_wrapper, model.walk())
    return any(state_of(node).transformer is None for node in wrappers)


def state_of(model: Model[Any, Any]) -> State:
    """Return what a TransformerWrapper has beside parameters and plain settings."""
    state: State = model.attrs["state"].obj
    return state


def transformer_of(model: Model[Any, Any]) -> Transformer:
    """Return the transformer of a TransformerWrapper; RuntimeError if there is none."""
    transformer = state_of(model).transformer
    if transformer is None:
        raise RuntimeError(
            "TransformerWrapper: has no transformer yet. Initialize the model first: "
            "model.initialize()."
        )
    return transformer


def _settings(model: Model[Any, Any]) -> RunSettings:
    names = ("max_batch_items", "precision", "gradient_checkpointing")
    return RunSettings(**{name: model.attrs[name] for name in names})


def _make_batch(
    model: Model[Any, Any], encoded: Encoded, outputs: Outputs | None
) -> TransformerBatch:
    ops, windows = model.ops, encoded.windows
    if outputs is None:
        n_layers = transformer_of(model).n_layers
        width = model.get_dim("nO")
        outputs = Outputs([ops.alloc2f(0, width) for _ in range(n_layers)], None, [])

    def to_xp(tensor: Any) -> Any:
        is_tensor = hasattr(tensor, "detach")
        return torch2xp(tensor.detach(), ops=ops) if is_tensor else tensor

    return TransformerBatch(
        layers=[to_xp(tensor) for tensor in outputs.layers],
        alignment=encoded.alignment,
        n_tokens=encoded.n_tokens,
        n_rows=windows.lengths,
        window_docs=encoded.window_docs,
        ids=windows.ids,
        piece_rows=windows.row_of,
        row_pieces=windows.piece_of,
        class_rows=windows.class_rows,
        pooled=to_xp(outputs.pooled),
        attentions=[to_xp(tensor) for tensor in outputs.attentions],
        coverage=encoded.coverage,
        cut_spans=encoded.cut_spans,
        cut_tokens=encoded.cut_tokens,
    )


def _backprop(
    model: Model[Any, Any],
    tensors: list[Any],
    gradients: list[Array],
    learners: dict[str, Any],
) -> None:
    """Add the gradients of the parameters, given those of the output."""
    torch, scaler = (
        import_torch("TransformerWrapper", "transformers"),
        state_of(model).scaler,
    )
    found = torch.autograd.grad(
        tensors,
        list(learners.values()),
        [as_tensor(d) * scaler.scale for d in gradients],
        allow_unused=True,  # Such as the transformer's own pooling layer.
    )
    pairs = zip(learners, found, strict=True)
    known = {name: gradient for name, gradient in pairs if gradient is not None}
    if scaler.unscale(torch, list(known.values())):
        for name, gradient in known.items():
            add_gradient(model, name, gradient)


def _report_cuts(model: Model[Any, Any], encoded: Encoded) -> None:
    mode, limit = model.attrs["on_truncate"], transformer_of(model).max_length
    if mode == "ignore" or not (encoded.cut_spans or encoded.cut_tokens):
        return
    if mode == "error":
        raise ValueError(
            f"TransformerWrapper: every span and token must fit into a window, got "
            f"{encoded.cut_spans} spans and {encoded.cut_tokens} tokens that do not. "
            f'The transformer reads {limit} pieces at once. Set on_truncate to "warn" '
            f"to have them read in several windows."
        )
    warnings.warn(
        "TransformerWrapper: a span or a token is longer than a window, and is read in "
        "several that overlap. The output counts them, as cut_spans and cut_tokens.",
        stacklevel=4,
    )


def _check_choices(setting: str, value: str, choices: Any) -> None:
    if value not in get_args(choices):
        raise ValueError(
            f"TransformerWrapper: {setting} must be one of "
            f"{', '.join(get_args(choices))}, got {value!r}."
        )
