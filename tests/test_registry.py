"""Check everything that is registered: that it is listed, sound and documented."""

import numpy as np
import pytest
import thinc.api
from thinc.types import Ragged

import zoo
from tests.layers.builders import DOCS, Listening, Table, make_ragged, make_tok2vec
from tests.transformers.builders import make_transformer
from zoo import _register_all as builtins
from zoo import layers, transformers
from zoo._transitions.score_gradient import ScoreGradient
from zoo._transitions.training_steps import TrainingSteps
from zoo.layers.containers import split
from zoo.layers.reduce import POOLINGS
from zoo.layers.textcat_bow import sparse_linear
from zoo.objectives import NgramSuggester
from zoo.testing import check_layer
from zoo.transformers import (
    PoolPieces,
    Tok2VecTransformer,
    TransformerWrapper,
    strided_spans,
)

from .entry_points import entry_points

RAGGED = make_ragged([3, 0, 1, 2])
REDUCE = {"use_reduce_first": True, "use_reduce_last": True, "use_reduce_max": True}


def listening(constructor, **arguments):
    """Build a Listener, with the encoder that it listens to beside it."""
    return Listening(
        "tok2vec", make_tok2vec(), lambda up: constructor(upstream=up, **arguments)
    )


def ensemble(constructor, **arguments):
    linear = layers.TextCatBOW(True, ngram_size=2, length=16, nO=3)
    return with_tok2vec(constructor, linear_model=linear, **arguments)


def summing(constructor, **arguments):
    linear = layers.TextCatBOW(True, 2, no_output_layer=True, length=16, nO=3)
    return with_tok2vec(constructor, linear_model=linear, **arguments)


def with_tok2vec(constructor, **arguments):
    return constructor(tok2vec=make_tok2vec(), **arguments)


def counting(constructor, **arguments):
    """Build a linear layer over the counts of n-grams."""
    linear = sparse_linear(3, 16)
    linear.set_param("W", linear.ops.alloc1f(48))
    linear.set_param("b", linear.ops.alloc1f(3))
    return thinc.api.chain(constructor(**arguments), linear)


def scoring_spans(constructor, **arguments):
    """Build a layer that scores all spans of one word."""
    scorer = thinc.api.chain(thinc.api.Linear(3), thinc.api.Logistic())
    model = with_tok2vec(
        constructor, reducer=layers.MeanMaxReducer(4), scorer=scorer, **arguments
    )
    suggest = NgramSuggester([1])

    def forward(outer, docs, is_train):
        scores, backprop = model(docs, is_train)
        return scores(suggest(docs)), backprop

    def init(outer, X=None, Y=None):
        model.initialize(X=X, Y=np.zeros((1, 3), dtype="f"))

    return thinc.api.Model("all_spans", forward, init=init, layers=[model])


def scoring(constructor, **arguments):
    """Build a transition model that scores a state for each token, as its front."""
    model = with_tok2vec(constructor, **arguments)

    def forward(_, docs, is_train):
        scorer, backprop = model(docs, is_train)
        n_tokens = len(scorer.vectors)
        rows = np.zeros((scorer.n_features, n_tokens), dtype=int)
        rows[0] = np.arange(1, n_tokens + 1)
        steps = TrainingSteps(scorer, range(scorer.n_features))
        scores, states = steps.score(rows)
        lengths = model.ops.asarray1i(scorer.lengths)

        def backprop_scores(dY):
            steps = [(states, dY.dataXd)] if n_tokens else []
            return backprop(ScoreGradient(steps, range(scorer.n_features)))

        return Ragged(scores, lengths), backprop_scores

    def init(_, X=None, Y=None):
        model.initialize(X=X)

    return thinc.api.Model("scoring", forward, init=init, layers=[model])


def with_transformer(constructor, **arguments):
    """Build a layer over a tiny transformer, whose windows overlap."""
    wrapper = TransformerWrapper(make_transformer(), strided_spans(5, 3))
    return constructor(transformer=wrapper, **arguments)


def pooling_pieces(constructor, **arguments):
    return with_transformer(Tok2VecTransformer, pooling=constructor(**arguments))


def mixing_layers(constructor, **arguments):
    mix = thinc.api.chain(constructor(**arguments), PoolPieces())
    return with_transformer(Tok2VecTransformer, pooling=mix)


def wrapping(constructor, **arguments):
    return Tok2VecTransformer(constructor(make_transformer(), **arguments))


#: Every layer by name: its arguments, a sample, and how to build and check it.
LAYERS = {
    "zoo.AttentionPool.v1": ({"nO": 4}, RAGGED),
    "zoo.CharEmbed.v1": ({"nM": 2, "nC": 3}, DOCS),
    "zoo.CharacterEmbed.v1": ({"width": 4, "rows": 9, "nM": 2, "nC": 3}, DOCS),
    "zoo.EntityTagger.v1": ({"nO": 5}, DOCS, with_tok2vec),
    "zoo.FeatureExtractor.v1": ({"columns": ["NORM", "SHAPE"]}, DOCS),
    "zoo.HashEmbedCNN.v1": ({"width": 4, "depth": 1, "embed_size": 20}, DOCS),
    "zoo.Listener.v1": ({"width": 4}, DOCS, listening),
    "zoo.MaxoutNorm.v1": ({"nO": 3, "nI": 4, "nP": 2}, RAGGED.dataXd),
    "zoo.MaxoutWindowEncoder.v1": ({"width": 4, "depth": 2}, RAGGED),
    "zoo.MeanMaxReducer.v1": ({"hidden_size": 3}, RAGGED),
    "zoo.MishNorm.v1": ({"nO": 3, "nI": 4}, RAGGED.dataXd),
    "zoo.MishWindowEncoder.v1": ({"width": 4, "depth": 2}, RAGGED),
    "zoo.MixLayers.v1": ({}, DOCS, mixing_layers),
    "zoo.MultiHashEmbed.v1": (
        {"width": 4, "features": ["NORM", "SUFFIX"], "rows": [20, 9]},
        DOCS,
    ),
    "zoo.PoolPieces.v1": ({"share_pieces": True}, DOCS, pooling_pieces),
    "zoo.SpanCategorizer.v1": ({}, DOCS, scoring_spans),
    "zoo.StaticVectors.v1": ({"width": 4, "vectors": Table()}, DOCS),
    "zoo.Tagger.v1": ({"nO": 3, "normalize": True}, DOCS, with_tok2vec, True),
    "zoo.TextCatAttention.v1": (
        {"exclusive_classes": True, "nO": 3},
        DOCS,
        with_tok2vec,
        True,
    ),
    "zoo.TextCatBOW.v1": (
        {"exclusive_classes": True, "ngram_size": 2, "length": 16, "nO": 3},
        DOCS,
    ),
    "zoo.TextCatClassToken.v1": (
        {"exclusive_classes": True, "nO": 3},
        DOCS,
        with_transformer,
        True,
    ),
    "zoo.TextCatEnsemble.v1": ({"nO": 3}, DOCS, ensemble, True),
    "zoo.TextCatReduce.v1": (
        {"exclusive_classes": True, "nO": 3, **REDUCE},
        DOCS,
        with_tok2vec,
        True,
    ),
    # The gradient of two losses is not that of the output.
    "zoo.TextCatAverage.v1": (
        {"nO": 3, "learn_alone": False},
        DOCS,
        summing,
        True,
    ),
    "zoo.Tok2VecTransformer.v1": ({}, DOCS, with_transformer),
    "zoo.Tok2Vec.v1": (
        {"embed": layers.MultiHashEmbed(4), "encode": layers.MaxoutWindowEncoder(4)},
        DOCS,
    ),
    "zoo.TorchBiLSTMEncoder.v1": ({"width": 4, "depth": 2}, RAGGED),
    "zoo.TransformerWrapper.v1": ({"get_spans": strided_spans(5, 3)}, DOCS, wrapping),
    "zoo.TransitionModel.v1": ({"state_type": "ner", "nO": 5}, DOCS, scoring),
    "zoo.extract_ngrams.v1": ({"ngram_size": 2}, DOCS, counting),
    "zoo.reduce.v1": (
        {"poolings": list(POOLINGS)},
        RAGGED,
    ),
    "zoo.to_list.v1": ({}, RAGGED),
    "zoo.to_ragged.v1": ({}, split(RAGGED)),
}


def zoo_names(registry):
    return {name for name in registry.get_all() if name.startswith("zoo.")}


def test_every_layer_is_in_the_table_and_in_both_registries():
    assert zoo_names(zoo.registry.layers) == set(LAYERS)
    assert set(LAYERS) <= zoo_names(zoo.registry.architectures)
    for name in LAYERS:
        function = zoo.registry.layers.get(name)
        assert zoo.registry.architectures.get(name) is function
        assert thinc.api.registry.layers.get(name) is function


def test_every_layer_is_among_the_entry_points():
    groups = entry_points()
    assert set(groups) == {"thinc_layers", "spacy_architectures"}
    assert set(groups["thinc_layers"]) == set(LAYERS)
    for points in groups.values():
        assert points
        for name, target in points.items():
            module, _, attribute = target.partition(":")
            package = {"zoo.layers": layers, "zoo.transformers": transformers}[module]
            assert getattr(package, attribute) is zoo.registry.layers.get(name)


def test_every_layer_is_exported():
    assert sorted(layers.__all__) == layers.__all__
    constructors = {zoo.registry.layers.get(name).__name__ for name in LAYERS}
    others = set(layers.__all__) - {"Upstream", "layer", "set_vectors"}
    assert others <= constructors <= others | set(transformers.__all__)


@pytest.mark.parametrize("name", LAYERS)
def test_layer_passes_all_checks(name):
    arguments, X, *rest = LAYERS[name]
    build = rest[0] if rest else lambda constructor, **kwargs: constructor(**kwargs)
    model = build(zoo.registry.layers.get(name), **arguments)
    check_layer(model.initialize(X=X), X, cross_entropy=len(rest) > 1)


@pytest.mark.parametrize("name", LAYERS)
def test_layer_bears_its_name(name):
    arguments, _, *rest = LAYERS[name]
    build = rest[0] if rest else lambda constructor, **kwargs: constructor(**kwargs)
    model = build(zoo.registry.layers.get(name), **arguments)
    constructor = name.split(".")[1]
    names = [node.name.replace("_", "") for node in model.walk()]
    assert constructor.replace("_", "").lower() in names


def registered():
    """List everything of zoo's in every registry, under spaCy's names too."""
    found = []
    for kind in builtins.registry.kinds():
        for name, function in sorted(getattr(zoo.registry, kind).get_all().items()):
            if function.__module__.split(".")[0] == "zoo":
                found.append(pytest.param(function, id=f"{kind} {name}"))
    return found


@pytest.mark.parametrize("function", registered())
def test_registered_functions_are_documented(function):
    summary, *rest = (function.__doc__ or "").split("\n")
    # Four spaces and three quotes stand before the text, and three quotes may follow.
    assert summary.endswith("."), summary
    assert len(summary) <= 79
    assert summary[0].isupper()
    assert not rest or not rest[0].strip(), "a blank line follows the summary"


def test_everything_of_zoos_has_a_name_and_a_version():
    for kind in zoo.registry.kinds():
        for name, function in getattr(zoo.registry, kind).get_all().items():
            if function.__module__.split(".")[0] == "zoo" and kind != "factories":
                library, _, version = name.split(".")
                parts = ("legacy", "transformers", "curated-transformers")
                assert library in {
                    *("zoo", "spacy", "srsly"),
                    *(f"spacy-{p}" for p in parts),
                }
                assert version[0] == "v" and version[1:].isdecimal(), name


def test_kinds_hold_thincs_registries_and_zoos():
    kinds = zoo.registry.kinds()
    assert kinds == sorted(kinds)
    assert {"layers", "optimizers", "schedules", "architectures", "readers"} <= set(
        kinds
    )
    assert zoo.registry.layers is thinc.api.registry.layers


def test_samples_hold_an_empty_sequence_and_several_lengths():
    for _, X, *_ in LAYERS.values():
        if isinstance(X, Ragged):
            assert {0, 1} <= set(X.lengths.tolist())
        elif not isinstance(X, np.ndarray):
            assert {0, 1} <= {len(item) for item in X}
