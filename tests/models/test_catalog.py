"""Check what is told of ready-made models against the models themselves."""

import re
from pathlib import Path

import numpy as np
import pytest

import zoo.models
from zoo._registry import capabilities, layer, registry
from zoo.models import ModelCard, list_models, model_card, model_config
from zoo.models.catalog import TITLES, describe_arguments, describe_types, needs_of
from zoo.models.create import FOLDER

from .ready import count_parameters

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
NAMES = list_models()


def test_every_configuration_is_listed():
    assert (
        {path.stem for path in FOLDER.glob("*.cfg")} == {*NAMES} == {*zoo.list_models()}
    )
    assert sorted(NAMES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_card_tells_what_a_model_is_for(name):
    card = model_card(name)
    assert isinstance(card, ModelCard)
    assert card.purpose[0].isupper() and card.purpose.endswith(".")
    assert card.input == "documents"
    outputs = {
        "encoding": "list of Floats2d",
        "tagging": "list of Floats2d",
        "classification": "Floats2d",
    }
    assert card.output == outputs[card.task]
    assert 0 < card.score < 100 and card.words_per_s > 0
    assert card.megabytes == pytest.approx(card.n_parameters / 250_000)


# That of a transformer is in its files, which tests do not fetch.
@pytest.mark.parametrize("name", [n for n in NAMES if n != "transformer"])
def test_the_recorded_size_is_that_of_the_model(name):
    card = model_card(name)
    assert count_parameters(name, n_labels=card.n_labels) == card.n_parameters


def test_models_are_chosen_by_pattern_task_and_needs():
    assert list_models("hash_cnn_*") == [
        "hash_cnn_large",
        "hash_cnn_medium",
        "hash_cnn_small",
    ]
    assert "textcat_bow" in list_models(task="classification")
    assert list_models("hash*", task="classification") == []
    assert list_models(needs="torch") == ["hash_bilstm"]
    assert list_models(needs=["vectors"]) == ["vector_bag", "vector_cnn"]
    assert list_models(needs="transformers") == ["transformer"]
    assert list_models(needs=["vectors", "torch"]) == []
    without = list_models(needs=[])
    assert "hash_cnn_small" in without
    assert set(without).isdisjoint(list_models(needs="torch"))
    assert list_models("no such model") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "tagger"}, "task must be one of classification, encoding, tagging, "),
        ({"needs": "cuda"}, "needs must be one of .*torch.*, got 'cuda'"),
        ({"needs": ["torch", "x"]}, "needs must be .*, got 'x'"),
    ],
)
def test_what_no_model_does_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"list_models: {message}"):
        list_models(**arguments)


def test_a_card_of_no_model_is_refused():
    with pytest.raises(ValueError, match=r"no model 'hash_cnn_smal'. Did you mean 'ha"):
        model_card("hash_cnn_smal")


def test_what_a_model_needs_follows_its_settings():
    assert needs_of(model_config("hash_cnn_small")) == ()
    with_vectors = model_config(
        "hash_cnn_small", **{"embed.include_static_vectors": True}
    )
    assert needs_of(with_vectors) == ("vectors",)
    nested = {
        "@layers": "zoo.Tok2Vec.v1",
        "encode": {"@layers": "zoo.TorchBiLSTMEncoder.v1"},
    }
    assert needs_of(nested) == ("torch",)


def test_a_registration_records_capabilities():
    name = "acme.Recorded.v1"
    try:
        layer(name, task="tagging", needs={"torch": "fast"})(lambda fast=False: None)
        assert capabilities(name) == ("tagging", {"torch": "fast"})
        assert needs_of({"@layers": name, "fast": True}) == ("torch",)
        assert needs_of({"@layers": name}) == ()
    finally:
        import catalogue

        for path in [path for path in catalogue.REGISTRY if path[-1] == name]:
            del catalogue.REGISTRY[path]
    assert capabilities("Linear.v1") == (None, {})


def test_signatures_are_described():
    found = registry.get("layers", "zoo.MultiHashEmbed.v1")
    assert describe_types(found) == ("documents", "Ragged")
    text = describe_arguments(found)
    assert 'features=["NORM", "PREFIX", "SUFFIX", "SHAPE"], rows=[5' in text
    to_list = registry.get("layers", "zoo.to_list.v1")
    assert describe_types(to_list) == (
        "Ragged or list of Floats2d",
        "list of Floats2d",
    )
    assert describe_types(lambda: None) == ("?", "?")
    assert describe_arguments(lambda *x, y=np.sum, **z: None) == "(*x, y=sum, **z)"


def test_the_page_shows_the_table():
    text = PAGE.read_text(encoding="utf8")
    rows = [
        [cell.strip().strip("`") for cell in row.split("|")[1:-1]]
        for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    ]
    assert list(TITLES) in rows
    shown = {row[0]: row for row in rows if row[0] in NAMES}
    assert shown == {name: model_card(name).cells() for name in NAMES}


def test_the_page_names_all_that_is_public():
    words = set(re.findall(r"\w+", PAGE.read_text(encoding="utf8")))
    assert set(zoo.models.__all__) <= words
