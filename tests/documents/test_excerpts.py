"""Build the configs of spaCy's documentation, as they are or in zoo's form."""

import pytest

import zoo
from tests.layers.builders import DOCS, Table
from zoo.config import ConfigError, interpolate
from zoo.layers import set_vectors

from ..tiny import make_docs
from .excerpts import (
    BUILT,
    EARLY_VECTORS,
    INDEPENDENT,
    NOT_BUILT,
    REASONS,
    SHARED,
    VECTORS,
    early,
    missing,
    parse,
)


def build_pipeline(text):
    config = parse(text)
    config["nlp"] = {"pipeline": list(config["components"])}
    return zoo.Pipeline.from_config(config)


@pytest.mark.parametrize("excerpt", BUILT, ids=lambda excerpt: excerpt.title)
def test_excerpt_is_built_as_it_is(excerpt):
    config = parse(excerpt.text)
    if "Listener.v1" in excerpt.text and len(config["components"]) == 1:
        # What it listens to stands in another excerpt.
        with pytest.raises(ConfigError, match="must be a shared encoder that stands"):
            build_pipeline(excerpt.text)
    elif "components" in config:
        assert build_pipeline(excerpt.text).components
    else:
        assert zoo.registry.resolve(interpolate(config))


@pytest.mark.parametrize("excerpt", NOT_BUILT, ids=lambda excerpt: excerpt.title)
def test_what_is_not_built_has_a_reason(excerpt):
    assert missing(parse(excerpt.text)) <= {*REASONS}


@pytest.mark.parametrize("version", [str, early], ids=["now", "nightly"])
@pytest.mark.parametrize("text", [SHARED, INDEPENDENT], ids=["shared", "independent"])
def test_short_blocks_build_what_the_templates_write_out(text, version):
    pipeline = build_pipeline(version(text))
    is_shared = text == SHARED
    assert list(pipeline.components) == ["tok2vec", "ner"][not is_shared :]
    head = pipeline.components["ner"].model
    encoder = (
        pipeline.components["tok2vec"].model if is_shared else head.get_ref("tok2vec")
    )
    *tables, mix = encoder.get_ref("embed").layers
    assert [table.get_dim("nV") for table in tables] == [5000, 1000, 2500, 2500]
    assert encoder.get_dim("nO") == mix.get_dim("nO") == 96
    assert len(encoder.get_ref("encode").layers) == 4


@pytest.mark.parametrize("text", [VECTORS, EARLY_VECTORS], ids=["now", "nightly"])
def test_embedding_takes_word_vectors(text):
    config = interpolate(parse(text))
    embed = zoo.registry.resolve(config)["tagger"]["model"]["tok2vec"]["embed"]
    set_vectors(embed, Table())
    output = embed.initialize().predict(DOCS)
    assert output.dataXd.shape == (sum(map(len, DOCS)), 128)
    *tables, _, _ = embed.layers
    rows = [5000, *[2500] * 3] if text == VECTORS else [7000, *[3500] * 3]
    assert [table.get_dim("nV") for table in tables] == rows


TAGGERS = """
[components.tok2vec]
factory = "tok2vec"
[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
[components.tagger]
factory = "tagger"
[components.tagger.model]
@architectures = "spacy.Tagger.v2"
[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
[components.textcat]
factory = "textcat"
[components.textcat.model]
@architectures = "spacy.TextCatReduce.v1"
exclusive_classes = true
[components.textcat.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
"""


def test_heads_of_other_kinds_share_the_encoder_too():
    pipeline = build_pipeline(TAGGERS)
    docs = make_docs()
    pipeline.initialize(docs)
    losses = pipeline.update(docs)
    assert set(losses) == {"tagger", "textcat"}
    (doc,) = pipeline([["dogs", "run"]])
    assert doc.tags and doc.cats
