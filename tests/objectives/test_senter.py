import numpy as np
import pytest
from thinc.api import NumpyOps

from zoo.doc import Doc
from zoo.objectives import senter

OPS = NumpyOps()
DOC = Doc(["a", "b", "c"], sent_starts=[True, None, False])


def scores_of(*starts):
    return [np.eye(2, dtype="f")[[*starts]]]


def test_labels_are_known_once_a_document_has_sentences():
    objective = senter()
    objective.add_labels([Doc(["a"]), Doc(["b"], sent_starts=[None])])
    assert objective.labels == []
    objective.add_labels([DOC])
    assert objective.labels == ["I", "S"]
    objective.set_labels([])
    assert objective.labels == []
    with pytest.raises(ValueError, match="labels must be I and S, got"):
        objective.set_labels(["S", "I"])


def test_unknown_words_teach_nothing():
    loss = senter().loss(OPS, [DOC, Doc(["d"])], [np.full((3, 2), 0.5, "f")] * 2)
    assert loss.count == 2
    assert loss.gradient[0].tolist() == [[0.5, -0.5], [0, 0], [-0.5, 0.5]]


def test_known_starts_stay_unless_overwritten():
    doc = DOC.copy()
    senter().annotate(OPS, [doc], scores_of(0, 1, 1))
    assert doc.sent_starts == [True, True, False]
    senter(overwrite=True).annotate(OPS, [doc], scores_of(0, 0, 1))
    assert doc.sent_starts == [False, False, True]


def test_the_first_word_of_a_text_begins_a_sentence():
    docs = [Doc(["a", "b"]), Doc([])]
    senter().annotate(OPS, docs, [*scores_of(0, 1), np.zeros((0, 2), "f")])
    assert [doc.sent_starts for doc in docs] == [[True, True], []]


def test_sentences_are_scored():
    gold = Doc(["a", "b"], sent_starts=[True, True])
    objective = senter()
    assert objective.score([gold], [gold])["sents_f"] == 1.0
    assert objective.score_weights == {"sents_f": 1.0}
    assert objective.sample(OPS, [gold])[0].shape == (2, 2)
    assert senter(scorer=lambda gold, guess: {"x": 1}).score([], []) == {"x": 1}
