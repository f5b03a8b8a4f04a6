import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo import Doc
from zoo.models._fit_corpus import MOST_UPDATES, CorpusSize, fit_training
from zoo.models.make_config import make_config
from zoo.training import TrainingSettings


def fitted(pipeline, n_docs, length):
    size = CorpusSize(n_docs, n_docs * length, length)
    return make_config(pipeline, size=size)["training"]


@pytest.mark.parametrize("pipeline", [["tok2vec", "pos"], ["transformer", "textcat"]])
@pytest.mark.parametrize("n_docs", [1, 20, 500, 5000, 300_000])
@pytest.mark.parametrize("length", [1, 20, 700])
def test_every_corpus_gets_a_run_that_learns(pipeline, n_docs, length):
    training = fitted(pipeline, n_docs, length)
    steps, rate = training["max_steps"], training["optimizer"]["learn_rate"]
    assert 1 <= steps <= MOST_UPDATES
    assert 1 <= training["eval_frequency"] <= steps
    assert training["patience"] >= 5 * training["eval_frequency"]
    if isinstance(rate, dict):
        assert rate["total_steps"] == steps
        assert rate["warmup_steps"] <= max(1, steps / 5)
        assert training["batcher"]["size"] >= min(length, 2000)
        n_words = training["batcher"]["size"] / training["accumulate_gradient"]
        assert n_words <= 700


@pytest.mark.parametrize(
    ("pipeline", "n_docs", "dropout"),
    [
        (["tok2vec", "pos"], 500, 0.2),
        (["tok2vec", "pos"], 5000, 0.1),
        (["tok2vec", "textcat"], 500, 0.3),  # That of the template.
        (["transformer", "pos"], 500, 0.1),
    ],
)
def test_small_corpora_get_more_dropout(pipeline, n_docs, dropout):
    assert fitted(pipeline, n_docs, 18)["dropout"] == dropout


def test_transformer_on_500_rows_learns_from_hundreds_of_batches():
    training = fitted(["transformer", "textcat"], 500, 18)
    assert 100 <= training["max_steps"] <= 500
    assert training["optimizer"]["learn_rate"]["warmup_steps"] <= 50
    assert training["accumulate_gradient"] == 1


@given(st.integers(1, 10**6), st.integers(1, 500))
def test_larger_corpora_get_no_fewer_updates_per_pass(n_docs, length):
    training = make_config(["textcat"])["training"]
    fit_training(training, CorpusSize(n_docs, n_docs * length, length))
    schedule = training["batcher"]["size"]
    assert schedule["start"] <= schedule["stop"] <= 1000
    assert set(training) == {*TrainingSettings.__dataclass_fields__}


def test_a_corpus_is_measured():
    docs = [
        Doc(["a", "b"], tags=["X", None], cats={"x": 1.0, "y": 0.0}),
        Doc(["a"], cats={"x": 1.0}),
        Doc([]),
    ]
    size = CorpusSize.of(docs)
    assert size == CorpusSize(
        2, 3, 2, {"tags": 1, "pos": 0, "ents": 0, "cats": 2}, True, n_frequent=2
    )
    assert size.components() == ["tagger", "textcat"]
    more = CorpusSize.of([*docs, Doc(["a"], cats={"x": 1.0, "y": 1.0})])
    assert more.components() == ["tagger", "textcat_multilabel"]
    assert CorpusSize.of([]).components() == []


@pytest.mark.parametrize(
    ("text", "is_english"),
    [
        ("He was late , but it did not rain", True),
        (
            "Stocks fell sharply Monday after the surprise announcement by regulators",
            True,
        ),
        ("Er war zu spät , aber es hat nicht geregnet in der Stadt", False),
        ("Geç kaldı , ama yağmur yağmadı", False),
    ],
)
def test_english_is_known_by_its_frequent_words(text, is_english):
    assert CorpusSize.of([Doc(text.split())]).is_english() == is_english
