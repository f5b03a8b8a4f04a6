"""Damage configs: each makes a plan, or an error tells what is wrong and where."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import Config

import zoo
from zoo.config import format_config
from zoo.training._training_config import plan_training

from ..tiny import make_tiny_config, save_docs
from .damage import altered_json, check, damages

PARTS = ("tok2vec", "tagger", "textcat")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    data = save_docs(folder / "train.conllu")
    return make_tiny_config(PARTS, {"train": data, "dev": data})


def plan(path):
    """Read a config and build all that it describes but corpora and weights."""
    plan_training(zoo.load_config(path))


@settings(max_examples=150)
@given(damage=damages())
def test_damaged_files_are_refused_or_make_a_plan(config, tmp_path_factory, damage):
    path = tmp_path_factory.getbasetemp() / "damaged.cfg"
    path.write_bytes(damage(format_config(config).encode()))
    # What reads no file does not know its name, and tells the setting.
    check(lambda: plan(path), str(path), "The config ")


@pytest.mark.filterwarnings("ignore:initialize.lookups. it is not read")
@settings(max_examples=80)
@given(data=st.data())
def test_any_values_are_refused_or_make_a_plan(config, data):
    altered = json.loads(data.draw(altered_json(json.dumps(config).encode())))
    check(lambda: plan_training(Config(altered)), "The config ")
