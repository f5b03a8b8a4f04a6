"""Compare the gradients of parsers and entity recognizers with spaCy's."""

from itertools import product

import numpy as np
import pytest
from thinc.api import Config, fix_random_seed

import zoo
from tests.peer.spacy_models import assert_same_gradients
from tests.peer.transition_pipelines import MODEL
from zoo.doc import Doc, Span
from zoo.interop.spacy import load_weights, read_moves
from zoo.objectives import DependencyParser, EntityRecognizer
from zoo.testing._samples import clear_gradients

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer


def draw_docs(rng, n_docs, kind):
    """Draw documents with trees, some of whose arcs cross, or with entities."""
    docs = []
    for length in rng.integers(1, 25, n_docs).tolist():
        words = rng.choice([*"abcdefgh", "."], length).tolist()
        if kind == "parser":
            order, place = rng.permutation(length), np.empty(length, int)
            place[order] = np.arange(length)
            heads = [int(order[rng.integers(0, place[i] + 1)]) for i in range(length)]
            deps = rng.choice(["nsubj", "obj", "punct"], length).tolist()
            deps = [
                "ROOT" if h == i else d
                for i, (h, d) in enumerate(zip(heads, deps, strict=True))
            ]
            docs.append(Doc(words, heads=heads, deps=deps))
        else:
            bounds = np.sort(rng.choice(length + 1, min(length, 6), replace=False))
            pairs = bounds[: len(bounds) // 2 * 2].reshape(-1, 2).tolist()
            ents = [Span(a, b, str(rng.choice(["ORG", "GPE"]))) for a, b in pairs]
            docs.append(Doc(words, ents=ents))
    return docs


def add_wrong_spans(rng, docs, *, alone):
    """Add spans that are no entities; of some documents, nothing else is known.

    None has one word of the last two: spaCy then takes it for the beginning of a longer
    one. And spaCy leaves out parts of documents in which no such span is whole, if it
    knows nothing else of them.
    """
    for number, doc in enumerate(docs):
        spans = set()
        for _ in range(8):
            start, size = int(rng.integers(0, len(doc))), int(rng.integers(1, 4))
            if start + size <= len(doc) and (size > 1 or start + 2 < len(doc)):
                spans.add(Span(start, start + size, str(rng.choice(["ORG", "GPE"]))))
        doc.spans = {"wrong": sorted(spans - {*doc.ents})}
        if alone and number % 5 == 4:
            doc.ents = None


def as_example(vocab, doc):
    made = spacy.tokens.Doc(vocab, words=doc.words, heads=doc.heads, deps=doc.deps)
    if doc.ents is not None:
        made.set_ents([spacy.tokens.Span(made, a, b, label=x) for a, b, x in doc.ents])
    for key, group in (doc.spans or {}).items():
        made.spans[key] = [spacy.tokens.Span(made, a, b, label=x) for a, b, x in group]
    bare = spacy.tokens.Doc(vocab, words=doc.words)
    return spacy.training.Example(bare, made)


def walk_spacy(component, examples, cut):
    """Add up the gradients of a batch as spaCy does, but without dropout."""
    from spacy.ml.parser_model import ParserStepModel

    model, moves = component.model, component.moves
    if cut:
        states, golds, _ = component._init_gold_batch(examples, max_length=cut)
    else:
        states, golds, _ = moves.init_gold_batch(examples)
    docs = [example.x for example in examples]
    steps = ParserStepModel(
        docs,
        model.layers,
        has_upper=model.attrs["has_upper"],
        unseen_classes=set(),
        train=True,
        dropout=0.0,
    )
    pairs, n_states, n_steps, losses = list(zip(states, golds, strict=True)), 0, 0, {}
    while pairs and (not cut or n_steps <= cut):
        states, golds = zip(*pairs, strict=True)
        scores, backprop = steps.begin_update(list(states))
        backprop(component.get_batch_loss(states, golds, scores, losses))
        component.transition_states(states, scores)
        pairs = [(s, g) for s, g in zip(states, golds, strict=True) if not s.is_final()]
        n_states, n_steps = n_states + len(states), n_steps + 1
    steps.finish_steps(golds)
    return n_states


SIZES = [(False, 2, True), (True, 3, False), (True, 1, True)]
CASES = [*product(["parser", "ner"], SIZES, [0, 7, 15])]
CASES += [("ner with wrong spans", SIZES[1], cut) for cut in (0, 7)]


@pytest.mark.parametrize(("kind", "size", "cut"), CASES)
def test_gradients_are_those_of_spacy(kind, size, cut, monkeypatch):
    fix_random_seed(0)
    rng = np.random.default_rng(0)
    kind, _, has_wrong = kind.partition(" ")
    docs = draw_docs(rng, 40, kind)
    if has_wrong:
        add_wrong_spans(rng, docs, alone=not cut)
    extra, pieces, upper = size
    block = MODEL.format(
        state_type=kind,
        extra=str(extra).lower(),
        width=8,
        pieces=pieces,
        upper=str(upper).lower(),
    )
    nlp = spacy.blank("en")
    settings = {"model": Config().from_str(block)["model"]}
    if kind == "parser":
        settings["min_action_freq"] = 3
    if has_wrong:
        settings["incorrect_spans_key"] = "wrong"
    component = nlp.add_pipe(kind, config=settings)
    examples = [as_example(nlp.vocab, doc) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(5):
        nlp.update(examples, sgd=optimizer)

    model = zoo.registry.resolve(Config().from_str(block))["model"]
    load_weights(model, component.model.to_bytes())
    model.attrs["hidden_dropout"] = 0.0
    objective = EntityRecognizer(incorrect_spans_key="wrong" if has_wrong else None)
    if kind == "parser":
        objective = DependencyParser(min_action_freq=3)
    objective.add_labels(docs)
    assert objective.labels == read_moves(component.moves.to_bytes())
    for module in ("dependency_parser", "entity_recognizer"):
        monkeypatch.setattr(f"zoo.objectives.{module}.draw_cut", lambda size: cut)
    clear_gradients(model)
    clear_gradients(component.model)
    n_states = walk_spacy(component, examples, cut)
    scores, backprop = model(docs, is_train=True)
    loss = objective.loss(model.ops, docs, scores)
    backprop(loss.gradient)
    assert loss.count == n_states
    assert_same_gradients(model, component.model)


@pytest.mark.parametrize(
    ("kind", "size"),
    [("parser", (False, 3)), ("parser", (True, 4)), ("ner", (False, 2))],
)
def test_first_weights_are_as_large_as_those_of_spacy(kind, size):
    extra, pieces = size
    block = MODEL.format(
        state_type=kind,
        extra=str(extra).lower(),
        width=64,
        pieces=pieces,
        upper="true",
    )
    docs = draw_docs(np.random.default_rng(0), 20, kind)
    fix_random_seed(0)
    nlp = spacy.blank("en")
    component = nlp.add_pipe(kind, config={"model": Config().from_str(block)["model"]})
    nlp.initialize(lambda: [as_example(nlp.vocab, doc) for doc in docs])
    lower = component.model.get_ref("lower")
    fix_random_seed(0)
    model = zoo.registry.resolve(Config().from_str(block))["model"]
    model.initialize(X=docs, Y=np.zeros((1, 5), "f"))
    features = model.get_ref("features")
    W, b = (features.get_param(name) for name in "Wb")
    np.testing.assert_allclose(W.std(), lower.get_param("W").std(), rtol=0.05)
    np.testing.assert_allclose(b, lower.get_param("b"), atol=0.03)
    pads = features.get_param("pad"), lower.get_param("pad")
    np.testing.assert_allclose(pads[0].std(), pads[1].std(), rtol=0.1)
