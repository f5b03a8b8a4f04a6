"""Build training configs from the templates of this package."""

import warnings
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from thinc.config import Config

from ..config import interpolate, raise_faults
from ..config._blocks import fill, strip
from ..config.errors import suggest
from ..pipeline._shipped_encoders import (
    DEFAULT,
    PREFIX,
    ShippedEncoder,
    shipped_encoder,
)
from ..pipeline._usual_models import (
    ENCODER,
    TRANSFORMER,
    component_names,
    own_encoder,
    put_usual_models,
    read_template,
    words_alone,
)
from ..pretraining._pretraining_config import pretraining_faults, pretraining_schemas
from ..training._training_config import training_faults, training_schemas
from ..vectors._shipped_vectors import ENGLISH_WORDS
from ._fit_corpus import CorpusSize, fit_training
from .catalog import ModelCard, model_card
from .create import model_config

Block = dict[str, Any]

#: The components that a ready-made model can serve, by its task; an encoder is for all.
SERVED = {
    "tagging": ("tagger", "pos"),
    "classification": ("textcat", "textcat_multilabel"),
}


def make_config(
    pipeline: Sequence[str] | None = None,
    *,
    lang: str = "en",
    shared: bool | None = None,
    pretraining: bool = False,
    model: str | None = None,
    size: CorpusSize | None = None,
    pretrained: bool = False,
) -> Config:
    """Make a training config for some components, with every setting written out.

    Args:
        pipeline: Names of the components, in order. None: what `model` is for or
            `size` has annotation for, or else "tok2vec" and "tagger".
        lang: Language code.
        shared: Whether the components share an encoder. If so, "tok2vec" is put in
            front of them if neither it nor "transformer" is among them; if not, each
            has one of its own, and "tok2vec" is left out. None: they share one that is
            among them.
        pretraining: Whether to add the section [pretraining], for the encoder that
            they share, or else that of the first of them.
        model: A ready-made model, as `list_models` returns them: an encoder is used in
            place of that of the templates, another model for the components that it
            can serve. Without an encoder of the caller's choice, classifiers that
            share theirs with no other kind of component have none, and "tok2vec" is
            left out.
        size: The size of the training corpus, which batches, updates, warm-up,
            dropout, evaluations and accumulation are fitted to. None: those of the
            templates.
        pretrained: Whether to use what comes with zoo: the shared encoder starts from
            the weights of `model`, or else of "hash_cnn_medium"; without `model`,
            classifiers read the word vectors "zoo:english-words" instead.

    Returns:
        A config that lacks only the paths of the corpora.

    Raises:
        ValueError: There is no template for a component, there are two encoders to
            share, a transformer is not to be shared or to be pretrained, there is no
            such model, or no component that it can serve; or an encoder is to be
            pretrained that is not shared, or of which zoo has no weights.
    """
    shipped = _find_pretrained(model, shared) if pretrained else None
    is_free = model is None and not pretraining  # To choose what classifiers read.
    if shipped is not None:
        model, shared = shipped.name, True
        if lang != "en" or (size is not None and not size.is_english()):
            _warn_of_english()
    card = None if model is None else model_card(model)
    if pipeline is None:
        pipeline = _choose_pipeline(card, size)
    names = _check_pipeline(pipeline, shared, pretraining)
    if card is not None:
        names = _check_model(card, names)
    classifiers = [name for name in names if name in SERVED["classification"]]
    if is_free and classifiers and {*names} == {*classifiers, ENCODER}:
        names = classifiers
    config = read_template("base")
    config["nlp"] |= {"pipeline": names, "lang": lang}
    if _is_transformer(card):
        # The encoder is no component of its own, but learns by the same settings.
        template = read_template(TRANSFORMER)
        del template["component"]
        config = config.merge(template) if TRANSFORMER not in names else config
    encoder = None if card is None else _encoder_of(card, shipped)
    for name in names:
        config = _add_component(config, name, card, encoder)
    if is_free and TRANSFORMER not in names:
        _choose_vectors(config, classifiers, pretrained)
    if size is not None:
        fit_training(config["training"], size)
    if shipped is not None and ENCODER in names:
        config["paths"]["init_tok2vec"] = f"{PREFIX}{shipped.name}"
    made = complete(Config(config, is_interpolated=False), pretraining=pretraining)
    if pretraining and ENCODER not in names:
        made["pretraining"] |= {"component": names[0], "layer": ENCODER}
    return made


def _find_pretrained(model: str | None, shared: bool | None) -> ShippedEncoder:
    """Find the weights that come with zoo; ValueError if they cannot be used."""
    if shared is False:
        raise ValueError(
            "init config: a pretrained encoder is shared, got independent components. "
            "Let them share it."
        )
    try:
        return shipped_encoder(model or DEFAULT)
    except ValueError as error:
        raise ValueError(f"init config: {error}") from error


def _warn_of_english() -> None:
    warnings.warn(
        "init config: the weights and vectors that come with zoo know English, and the "
        "corpus is in another language, as it seems, where they gain nothing and may "
        "cost accuracy. Leave out --pretrained, or pretrain an encoder on texts of "
        "that language: zoo pretrain.",
        stacklevel=3,
    )


def _encoder_of(card: ModelCard, shipped: ShippedEncoder | None) -> Block | None:
    """Return the block of the encoder that replaces those of the templates, if any."""
    if shipped is not None:
        return deepcopy(shipped.model)
    return None if card.task in SERVED else model_config(card.name)


def _choose_pipeline(card: ModelCard | None, size: CorpusSize | None) -> list[str]:
    """Choose the components that a model is for, or that a corpus is annotated for."""
    found = [] if size is None else size.components()
    if card is not None and card.task in SERVED:
        served = [name for name in found if name in SERVED[card.task]]
        return served or [SERVED[card.task][0]]
    return [ENCODER, *(found or ["tagger"])]


def _check_pipeline(
    pipeline: Sequence[str], shared: bool | None, pretraining: bool
) -> list[str]:
    """Check the names of components, and add or remove the shared encoder."""
    known = component_names()
    encoders = [name for name in pipeline if name in (ENCODER, TRANSFORMER)]
    if len(encoders) > 1:
        raise ValueError(
            f"init config: components share one encoder, got {' and '.join(encoders)}. "
            f"Leave one out."
        )
    if TRANSFORMER in encoders and shared is False:
        raise ValueError(
            f"init config: components share a {TRANSFORMER}, got it in a pipeline of "
            f"independent ones. Leave it out, or let them share it."
        )
    if TRANSFORMER in encoders and pretraining:
        raise ValueError(
            f"init config: only an encoder of words is pretrained, got a pipeline "
            f"with a {TRANSFORMER}. Leave one of both out."
        )
    if shared is not None and bool(encoders) != shared:
        others = [name for name in pipeline if name != ENCODER]
        pipeline = [ENCODER, *others] if shared and others else others
    if not pipeline:
        raise ValueError("init config: the pipeline must have at least one component.")
    for name in pipeline:
        if name not in known:
            raise ValueError(
                f"init config: there is no template for the component {name!r}."
                f"{suggest(name, known)} There are: {', '.join(known)}."
            )
    return list(pipeline)


def _check_model(card: ModelCard, names: list[str]) -> list[str]:
    """Check that a pipeline can use a model; leave out an encoder that it replaces."""
    if TRANSFORMER in names:
        raise ValueError(
            f"init config: {card.name} cannot be used beside a {TRANSFORMER}. Leave "
            f"one of both out."
        )
    served = SERVED.get(card.task)
    if served is None:
        return names
    if not {*served} & {*names}:
        raise ValueError(
            f"init config: {card.name} is for {' and '.join(served)}, got a pipeline "
            f"of {', '.join(names)}."
        )
    # Those that keep their templates may need the shared encoder.
    others = {*names} - {*served, ENCODER}
    return names if others else [name for name in names if name != ENCODER]


def _add_component(
    config: Config, name: str, card: ModelCard | None, encoder: Block | None
) -> Config:
    """Add the template of a component, with its encoder."""
    template = read_template(name)
    component = template.pop("component")
    pipeline, model = config["nlp"]["pipeline"], component["model"]
    has_transformer = TRANSFORMER in pipeline or _is_transformer(card)
    if name == TRANSFORMER or not has_transformer:  # Else it sets the training.
        config = config.merge(template)
    config["components"][name] = component
    if name == TRANSFORMER:
        return config
    if card is not None and name in SERVED.get(card.task, ()):
        is_classifier = card.task == "classification"
        settings = {"exclusive_classes": name == "textcat"} if is_classifier else {}
        component["model"] = model_config(card.name, **settings)
        return config
    if name == ENCODER:
        model["embed"]["width"] = f"${{{_WIDTH}}}"
        component["model"] = deepcopy(encoder) or model
        return config
    if has_transformer:
        component["model"] = model = _leave_words_out(model)
    model["tok2vec"] = _encoder_for(name, pipeline, encoder)
    return config


def _choose_vectors(config: Config, names: list[str], pretrained: bool) -> None:
    """Let classifiers read word vectors that come with zoo, or words alone.

    An encoder that learns from categories alone makes them worse than words are
    (benchmarks/README.md), so that they read one only if they share it.
    """
    for name in names:
        component = config["components"][name]
        if pretrained:
            component["model"]["tok2vec"] = model_config("vector_bag")
            config["paths"]["vectors"] = ENGLISH_WORDS
        elif ENCODER not in config["components"]:
            component["model"] = words_alone(component["model"])


def _encoder_for(name: str, pipeline: Sequence[str], encoder: Block | None) -> Block:
    """Return what a head reads its vectors from: a listener, or its own encoder."""
    if TRANSFORMER in pipeline:
        return deepcopy(TRANSFORMER_LISTENER)
    if ENCODER in pipeline:
        # A ready-made encoder has its width where it wants; a listener finds it out.
        width = f"${{{_WIDTH}}}" if encoder is None else None
        listener = {"@architectures": "zoo.Listener.v1", "upstream": ENCODER}
        return {**listener, "width": width}
    return deepcopy(encoder) or own_encoder(f"components.{name}.model.tok2vec")


def _is_transformer(card: ModelCard | None) -> bool:
    """Return whether a ready-made model runs a transformer."""
    return card is not None and "transformers" in card.needs


def _leave_words_out(model: Block) -> Block:
    """Leave out a linear model over words, which learns little at a low rate."""
    if "linear_model" not in model:
        return model
    return {
        "@architectures": "zoo.TextCatReduce.v1",
        "exclusive_classes": model["linear_model"]["exclusive_classes"],
        "use_reduce_max": True,
        "use_reduce_mean": True,
    }


def complete(config: Config, *, pretraining: bool = False) -> Config:
    """Write every default into a training config.

    A component with a factory and no model gets the model of the template, with an
    encoder of its own.

    Args:
        config: A config that may lack settings.
        pretraining: Whether to add the section [pretraining], if it is not there.

    Raises:
        ConfigError: The config has errors besides missing defaults. It lists all.
    """
    template = read_template("base")
    if pretraining or config.get("pretraining"):
        template = template.merge(read_template("sections/pretraining"))
    merged = put_usual_models(template.merge(config))
    values = interpolate(merged)
    faults = training_faults(values, merged)
    schemas = training_schemas(values)
    if merged.get("pretraining"):  # spaCy's configs have the section, and it is empty.
        faults += pretraining_faults(values, merged)
        schemas = pretraining_schemas(values)
    raise_faults(faults)
    return Config(fill(merged, schemas), is_interpolated=False)


def default_config(config: Config) -> Config:
    """Make a config for the same components with default values where there are any.

    Sections that the common template lacks stay as they are, except that settings with
    a default have it.

    Args:
        config: A config without errors.
    """
    schemas = pretraining_schemas(interpolate(config))
    base = read_template("base")
    base["nlp"]["pipeline"] = config["nlp"]["pipeline"]
    own = {name: config[name] for name in config if name not in base}
    own["components"] = config["components"]
    bare = base.merge(strip(own, schemas))
    return complete(Config(bare, is_interpolated=False))


#: How components listen to a transformer: to the mean of each token's pieces.
TRANSFORMER_LISTENER = {
    "@architectures": "zoo.Listener.v1",
    "upstream": TRANSFORMER,
    "width": None,
    "pooling": {
        "@layers": "zoo.PoolPieces.v1",
        "pooling": {"@layers": "zoo.reduce.v1", "poolings": ["mean"]},
    },
}
_WIDTH = f"components.{ENCODER}.model.encode.width"
