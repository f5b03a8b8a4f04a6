import json

import numpy as np
import pytest
from thinc.api import NumpyOps

from zoo.doc import Doc
from zoo.objectives import Morphologizer, morphologizer

OPS = NumpyOps()
DOCS = [
    Doc(["a", "b"], pos=["NOUN", "VERB"], morphs=["Number=Sing", ""]),
    Doc(["c", "d"], pos=["NOUN", None], morphs=[None, None]),
    Doc(["e"], morphs=["Case=Dat,Acc"]),
    Doc(["f"]),
    Doc([]),
]
LABELS = ["Case=Acc,Dat", "Number=Sing|POS=NOUN", "POS=NOUN", "POS=VERB"]


def make(**settings):
    objective = morphologizer(**settings)
    objective.add_labels(DOCS)
    return objective


def scores_of(*labels, n_docs=1):
    rows = np.eye(len(LABELS), dtype="f")[[LABELS.index(label) for label in labels]]
    return [rows]


def test_a_label_holds_features_and_the_part_of_speech():
    assert make().labels == LABELS
    only = Morphologizer()
    only.add_labels([Doc(["a"], morphs=[""])])
    assert only.labels == ["_"]


def test_the_gradient_is_scores_minus_truth():
    P = [np.full((len(doc), 4), 0.25, "f") for doc in DOCS]
    loss = make().loss(OPS, DOCS, P)
    assert loss.count == 4
    assert loss.total == pytest.approx(4 * np.log(4), rel=1e-5)
    assert loss.gradient[0].tolist()[0] == [0.25, -0.75, 0.25, 0.25]
    assert loss.gradient[1].tolist() == [[0.25, 0.25, -0.75, 0.25], [0.0] * 4]
    assert not loss.gradient[3].any() and loss.gradient[4].shape == (0, 4)


def test_labels_that_are_unknown_teach_nothing():
    doc = Doc(["a"], pos=["X"])
    assert make().loss(OPS, [doc], [np.full((1, 4), 0.25, "f")]).count == 0


@pytest.mark.parametrize(
    ("settings", "morph", "pos"),
    [
        ({}, "Number=Sing", "NOUN"),
        ({"overwrite": False}, "Case=Nom|Number=Plur", "X"),
        ({"extend": True}, "Case=Nom|Number=Sing", "NOUN"),
        ({"extend": True, "overwrite": False}, "Case=Nom|Number=Plur", "X"),
    ],
)
def test_what_a_document_has_may_stay(settings, morph, pos):
    doc = Doc(["a"], morphs=["Case=Nom|Number=Plur"], pos=["X"])
    make(**settings).annotate(OPS, [doc], scores_of(LABELS[1]))
    assert (doc.morphs, doc.pos) == ([morph], [pos])


def test_unknown_values_are_filled():
    doc = Doc(["a", "b"], morphs=[None, ""], pos=[None, "X"])
    make(overwrite=False).annotate(OPS, [doc], scores_of(LABELS[1], LABELS[3]))
    assert (doc.morphs, doc.pos) == (["Number=Sing", ""], ["NOUN", "X"])
    fresh = Doc(["a", "b"])
    make().annotate(OPS, [fresh, Doc([])], [*scores_of(*LABELS[:2]), np.zeros((0, 4))])
    assert fresh.morphs == ["Case=Acc,Dat", "Number=Sing"] and fresh.pos == [
        None,
        "NOUN",
    ]


def test_scores_have_spacys_names():
    scores = make().score(DOCS, DOCS)
    assert scores["pos_acc"] == scores["morph_acc"] == scores["morph_micro_f"] == 1.0
    assert morphologizer(scorer=lambda gold, guess: {"x": 1}).score([], []) == {"x": 1}
    assert make().score_weights == {"pos_acc": 0.5, "morph_acc": 0.5}
    assert make().sample(OPS, DOCS)[0].shape == (2, 4)


def test_labels_of_spacy_are_read(tmp_path):
    config = {
        "labels_morph": {"POS=NOUN|X=Y": "X=Y", "_": "_", "POS=X": ""},
        "labels_pos": {"POS=NOUN|X=Y": 92, "_": 0, "POS=X": 101},
    }
    (tmp_path / "cfg").write_text(json.dumps(config))
    assert make().labels_from_spacy(tmp_path) == [*config["labels_morph"]]
    for damaged in ('{"labels_morph": {"a": "b"}}', "{", "[]"):
        (tmp_path / "cfg").write_text(damaged)
        with pytest.raises(ValueError, match="cfg: expected labels of a morphologizer"):
            make().labels_from_spacy(tmp_path)
    config["labels_pos"]["POS=X"] = 92
    (tmp_path / "cfg").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="labels that say what they stand for"):
        make().labels_from_spacy(tmp_path)


def test_shares_out_of_range_are_refused():
    with pytest.raises(ValueError, match="label_smoothing must be"):
        morphologizer(label_smoothing=1.0)
