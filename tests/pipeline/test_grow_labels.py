"""Check that trained components learn labels that only a new corpus has."""

import numpy as np
import pytest
from thinc.api import Adam, fix_random_seed

import zoo
from zoo.doc import Doc, Span
from zoo.models.make_config import make_config
from zoo.pipeline import add_labels
from zoo.pipeline._grow_labels import grow
from zoo.training._training_config import plan_training

from ..tiny import make_tiny_config, named_parameters, save_docs

WORDS = ["dogs", "run", "fast", "Rome", "cats", "sleep"]


def make_old(label="GPE"):
    """Make documents with annotation for every head."""
    docs = []
    for n in (4, 6, 6, 5):
        tags = ["NN", "VB", "RB", "NNP", "NN", "VB"][:n]
        pos = ["NOUN", "VERB", "ADV", "PROPN", "NOUN", "VERB"][:n]
        docs.append(
            Doc(
                WORDS[:n],
                tags=tags,
                pos=pos,
                morphs=["Number=Plur", "", "", "", "Number=Plur", ""][:n],
                lemmas=["dog", "run", "fast", "Rome", "cat", "sleep"][:n],
                heads=[1, 1, 1, 1, 1, 1][:n],
                deps=["nsubj", "ROOT", "advmod", "obl", "obj", "conj"][:n],
                ents=[Span(3, 4, label)],
                spans={"sc": [Span(0, 2, label)]},
                cats={"A": float(n == 4), "B": float(n != 4)},
            )
        )
    return docs


def make_new():
    """Make documents that have each kind of label that the old ones lack."""
    (*docs,) = make_old("ORG")
    for doc in docs:
        doc.tags[0] = "NEW"
        doc.pos[0], doc.morphs[0] = "X", "Foreign=Yes"
        doc.lemmas[0] = "hound"
        doc.deps[0] = "dislocated"
        is_new = float(len(doc) == 6)
        doc.cats = {"A": 1 - is_new, "B": 0.0, "C": is_new}
    return docs


HEADS = ["tagger", "morphologizer", "trainable_lemmatizer", "textcat"]
HEADS += ["textcat_multilabel", "entity_tagger", "parser", "ner"]
HEADS += ["spancat", "spancat_singlelabel"]


@pytest.fixture(scope="module", params=HEADS)
def head(request, tmp_path_factory):
    """Make a trained pipeline of one head, and its folder."""
    config = make_config([request.param], shared=False)
    block = config["components"][request.param]
    if encoder := block["model"].get("tok2vec"):
        encoder["embed"]["rows"] = [50] * len(encoder["embed"]["features"])
        encoder["encode"].update(width=8, depth=1)
    fix_random_seed(0)
    if request.param in ("parser", "trainable_lemmatizer"):
        frequency = {
            "parser": "min_action_freq",
            "trainable_lemmatizer": "min_tree_freq",
        }
        block[frequency[request.param]] = 1
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_old())
    for _ in range(3):
        pipeline.update(make_old(), optimizer=Adam(0.01))
    folder = tmp_path_factory.mktemp("grow") / "model"
    pipeline.to_disk(folder)
    return request.param, folder


def sourced(head, docs):
    name, folder = head
    config = {"nlp": {"pipeline": [name]}}
    config["components"] = {name: {"source": str(folder)}}
    pipeline = zoo.Pipeline.from_config(zoo.config.parse_config("") | config)
    pipeline.initialize(docs)
    return pipeline


def weights(pipeline, name):
    return named_parameters(pipeline.components[name].model)


def assert_grown(old, new, name):
    """Check that outputs of old labels are bitwise the same, and new ones zero."""
    known = old.components[name].objective.labels
    labels = new.components[name].objective.labels
    assert {*known} < {*labels}
    places = [labels.index(label) for label in known]
    others = [i for i in range(len(labels)) if i not in places]
    n_grown = 0
    for path, parameter in weights(new, name).items():
        before, after = weights(old, name)[path].value, parameter.value
        if before.shape == after.shape:
            assert (before == after).all()
            continue
        n_grown += 1
        for axis, size in enumerate(after.shape):
            if size == len(labels) != before.shape[axis]:
                assert not np.take(after, others, axis).any()
                after = np.take(after, places, axis)
        if before.shape == after.shape:  # Else several numbers belong to a label.
            assert (before == after).all()
    assert n_grown >= 1


def test_old_outputs_stay_bitwise_and_new_ones_begin_at_zero(head):
    name, folder = head
    assert_grown(zoo.load(folder), sourced(head, make_new()), name)


def test_it_trains_on_and_learns_the_new_labels(head):
    name, _ = head
    pipeline = sourced(head, make_new())
    optimizer = Adam(0.02)
    for _ in range(60):
        losses = pipeline.update(make_new(), optimizer=optimizer)
    assert losses[name].count
    scores = pipeline.evaluate(make_new())
    for score in pipeline.score_weights():
        assert scores[score] > 0.9, (score, scores[score])


def test_a_corpus_without_new_labels_changes_nothing(head):
    name, folder = head
    old, new = zoo.load(folder), sourced(head, make_old())
    assert (
        new.components[name].objective.labels == old.components[name].objective.labels
    )
    for path, parameter in weights(new, name).items():
        assert (parameter.value == weights(old, name)[path].value).all()


def test_a_frozen_component_keeps_its_labels(tmp_path):
    config = make_tiny_config(["tagger"])
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_old())
    pipeline.to_disk(tmp_path / "model")
    known = pipeline.components["tagger"].objective.labels
    config = make_tiny_config(["tagger", "textcat"])
    config["components"]["tagger"] = {"source": str(tmp_path / "model")}
    config["training"]["frozen_components"] = ["tagger"]
    paths = {
        name: save_docs(tmp_path / f"{name}.jsonl", make_new())
        for name in ("train", "dev")
    }
    config["paths"].update(paths)
    plan = plan_training(config)
    plan.initialize()
    assert plan.pipeline.components["tagger"].objective.labels == known


def test_old_labels_that_are_missing_leave_the_weights_as_they_are():
    pipeline = zoo.Pipeline.from_config(make_tiny_config(["tagger"]))
    pipeline.initialize(make_old())
    model = pipeline.components["tagger"].model
    found = {path: p.value for path, p in named_parameters(model).items()}
    grown = grow(model, found, ["a", "b"], ["b"])
    assert all(grown[path] is found[path] for path in found)


#: A label that the documents of `make_new` have and those of `make_old` lack.
NEW_LABELS = {
    "tagger": "NEW",
    "morphologizer": "Foreign=Yes|POS=X",
    "textcat": "C",
    "textcat_multilabel": "C",
    "parser": "dislocated",
}


def test_labels_are_added_by_name_and_learn(head, tmp_path):
    fix_random_seed(0)
    name, folder = head
    old, labels = zoo.load(folder), [NEW_LABELS.get(name, "ORG")]
    if name == "trainable_lemmatizer":
        with pytest.raises(ValueError, match="'trainable_lemmatizer' must be names, "):
            add_labels(old, name, ["hound"])
        return
    new = add_labels(old, name, labels)
    assert_grown(old, new, name)
    wanted = sourced(head, make_new()).components[name].objective.labels
    assert {*new.components[name].objective.labels} >= {*wanted}
    new.to_disk(tmp_path / "model")
    new, optimizer = zoo.load(tmp_path / "model"), Adam(0.02)
    losses = [new.update(make_new(), optimizer=optimizer)[name].total for _ in range(5)]
    assert losses[-1] < losses[0]


def test_labels_that_it_has_change_nothing(head):
    name, folder = head
    if name != "trainable_lemmatizer":
        labels = [NEW_LABELS.get(name, "ORG")]
        once = add_labels(zoo.load(folder), name, labels)
        twice = add_labels(once, name, labels)
        assert once._save().labels == twice._save().labels
        for path, parameter in weights(twice, name).items():
            assert (parameter.value == weights(once, name)[path].value).all()


def test_a_head_on_a_shared_encoder_gets_labels_and_the_others_stay():
    old = zoo.Pipeline.from_config(make_tiny_config(["tok2vec", "tagger", "pos"]))
    old.initialize(make_old())
    old.update(make_old(), optimizer=Adam(0.01))
    new = add_labels(old, "tagger", ["NEW", "OTHER"])
    labels = old.components["tagger"].objective.labels
    assert new.components["tagger"].objective.labels == [*labels, "NEW", "OTHER"]
    before, after = (p.predict(make_old()) for p in (old, new))
    for name, n in (("tagger", len(labels)), ("pos", None)):
        for expected, scores in zip(before[name], after[name], strict=True):
            np.testing.assert_allclose(scores[:, :n], expected, rtol=1e-5, atol=1e-7)
            assert n is None or not scores[:, n:].any()


@pytest.mark.parametrize(
    ("name", "labels", "error", "message"),
    [
        ("tager", ["X"], ValueError, "no head 'tager'. Did you mean 'tagger'"),
        ("ner", ["X"], ValueError, r"no head 'ner'. There are: tagger, senter\."),
        ("senter", ["X"], ValueError, "labels of 'senter' must be names, got those of"),
        ("tagger", "X", TypeError, "must be a list of strings, got the string 'X'"),
        ("tagger", ["X", 3], TypeError, "a label must be a string, got 3"),
        ("tagger", ["X", "X"], ValueError, "must be unique, got 'X' twice"),
        ("tagger", None, TypeError, "must be a list of strings, got None"),
        ("tagger", [" "], ValueError, "a label must not be blank, got ' '"),
    ],
)
def test_labels_that_cannot_be_added_are_refused(name, labels, error, message):
    pipeline = zoo.Pipeline.from_config(make_tiny_config(["tagger", "senter"]))
    pipeline.initialize([Doc(["a", "b"], tags=["X", "Y"], sent_starts=[True, False])])
    with pytest.raises(error, match=message):
        add_labels(pipeline, name, labels)


def test_a_pipeline_without_labels_gets_none():
    pipeline = zoo.Pipeline.from_config(make_tiny_config(["tagger"]))
    with pytest.raises(ValueError, match="must be initialized, got no labels of 'tag"):
        add_labels(pipeline, "tagger", ["X"])
