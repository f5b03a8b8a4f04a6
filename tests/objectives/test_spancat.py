import json

import numpy as np
import pytest
from thinc.api import NumpyOps

from zoo.doc import Doc, Span
from zoo.objectives import (
    NgramRangeSuggester,
    NgramSuggester,
    PresetSpansSuggester,
    SpanCategorization,
    spancat,
    spancat_singlelabel,
)

OPS = NumpyOps()
DOCS = [
    Doc(
        ["a", "b", "c"],
        spans={"sc": [Span(0, 2, "B"), Span(0, 2, "A"), Span(0, 3, "A")]},
    ),
    Doc(["d"]),
    Doc([], spans={"sc": []}),
]


def scored(Y):
    """Stand for a model that gives the scores, whatever the spans."""
    return lambda spans: np.array(Y, "f")


def make(factory=spancat, **settings):
    objective = factory(suggester=NgramSuggester([1, 2]), **settings)
    objective.set_labels(["A", "B"])
    return objective


def test_spans_are_suggested():
    assert [s.tolist() for s in NgramSuggester([2, 1])(DOCS)] == [
        [[0, 2], [1, 3], [0, 1], [1, 2], [2, 3]],
        [[0, 1]],
        [],
    ]
    assert len(NgramRangeSuggester(1, 3)(DOCS)[0]) == 6
    found = PresetSpansSuggester("sc")(DOCS)
    assert found[0].tolist() == [[0, 2], [0, 2], [0, 3]]
    assert found[1].shape == (0, 2)
    with pytest.raises(ValueError, match="sizes must be 1 or more"):
        NgramSuggester([0])


def test_labels_are_those_of_the_group():
    objective = spancat()
    objective.add_labels(DOCS)
    assert objective.labels == ["A", "B"]
    single = spancat_singlelabel()
    single.add_labels(DOCS)
    single.add_labels([Doc(["x"], spans={"sc": [Span(0, 1, "C")], "y": []})])
    assert single.labels == ["A", "B", "C", ""]
    assert single.sample(OPS, DOCS).shape == (1, 4)


def test_the_gradient_is_scores_minus_truth():
    Y = np.full((6, 2), 0.25)
    loss = make().loss(OPS, DOCS, scored(Y))
    assert loss.count == 5
    assert loss.gradient.tolist() == [[0.25, 0.25]] * 3 + [[-0.75, -0.75]] + [
        [0.25, 0.25],
        [0.0, 0.0],  # Nothing is known of the second document.
    ]
    assert loss.total == pytest.approx(8 * 0.0625 + 2 * 0.5625)


def test_spans_without_a_label_may_count_less():
    Y = np.full((6, 3), 0.25)
    doc = Doc(["a", "b"], spans={"sc": [Span(0, 1, "B")]})
    loss = make(spancat_singlelabel, negative_weight=0.5).loss(
        OPS, [doc], scored(Y[:3])
    )
    assert loss.gradient.tolist() == [
        [0.25, -0.75, 0.25],
        [0.125, 0.125, -0.375],
        [0.125, 0.125, -0.375],
    ]


def annotated(objective, words, Y):
    doc = Doc(words, spans={"other": []})
    objective.annotate(OPS, [doc, Doc([])], scored(Y))
    assert doc.spans["other"] == []
    return doc.spans["sc"]


def test_scores_above_the_threshold_become_labels():
    Y = [[0.9, 0.6], [0.4, 0.8], [0.1, 0.1]]
    assert annotated(make(), ["a", "b"], Y) == [
        Span(0, 1, "A"),
        Span(0, 1, "B"),
        Span(1, 2, "B"),
    ]
    assert annotated(make(threshold=0.85), ["a", "b"], Y) == [Span(0, 1, "A")]
    few = make(max_positive=1)
    assert annotated(few, ["a", "b"], Y) == [Span(0, 1, "A"), Span(1, 2, "B")]
    two = SpanCategorization(
        suggester=NgramSuggester([1]), max_positive=2, threshold=None
    )
    two.set_labels(["A", "B", "C"])
    doc = Doc(["a"])
    two.annotate(OPS, [doc], scored([[0.1, 0.3, 0.2]]))
    assert doc.spans["sc"] == [Span(0, 1, "B"), Span(0, 1, "C")]


def test_spans_of_one_label_may_be_kept_apart():
    Y = [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]]
    single = make(spancat_singlelabel)
    assert annotated(single, ["a", "b"], Y) == [Span(0, 1, "A"), Span(0, 2, "B")]
    apart = make(spancat_singlelabel, allow_overlap=False)
    assert annotated(apart, ["a", "b"], Y) == [Span(0, 2, "B")]
    assert annotated(single, [], np.zeros((0, 3))) == []


def test_spans_are_scored_under_the_name_of_the_group():
    objective = make(spans_key="x")
    gold = [Doc(["a"], spans={"x": [Span(0, 1, "A")]})]
    assert objective.score(gold, gold)["spans_x_f"] == 1.0
    assert objective.score_weights == {"spans_x_f": 1.0}
    assert spancat(scorer=lambda gold, guess: {"y": 1}).score([], []) == {"y": 1}


def test_labels_of_spacy_are_read(tmp_path):
    (tmp_path / "cfg").write_text(json.dumps({"labels": ["B", "A"]}))
    assert spancat().labels_from_spacy(tmp_path) == ["B", "A"]
    for damaged in ("{", "{}", '{"labels": 3}'):
        (tmp_path / "cfg").write_text(damaged)
        with pytest.raises(ValueError, match="cfg: expected labels of a spancat"):
            spancat().labels_from_spacy(tmp_path)
    (tmp_path / "cfg").write_text('{"labels": [3]}')
    with pytest.raises(ValueError, match="cfg: expected strings as labels"):
        spancat().labels_from_spacy(tmp_path)


def test_settings_that_do_not_go_together_are_refused():
    with pytest.raises(ValueError, match="allow_overlap = false needs"):
        SpanCategorization(allow_overlap=False)
    with pytest.raises(ValueError, match="max_positive must be 1 or more"):
        spancat(max_positive=0)
    with pytest.raises(ValueError, match="the label 'Z' was not seen"):
        make().loss(
            OPS, [Doc(["a"], spans={"sc": [Span(0, 1, "Z")]})], scored([[0.5, 0.5]])
        )
