"""Export the layers: ordinary Thinc models, one file each."""

from .._registry import layer
from .attention_pool import AttentionPool
from .char_embed import CharEmbed
from .character_embed import CharacterEmbed
from .containers import to_list, to_ragged
from .entity_tagger import EntityTagger
from .extract_ngrams import extract_ngrams
from .feature_extractor import FeatureExtractor
from .hash_embed_cnn import HashEmbedCNN
from .listener import Listener, Upstream
from .maxout_norm import MaxoutNorm
from .mish_norm import MishNorm
from .mish_window_encoder import MishWindowEncoder
from .multi_hash_embed import MultiHashEmbed
from .reduce import reduce
from .span_categorizer import MeanMaxReducer, SpanCategorizer
from .static_vectors import StaticVectors, set_vectors
from .tagger import Tagger
from .textcat_attention import TextCatAttention
from .textcat_average import TextCatAverage
from .textcat_bow import TextCatBOW
from .textcat_ensemble import TextCatEnsemble
from .textcat_reduce import TextCatReduce
from .tok2vec import Tok2Vec
from .torch_bilstm_encoder import TorchBiLSTMEncoder
from .transition_model import TransitionModel
from .window_encoder import MaxoutWindowEncoder

__all__ = [
    "AttentionPool",
    "CharEmbed",
    "CharacterEmbed",
    "EntityTagger",
    "FeatureExtractor",
    "HashEmbedCNN",
    "Listener",
    "MaxoutNorm",
    "MaxoutWindowEncoder",
    "MeanMaxReducer",
    "MishNorm",
    "MishWindowEncoder",
    "MultiHashEmbed",
    "SpanCategorizer",
    "StaticVectors",
    "Tagger",
    "TextCatAttention",
    "TextCatAverage",
    "TextCatBOW",
    "TextCatEnsemble",
    "TextCatReduce",
    "Tok2Vec",
    "TorchBiLSTMEncoder",
    "TransitionModel",
    "Upstream",
    "extract_ngrams",
    "layer",
    "reduce",
    "set_vectors",
    "to_list",
    "to_ragged",
]
