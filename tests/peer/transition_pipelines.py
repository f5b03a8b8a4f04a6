"""Build parsers and entity recognizers of spaCy's and of zoo's on the same weights."""

import numpy as np
import pytest
from thinc.api import Config

import zoo
from zoo.interop._spacy_moves import read_moves
from zoo.interop.spacy import load_weights
from zoo.objectives import DependencyParser, EntityRecognizer
from zoo.testing._samples import move_parameters

spacy = pytest.importorskip("spacy")

WORDS = [*"abcdefghij", ".", "!", " ", "\n\n"]
MODEL = """
[model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "{state_type}"
extra_state_tokens = {extra}
hidden_width = {width}
maxout_pieces = {pieces}
use_upper = {upper}

[model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
width = 8
depth = 2
embed_size = 60
window_size = 1
maxout_pieces = 2
subword_features = true
pretrained_vectors = null
"""
ENTITY_LABELS = ["ORG", "PERSON", "GPE"]
ARC_LABELS = ["nsubj", "obj", "punct", "conj", "nsubj||conj", "obj||nsubj"]
#: Every combination of features, pieces and an output layer.
SIZES = [
    (extra, pieces, upper)
    for extra in (False, True)
    for pieces in (1, 2, 3)
    for upper in (True, False)
]


def draw_words(rng, n_docs, longest=30):
    """Draw documents of random words, some of them empty."""
    lengths = rng.integers(0, longest + 1, n_docs)
    return [rng.choice(WORDS, size).tolist() for size in lengths]


class Pair:
    """A component of spaCy's, and zoo's model and objective with the same weights.

    kind: "parser" or "ner".
    size: One of `SIZES`.
    """

    def __init__(self, kind, size, seed=0):
        extra, pieces, upper = size
        block = MODEL.format(
            state_type=kind,
            extra=str(extra).lower(),
            width=7,
            pieces=pieces,
            upper=str(upper).lower(),
        )
        config = Config().from_str(block)
        rng = np.random.default_rng(seed)
        self.nlp = spacy.blank("en")
        self.component = self.nlp.add_pipe(kind, config={"model": config["model"]})
        labels = ARC_LABELS if kind == "parser" else ENTITY_LABELS
        for label in labels:
            self.component.add_label(label)
        self.nlp.initialize()
        model = self.component.model
        move_parameters(model, rng)
        for node in model.walk():
            for name in node.param_names:
                node.set_param(name, node.get_param(name) * 3)
        model.attrs["unseen_classes"] = set()  # As in a model that was loaded.
        self.model = zoo.registry.resolve(Config().from_str(block))["model"]
        load_weights(self.model, model.to_bytes())
        self.objective = DependencyParser() if kind == "parser" else EntityRecognizer()
        self.objective.set_labels(read_moves(self.component.moves.to_bytes()))

    def annotate(self, docs):
        """Annotate zoo Docs by zoo, and return spaCy's for the same words."""
        theirs = [as_spacy(self.nlp.vocab, doc) for doc in docs]
        for doc in theirs:  # Documents without words come back as they are.
            self.component.set_annotations([doc], self.component.predict([doc]))
        scorer = self.model.predict(docs)
        self.objective.annotate(self.model.ops, docs, scorer)
        return theirs


def as_spacy(vocab, doc):
    """Return a spaCy Doc with the same words, sentence starts and entities."""
    made = spacy.tokens.Doc(vocab, words=doc.words, sent_starts=doc.sent_starts)
    if doc.ents is not None:
        spans = [
            spacy.tokens.Span(made, *span[:2], label=span.label) for span in doc.ents
        ]
        made.set_ents(spans, default="missing")
    return made


def tree_of(doc):
    """Return what zoo's parser writes, of a Doc of spaCy's."""
    return (
        [token.head.i for token in doc],
        [token.dep_ for token in doc],
        [token.is_sent_start for token in doc],
    )
