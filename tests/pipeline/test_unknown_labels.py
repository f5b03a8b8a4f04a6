"""Check of every head that nothing is learned or scored where nothing is known."""

import numpy as np
import pytest

from zoo import Doc, Pipeline, Span
from zoo.training.loggers import weigh

from ..tiny import make_tiny_config

HEADS = (
    *("tagger", "pos", "morphologizer", "trainable_lemmatizer", "senter", "parser"),
    *("ner", "entity_tagger", "textcat", "textcat_multilabel"),
    *("spancat", "spancat_singlelabel"),
)
WORDS = ["Ann", "sang", "in", "Rome"]


def make_doc(number=0):
    positive = float(number % 2)
    return Doc(
        [*WORDS[number % 2 :], "."],
        sent_starts=[True] + [False] * (4 - number % 2),
        tags=[*"NVPN."][number % 2 :],
        pos=["NOUN", "VERB", "ADP", "NOUN", "PUNCT"][number % 2 :],
        morphs=["A=b", "", "", "C=d", ""][number % 2 :],
        lemmas=["ann", "sing", "in", "rome", "."][number % 2 :],
        heads=[0] * (5 - number % 2),
        deps=["r", "o", "p", "o", "x"][: 5 - number % 2],
        ents=[Span(0, 1, "P")],
        spans={"sc": [Span(0, 1, "P"), Span(0, 2, "Q")]},
        cats={"A": positive, "B": 1 - positive},
    )


FULL = [make_doc(i) for i in range(6)]
BARE = [Doc([*WORDS, "too"]) for _ in range(3)]


def make(head):
    """Make a small pipeline of one head; groups of spans have no template."""
    config = make_tiny_config(["tok2vec", "tagger" if "spancat" in head else head])
    if "spancat" in head:
        config["nlp"]["pipeline"] = ["tok2vec", head]
        model = config["components"].pop("tagger")["model"]
        config["components"][head] = {
            "factory": head,
            "suggester": {"@misc": "spacy.ngram_suggester.v1", "sizes": [1, 2]},
            "model": {
                "@architectures": "spacy.SpanCategorizer.v1",
                "reducer": {
                    "@layers": "spacy.mean_max_reducer.v1",
                    "hidden_size": 4,
                },
                "scorer": {"@layers": "spacy.LinearLogistic.v1"},
                "tok2vec": model["tok2vec"],
            },
        }
    pipeline = Pipeline.from_config(config)
    pipeline.initialize(FULL)
    return pipeline


def copies(docs):
    return [doc.copy() for doc in docs]


def numbers(scores):
    """Return all scores that are numbers, also those of labels."""
    values = [scores]
    found = []
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values += [v for name, v in value.items() if name != "speed"]
        elif isinstance(value, int | float | np.floating):
            found.append(value)
    return found


@pytest.mark.parametrize("head", HEADS)
def test_where_nothing_is_known_no_head_learns_or_is_scored(head):
    pipeline = make(head)
    assert numbers(pipeline.evaluate(copies(BARE))) == []
    assert numbers(pipeline.evaluate([])) == []
    before = pipeline.evaluate(copies(FULL))
    assert numbers(before)
    after = pipeline.evaluate(copies([*FULL, *BARE]))
    assert numbers(after) == pytest.approx(numbers(before))
    (loss,) = pipeline.update(copies(BARE)).values()
    assert (loss.count, float(loss.total)) == (0, 0.0)
    for name in pipeline.score_weights():
        with pytest.raises(ValueError, match=f"score_weights names {name}, for which"):
            weigh({}, pipeline.evaluate(copies(BARE)), {name: 1.0}, None)
