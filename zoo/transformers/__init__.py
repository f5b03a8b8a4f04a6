"""Pretrained transformers as layers: their vectors, aligned with tokens."""

from ._distill import distill
from ._hugging_face import Transformer
from ._plot_attention import draw_attention
from ._trust import trust_remote_code
from .attention import attend, compare_attention
from .batch import LayerGradients, TransformerBatch, null_annotation_setter, trf_data
from .mix_layers import MixLayers
from .pool_pieces import PoolPieces
from .spans import doc_spans, sent_spans, strided_spans
from .textcat_class_token import TextCatClassToken
from .tok2vec_transformer import Tok2VecTransformer
from .wrapper import TransformerWrapper

__all__ = [
    "LayerGradients",
    "MixLayers",
    "PoolPieces",
    "TextCatClassToken",
    "Tok2VecTransformer",
    "Transformer",
    "TransformerBatch",
    "TransformerWrapper",
    "attend",
    "compare_attention",
    "distill",
    "doc_spans",
    "draw_attention",
    "null_annotation_setter",
    "sent_spans",
    "strided_spans",
    "trf_data",
    "trust_remote_code",
]
