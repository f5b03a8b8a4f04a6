import numpy as np
import pytest
from thinc.api import Adam, fix_random_seed

import zoo
from zoo.config import ConfigError
from zoo.doc import Doc, Span
from zoo.pipeline import tune

from ..tiny import make_tiny_config

NAMES = {"Ann": "PER", "Rome": "LOC", "Bob": "PER"}


def make_docs(n=40, seed=0):
    draw = np.random.default_rng(seed)
    docs = []
    for _ in range(n):
        words = draw.choice([*NAMES, "went", "to", "saw"], size=5).tolist()
        ents = [Span(i, i + 1, NAMES[w]) for i, w in enumerate(words) if w in NAMES]
        cats = {name: float(name in words) for name in NAMES}
        docs.append(Doc(words, ents=ents, cats=cats))
    return docs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    names = ("tok2vec", "entity_tagger", "textcat_multilabel")
    pipeline = zoo.Pipeline.from_config(make_tiny_config(names))
    fix_random_seed(0)
    pipeline.initialize(make_docs())
    optimizer = Adam(0.01)
    for _ in range(6):
        pipeline.update(make_docs(), optimizer=optimizer)
    path = tmp_path_factory.mktemp("tune") / "model"
    pipeline.to_disk(path)
    return path


def score_of(pipeline, name):
    return pipeline.evaluate(make_docs(seed=1))[name]


def test_settings_are_chosen_by_the_scores_they_give(folder, tmp_path):
    pipeline = zoo.load(folder)
    before = {n: score_of(pipeline, n) for n in ("ents_f", "cats_macro_f")}
    found = {t.setting: t for t in tune(pipeline, make_docs(seed=1))}
    assert {*found} == {"bias", "threshold"}
    for t in found.values():
        assert t.score_before == pytest.approx(before[t.score])
        assert t.score_after == pytest.approx(score_of(pipeline, t.score))
        assert t.score_after >= t.score_before
        objective = pipeline.components[t.component].objective
        assert getattr(objective, t.setting) == t.after
    assert any(t.score_after > t.score_before for t in found.values())
    pipeline.to_disk(tmp_path / "tuned")
    loaded = zoo.load(tmp_path / "tuned")
    for t in found.values():
        assert score_of(loaded, t.score) == pytest.approx(t.score_after)


def test_no_other_value_that_was_tried_is_better(folder):
    [bias, _] = tune(zoo.load(folder), make_docs(seed=1))
    for value in np.arange(-4, 4.5, 0.5):
        other = zoo.load(folder, overrides={"components.entity_tagger.bias": value})
        assert score_of(other, "ents_f") <= bias.score_after + 1e-9


def test_a_value_as_good_as_the_present_one_stays(folder):
    pipeline = zoo.load(folder)
    tune(pipeline, make_docs(seed=1))
    again = tune(pipeline, make_docs(seed=1))
    assert [t.before for t in again] == [t.after for t in again]


def test_what_cannot_be_tuned_is_left_alone(folder):
    assert tune(zoo.load(folder), []) == []
    assert tune(zoo.load(folder), [Doc(["Ann"])]) == []
    tagger = zoo.Pipeline.from_config(make_tiny_config(["tagger"]))
    tagger.initialize([Doc(["a"], tags=["X"])])
    assert tune(tagger, [Doc(["a"], tags=["X"])]) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("components.entity_tagger.bias", "x", "entity_tagger.bias: expected a numbe"),
        ("components.entity_tagger.bais", 1.0, "such setting. Did you mean 'bias'"),
        ("components.entity_tager.bias", 1.0, "Did you mean 'entity_tagger'"),
        ("components.zzz.bias", 1.0, "no component 'zzz'. There are: tok2vec, ent"),
        ("components.entity_tagger.model", {}, "only settings of components can chan"),
        ("components.tok2vec.model.depth", 2, "only settings of components can chang"),
        ("training.dropout", 0.2, "only settings of components can change: compone"),
    ],
)
def test_overrides_that_a_trained_model_cannot_take_are_refused(
    folder, path, value, message
):
    with pytest.raises(ConfigError, match=message):
        zoo.load(folder, overrides={path: value})


def test_overrides_are_those_of_the_config(folder):
    path = "components.entity_tagger.bias"
    pipeline = zoo.load(folder, overrides={path: 1.5})
    assert pipeline.components["entity_tagger"].objective.bias == 1.5
    assert pipeline.config["components"]["entity_tagger"]["bias"] == 1.5
