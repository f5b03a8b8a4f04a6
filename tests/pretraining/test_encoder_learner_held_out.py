import random

import pytest

from zoo import Doc
from zoo.pretraining import encoder_learner as held_out
from zoo.pretraining.encoder_learner import HeldOut

DOCS = [Doc([f"w{i}", f"w{i % 7}"]) for i in range(2000)]


def test_each_document_is_on_one_side_whatever_the_order():
    split = HeldOut(lambda: DOCS, 0.1)
    dev = [doc.words for doc in split.dev()]
    train = [doc.words for doc in split.train()]
    assert len(dev) + len(train) == 2000 and 140 < len(dev) < 260
    shuffled = random.Random(0).sample(DOCS, len(DOCS))
    other = HeldOut(lambda: shuffled, 0.1)
    assert sorted(doc.words for doc in other.dev()) == sorted(dev)
    assert sorted(doc.words for doc in other.train()) == sorted(train)


def test_documents_that_are_alike_are_on_one_side():
    split = HeldOut(lambda: DOCS + DOCS, 0.1)
    dev = {tuple(doc.words) for doc in split.dev()}
    assert not dev & {tuple(doc.words) for doc in split.train()}


def test_a_share_of_none_holds_nothing_out():
    split = HeldOut(lambda: DOCS, 0.0)
    assert list(split.train()) == DOCS and not list(split.dev())


@pytest.mark.parametrize(("limit", "n"), [("N_SEARCHED", 500), ("WORDS_SEARCHED", 999)])
def test_only_the_first_documents_are_looked_through(monkeypatch, limit, n):
    monkeypatch.setattr(held_out, limit, n)  # Each document has two words.
    read = []

    def corpus():
        for doc in DOCS:
            read.append(doc)
            yield doc

    split = HeldOut(corpus, 0.1)
    assert all(doc in DOCS[:500] for doc in split.dev())
    assert len(read) == 500
    assert len(list(split.sample())) == 500
