"""Run the configs on pretraining, as they are or in zoo's form."""

import pytest

import zoo
from tests.pretraining.tiny import TEXTS, make_config
from zoo.config import ConfigError, interpolate, parse_config
from zoo.models.make_config import complete
from zoo.objectives.token_objective import TokenObjective
from zoo.pretraining._pretraining_config import plan_pretraining

from ..tiny import make_tiny_config, save_docs
from .excerpts import CHARACTERS, COSINE, INIT_TOK2VEC, LAYERS, parse


@pytest.mark.parametrize("component", LAYERS)
def test_component_and_layer_choose_what_is_pretrained(component, tmp_path):
    raw_text = save_docs(tmp_path / "text.jsonl", TEXTS)
    pipeline = ("tok2vec", "tagger") if component == "tok2vec" else ("textcat",)
    config = make_config(raw_text, pipeline).merge(parse(LAYERS[component]))
    plan = plan_pretraining(config)
    layer = {"tok2vec": "", "textcat": ".tok2vec"}[component]
    assert plan.learner.path == f"components.{component}.model{layer}"


@pytest.mark.parametrize("text", [CHARACTERS, COSINE], ids=["characters", "vectors"])
def test_objectives_take_the_settings_of_spacys(text):
    block = parse(text)["pretraining"]["objective"]
    name = block.pop("@architectures").replace("spacy.", "zoo.")
    made = zoo.registry.resolve({"objective": {"@objectives": name, **block}})
    assert isinstance(made["objective"], TokenObjective)


def test_weights_of_a_pretraining_are_named_by_the_config():
    config = complete(make_tiny_config(["tok2vec"]).merge(parse_config(INIT_TOK2VEC)))
    named = interpolate(config)["initialize"]["init_tok2vec"]
    assert named == "pretrain/model4.bin"
    with pytest.raises(ConfigError, match=r"pretrain/model4\.bin"):
        zoo.training._training_config.plan_training(config)
