from pathlib import Path

import pytest
import srsly

import zoo
from zoo._parameters import named_parameters
from zoo.config import ConfigError
from zoo.interop.spacy import spacy_tree
from zoo.models.make_config import complete
from zoo.pipeline._encoder_weights import read_encoder
from zoo.pretraining._pretraining_config import plan_pretraining
from zoo.pretraining.pretrain import run_pretraining
from zoo.training._training_config import plan_training

from ..pretraining.tiny import TEXTS, make_config, make_encoder, make_objective
from ..tiny import make_tiny_config, make_tiny_pipeline, save_docs


def pretrain(tmp_path, pipeline=("tok2vec", "tagger"), **settings):
    config = make_config(save_docs(tmp_path / "raw.jsonl", TEXTS), pipeline, **settings)
    run_pretraining(config, tmp_path / "pretrained")
    return str(tmp_path / "pretrained" / "model-best")


def plan(tmp_path, source, pipeline=("tok2vec", "tagger"), **pretraining):
    docs = save_docs(tmp_path / "docs.jsonl")
    paths = {"train": docs, "dev": docs, "init_tok2vec": source}
    config = make_tiny_config(pipeline, paths)
    if pretraining:
        config = complete(config, pretraining=True)
        config["pretraining"].update(pretraining)
    return plan_training(config)


def assert_has(encoder, source):
    expected = read_encoder(source).weights
    found = named_parameters(encoder)
    assert found.keys() == expected.keys()
    for name, parameter in found.items():
        assert (parameter.value == expected[name]).all()


def test_training_begins_with_the_weights_of_a_shared_encoder(tmp_path):
    source = pretrain(tmp_path)
    planned = plan(tmp_path, source)
    planned.initialize()
    assert_has(planned.pipeline.components["tok2vec"].model, source)


def test_training_begins_with_the_weights_of_an_encoder_of_its_own(tmp_path):
    where = {"component": "tagger", "layer": "tok2vec"}
    source = pretrain(tmp_path, ("tagger",), **where)
    planned = plan(tmp_path, source, ("tagger",), **where)
    planned.initialize()
    tagger = planned.pipeline.components["tagger"].model
    assert_has(tagger.get_ref("tok2vec"), source)


def test_pretraining_goes_on_from_the_weights_of_another(tmp_path):
    source = pretrain(tmp_path)
    config = make_config(str(tmp_path / "raw.jsonl"))
    config["paths"]["init_tok2vec"] = source
    planned = plan_pretraining(config)
    planned.initialize()
    assert_has(planned.learner.encoder, source)
    config["paths"]["init_tok2vec"] = "nowhere"
    with pytest.raises(
        ConfigError, match=r"init_tok2vec: there is no file .*'nowhere'"
    ):
        plan_pretraining(config)


def test_a_listener_leads_to_the_shared_encoder(tmp_path):
    source = pretrain(tmp_path, component="tagger", layer="tok2vec")
    planned = plan(tmp_path, source, component="tagger", layer="tok2vec")
    planned.initialize()
    assert_has(planned.pipeline.components["tok2vec"].model, source)


def save_as_spacy(encoder, path):
    """Write a file as ``spacy pretrain`` does, with the weights of an encoder."""
    (features,) = [n.attrs["features"] for n in encoder.walk() if "features" in n.attrs]
    columns = {"columns": srsly.msgpack_dumps(features)}
    stored = {"nodes": [], "attrs": [], "params": []}
    for node in spacy_tree(encoder).walk():
        params = {name: node.source.get_param(n) for name, n in node.params.items()}
        stored["nodes"].append({"name": node.name})
        stored["attrs"].append(columns if node.name == "extract_features" else {})
        stored["params"].append(params)
    path.write_bytes(srsly.msgpack_dumps(stored))


def test_training_begins_with_the_weights_of_a_file_of_spacy(tmp_path):
    other = make_tiny_pipeline(seed=5).components["tok2vec"].model
    save_as_spacy(other, tmp_path / "model4.bin")
    planned = plan(tmp_path, str(tmp_path / "model4.bin"))
    planned.initialize()
    found = named_parameters(planned.pipeline.components["tok2vec"].model)
    for name, parameter in named_parameters(other).items():
        assert (found[name].value == parameter.value).all()
        assert found[name].value.flags.writeable
    config = planned.pipeline.config
    config["components"]["tok2vec"]["model"]["encode"]["width"] = 9
    with pytest.raises(ValueError, match=r"initialize\.init_tok2vec: .*model4\.bin"):
        plan_training(config).initialize()


def test_a_missing_file_is_a_fault_without_a_section_too(tmp_path):
    message = r"initialize\.init_tok2vec: there is no file or folder"
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, str(tmp_path / "nothing"))


def test_folder_of_a_run_is_a_fault_that_names_the_model_in_it(tmp_path):
    run = Path(pretrain(tmp_path)).parent
    message = rf"init_tok2vec: {run} is not .* Did you mean {run / 'model-best'}\?"
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, str(run))


def test_weights_for_which_there_is_no_encoder_are_a_fault(tmp_path):
    source = pretrain(tmp_path)
    message = r"no component 'tok2vec'.*Name the one that it is for in a section"
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, source, ("tagger",))


def test_weights_that_do_not_fit_are_refused(tmp_path):
    source = pretrain(tmp_path)
    planned = plan(tmp_path, source)
    config = planned.pipeline.config
    config["components"]["tok2vec"]["model"]["encode"]["width"] = 9
    planned = plan_training(config)
    with pytest.raises(ValueError, match=r"init_tok2vec: .*do not fit the model") as e:
        planned.initialize()
    assert "model.encode.width: 9 here, 8 in the file" in str(e.value)


def test_weights_that_were_made_in_python_bring_no_settings_to_compare(tmp_path):
    output = tmp_path / "python"
    settings = {"objective": make_objective(), "held_out": 0.3, "max_epochs": 1}
    zoo.pretrain(make_encoder(width=6), TEXTS, output=output, **settings)
    planned = plan(tmp_path, str(output / "model-best"))
    with pytest.raises(ValueError, match="do not fit the model") as error:
        planned.initialize()
    assert "Settings that differ" not in str(error.value)
