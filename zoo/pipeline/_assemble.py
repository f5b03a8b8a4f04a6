"""Assemble the components of a pipeline from a config."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from thinc.api import Model, noop

from .._check_numbers import check_sizes
from .._parameters import named_parameters
from .._registry import registry
from ..config import Fault, follow, nearest
from ..config._blocks import build, call, is_sound
from ..config._validate import Schema, describe, find_faults, show
from ..config.errors import is_absent, suggest
from ..layers.listener import Upstream, upstreams_in_scope
from ..objectives import Objective
from ..rules import RuleComponent
from ..tokenizer import Tokenize, Tokenizer
from ..tokenizer._rules import check_language
from ..transformers.batch import AnnotationSetter
from ..transformers.wrapper import limit_batches

Values = Mapping[str, Any]

#: The factories of encoders that other components can listen to.
ENCODERS = ("tok2vec", "transformer")
#: Settings of factories that spaCy's factories of the same names do not have.
OWN_SETTINGS = {
    "attribute_ruler": ("lang",),
    "lemmatizer": ("lang",),
    "textcat": ("positive_label",),
    "trainable_lemmatizer": ("rare",),
}
#: Settings of spaCy's [nlp] that mean nothing here, and are accepted.
SPACY_BLOCKS = ("vectors",)
#: Settings of spaCy's [nlp] that would change something, which must be null, each with
#: what to write instead.
SPACY_CALLBACKS = {
    "after_creation": "initialize.before_init is called with the pipeline instead",
    "after_pipeline_creation": "initialize.before_init is called with the pipeline "
    "instead",
    "before_creation": "there is no class of a language: write a tokenizer "
    "(@tokenizers) or a component (@factories) of your own instead",
}
#: Kinds of functions that belong to a run, and may read and write files.
_OUTSIDE = frozenset(
    ("augmenters", "batchers", "callbacks", "datasets", "loggers", "readers", "vectors")
)


@dataclass
class Sharing:
    """How an encoder is shared among the components that listen to it.

    Args:
        set_extra_annotations: Called with the documents and the encoder's output, in
            prediction.
        max_batch_items: Pieces that a transformer reads at a time. If None, its model
            decides.
    """

    set_extra_annotations: AnnotationSetter | None = None
    max_batch_items: int | None = None


@registry.factories("tok2vec")
def tok2vec() -> Sharing:
    """Share an encoder among the components that listen to it."""
    return Sharing()


@registry.factories("transformer")
def transformer(
    *,
    max_batch_items: int | None = None,
    set_extra_annotations: AnnotationSetter | None = None,
) -> Sharing:
    """Share a transformer among the components that listen to it.

    Args:
        max_batch_items: Pieces that it reads at a time, padding included. If None, its
            model decides.
        set_extra_annotations: Called with the documents and the output of the
            transformer when documents are annotated. It may write into `Doc.user_data`.

    Raises:
        ValueError: max_batch_items is out of range.
    """
    check_sizes("transformer", 1, max_batch_items=max_batch_items)
    return Sharing(set_extra_annotations, max_batch_items)


@dataclass
class PipelineSettings:
    """The settings of a pipeline: the block [nlp] of a config.

    Args:
        pipeline: Names of the components, in order; each has a block [components.NAME].
        lang: Language code, of which the tokenizer knows the contractions.
        batch_size: Documents that are predicted at a time.
        disabled: Components that are loaded but do not run.
        tokenizer: Splits raw text into words. If None, the rules for `lang` do.
    """

    pipeline: list[str]
    lang: str | None = "xx"
    batch_size: int = 256
    disabled: list[str] = field(default_factory=list)
    tokenizer: Tokenize | None = None


@dataclass
class Component:
    """A named part of a pipeline: an encoder, a model with an objective, or rules.

    Attributes:
        name: Its name in the pipeline.
        factory: The name of the function that made it.
        model: Its model; of rules, one that does nothing and has no weights.
        objective: What the scores of the model mean, unless it is only an encoder.
        upstream: The encoder, if others listen to it.
        set_extra_annotations: What an encoder writes into documents.
        rules: What annotates documents, if it has no model.
        keeps_labels: Whether documents add no labels to those that it has.
    """

    name: str
    factory: str
    model: Model[Any, Any]
    objective: Objective | None = None
    upstream: Upstream | None = None
    set_extra_annotations: AnnotationSetter | None = None
    rules: RuleComponent | None = None
    keeps_labels: bool = False

    @property
    def writes(self) -> bool:
        """Whether it writes into the documents that it sees."""
        has_labels = self.objective is not None or self.rules is not None
        return has_labels or self.set_extra_annotations is not None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a document that it writes."""
        if self.rules is not None:
            return self.rules.fields
        if self.objective is None:
            return ()
        default = (self.objective.field,)
        written = getattr(self.objective, "written", default)
        return tuple(getattr(self.objective, "fields", written))

    def annotate(self, docs: Sequence[Any]) -> None:
        """Write into documents on which all encoders that it reads from are running."""
        if self.rules is not None:
            self.rules.annotate(docs)
        elif self.objective is not None:
            scores = self.model.predict(docs)
            self.objective.annotate(self.model.ops, docs, scores)
        elif self.set_extra_annotations is not None and self.upstream is not None:
            self.set_extra_annotations(docs, self.upstream.batch(docs).output)


def pipeline_schemas(values: Values) -> dict[str, Schema]:
    """Return the schemas of [nlp] and of the components of a config."""
    schemas = {"nlp": Schema(PipelineSettings, SPACY_BLOCKS, SPACY_CALLBACKS)}
    for name, block in named_blocks(values):
        if isinstance(block, Mapping) and "source" not in block and _has_factory(block):
            factory = registry.factories.get(block["factory"])
            own = OWN_SETTINGS.get(block["factory"], ())
            schema = Schema(factory, ("factory", "model"), own=own)
            schemas[f"components.{name}"] = schema
    return schemas


def pipeline_faults(values: Values, *, need_all: bool = False) -> list[Fault]:
    """Find the errors in [nlp] and in the components that it names.

    Args:
        values: The config, with its variables interpolated.
        need_all: Whether values that have a default must be there too.
    """
    if not isinstance(values.get("nlp"), Mapping):
        hint = nearest("nlp", values)
        return [
            Fault("nlp", f"the section is missing, which names the pipeline.{hint}")
        ]
    schemas = pipeline_schemas(values)
    faults = list(find_faults(values["nlp"], "nlp", schemas["nlp"], need_all=need_all))
    # What is passed over is not built either, and callbacks are refused as such.
    foreign = (*SPACY_BLOCKS, *SPACY_CALLBACKS)
    own = {name: v for name, v in values["nlp"].items() if name not in foreign}
    faults += _find_outside(own, "nlp")
    for name, value in own.items():
        if name != "tokenizer" and registry.is_promise(value):
            message = "expected a value, got a block that names a function."
            faults.append(Fault(f"nlp.{name}", message))
    if is_sound("nlp", faults):
        faults += _check_nlp(PipelineSettings(**_known(values["nlp"])))
    for name, block in named_blocks(values):
        path = f"components.{name}"
        faults += _find_outside(block, path)
        faults += _check_component(name, block, values, path)
        if not is_foreign(block):  # Else one message is enough.
            faults += find_faults(block, path, schemas.get(path), need_all=need_all)
    return faults


def build_components(values: Values, faults: list[Fault]) -> list[Component]:
    """Build the components without weights; add an error for each that fails."""
    upstreams: dict[str, Upstream] = {}
    components = []
    encoders = [n for n, b in named_blocks(values) if _is_encoder(b)]
    for name, block in named_blocks(values):
        path = f"components.{name}"
        if not is_sound("nlp.pipeline", faults) or not isinstance(block, Mapping):
            continue
        if is_foreign(block):
            continue
        with upstreams_in_scope(dict(upstreams), name, encoders):
            built = {k: build(v, f"{path}.{k}", faults) for k, v in block.items()}
        model, factory = built.pop("model", None), built.pop("factory", None)
        is_model = isinstance(model, Model)
        if is_model:
            faults += _check_weights(model, path)
        elif _makes_rules(block):
            model = noop()
        elif is_sound(f"{path}.model", faults):
            faults.append(_no_model(path, model))
        if _is_encoder(block):
            # Listeners of an encoder that has an error can still be checked.
            upstreams[name] = Upstream(name, model if is_model else noop())
        if is_sound(path, faults):
            make = registry.factories.get(factory)
            made = call(make, built, path, faults)
            components.append(_assemble(name, factory, model, made, upstreams))
    if is_sound("nlp", faults):
        faults += _check_fields(components, values)
    return components


def _assemble(
    name: str, factory: str, model: Any, made: Any, upstreams: dict[str, Upstream]
) -> Component:
    if hasattr(made, "from_files"):
        return Component(name, factory, model, rules=made)
    if not isinstance(made, Sharing):
        return Component(name, factory, model, objective=made)
    if made.max_batch_items is not None:
        limit_batches(model, made.max_batch_items)
    return Component(
        name,
        factory,
        model,
        upstream=upstreams.get(name),
        set_extra_annotations=made.set_extra_annotations,
    )


def build_tokenizer(values: Values, faults: list[Fault]) -> Tokenize:
    """Build the tokenizer that the config names; by default that of its language."""
    path = "nlp.tokenizer"
    tokenizer: Tokenize | None = build(follow(values, path), path, faults)
    if tokenizer is None:
        lang = follow(values, "nlp.lang")
        settings = {"lang": lang if isinstance(lang, str) else "xx"}
        return call(Tokenizer, settings, "nlp.lang", faults) or Tokenizer("xx")
    if not callable(tokenizer):
        message = f"expected {describe(Tokenize)}, got {show(tokenizer)}."
        faults.append(Fault(path, message))
    return tokenizer


def read_settings(values: Values) -> PipelineSettings:
    """Read the block [nlp] of a config that has no errors."""
    return PipelineSettings(**_known(values["nlp"]))


def named_blocks(values: Values) -> Iterator[tuple[str, Any]]:
    """Return the components that the pipeline names, and their blocks if they exist."""
    nlp, blocks = values.get("nlp"), values.get("components")
    names = nlp.get("pipeline") if isinstance(nlp, Mapping) else None
    for name in names if isinstance(names, list) else ():
        if isinstance(name, str):
            yield name, blocks.get(name) if isinstance(blocks, Mapping) else None


def _known(nlp: Values) -> dict[str, Any]:
    spacys = (*SPACY_BLOCKS, *SPACY_CALLBACKS)
    return {name: value for name, value in nlp.items() if name not in spacys}


def _check_nlp(settings: PipelineSettings) -> Iterator[Fault]:
    names = settings.pipeline
    if not names:
        yield Fault("nlp.pipeline", "expected the names of components, got none.")
    for name in names:
        if names.count(name) > 1:
            yield Fault("nlp.pipeline", f"the component {name!r} is in it twice.")
            break
    for name in settings.disabled:
        if name not in names:
            message = f"{name!r} is not in the pipeline.{nearest(name, names)}"
            yield Fault("nlp.disabled", message)
    try:
        check_language(settings.lang or "xx")
    except ValueError as error:
        yield Fault("nlp.lang", str(error))
    if settings.batch_size < 1:
        message = f"expected 1 document or more, got {settings.batch_size}."
        yield Fault("nlp.batch_size", message)


def _check_component(
    name: str, block: Any, values: Values, path: str
) -> Iterator[Fault]:
    blocks = values.get("components")
    if not name or {*name} & {*"/\\."}:
        yield Fault("nlp.pipeline", f"a name has no dot or slash in it, got {name!r}.")
    elif block is None:
        hint = nearest(name, blocks if isinstance(blocks, Mapping) else ())
        yield Fault(path, f"nlp.pipeline names it, but its section is missing.{hint}")
    elif not isinstance(block, Mapping):
        yield Fault(path, f"expected a section with a factory, got {block!r}.")
    elif "source" not in block:  # Else it is taken from a saved pipeline as it is.
        if not _has_factory(block):
            factory, known = block.get("factory"), registry.names("factories")
            hint = suggest(str(factory), known) or f" There are: {', '.join(known)}."
            if not suggest(str(factory), known):
                hint += (
                    f" One of your own is found if a file given by --code registers "
                    f"it: @zoo.registry.factories({factory!r})."
                )
            yield Fault(f"{path}.factory", f"there is no factory {factory!r}.{hint}")
            if is_foreign(block):
                return
        if not registry.is_promise(block.get("model")) and not _makes_rules(block):
            yield _no_model(path, block.get("model"))


def _find_outside(value: Any, path: str) -> Iterator[Fault]:
    """Find functions in a pipeline that would read or write files as it is loaded."""
    parts = enumerate(value) if isinstance(value, list) else ()
    for key, part in value.items() if isinstance(value, Mapping) else parts:
        if isinstance(key, str) and key[:1] == "@" and key[1:] in _OUTSIDE:
            message = (
                f"a pipeline has no {key}: whoever loads it would have files read that "
                f"it names, such as yours. Write the values themselves, or have them "
                f"read once, in [initialize]."
            )
            yield Fault(f"{path}.{key}", message)
        yield from _find_outside(part, f"{path}.{key}")


def _no_model(path: str, found: Any) -> Fault:
    message = f"expected {describe(Model)}, got {show(found)}."
    return Fault(f"{path}.model", message)


def _check_weights(model: Model[Any, Any], path: str) -> Iterator[Fault]:
    """Check that all weights of a model can be saved, before it has any."""
    try:
        named_parameters(model)
    except ValueError as error:
        yield Fault(f"{path}.model", str(error))


def _check_fields(components: list[Component], values: Values) -> Iterator[Fault]:
    disabled = follow(values, "nlp.disabled") or ()
    writers: dict[str, str] = {}
    for component in components:
        if component.objective is None or component.name in disabled:
            continue
        field = component.objective.field
        key = getattr(component.objective, "spans_key", None)
        place = field if key is None else f"{field}[{key!r}]"
        adds = getattr(component.objective, "adds_to_field", False)
        if place in writers and not adds:
            message = f"it writes the field '{place}', as '{writers[place]}' does."
            yield Fault(f"components.{component.name}", message)
        writers[place] = component.name


def _is_encoder(block: Any) -> bool:
    return isinstance(block, Mapping) and block.get("factory") in ENCODERS


def is_foreign(block: Any) -> bool:
    """Return whether a block has a factory that is neither zoo's nor a typo."""
    if not isinstance(block, Mapping) or "source" in block or _has_factory(block):
        return False
    factory = block.get("factory")
    names = registry.names("factories")
    return isinstance(factory, str) and (
        is_absent(factory) or not nearest(factory, names)
    )


def _makes_rules(block: Values) -> bool:
    """Check whether a component has rules instead of a model."""
    if not _has_factory(block):
        return False
    try:
        factory = registry.factories.get(block["factory"])
        made = inspect.signature(factory, eval_str=True).return_annotation
    except (NameError, TypeError, ValueError):
        return False
    return all(hasattr(kind, "from_files") for kind in get_args(made) or (made,))


def _has_factory(block: Values) -> bool:
    factory = block.get("factory")
    return isinstance(factory, str) and registry.has("factories", factory)
