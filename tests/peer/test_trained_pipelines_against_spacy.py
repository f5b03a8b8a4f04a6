"""Compare components of trained pipelines with spaCy's, on real texts."""

import json

import pytest
from thinc.api import NumpyOps

import zoo
from zoo.doc import Doc
from zoo.interop.spacy import load_weights
from zoo.objectives import senter
from zoo.rules import attribute_ruler, lemmatizer

from .trained_pipelines import folder_of, texts_of

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

OPS = NumpyOps()


def describe(doc):
    """Make a document with all annotations of spaCy's."""
    return Doc(
        [t.text for t in doc],
        spaces=[bool(t.whitespace_) for t in doc],
        norms=[t.norm_ for t in doc],
        sent_starts=[bool(t.is_sent_start) for t in doc],
        tags=[t.tag_ or None for t in doc],
        pos=[t.pos_ or None for t in doc],
        morphs=[str(t.morph) if t.has_morph() else None for t in doc],
        lemmas=[t.lemma_ or None for t in doc],
        deps=[t.dep_ or None for t in doc],
    )


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_rulers_and_lemmatizers_agree(lang):
    folder = folder_of(lang)
    names = ["attribute_ruler", "lemmatizer"]
    nlp = spacy.load(folder, exclude=["ner", "senter"], disable=names)
    references = [*nlp.pipe(texts_of(lang))]
    docs = [*map(describe, references)]
    made = attribute_ruler(lang=lang), lemmatizer(lang=lang, mode="rule")
    for name, ours in zip(names, made, strict=True):
        ours.from_spacy(folder / name)
        theirs = nlp.get_pipe(name)
        for reference in references:
            theirs(reference)
        ours.annotate(docs)
        for doc, expected in zip(docs, map(describe, references), strict=True):
            for field in ("tags", "pos", "morphs", "lemmas", "deps"):
                found = [value or "" for value in getattr(doc, field)]
                assert found == [value or "" for value in getattr(expected, field)]


def test_documents_that_come_split_have_the_norms_and_tags_of_spacy():
    folder = folder_of("en")
    nlp, pipeline = spacy.load(folder), zoo.load(folder)
    words = [
        ["thx", "for", "your", "ans"],
        ["plz", "bring", "your", "dog"],
        ["Colour"],
        [],
    ]
    for found, given in zip(pipeline(words), words, strict=True):
        doc = nlp(spacy.tokens.Doc(nlp.vocab, words=given))
        assert (found.norms or []) == [token.norm_ for token in doc]
        assert (found.tags or []) == [token.tag_ for token in doc]


def build_model(folder, name):
    """Build the model of a component, with spaCy's weights."""
    config = zoo.load_config(folder / "config.cfg")
    block = zoo.config.interpolate(config)["components"]
    tree = block[name]["model"]
    files = [folder / name]
    if "Listener" in tree["tok2vec"]["@architectures"]:
        tree["tok2vec"] = block["tok2vec"]["model"]
        files.append(folder / "tok2vec")
    model = zoo.registry.resolve({"model": tree})["model"]
    return model, files


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_senters_agree(lang):
    folder = folder_of(lang)
    nlp = spacy.load(folder, exclude=["ner", "parser", "attribute_ruler", "lemmatizer"])
    nlp.enable_pipe("senter")
    references = [*nlp.pipe(texts_of(lang))]
    docs = [*map(describe, references)]
    for doc in docs:
        doc.sent_starts = None
    model, (file,) = build_model(folder, "senter")
    load_weights(model, file)
    ours = senter(**json.loads((file / "cfg").read_text()))
    ours.annotate(OPS, docs, model.predict(docs))
    for doc, reference in zip(docs, references, strict=True):
        assert doc.sent_starts == [token.is_sent_start for token in reference]
