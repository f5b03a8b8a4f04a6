"""Register zoo's functions under spaCy's names, with spaCy's arguments."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from thinc.api import Model
from thinc.initializers import glorot_uniform_init
from thinc.types import Floats2d, FloatsXd, Ragged

from .. import layers
from .._registry import registry
from .._types import Docs
from ..objectives import PretrainCharacters, PretrainVectors, TokenObjective
from ..training import _batchers as batching

Encoder = Model[Docs, list[Floats2d]]
#: The defaults of `zoo.MultiHashEmbed.v1`. spaCy's functions have none; here they do,
#: so that the short blocks of its documentation build what its templates write out.
FEATURES = ("NORM", "PREFIX", "SUFFIX", "SHAPE")
ROWS = (5000, 1000, 2500, 2500)


def register(kind: str, *names: str) -> Callable[[Any], Any]:
    def put(function: Any) -> Any:
        for name in names:
            catalogue = "spacy_layers" if kind == "layers" else kind
            getattr(registry, catalogue).register(name, func=function)
        return function

    return put


# Versions that share a line here give the same numbers. With static vectors those of
# spaCy's v1 differ: there a word that is not in the table has its last row.
@register("architectures", "spacy.MultiHashEmbed.v2", "spacy-legacy.MultiHashEmbed.v1")
def multi_hash_embed(
    width: int = 96,
    attrs: Sequence[str | int] = FEATURES,
    rows: Sequence[int] = ROWS,
    include_static_vectors: bool = False,
) -> Model[Docs, Ragged]:
    """Embed words by hashed features, as `zoo.MultiHashEmbed.v1`.

    Args:
        attrs: What is called `features` there: lexical attributes, by name or number.
    """
    return layers.MultiHashEmbed(
        width,
        features=attrs,
        rows=rows,
        include_static_vectors=include_static_vectors,
    )


@register("architectures", "spacy.MultiHashEmbed.v1")
def multi_hash_embed_v1(
    width: int = 96,
    rows: Sequence[int] | int | None = None,
    attrs: Sequence[str | int] | None = None,
    include_static_vectors: bool | None = None,
    also_embed_subwords: bool | None = None,
    also_use_static_vectors: bool | None = None,
) -> Model[Docs, Ragged]:
    """Embed words by hashed features, as `zoo.MultiHashEmbed.v1`.

    It has two forms: that of v2, and that of the nightlies before spaCy 3.0, which
    took one number of rows, half of which each table of subwords had, and two flags.
    What is null has the default of its form.

    Args:
        rows: Rows of each table, or of the table of norms. A number chooses the early
            form.
        attrs: What is called `features` there: lexical attributes, by name or number.
        also_embed_subwords: Whether to embed prefix, suffix and shape, beside the norm.
            Only in the early form; null means true.
        also_use_static_vectors: What is called `include_static_vectors` in the other
            form.

    Raises:
        ValueError: A setting belongs to the other form.
    """
    early = {
        "also_embed_subwords": also_embed_subwords,
        "also_use_static_vectors": also_use_static_vectors,
    }
    released = {"attrs": attrs, "include_static_vectors": include_static_vectors}
    is_early = isinstance(rows, int)
    others = released if is_early else early
    if foreign := [name for name, value in others.items() if value is not None]:
        form = "one number of rows" if is_early else "a list of rows"
        raise ValueError(
            f"spacy.MultiHashEmbed.v1: {' and '.join(foreign)} must be null with "
            f"{form}, got rows {rows} and {others}."
        )
    if isinstance(rows, int):
        attrs = FEATURES[:1] if also_embed_subwords is False else FEATURES
        rows = [rows, *[rows // 2] * (len(attrs) - 1)]
        include_static_vectors = also_use_static_vectors
    return layers.MultiHashEmbed(
        width,
        features=FEATURES if attrs is None else attrs,
        rows=ROWS if rows is None else rows,
        include_static_vectors=bool(include_static_vectors),
    )


@register(
    "architectures",
    "spacy.CharacterEmbed.v2",
    "spacy.CharacterEmbed.v1",
    "spacy-legacy.CharacterEmbed.v1",
)
def character_embed(
    width: int = 96,
    rows: int = 7000,
    nM: int = 64,
    nC: int = 8,
    include_static_vectors: bool = False,
    feature: str | int = "LOWER",
) -> Model[Docs, Ragged]:
    """Embed words by their bytes and one feature, as `zoo.CharacterEmbed.v1`."""
    return layers.CharacterEmbed(width, rows, nM, nC, include_static_vectors, feature)


@register(
    "architectures",
    "spacy.MaxoutWindowEncoder.v2",
    "spacy.MaxoutWindowEncoder.v1",
    "spacy-legacy.MaxoutWindowEncoder.v1",
)
def maxout_window_encoder(
    width: int = 96, window_size: int = 1, maxout_pieces: int = 3, depth: int = 4
) -> Model[Ragged, Ragged]:
    """Add context by convolutions, as `zoo.MaxoutWindowEncoder.v1`."""
    return layers.MaxoutWindowEncoder(
        width, window_size=window_size, maxout_pieces=maxout_pieces, depth=depth
    )


@register(
    "architectures",
    "spacy.MishWindowEncoder.v2",
    "spacy.MishWindowEncoder.v1",
    "spacy-legacy.MishWindowEncoder.v1",
)
def mish_window_encoder(
    width: int = 96, window_size: int = 1, depth: int = 4
) -> Model[Ragged, Ragged]:
    """Add context by convolutions with mish, as `zoo.MishWindowEncoder.v1`."""
    return layers.MishWindowEncoder(width, window_size=window_size, depth=depth)


@register("architectures", "spacy.TorchBiLSTMEncoder.v1")
def torch_bilstm_encoder(
    width: int = 96, depth: int = 1, dropout: float = 0.0
) -> Model[Ragged, Ragged]:
    """Add context by LSTMs of PyTorch, as `zoo.TorchBiLSTMEncoder.v1`."""
    return layers.TorchBiLSTMEncoder(width, depth=depth, dropout=dropout)


@register(
    "architectures",
    "spacy.HashEmbedCNN.v2",
    "spacy.HashEmbedCNN.v1",
    "spacy-legacy.HashEmbedCNN.v1",
    "spacy.MultiHashEmbedCNN.v1",  # Its name in spaCy's nightlies.
)
def hash_embed_cnn(
    *,
    width: int = 96,
    depth: int = 4,
    embed_size: int = 2000,
    window_size: int = 1,
    maxout_pieces: int = 3,
    subword_features: bool = True,
    pretrained_vectors: bool | None = None,
) -> Encoder:
    """Embed by hashed features and encode in windows, as `zoo.HashEmbedCNN.v1`."""
    return layers.HashEmbedCNN(
        width=width,
        depth=depth,
        embed_size=embed_size,
        window_size=window_size,
        maxout_pieces=maxout_pieces,
        subword_features=subword_features,
        pretrained_vectors=bool(pretrained_vectors),
    )


@register(
    "architectures",
    "spacy.Tok2Vec.v2",
    "spacy.Tok2Vec.v1",
    "spacy-legacy.Tok2Vec.v1",
)
def tok2vec(embed: Model[Any, Any], encode: Model[Any, Any]) -> Encoder:
    """Embed and encode, as `zoo.Tok2Vec.v1`."""
    return layers.Tok2Vec(embed, encode)


@register("architectures", "spacy.Tok2VecListener.v1")
def tok2vec_listener(width: int | None = None, upstream: str = "*") -> Encoder:
    """Read from a shared encoder, as `zoo.Listener.v1`."""
    return layers.Listener(upstream, width=width)


@register("architectures", "spacy.Tagger.v2")
def tagger(tok2vec: Encoder, nO: int | None = None, normalize: bool = False) -> Any:
    """Score tags for each token, as `zoo.Tagger.v1`."""
    return layers.Tagger(tok2vec, nO, normalize=normalize)


@register("architectures", "spacy.Tagger.v1", "spacy-legacy.Tagger.v1")
def tagger_v1(tok2vec: Encoder, nO: int | None = None) -> Any:
    """Score tags for each token, as `zoo.Tagger.v1`, always as probabilities."""
    return layers.Tagger(tok2vec, nO, normalize=True)


@register(
    "layers",
    "spacy.StaticVectors.v2",
    "spacy.StaticVectors.v1",
    "spacy-legacy.StaticVectors.v1",
)
def static_vectors(
    nO: int | None = None,
    nM: int | None = None,
    *,
    dropout: float | None = None,
    init_W: Callable[..., FloatsXd] = glorot_uniform_init,
    key_attr: str = "ORTH",
) -> Model[Docs, Ragged]:
    """Embed words by a table that is not trained, as `zoo.StaticVectors.v1`.

    Args:
        nO: What is called `width` there.
        nM: Width of the table, as a check. Null: the table's.
        dropout: Probability of zeroing a dimension of the whole batch, 0 to 1. Null: 0.
        init_W: Makes W, from ops and a shape.
        key_attr: Must be ORTH: a word is looked up by itself.

    Raises:
        ValueError: `key_attr` is not ORTH.
    """
    if key_attr != "ORTH":
        raise ValueError(
            f"spacy.StaticVectors: key_attr must be ORTH, as tables are looked up by "
            f"the word itself, got {key_attr!r}."
        )
    model = layers.StaticVectors(nO, dropout=dropout or 0.0, init_W=init_W)
    if nM is not None:
        model.set_dim("nM", nM)
    return model


register("layers", "spacy.CharEmbed.v1")(layers.CharEmbed)
register("layers", "spacy.FeatureExtractor.v1")(layers.FeatureExtractor)
register("batchers", "spacy.batch_by_words.v1")(batching.batch_by_words)
register("batchers", "spacy.batch_by_padded.v1")(batching.batch_by_padded)
register("batchers", "spacy.batch_by_sequence.v1")(batching.batch_by_sequence)


@register("architectures", "spacy.PretrainCharacters.v1")
def pretrain_characters(
    maxout_pieces: int = 3, hidden_size: int = 300, n_characters: int = 4
) -> TokenObjective:
    """Predict bytes of masked words, as `zoo.PretrainCharacters.v1`."""
    return PretrainCharacters(
        maxout_pieces=maxout_pieces, hidden_size=hidden_size, n_characters=n_characters
    )


@register("architectures", "spacy.PretrainVectors.v1")
def pretrain_vectors(
    maxout_pieces: int = 3,
    hidden_size: int = 300,
    loss: Literal["cosine", "L2"] = "cosine",
) -> TokenObjective:
    """Predict the vectors of masked words, as `zoo.PretrainVectors.v1`."""
    return PretrainVectors(
        maxout_pieces=maxout_pieces, hidden_size=hidden_size, loss=loss
    )


@register("tokenizers", "spacy.Tokenizer.v1")
def tokenizer() -> None:
    """Split raw text by the rules for the language of the pipeline, as null does."""


@register("vectors", "spacy.Vectors.v1")
def vectors() -> None:
    """Make no table: spaCy's table of vectors is empty unless one is read."""


@register(
    "scorers",
    "spacy.attribute_ruler_scorer.v1",
    "spacy.lemmatizer_scorer.v1",
    "spacy.morphologizer_scorer.v1",
    "spacy.senter_scorer.v1",
    "spacy.tagger_scorer.v1",
    "spacy.textcat_scorer.v2",
    "spacy.textcat_scorer.v1",
    "spacy-legacy.textcat_scorer.v1",
    "spacy-legacy.textcat_multilabel_scorer.v1",
    "spacy.textcat_multilabel_scorer.v2",
    "spacy.textcat_multilabel_scorer.v1",
)
def own_scorer() -> None:
    """Compute the scores that a component has without a scorer: spaCy's."""
