"""Register transformers under the names of spacy-transformers, with its arguments."""

from collections.abc import Iterable, Mapping
from typing import Any

from thinc.api import CupyOps, Model, get_current_ops
from thinc.types import Floats2d, Ragged

from .._registry import registry
from .._types import Docs
from ..interop._spacy_trees import LAST_LAYER, LISTENER_NAME
from ..layers import Listener
from ..transformers import (
    PoolPieces,
    Tok2VecTransformer,
    TransformerBatch,
    TransformerWrapper,
    spans,
)
from ..transformers import batch as annotation_setters
from ..transformers._forward import Precision
from ..transformers.spans import SpanGetter

Transformer = Model[Docs, TransformerBatch]
Encoder = Model[Docs, list[Floats2d]]
Config = Mapping[str, Any] | None
PREFIX = "spacy-transformers"


@registry.architectures(f"{PREFIX}.TransformerModel.v3")
def transformer_model(
    name: str,
    get_spans: SpanGetter | None = None,
    tokenizer_config: Config = None,
    transformer_config: Config = None,
    mixed_precision: bool = False,
    grad_scaler_config: Config = None,
) -> Transformer:
    """Run a pretrained transformer, as `zoo.TransformerWrapper.v1`.

    Args:
        get_spans: Chooses the parts that are read by themselves. Null:
            `zoo.strided_spans.v1`.
        mixed_precision: Whether to compute in float16 on a GPU, and in bfloat16
            elsewhere.
    """
    half: Precision = "float16" if _has_gpu() else "bfloat16"
    return TransformerWrapper(
        name,
        get_spans,
        tokenizer_config=tokenizer_config,
        transformer_config=transformer_config,
        precision=half if mixed_precision else "float32",
        grad_scaler_config=grad_scaler_config,
    )


@registry.architectures(f"{PREFIX}.TransformerModel.v2")
def transformer_model_v2(
    name: str,
    get_spans: SpanGetter | None = None,
    tokenizer_config: Config = None,
    transformer_config: Config = None,
) -> Transformer:
    """Run a pretrained transformer, as `zoo.TransformerWrapper.v1`."""
    return transformer_model(name, get_spans, tokenizer_config, transformer_config)


@registry.architectures(f"{PREFIX}.TransformerModel.v1")
def transformer_model_v1(
    name: str, get_spans: SpanGetter | None = None, tokenizer_config: Config = None
) -> Transformer:
    """Run a pretrained transformer, as `zoo.TransformerWrapper.v1`."""
    return transformer_model(name, get_spans, tokenizer_config)


@registry.architectures(f"{PREFIX}.Tok2VecTransformer.v3")
def tok2vec_transformer(
    name: str,
    get_spans: SpanGetter | None = None,
    tokenizer_config: Config = None,
    pooling: Model[Ragged, Floats2d] | None = None,
    grad_factor: float = 1.0,
    transformer_config: Config = None,
    mixed_precision: bool = False,
    grad_scaler_config: Config = None,
) -> Encoder:
    """Compute token vectors by a transformer, as `zoo.Tok2VecTransformer.v1`.

    The settings of the transformer are those of `transformer_model`.

    Args:
        mixed_precision: Whether to compute in float16 on a GPU, and in bfloat16
            elsewhere.
    """
    transformer = transformer_model(
        name,
        get_spans,
        tokenizer_config,
        transformer_config,
        mixed_precision,
        grad_scaler_config,
    )
    return Tok2VecTransformer(transformer, PoolPieces(pooling), grad_factor=grad_factor)


@registry.architectures(f"{PREFIX}.Tok2VecTransformer.v2")
def tok2vec_transformer_v2(
    name: str,
    get_spans: SpanGetter | None = None,
    tokenizer_config: Config = None,
    pooling: Model[Ragged, Floats2d] | None = None,
    grad_factor: float = 1.0,
    transformer_config: Config = None,
) -> Encoder:
    """Compute token vectors by a transformer, as `tok2vec_transformer` does."""
    return tok2vec_transformer(
        name, get_spans, tokenizer_config, pooling, grad_factor, transformer_config
    )


@registry.architectures(f"{PREFIX}.Tok2VecTransformer.v1")
def tok2vec_transformer_v1(
    name: str,
    get_spans: SpanGetter | None = None,
    tokenizer_config: Config = None,
    pooling: Model[Ragged, Floats2d] | None = None,
    grad_factor: float = 1.0,
) -> Encoder:
    """Compute token vectors by a transformer, as `tok2vec_transformer` does."""
    return tok2vec_transformer(name, get_spans, tokenizer_config, pooling, grad_factor)


@registry.architectures(f"{PREFIX}.TransformerListener.v1")
def transformer_listener(
    pooling: Model[Ragged, Floats2d] | None = None,
    grad_factor: float | Iterable[float] = 1.0,
    upstream: str = "*",
) -> Encoder:
    """Read token vectors from a shared transformer, as `zoo.Listener.v1`.

    Args:
        pooling: Makes one vector of the pieces of a token. Null: their mean.
        grad_factor: Factor of the gradient that the transformer receives.
    """
    return Listener(upstream, grad_factor=grad_factor, pooling=PoolPieces(pooling))


@registry.architectures("spacy-curated-transformers.LastTransformerLayerListener.v1")
def last_layer_listener(
    width: int,
    pooling: Model[Ragged, Floats2d] | None = None,
    upstream: str = "*",
    grad_factor: float | Iterable[float] = 1.0,
) -> Encoder:
    """Read token vectors from a shared curated transformer, as `zoo.Listener.v1`.

    Args:
        width: Width of the vectors.
        pooling: Makes one vector of the pieces of a token. Null: their mean.
        grad_factor: Factor of the gradient that the transformer receives.
    """
    listener = Listener(
        upstream, width=width, grad_factor=grad_factor, pooling=PoolPieces(pooling)
    )
    listener.attrs[LISTENER_NAME] = LAST_LAYER
    return listener


registry.span_getters(f"{PREFIX}.doc_spans.v1")(spans.doc_spans)
registry.span_getters(f"{PREFIX}.sent_spans.v1")(spans.sent_spans)
registry.span_getters(f"{PREFIX}.strided_spans.v1")(spans.strided_spans)
registry.annotation_setters(f"{PREFIX}.null_annotation_setter.v1")(
    annotation_setters.null_annotation_setter
)


def _has_gpu() -> bool:
    return isinstance(get_current_ops(), CupyOps)
