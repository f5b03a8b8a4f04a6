"""Build models with static vectors in spaCy and zoo, on the same weights."""

from functools import cache

import numpy as np
import pytest
from thinc.types import Ragged

import zoo
from tests.layers.builders import Table
from tests.peer.spacy_models import (
    assert_same,
    random_like,
    randomize,
    resolve,
)
from zoo.interop.spacy import load_weights
from zoo.layers import set_vectors
from zoo.layers.containers import split
from zoo.testing._samples import clear_gradients

spacy = pytest.importorskip("spacy")

#: The words of the table.
KNOWN = ("the", "cat", "x", ".", "n't", "Cat")
NLP = spacy.blank("en")
TABLE = Table(KNOWN)
NLP.vocab.vectors = spacy.vectors.Vectors(
    data=TABLE.data.astype("f"), keys=[NLP.vocab.strings.add(w) for w in KNOWN]
)


def as_spacy(batch):
    return [spacy.tokens.Doc(NLP.vocab, words=list(doc)) for doc in batch]


@cache
def build_both(block):
    theirs = randomize(resolve(spacy.registry, block), X=as_spacy([["the"], ["x"]]))
    ours = resolve(zoo.registry, block)
    load_weights(ours, theirs.to_bytes())
    set_vectors(ours, TABLE)
    return ours, theirs


def listed(Y):
    return split(Y) if isinstance(Y, Ragged) else Y


def go_both_ways(block, batch):
    """Go forward and back in both, compare outputs, and give both models."""
    ours, theirs = build_both(block)
    docs = as_spacy(batch)
    for model in (ours, theirs):
        clear_gradients(model)
    assert_same(listed(ours.predict(batch)), listed(theirs.predict(docs)))
    Y, backprop = ours(batch, is_train=True)
    their_Y, their_backprop = theirs(docs, is_train=True)
    assert_same(listed(Y), listed(their_Y))
    dY = random_like(listed(Y), seed=1)
    flat = Ragged(np.concatenate(dY), np.array([len(d) for d in batch], dtype="i"))
    backprop(flat if isinstance(Y, Ragged) else dY)
    # spaCy scales what it is given in place.
    dY = [d.copy() for d in dY]
    flat = Ragged(np.concatenate(dY), flat.lengths)
    their_backprop(flat if isinstance(their_Y, Ragged) else dY)
    return ours, theirs
