import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import NumpyOps

from zoo._lexical.attributes import string_id
from zoo._spacy_files import pack
from zoo.doc import Doc
from zoo.objectives import trainable_lemmatizer
from zoo.objectives._edit_trees import (
    apply_tree,
    build_tree,
    label_of_tree,
    read_label,
    read_spacy_labels,
)

OPS = NumpyOps()
STRINGS = st.text("abcé", max_size=7)
DOCS = [
    Doc(["walked", "dogs", "talked"], lemmas=["walk", "dog", "talk"]),
    Doc(["The", "cats", "x"], lemmas=["the", "cat", None]),
    Doc(["y"]),
    Doc([]),
]
ED, S = '[0,2,null,["ed",""]]', '[0,1,null,["s",""]]'
THE = '[0,2,["T","t"],null]'


def make(**settings):
    objective = trainable_lemmatizer(min_tree_freq=1, **settings)
    objective.set_labels([ED, S])
    return objective


@given(STRINGS, STRINGS)
def test_a_tree_turns_a_word_into_its_lemma(form, lemma):
    tree = build_tree(form, lemma)
    assert apply_tree(tree, form) == lemma
    assert read_label(label_of_tree(tree)) == tree


@given(STRINGS, STRINGS, STRINGS)
def test_a_tree_fits_a_word_or_not(form, lemma, other):
    found = apply_tree(build_tree(form, lemma), other)
    assert found is None or isinstance(found, str)


def test_trees_are_counted():
    objective = trainable_lemmatizer(min_tree_freq=2)
    objective.add_labels(DOCS)
    assert objective.labels == [ED, S]
    objective = trainable_lemmatizer(min_tree_freq=1)
    objective.add_labels(DOCS)
    assert objective.labels == [ED, S, '[1,0,["T","t"],null]']


def test_rare_trees_learn_the_first_or_nothing():
    P = [np.full((len(doc), 2), 0.5, "f") for doc in DOCS]
    loss = make().loss(OPS, DOCS, P)
    assert loss.count == 5
    assert loss.gradient[0].tolist() == [[-0.5, 0.5], [0.5, -0.5], [-0.5, 0.5]]
    assert loss.gradient[1].tolist() == [[-0.5, 0.5], [0.5, -0.5], [0, 0]]
    loss = make(rare="nothing").loss(OPS, DOCS, P)
    assert loss.count == 4 and not loss.gradient[1][0].any()


def annotated(words, scores, **settings):
    doc = Doc(words)
    make(**settings).annotate(OPS, [doc], [np.array(scores, "f")])
    return doc.lemmas


def test_trees_that_do_not_fit_are_passed_over():
    scores = [[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]]
    words = ["Hiked", "Dogs", "Men"]
    assert annotated(words, scores) == ["Hik", "Dogs", "Men"]
    assert annotated(words, scores, top_k=2) == ["Hik", "Dog", "Men"]
    assert annotated(words, scores, backoff=None) == ["Hik", None, None]
    assert annotated(words, scores, backoff="lower") == ["Hik", "dogs", "men"]
    assert annotated(["s"], [[0.1, 0.9]]) == [None]
    doc = Doc(["x"], norms=["ex"])
    make(backoff="norm").annotate(OPS, [doc], [np.array([[1, 0]], "f")])
    assert doc.lemmas == ["ex"]


def test_lemmas_stay_unless_overwritten():
    doc = Doc(["walked", "dogs"], lemmas=["x", None])
    scores = [np.array([[1, 0], [0, 1]], "f")]
    make().annotate(OPS, [doc], scores)
    assert doc.lemmas == ["x", "dog"]
    make(overwrite=True).annotate(OPS, [doc, Doc([])], [*scores, np.zeros((0, 2), "f")])
    assert doc.lemmas == ["walk", "dog"]


def test_lemmas_are_scored():
    objective = make()
    assert objective.score(DOCS, DOCS) == {"lemma_acc": 1.0}
    assert objective.score_weights == {"lemma_acc": 1.0}
    assert objective.sample(OPS, DOCS)[0].shape == (3, 2)
    own = make(scorer=lambda gold, guess: {"x": 1})
    assert own.score([], []) == {"x": 1}


def save_spacy(folder, nodes, labels):
    (folder / "cfg").write_text(json.dumps({"labels": labels}))
    (folder / "trees").write_bytes(pack({"trees": nodes}))


NO = 0xFFFFFFFF
LEAF = {"orig": string_id("ed"), "subst": 0}
NODE = {"prefix_len": 0, "suffix_len": 2, "prefix_tree": NO, "suffix_tree": 0}


def test_trees_of_spacy_are_read(tmp_path):
    save_spacy(tmp_path, [LEAF, NODE], [1])
    assert read_spacy_labels(tmp_path, ["ed"]) == [ED]
    assert make().labels_from_spacy(tmp_path, ["ed"]) == [ED]
    symbols = {"orig": string_id("X"), "subst": string_id("X")}
    save_spacy(tmp_path, [symbols], [0])
    assert read_spacy_labels(tmp_path, []) == ['["X","X"]']


@pytest.mark.parametrize(
    ("nodes", "labels", "message"),
    [
        ([LEAF, NODE], [2], "labels below 2"),
        ([LEAF, NODE], ["a"], "a list of labels"),
        ([3], [], "a list of trees"),
        ([{**LEAF, "orig": 7777}], [], "ids of known strings"),
        ([NODE], [], "trees that stand before"),
        ([LEAF, {**NODE, "suffix_len": -1}], [], "trees that stand before"),
        (
            [LEAF, *({**NODE, "prefix_tree": i, "suffix_tree": i} for i in range(20))],
            [],
            "trees of at most 1000 parts",
        ),
    ],
)
def test_damaged_trees_are_refused(tmp_path, nodes, labels, message):
    save_spacy(tmp_path, nodes, labels)
    with pytest.raises(ValueError, match=f"expected .*{message}"):
        read_spacy_labels(tmp_path, ["ed"])


@pytest.mark.parametrize("label", ["x", "3", "[1,2]", "[0,-1,null,null]", "[" * 5000])
def test_labels_that_are_no_trees_are_refused(label):
    with pytest.raises(ValueError, match=r"expected (an edit tree|JSON)"):
        make().set_labels([label])


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="top_k must be"):
        trainable_lemmatizer(top_k=0)
    with pytest.raises(ValueError, match="backoff must be one of orth, lower, norm"):
        trainable_lemmatizer(backoff="shape_")
    with pytest.raises(ValueError, match="rare must be 'first' or 'nothing'"):
        trainable_lemmatizer(rare="second")
