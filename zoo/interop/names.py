"""Register zoo's functions under spaCy's names, with spaCy's arguments."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from thinc.api import Model
from thinc.initializers import glorot_uniform_init
from thinc.types import Floats2d, FloatsXd, Ragged

from .. import batching, corpora, layers
from ..docs import Doc
from ..pipeline import Pipeline
from ..registries import registry
from ..training import Logger, LoggerSetup, Progress, loggers
from ..types import Docs

Encoder = Model[Docs, list[Floats2d]]


def _register(kind: str, *names: str) -> Callable[[Any], Any]:
    def register(function: Any) -> Any:
        for name in names:
            catalogue = "spacy_layers" if kind == "layers" else kind
            getattr(registry, catalogue).register(name, func=function)
        return function

    return register


# Versions that share a line here give the same numbers. With static vectors those of
# spaCy's v1 differ: there a word that is not in the table has its last row.
@_register("architectures", "spacy.MultiHashEmbed.v2", "spacy-legacy.MultiHashEmbed.v1")
def multi_hash_embed(
    width: int,
    attrs: list[str | int],
    rows: list[int],
    include_static_vectors: bool,
) -> Model[Docs, Ragged]:
    """Embed words by hashed features, as `zoo.MultiHashEmbed.v1`."""
    return layers.MultiHashEmbed(
        width,
        features=attrs,
        rows=rows,
        include_static_vectors=include_static_vectors,
    )


@_register("architectures", "spacy.MultiHashEmbed.v1")
def multi_hash_embed_v1(
    width: int,
    rows: list[int] | int,
    attrs: list[str | int] | None = None,
    include_static_vectors: bool | None = None,
    also_embed_subwords: bool | None = None,
    also_use_static_vectors: bool | None = None,
) -> Model[Docs, Ragged]:
    """Embed words by hashed features, by the arguments of v2 or of spaCy's nightlies.

    The nightlies before spaCy 3.0 took one number of rows, half of which each table
    of subwords had, and two flags.
    """
    early: list[Any] = [also_embed_subwords, also_use_static_vectors]
    released: list[Any] = [attrs, include_static_vectors]
    is_early = isinstance(rows, int)
    given, others = (early, released) if is_early else (released, early)
    if None in given or others != [None, None]:
        raise ValueError(
            "spacy.MultiHashEmbed.v1: needs either attrs, a list of rows and "
            "include_static_vectors, or one number of rows, also_embed_subwords and "
            f"also_use_static_vectors, got attrs {attrs}, rows {rows}, "
            f"include_static_vectors {include_static_vectors}, also_embed_subwords "
            f"{also_embed_subwords}, also_use_static_vectors {also_use_static_vectors}."
        )
    features: Any = attrs
    if isinstance(rows, int):
        features = _SUBWORDS if also_embed_subwords else _SUBWORDS[:1]
        rows = [rows, *[rows // 2] * (len(features) - 1)]
    return layers.MultiHashEmbed(
        width, features=features, rows=rows, include_static_vectors=given[1]
    )


_SUBWORDS = ("NORM", "PREFIX", "SUFFIX", "SHAPE")


@_register(
    "architectures",
    "spacy.CharacterEmbed.v2",
    "spacy.CharacterEmbed.v1",
    "spacy-legacy.CharacterEmbed.v1",
)
def character_embed(
    width: int,
    rows: int,
    nM: int,
    nC: int,
    include_static_vectors: bool,
    feature: str | int = "LOWER",
) -> Model[Docs, Ragged]:
    """Embed words by their bytes and one feature, as `zoo.CharacterEmbed.v1`."""
    return layers.CharacterEmbed(width, rows, nM, nC, include_static_vectors, feature)


@_register(
    "architectures",
    "spacy.MaxoutWindowEncoder.v2",
    "spacy.MaxoutWindowEncoder.v1",
    "spacy-legacy.MaxoutWindowEncoder.v1",
)
def maxout_window_encoder(
    width: int, window_size: int, maxout_pieces: int, depth: int
) -> Model[Ragged, Ragged]:
    """Add context by convolutions, as `zoo.MaxoutWindowEncoder.v1`."""
    return layers.MaxoutWindowEncoder(
        width, window_size=window_size, maxout_pieces=maxout_pieces, depth=depth
    )


@_register(
    "architectures",
    "spacy.MishWindowEncoder.v2",
    "spacy.MishWindowEncoder.v1",
    "spacy-legacy.MishWindowEncoder.v1",
)
def mish_window_encoder(
    width: int, window_size: int, depth: int
) -> Model[Ragged, Ragged]:
    """Add context by convolutions with mish, as `zoo.MishWindowEncoder.v1`."""
    return layers.MishWindowEncoder(width, window_size=window_size, depth=depth)


@_register("architectures", "spacy.TorchBiLSTMEncoder.v1")
def torch_bilstm_encoder(
    width: int, depth: int, dropout: float
) -> Model[Ragged, Ragged]:
    """Add context by LSTMs of PyTorch, as `zoo.TorchBiLSTMEncoder.v1`."""
    return layers.TorchBiLSTMEncoder(width, depth=depth, dropout=dropout)


@_register(
    "architectures",
    "spacy.HashEmbedCNN.v2",
    "spacy.HashEmbedCNN.v1",
    "spacy-legacy.HashEmbedCNN.v1",
)
def hash_embed_cnn(
    *,
    width: int,
    depth: int,
    embed_size: int,
    window_size: int,
    maxout_pieces: int,
    subword_features: bool,
    pretrained_vectors: bool | None,
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


@_register(
    "architectures",
    "spacy.Tok2Vec.v2",
    "spacy.Tok2Vec.v1",
    "spacy-legacy.Tok2Vec.v1",
)
def tok2vec(embed: Model[Any, Any], encode: Model[Any, Any]) -> Encoder:
    """Embed and encode, as `zoo.Tok2Vec.v1`."""
    return layers.Tok2Vec(embed, encode)


@_register("architectures", "spacy.Tok2VecListener.v1")
def tok2vec_listener(width: int, upstream: str = "*") -> Encoder:
    """Read from a shared encoder, as `zoo.Listener.v1`."""
    return layers.Listener(upstream, width=width)


@_register("architectures", "spacy.Tagger.v2")
def tagger(tok2vec: Encoder, nO: int | None = None, normalize: bool = False) -> Any:
    """Score tags for each token, as `zoo.Tagger.v1`."""
    return layers.Tagger(tok2vec, nO, normalize=normalize)


@_register("architectures", "spacy.Tagger.v1", "spacy-legacy.Tagger.v1")
def tagger_v1(tok2vec: Encoder, nO: int | None = None) -> Any:
    """Score tags for each token, always as probabilities."""
    return layers.Tagger(tok2vec, nO, normalize=True)


@_register("architectures", "spacy.TextCatReduce.v1")
def textcat_reduce(
    tok2vec: Encoder,
    exclusive_classes: bool,
    use_reduce_first: bool,
    use_reduce_last: bool,
    use_reduce_max: bool,
    use_reduce_mean: bool,
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


@_register(
    "architectures",
    "spacy.TextCatCNN.v2",
    "spacy.TextCatCNN.v1",
    "spacy-legacy.TextCatCNN.v1",
)
def textcat_cnn(
    tok2vec: Encoder, exclusive_classes: bool, nO: int | None = None
) -> Model[Docs, Floats2d]:
    """Score categories from the mean of the token vectors."""
    return layers.TextCatReduce(tok2vec, exclusive_classes, nO=nO)


@_register("architectures", "spacy.TextCatBOW.v3")
def textcat_bow(
    exclusive_classes: bool,
    ngram_size: int,
    no_output_layer: bool,
    length: int = 262144,
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score categories by a linear model over words, as `zoo.TextCatBOW.v1`."""
    return layers.TextCatBOW(exclusive_classes, ngram_size, no_output_layer, length, nO)


@_register("architectures", "spacy.TextCatEnsemble.v2")
def textcat_ensemble(
    tok2vec: Encoder, linear_model: Model[Docs, Floats2d], nO: int | None = None
) -> Model[Docs, Floats2d]:
    """Score categories by two models at once, as `zoo.TextCatEnsemble.v1`."""
    return layers.TextCatEnsemble(tok2vec, linear_model, nO)


@_register(
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
    """Embed words by a table that is not trained, as `zoo.StaticVectors.v1`."""
    if key_attr != "ORTH":
        raise ValueError(
            f"spacy.StaticVectors: key_attr must be ORTH, as tables are looked up by "
            f"the word itself, got {key_attr!r}."
        )
    model = layers.StaticVectors(nO, dropout=dropout or 0.0, init_W=init_W)
    if nM is not None:
        model.set_dim("nM", nM)
    return model


_register("layers", "spacy.CharEmbed.v1")(layers.CharEmbed)
_register("layers", "spacy.FeatureExtractor.v1")(layers.FeatureExtractor)
_register("batchers", "spacy.batch_by_words.v1")(batching.batch_by_words)
_register("batchers", "spacy.batch_by_padded.v1")(batching.batch_by_padded)
_register("batchers", "spacy.batch_by_sequence.v1")(batching.batch_by_sequence)


@_register("readers", "spacy.Corpus.v1")
def corpus(
    path: str | None,
    max_length: int = 0,
    gold_preproc: bool = False,
    limit: int = 0,
    augmenter: None = None,
) -> Callable[[], Iterator[Doc]]:
    """Read documents, as `zoo.Corpus.v1`; longer ones than max_length are left out.

    gold_preproc has no effect: documents are always split into words as annotated.
    """
    read = corpora.Corpus(path, limit=limit)
    if not max_length:
        return read
    return lambda: (doc for doc in read() if len(doc) < max_length)


@_register("loggers", "spacy.ConsoleLogger.v1")
def console_logger_v1(progress_bar: bool = False) -> LoggerSetup:
    """Print scores on the terminal, as `zoo.ConsoleLogger.v1`."""
    return loggers.ConsoleLogger(progress_bar)


@_register("loggers", "spacy.ConsoleLogger.v2")
def console_logger_v2(
    progress_bar: bool = False,
    console_output: bool = True,
    output_file: str | Path | None = None,
) -> LoggerSetup:
    """Print scores on the terminal, and write them to a file if one is named."""
    return _log_to(loggers.ConsoleLogger(progress_bar), console_output, output_file)


@_register("loggers", "spacy.ConsoleLogger.v3")
def console_logger_v3(
    progress_bar: Literal["train", "eval"] | None = None,
    console_output: bool = True,
    output_file: str | Path | None = None,
) -> LoggerSetup:
    """Print scores on the terminal; a bar of either kind shows the whole run."""
    console = loggers.ConsoleLogger(progress_bar is not None)
    return _log_to(console, console_output, output_file)


def _log_to(
    console: LoggerSetup, console_output: bool, file: str | Path | None
) -> LoggerSetup:
    if file is not None and Path(file).exists():
        raise FileExistsError(f"spacy.ConsoleLogger: the file {file} is there already.")
    setups = [console] if console_output else []
    setups += [loggers.JsonLinesLogger(file)] if file is not None else []

    def setup(pipeline: Pipeline, output: Path | None) -> Logger:
        followers = [make(pipeline, output) for make in setups]

        def follow(progress: Progress | None) -> None:
            for follower in followers:
                follower(progress)

        return follow

    return setup


@_register("tokenizers", "spacy.Tokenizer.v1")
def tokenizer() -> None:
    """Stand for spaCy's tokenizer; corpora here are split into words already."""


@_register("vectors", "spacy.Vectors.v1")
def vectors() -> None:
    """Stand for spaCy's table of vectors, which is empty unless it is read."""


@_register(
    "scorers",
    "spacy.tagger_scorer.v1",
    "spacy.textcat_scorer.v2",
    "spacy.textcat_scorer.v1",
    "spacy.textcat_multilabel_scorer.v2",
    "spacy.textcat_multilabel_scorer.v1",
)
def own_scorer() -> None:
    """Stand for the figures that a component gives without a scorer: spaCy's."""
