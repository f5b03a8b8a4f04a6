"""Build models of spaCy's and of zoo's from one config, on the same weights."""

import itertools
from functools import cache

import numpy as np
import pytest
from thinc.api import Config

import zoo
from zoo._parameters import named_parameters
from zoo.interop.spacy import load_weights, spacy_tree
from zoo.layers import Upstream
from zoo.layers.listener import upstreams_in_scope
from zoo.testing._samples import arrays_of, move_parameters

spacy = pytest.importorskip("spacy")

NLP = spacy.blank("en")
CNN = """
@architectures = "spacy.HashEmbedCNN.v2"
width = 8
depth = 2
embed_size = 40
window_size = 1
maxout_pieces = 3
subword_features = true
pretrained_vectors = null
"""
EMBED = """
@architectures = "spacy.MultiHashEmbed.v2"
width = 6
attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE", "LOWER", "ORTH", "IS_TITLE", "LENGTH"]
rows = [40, 20, 20, 20, 30, 30, 5, 10]
include_static_vectors = false
"""
ENCODE = """
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 6
window_size = 2
maxout_pieces = 2
depth = 3
"""
TOK2VEC = f"""
@architectures = "spacy.Tok2Vec.v2"

[model.embed]
{EMBED}
[model.encode]
{ENCODE}
"""
ONE_TABLE = EMBED.split("attrs")[0] + (
    'attrs = ["ORTH"]\nrows = [30]\ninclude_static_vectors = false\n'
)
#: Encoders of several depths, windows and numbers of tables, by name.
ENCODERS = {
    "cnn": CNN,
    "cnn without subwords": CNN.replace("features = true", "features = false"),
    "shallow cnn": CNN.replace("depth = 2", "depth = 1"),
    "tok2vec": TOK2VEC,
    "one table": TOK2VEC.replace(EMBED, ONE_TABLE),
    "one piece": TOK2VEC.replace("maxout_pieces = 2", "maxout_pieces = 1"),
    "no window": TOK2VEC.replace("window_size = 2", "window_size = 0"),
    "legacy cnn": CNN.replace("spacy.HashEmbedCNN.v2", "spacy-legacy.HashEmbedCNN.v1"),
    "legacy tok2vec": TOK2VEC.replace("spacy.Tok", "spacy-legacy.Tok")
    .replace("spacy.M", "spacy-legacy.M")
    .replace(".v2", ".v1"),
}
TAGGER = """
@architectures = "spacy.Tagger.v2"
nO = 4
normalize = true

[model.tok2vec]
""" + CNN.replace("width = 8", "width = 6")
TEXTCAT = """
@architectures = "spacy.TextCatReduce.v1"
exclusive_classes = {}
use_reduce_first = {}
use_reduce_last = {}
use_reduce_max = {}
use_reduce_mean = {}
nO = 3

[model.tok2vec]
""" + CNN.replace("width = 8", "width = 6")
CHOICES = [
    (is_exclusive, *choice)
    for is_exclusive in (False, True)
    for choice in itertools.product([False, True], repeat=4)
    if any(choice)
]
#: Heads by name; with "any", whether spaCy's can do with documents without tokens.
HEADS = {
    "tagger": TAGGER,
    "tagger without normalize": TAGGER.replace("normalize = true", ""),
    "legacy tagger": TAGGER.replace("Tagger.v2", "Tagger.v1").replace(
        "normalize = true", ""
    ),
    "textcat cnn": """
@architectures = "spacy.TextCatCNN.v2"
exclusive_classes = true
nO = 3

[model.tok2vec]
"""
    + CNN,
}


def resolve(registry, block):
    return registry.resolve(Config().from_str("[model]\n" + block))["model"]


def as_spacy(batch):
    return [spacy.tokens.Doc(NLP.vocab, words=list(doc)) for doc in batch]


@cache
def build_spacy(block):
    """Build a model of spaCy's, with no parameter left at zero."""
    model = resolve(spacy.registry, block)
    return randomize(model, X=as_spacy([["a", "b"], ["c"]]))


def randomize(model, X=None):
    model.initialize(X=X)
    move_parameters(model, np.random.default_rng(0))
    return model


@cache
def build_both(block):
    theirs = build_spacy(block)
    ours = resolve(zoo.registry, block)
    load_weights(ours, theirs.to_bytes())
    return ours, theirs


def assert_same(ours, theirs, tolerance=1e-4):
    assert len(ours) == len(theirs)
    for found, expected in zip(arrays_of(ours), arrays_of(theirs), strict=True):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=tolerance, rtol=tolerance)


def parameter_pairs(ours, theirs):
    """Pair every parameter of ours with spaCy's, as (node, name) each."""
    pairs = {}
    nodes = zip(spacy_tree(ours).walk(), theirs.walk(), strict=True)
    for node, their_node in nodes:
        for their_name, our_name in node.params.items():
            pairs[node.source, our_name] = their_node, their_name
    return pairs


def assert_same_gradients(ours, theirs):
    pairs = parameter_pairs(ours, theirs)
    assert len(pairs) == len(named_parameters(ours))
    for (node, name), (their_node, their_name) in pairs.items():
        expected = their_node.get_grad(their_name)
        np.testing.assert_allclose(
            node.get_grad(name),
            expected,
            rtol=1e-3,
            atol=1e-3 * max(np.abs(expected).max(), 1e-2),
            err_msg=f"{node.name} {name}",
        )


def random_like(Y, seed):
    rng = np.random.default_rng(seed)
    made = [rng.normal(size=y.shape).astype("f") for y in arrays_of(Y)]
    return made if isinstance(Y, list) else made[0]


LISTENER = """
@architectures = "spacy.Tok2VecListener.v1"
width = 8
upstream = "{}"
"""
LISTENING = {
    "tagger": TAGGER.split("[model.tok2vec]")[0] + "[model.tok2vec]\n" + LISTENER,
    "textcat": TEXTCAT.split("[model.tok2vec]")[0] + "[model.tok2vec]\n" + LISTENER,
}
DOCS = [["the", "cat", "sees", "the", "cat"], ["I"], ["a", "dog", "."]]


@cache
def build_pipeline(upstream="tok2vec"):
    """Build spaCy's pipeline of an encoder and two heads that listen to it."""
    heads = {
        "tagger": LISTENING["tagger"].format(upstream),
        "textcat": LISTENING["textcat"].format(
            "true", "false", "false", "true", "true", upstream
        ),
    }
    nlp = spacy.blank("en")
    blocks = {"tok2vec": CNN, **heads}
    for name, block in blocks.items():
        model = Config().from_str("[model]\n" + block)
        nlp.add_pipe(name, config={"model": model["model"]})
    for tag in "wxyz":
        nlp.get_pipe("tagger").add_label(tag)
    for label in "abc":
        nlp.get_pipe("textcat").add_label(label)
    nlp.initialize()
    for name in blocks:
        move_parameters(nlp.get_pipe(name).model, np.random.default_rng(0))
    return nlp, blocks


def build_listening(blocks, sources):
    """Build the same with zoo, and load the weights of each component."""
    upstream = Upstream("tok2vec", resolve(zoo.registry, blocks["tok2vec"]))
    with upstreams_in_scope({"tok2vec": upstream}):
        heads = [resolve(zoo.registry, blocks[name]) for name in ("tagger", "textcat")]
    for model, name in zip([upstream.model, *heads], blocks, strict=True):
        load_weights(model, sources[name])
    return upstream, heads
