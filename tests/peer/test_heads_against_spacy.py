"""Compare losses, gradients, annotation and scores of heads with spaCy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import Config, NumpyOps

import zoo
from zoo.doc import Doc, Span
from zoo.interop.spacy import load_weights
from zoo.objectives import (
    morphologizer,
    senter,
    spancat,
    spancat_singlelabel,
    trainable_lemmatizer,
)
from zoo.objectives._edit_trees import (
    apply_tree,
    build_tree,
    label_of_tree,
    read_spacy_labels,
)

from .spacy_models import CNN, move_parameters

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

NLP = spacy.blank("xx")
OPS = NumpyOps()
QUICK = settings(deadline=None, max_examples=60)
WORDS = st.sampled_from(["a", "b", "walked", "Dogs", "mice"])
MORPHS = st.sampled_from(["", "Number=Sing", "Case=Acc,Dat|Number=Plur"])
POS = st.sampled_from([None, "NOUN", "VERB"])


@st.composite
def tagged(draw):
    words = draw(st.lists(WORDS, min_size=1, max_size=5))
    n = len(words)

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    starts = [True, *column(st.booleans())[1:]]
    return Doc(
        words,
        pos=column(POS),
        morphs=column(MORPHS),
        lemmas=column(st.sampled_from(["walk", "dog", "a", "mouse"])),
        sent_starts=starts,
    )


def as_spacy(doc):
    made = spacy.tokens.Doc(
        NLP.vocab,
        words=doc.words,
        pos=doc.pos and [tag or "" for tag in doc.pos],
        lemmas=doc.lemmas,
        sent_starts=doc.sent_starts,
    )
    for token, morph in zip(made, doc.morphs or [None] * len(doc), strict=True):
        if morph is not None:
            token.set_morph(morph)
    return made


def examples_of(docs):
    blank = [spacy.tokens.Doc(NLP.vocab, words=doc.words) for doc in docs]
    pairs = zip(blank, map(as_spacy, docs), strict=True)
    return [spacy.training.Example(x, y) for x, y in pairs]


def probabilities(docs, n_labels, seed=0):
    rng = np.random.default_rng(seed)
    drawn = [rng.random((len(doc), n_labels)) + 0.01 for doc in docs]
    return [(P / P.sum(axis=1, keepdims=True)).astype("f") for P in drawn]


def make_theirs(name, docs, **settings):
    pipe = NLP.create_pipe(name, config=settings)
    pipe.initialize(lambda: examples_of(docs), nlp=NLP)
    return pipe


def assert_same_gradients(theirs, ours, docs, labels):
    P = probabilities(docs, len(labels))
    _, expected = theirs.get_loss(examples_of(docs), [p.copy() for p in P])
    for found, other in zip(ours.loss(OPS, docs, P).gradient, expected, strict=True):
        np.testing.assert_allclose(found, other, atol=1e-6)


@QUICK
@given(
    st.lists(tagged(), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.0, 0.1]),
)
def test_morphologizers_agree(tmp_path_factory, docs, overwrite, extend, smoothing):
    # Thinc cannot smooth a label that is alone.
    docs.append(Doc(["x", "y"], pos=["NOUN", "VERB"], morphs=["", ""]))
    options = {"overwrite": overwrite, "extend": extend, "label_smoothing": smoothing}
    theirs = make_theirs("morphologizer", docs, **options)
    ours = morphologizer(**options)
    folder = tmp_path_factory.mktemp("head")
    theirs.to_disk(folder)
    ours.set_labels(ours.labels_from_spacy(folder))
    assert ours.labels == [*theirs.labels]
    assert_same_gradients(theirs, ours, docs, ours.labels)
    P = probabilities(docs, len(ours.labels), seed=1)
    references = [*map(as_spacy, docs)]
    theirs.set_annotations(references, [p.argmax(axis=1) for p in P])
    gold = [doc.copy() for doc in docs]
    ours.annotate(OPS, docs, P)
    for doc, reference in zip(docs, references, strict=True):
        assert [pos or "" for pos in doc.pos] == [t.pos_ for t in reference]
        assert doc.morphs == [str(t.morph) for t in reference]
    pairs = zip(references, map(as_spacy, gold), strict=True)
    expected = theirs.score([spacy.training.Example(x, y) for x, y in pairs])
    found = ours.score(gold, docs)
    for name in ("morph_acc", "morph_micro_f", "morph_micro_p", "morph_micro_r"):
        assert found[name] == pytest.approx(expected[name])
    if expected["morph_per_feat"] is None:
        assert found["morph_per_feat"] is None
    else:
        assert found["morph_per_feat"].keys() == expected["morph_per_feat"].keys()
        for name, figures in expected["morph_per_feat"].items():
            assert found["morph_per_feat"][name] == pytest.approx(figures)


@QUICK
@given(st.lists(tagged(), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_senters_agree(docs, overwrite, is_known):
    theirs, ours = (
        make_theirs("senter", docs, overwrite=overwrite),
        senter(overwrite=overwrite),
    )
    assert_same_gradients(theirs, ours, docs, theirs.labels)
    P = probabilities(docs, 2, seed=1)
    if not is_known:
        for doc in docs:
            doc.sent_starts = None
    references = [*map(as_spacy, docs)]
    theirs.set_annotations(references, [p.argmax(axis=1) for p in P])
    ours.annotate(OPS, docs, P)
    for doc, reference in zip(docs, references, strict=True):
        assert doc.sent_starts == [token.is_sent_start for token in reference]


@QUICK
@given(st.lists(st.tuples(*[st.text("abcé", max_size=6)] * 3), min_size=1))
def test_edit_trees_agree(triples):
    strings = spacy.strings.StringStore()
    trees = spacy.pipeline._edit_tree_internals.edit_trees.EditTrees(strings)
    for form, lemma, other in triples:
        tree = build_tree(form, lemma)
        number = trees.add(form, lemma)
        assert apply_tree(tree, other) == trees.apply(number, other)
        assert apply_tree(tree, form) == lemma


@QUICK
@given(
    st.lists(tagged(), min_size=1, max_size=3),
    st.sampled_from([1, 2, 3]),
    st.sampled_from(["orth", "lower", None]),
    st.booleans(),
)
def test_trainable_lemmatizers_agree(tmp_path_factory, docs, top_k, backoff, overwrite):
    options = {"top_k": top_k, "backoff": backoff, "overwrite": overwrite}
    options["min_tree_freq"] = 1
    theirs, ours = (
        make_theirs("trainable_lemmatizer", docs, **options),
        trainable_lemmatizer(**options),
    )
    folder = tmp_path_factory.mktemp("head")
    theirs.to_disk(folder)
    labels = read_spacy_labels(folder, [*NLP.vocab.strings])
    ours.set_labels(labels)
    ours.add_labels(docs)
    assert ours.labels == labels
    pairs = ((w, x) for doc in docs for w, x in zip(doc.words, doc.lemmas, strict=True))
    assert {label_of_tree(build_tree(w, x)) for w, x in pairs} == {*labels}
    assert_same_gradients(theirs, ours, docs, labels)
    P = probabilities(docs, len(labels), seed=1)
    for doc in docs:
        doc.lemmas = None
    references = [*map(as_spacy, docs)]
    guesses = {1: "equals_1"}.get(top_k, "greater_1")
    found = getattr(theirs, f"_scores2guesses_top_k_{guesses}")(
        references, [p.copy() for p in P]
    )
    theirs.set_annotations(references, found)
    ours.annotate(OPS, docs, P)
    for doc, reference in zip(docs, references, strict=True):
        assert [lemma or "" for lemma in doc.lemmas] == [t.lemma_ for t in reference]


MODEL = f"""
[model]
@architectures = "spacy.SpanCategorizer.v1"

[model.tok2vec]
{CNN}
[model.reducer]
@layers = "spacy.mean_max_reducer.v1"
hidden_size = 5

[model.scorer]
@layers = "{{}}"
"""
SPANS = [
    Doc(["a", "b", "c", "d"], spans={"sc": [Span(0, 2, "X"), Span(1, 2, "Y")]}),
    Doc(["e"], spans={"sc": []}),
    Doc(["a", "d"], spans={"sc": [Span(0, 1, "X"), Span(0, 1, "Y")]}),
]
SINGLE = [
    {"allow_overlap": True, "negative_weight": 1.0},
    {"allow_overlap": False, "negative_weight": 0.5},
]
MANY = [{}, {"threshold": 0.0, "max_positive": 2}, {"max_positive": 1}]
CASES = [("spancat", options) for options in MANY]
CASES += [("spancat_singlelabel", options) for options in SINGLE]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_span_categorizers_agree(tmp_path, name, options):
    is_single = name == "spancat_singlelabel"
    scorer = "Softmax.v2" if is_single else "spacy.LinearLogistic.v1"
    config = Config().from_str(MODEL.format(scorer))
    suggester = {
        "@misc": "spacy.ngram_range_suggester.v1",
        "min_size": 1,
        "max_size": 2,
    }
    theirs = NLP.create_pipe(name, config={**config, "suggester": suggester, **options})
    examples = []
    for doc in SPANS:
        blank, gold = (spacy.tokens.Doc(NLP.vocab, words=doc.words) for _ in range(2))
        group = [spacy.tokens.Span(gold, *span) for span in doc.spans["sc"]]
        gold.spans["sc"] = group
        examples.append(spacy.training.Example(blank, gold))
    theirs.initialize(lambda: examples, nlp=NLP)
    move_parameters(theirs.model, np.random.default_rng(0))
    theirs.to_disk(tmp_path)
    resolve = zoo.registry.resolve
    make = spancat_singlelabel if is_single else spancat
    ours = make(suggester=resolve({"s": suggester})["s"], **options)
    ours.set_labels(ours.labels_from_spacy(tmp_path))
    model = resolve(config)["model"]
    load_weights(model, tmp_path)

    blanks = [example.predicted for example in examples]
    spans, Y = theirs.predict(blanks)
    docs = [Doc(doc.words) for doc in SPANS]
    bounds = ours.suggester(docs)
    np.testing.assert_array_equal(np.concatenate(bounds), spans.dataXd)
    scores = model.predict(docs)
    np.testing.assert_allclose(scores(bounds), Y, atol=1e-5)

    scores, backprop = model(docs, is_train=True)
    loss = ours.loss(OPS, SPANS, scores)
    reference, their_backprop = theirs.model((blanks, spans), is_train=True)
    total, gradient = theirs.get_loss(examples, (spans, reference))
    np.testing.assert_allclose(loss.gradient, gradient, atol=1e-5)
    assert float(loss.total) == pytest.approx(total, rel=1e-4)
    backprop(loss.gradient)
    their_backprop(gradient)
    weights = (model.get_ref("scorer"), theirs.model.get_ref("scorer"))
    node, their_node = (next(n for n in m.walk() if n.has_param("W")) for m in weights)
    np.testing.assert_allclose(node.get_grad("W"), their_node.get_grad("W"), atol=5e-5)
    embed, their_embed = (
        next(n for n in m.walk() if n.name == "hashembed")
        for m in (model, theirs.model)
    )
    np.testing.assert_allclose(
        embed.get_grad("E"), their_embed.get_grad("E"), atol=5e-5
    )

    theirs.set_annotations(blanks, (spans, Y))
    ours.annotate(OPS, docs, model.predict(docs))
    for doc, blank in zip(docs, blanks, strict=True):
        expected = [(s.start, s.end, s.label_) for s in blank.spans["sc"]]
        assert [tuple(span) for span in doc.spans["sc"]] == expected
    expected = theirs.score(examples)
    found = ours.score(SPANS, docs)
    for key in ("spans_sc_p", "spans_sc_r", "spans_sc_f"):
        assert found[key] == pytest.approx(expected[key])
