"""Combine hashed embeddings and convolutions into spaCy's usual encoder."""

from thinc.api import Model
from thinc.types import Floats2d

from .._registry import layer
from .._types import Docs
from .multi_hash_embed import MultiHashEmbed
from .tok2vec import Tok2Vec
from .window_encoder import MaxoutWindowEncoder


@layer(
    "zoo.HashEmbedCNN.v1",
    task="encoding",
    needs={"vectors": "pretrained_vectors"},
)
def HashEmbedCNN(
    *,
    width: int = 96,
    depth: int = 4,
    embed_size: int = 2000,
    window_size: int = 1,
    maxout_pieces: int = 3,
    subword_features: bool = True,
    pretrained_vectors: bool = False,
) -> Model[Docs, list[Floats2d]]:
    """Embed words by norm, prefix, suffix and shape, then encode them in windows.

    The same as a `Tok2Vec` of a `MultiHashEmbed` and a `MaxoutWindowEncoder`, written
    as one short block of a config.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        List of Floats2d, (n_tokens, width) per document.
    Layers:
        embed and encode, which are references.

    Args:
        width: Width of the tables, the windows and the output.
        depth: Convolution blocks to stack.
        embed_size: Rows of the table of norms; the other tables have half as many.
        window_size: Tokens that a block takes from either side.
        maxout_pieces: Linear pieces, of which each unit takes the largest.
        subword_features: Whether to embed prefix, suffix and shape besides the norm.
        pretrained_vectors: Whether to embed by a table of vectors too. `set_vectors`
            sets that table.

    Raises:
        ValueError: A size is too small.
    """
    features, rows = ["NORM"], [embed_size]
    if subword_features:
        features += ["PREFIX", "SUFFIX", "SHAPE"]
        rows += [embed_size // 2] * 3
    embed = MultiHashEmbed(
        width,
        features=features,
        rows=rows,
        include_static_vectors=pretrained_vectors,
    )
    encode = MaxoutWindowEncoder(
        width, window_size=window_size, maxout_pieces=maxout_pieces, depth=depth
    )
    model = Tok2Vec(embed, encode)
    model.name = "hash_embed_cnn"
    return model
