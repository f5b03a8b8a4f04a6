"""Register zoo's text classifiers under spaCy's names, with spaCy's arguments."""

from thinc.api import Dropout, Linear, Logistic, Model, Relu, chain, residual
from thinc.types import Floats2d

from .. import layers
from .._types import Docs
from .names import FEATURES, Encoder, register


@register("architectures", "spacy.TextCatReduce.v1")
def textcat_reduce(
    tok2vec: Encoder,
    exclusive_classes: bool,
    use_reduce_first: bool = False,
    use_reduce_last: bool = False,
    use_reduce_max: bool = False,
    use_reduce_mean: bool = True,
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score categories from pooled vectors, as `zoo.TextCatReduce.v1`."""
    return layers.TextCatReduce(
        tok2vec,
        exclusive_classes,
        use_reduce_first,
        use_reduce_last,
        use_reduce_max,
        use_reduce_mean,
        nO,
    )


@register(
    "architectures",
    "spacy.TextCatCNN.v2",
    "spacy.TextCatCNN.v1",
    "spacy-legacy.TextCatCNN.v1",
)
def textcat_cnn(
    tok2vec: Encoder, exclusive_classes: bool, nO: int | None = None
) -> Model[Docs, Floats2d]:
    """Score categories from mean vectors, as `zoo.TextCatReduce.v1`."""
    return layers.TextCatReduce(tok2vec, exclusive_classes, nO=nO)


@register(
    "architectures",
    "spacy.TextCatBOW.v2",
    "spacy.TextCatBOW.v1",
    "spacy-legacy.TextCatBOW.v1",
)
def textcat_bow_v2(
    exclusive_classes: bool,
    ngram_size: int = 1,
    no_output_layer: bool = False,
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score categories by a linear model over words, as `zoo.TextCatBOW.v1`.

    Words are hashed as in v3, to all rows of the table. spaCy's own v1 and v2 use only
    the first rows, so that weights trained there do not fit.
    """
    return layers.TextCatBOW(exclusive_classes, ngram_size, no_output_layer, nO=nO)


@register("architectures", "spacy.TextCatBOW.v3")
def textcat_bow(
    exclusive_classes: bool,
    ngram_size: int = 1,
    no_output_layer: bool = False,
    length: int = 262144,
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score categories by a linear model over words, as `zoo.TextCatBOW.v1`."""
    return layers.TextCatBOW(exclusive_classes, ngram_size, no_output_layer, length, nO)


@register("architectures", "spacy.TextCatParametricAttention.v1")
def textcat_parametric_attention(
    tok2vec: Encoder, exclusive_classes: bool, nO: int | None = None
) -> Model[Docs, Floats2d]:
    """Score categories from vectors pooled by attention: `zoo.TextCatAttention.v1`."""
    return layers.TextCatAttention(tok2vec, exclusive_classes, nO)


@register("architectures", "spacy.TextCatLowData.v1")
def textcat_low_data(
    width: int, dropout: float | None = None, nO: int | None = None
) -> Model[Docs, Floats2d]:
    """Score categories from static vectors alone, which are pooled by attention.

    In spaCy 3 this cannot be initialized: a layer gets vectors in another form than it
    takes. Its layers are those that spaCy names.

    Args:
        width: Width of the projected vectors.
        dropout: Chance of zeroing a score before the logistic function in training, 0
            to 1. A training sets its own. Null or 0: none is zeroed.
        nO: Number of categories. Null: that of the labels.
    """
    model: Model[Docs, Floats2d] = chain(
        layers.StaticVectors(width),
        layers.AttentionPool(width),
        residual(Relu(width, width)),
        residual(Relu(width, width)),
        Linear(nO, width),
        *([Dropout(dropout)] if dropout else []),
        Logistic(),
    )
    model.attrs["multi_label"] = True
    return model


@register("architectures", "spacy.TextCatEnsemble.v2")
def textcat_ensemble(
    tok2vec: Encoder, linear_model: Model[Docs, Floats2d], nO: int | None = None
) -> Model[Docs, Floats2d]:
    """Score categories by two models at once, as `zoo.TextCatEnsemble.v1`."""
    return layers.TextCatEnsemble(tok2vec, linear_model, nO)


@register(
    "architectures", "spacy.TextCatEnsemble.v1", "spacy-legacy.TextCatEnsemble.v1"
)
def textcat_ensemble_v1(
    width: int = 64,
    embed_size: int = 2000,
    *,
    exclusive_classes: bool,
    ngram_size: int = 1,
    window_size: int = 1,
    conv_depth: int = 2,
    pretrained_vectors: bool | None = None,
    dropout: float | None = None,
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score categories by words and an own encoder, as `zoo.TextCatEnsemble.v1`.

    The encoder has the sizes of spaCy's, but the layers of `zoo.Tok2Vec.v1`.

    Args:
        width: Width of the encoder.
        embed_size: Rows of each of its four tables.
        exclusive_classes: Whether a document has exactly one category.
        ngram_size: Words of the longest n-gram of the linear model.
        window_size: Tokens on either side that the encoder looks at.
        conv_depth: Blocks of the encoder.
        pretrained_vectors: Whether to embed words by static vectors too.
        dropout: Without effect: dropout is that of the training.
        nO: Number of categories. Null: that of the labels.
    """
    embed = layers.MultiHashEmbed(
        width,
        features=("LOWER", *FEATURES[1:]),
        rows=[embed_size] * 4,
        include_static_vectors=bool(pretrained_vectors),
    )
    encode = layers.MaxoutWindowEncoder(
        width, window_size=window_size, depth=conv_depth
    )
    linear_model = layers.TextCatBOW(exclusive_classes, ngram_size, nO=nO)
    return layers.TextCatEnsemble(layers.Tok2Vec(embed, encode), linear_model, nO)


register("layers", "spacy.extract_ngrams.v1")(layers.extract_ngrams)
