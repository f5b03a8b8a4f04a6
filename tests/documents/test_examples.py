"""Run the Python examples of spaCy's documentation in the form that zoo gives them.

The titles are those of the page *Embeddings, Transformers and Transfer Learning*, and
of the post *spaCy meets Transformers* of 2019.
"""

import random
import sys

import numpy as np
import pytest

import zoo
from tests.layers.builders import Table
from zoo._cli.options import import_file
from zoo.config import interpolate, parse_config
from zoo.layers import set_vectors

from ..tiny import make_docs, make_settings, make_tiny_config, make_tiny_pipeline
from .excerpts import parse

#: Creating a custom embedding layer, first example: word vectors alone.
MY_EMBEDDING = '''
from zoo import registry
from zoo.layers import StaticVectors

print("I was imported!")

@registry.architectures("my_example.MyEmbedding.v1")
def MyEmbedding(output_width: int):
    """Embed words by their vectors alone."""
    print("I was called!")
    return StaticVectors(output_width)
'''
#: And the second one: plus a small table of learned vectors. A sum of Thinc's takes
#: arrays alone, so this one adds what the parts give for the tokens of all documents.
MY_VECTORS = '''
from thinc.api import Embed, Model, chain, remap_ids_v2, with_array
from thinc.types import Ragged
from zoo import registry
from zoo.layers import FeatureExtractor, StaticVectors, to_ragged
from zoo._lexical.attributes import string_ids

@registry.architectures("my_example.MyVectors.v1")
def MyVectors(output_width: int, embed_rows: int, word2row: dict[str, int]):
    """Sum the vector of a word and a learned one; words without a row share one."""
    ids = dict(zip(string_ids(word2row).tolist(), word2row.values()))
    to_rows = remap_ids_v2(ids, column=0)
    learned = chain(
        FeatureExtractor(["ORTH"]),
        to_ragged(),
        with_array(chain(to_rows, Embed(output_width, embed_rows, column=0))),
    )
    layers = [StaticVectors(output_width), learned]
    return Model(
        "my_vectors", forward, init=init, dims={"nO": output_width}, layers=layers
    )

def forward(model, docs, is_train):
    outputs, callbacks = zip(*(layer(docs, is_train) for layer in model.layers))

    def backprop(dY):
        for callback in callbacks:
            callback(dY)
        return []

    return Ragged(sum(Y.dataXd for Y in outputs), outputs[0].lengths), backprop

def init(model, X=None, Y=None):
    for layer in model.layers:
        layer.initialize(X=X)
'''
BLOCKS = {
    MY_EMBEDDING: """
[tagger.model.tok2vec.embed]
@architectures = "my_example.MyEmbedding.v1"
output_width = 128
""",
    MY_VECTORS: """
[tagger.model.tok2vec.embed]
@architectures = "my_example.MyVectors.v1"
output_width = 128
embed_rows = 3
word2row = {"dogs": 1, "cats": 2}
""",
}


@pytest.mark.parametrize("code", BLOCKS, ids=["vectors", "sum"])
def test_embedding_of_ones_own_takes_the_place_of_another(code, tmp_path, capsys):
    (tmp_path / "code.py").write_text(code)
    import_file(tmp_path / "code.py")  # As --code does.
    block = parse(BLOCKS[code])["tagger"]["model"]["tok2vec"]["embed"]
    config = make_tiny_config(["tagger"])
    model = config["components"]["tagger"]["model"]["tok2vec"]
    model["embed"] = block
    model["encode"]["width"] = 128
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs(), vectors=Table(words=("dogs", "cats", "run")))
    optimizer = make_settings().optimizer
    losses = [pipeline.update(make_docs(), optimizer=optimizer) for _ in range(20)]
    assert losses[-1]["tagger"].total < losses[0]["tagger"].total
    assert ("I was called!" in capsys.readouterr().out) == (code == MY_EMBEDDING)


def test_sum_of_vectors_is_that_of_its_parts(tmp_path):
    (tmp_path / "code.py").write_text(MY_VECTORS)
    import_file(tmp_path / "code.py")
    config = interpolate(parse(BLOCKS[MY_VECTORS]))
    embed = zoo.registry.resolve(config)["tagger"]["model"]["tok2vec"]["embed"]
    set_vectors(embed, Table(words=("dogs", "x")))
    embed.initialize()
    static, learned = embed.layers
    E = learned.layers[2].layers[0].layers[1].layers[1].get_param("E")
    docs = [["dogs", "x"], [], ["run"]]
    expected = static.predict(docs).dataXd + E[[1, 0, 0]]
    np.testing.assert_allclose(embed.predict(docs).dataXd, expected, rtol=1e-6)


@pytest.fixture
def pipeline():
    return make_tiny_pipeline(["tok2vec", "tagger"])


def test_runtime_usage_gives_a_vector_per_token(pipeline):
    encoder = pipeline.components["tok2vec"].model
    docs = [zoo.tokenize(text) for text in ("some text", "some other text")]
    assert [vectors.shape for vectors in encoder.predict(docs)] == [(2, 8), (3, 8)]
    # One row for each word of a document, and a slice of it for a span.
    (vectors,) = encoder.predict([zoo.tokenize("Here is some text to encode.")])
    assert vectors.shape == (7, 8)


TRAIN_DATA = [
    ("a fine film", {"cats": {"POSITIVE": 1.0, "NEGATIVE": 0.0}}),
    ("a dull film", {"cats": {"POSITIVE": 0.0, "NEGATIVE": 1.0}}),
]


def test_transfer_learning_by_updates_of_ones_own(tmp_path):
    config = make_tiny_config(["textcat"])
    pipeline = zoo.Pipeline.from_config(config)
    docs = []
    for text, annotations in TRAIN_DATA * 8:
        doc = zoo.tokenize(text)
        doc.cats = annotations["cats"]
        docs.append(doc)
    pipeline.initialize(docs)
    assert pipeline.components["textcat"].objective.labels == ["NEGATIVE", "POSITIVE"]
    optimizer = make_settings().optimizer
    order = random.Random(0)
    for _ in range(10):
        order.shuffle(docs)
        for start in range(0, len(docs), 8):
            losses = pipeline.update(docs[start : start + 8], optimizer=optimizer)
    assert losses["textcat"].total < 8 * np.log(2)
    pipeline.to_disk(tmp_path / "textcat")
    (doc,) = zoo.load(tmp_path / "textcat")([zoo.tokenize("a fine film")])
    assert max(doc.cats, key=doc.cats.get) == "POSITIVE"


def test_raw_text_is_a_line_of_json_with_its_text(tmp_path):
    lines = '{"text": "Can I ask where you work now?"}', '{"text": "They may\\nleave."}'
    file = tmp_path / "text.jsonl"
    file.write_text("\n".join(lines))
    text = '[corpus]\n@readers = "spacy.JsonlCorpus.v1"\nmin_length = 5\n'
    config = parse_config(f'{text}path = "{file}"\n')
    corpus = zoo.registry.resolve(interpolate(config))["corpus"]
    assert [doc.words[0] for doc in corpus()] == ["Can"]


@pytest.fixture(autouse=True)
def forget_code():
    """Take out what a test imported and registered."""
    yield
    sys.modules.pop("zoo_code_code", None)
