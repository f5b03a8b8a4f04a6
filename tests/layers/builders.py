"""Build small layers, and layers from configs, for the tests beside this file."""

import numpy as np
import thinc.api
from thinc.api import Config, Model, NumpyOps, fix_random_seed
from thinc.types import Ragged

from zoo._registry import registry
from zoo.doc import Doc
from zoo.layers import MaxoutWindowEncoder, MultiHashEmbed, Tok2Vec, Upstream
from zoo.testing._samples import is_same, move_parameters

WIDTH = 4
#: Words that repeat, in documents of several lengths, 0 too.
DOCS = [
    ["the", "cat", "the", "x"],
    Doc([]),
    Doc(["A", "ca", "n't"], norms=["", "can", "not"]),
    ["the"],
]
#: The config of a Tok2Vec.
TOK2VEC = """
[model]
@layers = "zoo.Tok2Vec.v1"

[model.embed]
@layers = "zoo.MultiHashEmbed.v1"
width = 4
features = ["NORM", "PREFIX", "SHAPE"]
rows = [20, 9, 5]

[model.encode]
@layers = "zoo.MaxoutWindowEncoder.v1"
width = 4
depth = 1
"""


class FakeGPU(NumpyOps):
    """Operations on CPU that call themselves a GPU's, to run what a GPU would.

    n_copied: Arrays copied to the host: how often a GPU would be waited for.
    """

    def __init__(self):
        super().__init__("gpu")
        self.n_copied = 0

    def to_numpy(self, data, **options):
        self.n_copied += 1
        return super().to_numpy(data, **options)


class OnDevice(np.ndarray):
    """An array that a program would have to wait for."""

    def tolist(self):
        raise AssertionError("this waits for the GPU")


class Table:
    """A table of vectors for some words; who asks for its checksum waits for long."""

    name = "tiny"

    def __init__(self, words=("the", "cat", "x", ".", "n't"), width=5, seed=0):
        self.rows = {word: i for i, word in enumerate(words)}
        self.data = np.random.default_rng(seed).normal(size=(len(words), width))
        self.shape = self.data.shape
        self.n_calls = 0

    @property
    def checksum(self):
        raise AssertionError("a layer has no need of it")

    def get(self, words):
        self.n_calls += 1
        known = np.array([word in self.rows for word in words], dtype=bool)
        vectors = np.zeros((len(words), self.shape[1]), dtype="f")
        for i in np.flatnonzero(known):
            vectors[i] = self.data[self.rows[words[i]]]
        return vectors, known


def make_embed(width=WIDTH):
    return MultiHashEmbed(width, features=["NORM", "PREFIX", "SHAPE"], rows=[20, 9, 5])


def make_tok2vec(width=WIDTH, depth=1):
    return Tok2Vec(make_embed(width), MaxoutWindowEncoder(width, depth=depth))


def make_ragged(lengths, seed=0, width=WIDTH):
    X = np.random.default_rng(seed).normal(size=(sum(lengths), width))
    return Ragged(X.astype("f"), np.array(lengths, dtype="i"))


def randomize(model, seed=0):
    """Initialize a layer and move its parameters, so that no bias is zero."""
    fix_random_seed(seed)
    model.initialize()
    move_parameters(model, np.random.default_rng(seed))
    return model


def resolve_in_all_ways(text):
    """Build the [model] of a config as a layer, as an architecture, and by Thinc."""
    as_layer = Config().from_str(text)
    again = Config().from_str(as_layer.to_str())
    as_architecture = Config().from_str(text.replace("@layers", "@architectures"))
    return [
        registry.resolve(as_layer)["model"],
        registry.resolve(as_architecture)["model"],
        thinc.api.registry.resolve(again)["model"],
    ]


def assert_config_builds(text, expected, X):
    """Check that a config builds a layer, which the bytes of another then restore."""
    for model in resolve_in_all_ways(text):
        assert model.name == expected.name
        model.initialize(X=X)
        model.from_bytes(expected.to_bytes())
        assert is_same(model.predict(X), expected.predict(X))


def as_doubles(model):
    """Return the parameters of a node in float64, by name."""
    return {name: model.get_param(name).astype("d") for name in model.param_names}


def Listening(name, encoder, make_head):
    """Run a shared encoder and a head that listens to it, as one ordinary layer."""
    upstream = Upstream(name, encoder)
    head = make_head(upstream)

    def forward(model, docs, is_train):
        with upstream.run(docs):
            Y = head(docs, is_train)[0]

        def backprop(dY):  # In a block of its own, as the one above has ended.
            with upstream.run(docs, is_train=True):
                head(docs, is_train=True)[1](dY)
            return []

        return Y, backprop

    def init(model, X=None, Y=None):
        encoder.initialize(X=X)
        with upstream.run(X):
            head.initialize(X=X, Y=Y)

    return Model("listening", forward, init=init, layers=[encoder, head])
