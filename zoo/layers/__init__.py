"""Layers: ordinary Thinc models, one file each."""

from .containers import to_list, to_ragged
from .feature_extractor import FeatureExtractor
from .listener import Listener, Upstream
from .maxout_norm import MaxoutNorm
from .multi_hash_embed import MultiHashEmbed
from .reduce import reduce
from .tagger import Tagger
from .textcat_reduce import TextCatReduce
from .tok2vec import Tok2Vec
from .window_encoder import MaxoutWindowEncoder

__all__ = [
    "FeatureExtractor",
    "Listener",
    "MaxoutNorm",
    "MaxoutWindowEncoder",
    "MultiHashEmbed",
    "Tagger",
    "TextCatReduce",
    "Tok2Vec",
    "Upstream",
    "reduce",
    "to_list",
    "to_ragged",
]
