"""Check adapters of peft, and what is reported of them without it."""

import json
import shutil
import sys

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from tests.transformers.builders import torch
from tests.transformers.hugging_face import save_tiny, transformers
from zoo.transformers import TransformerWrapper, doc_spans

pytestmark = pytest.mark.filterwarnings("ignore")
WORDS = ["the", "cat", "sat"]


def wrap(folder):
    return TransformerWrapper(str(folder), doc_spans()).initialize()


def save_adapter(tmp_path, task="AutoModel", **settings):
    """Write a transformer and an adapter, and return the adapted module."""
    peft = pytest.importorskip("peft")
    base = save_tiny(tmp_path / "base", "bert")
    module = getattr(transformers, task).from_pretrained(base)
    kind = settings.pop("kind", "LoraConfig")
    adapted = peft.get_peft_model(module, getattr(peft, kind)(**settings))
    for name, parameter in adapted.named_parameters():
        if "lora" in name:
            parameter.data = 0.3 * torch.randn_like(parameter)
    adapted.eval().save_pretrained(tmp_path / "adapter")
    return adapted


def check_equals(folder, adapted):
    """Check that a folder's vectors are those of an adapted module."""
    model = wrap(folder)
    assert not any("lora" in name for name in model.param_names)
    batch = model.predict([WORDS])
    with torch.no_grad():
        output = adapted(input_ids=torch.tensor(batch.ids[None].astype("i8")))
    expected = output.last_hidden_state[0].numpy()
    np.testing.assert_allclose(batch.vectors, expected, atol=1e-5)


def test_an_adapter_without_its_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    config = {"base_model_name_or_path": "acme/duck"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(ImportError, match="holds an adapter of PEFT for acme/duck"):
        wrap(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"base_model_name_or_path": null}'])
def test_an_adapter_of_nothing_is_refused(tmp_path, text):
    (tmp_path / "adapter_config.json").write_text(text)
    with pytest.raises(ValueError, match="must name the transformer that the adapter"):
        wrap(tmp_path)


@pytest.mark.parametrize("with_weights", [False, True])
def test_an_adapter_is_merged_into_its_transformer(tmp_path, with_weights):
    adapted = save_adapter(tmp_path, r=2, target_modules=["query", "value"])
    if with_weights:
        shutil.copytree(tmp_path / "base", tmp_path / "adapter", dirs_exist_ok=True)
    check_equals(tmp_path / "adapter", adapted)


@pytest.mark.parametrize("with_weights", [False, True])
def test_an_adapter_that_was_trained_with_a_head_is_merged(tmp_path, with_weights):
    task = "AutoModelForSequenceClassification"
    settings = {"modules_to_save": ["word_embeddings"], "task_type": "SEQ_CLS"}
    settings |= {"r": 2, "target_modules": ["query"]}
    adapted = save_adapter(tmp_path, task, **settings)
    if with_weights:
        shutil.copytree(tmp_path / "base", tmp_path / "adapter", dirs_exist_ok=True)
    check_equals(tmp_path / "adapter", adapted.base_model.model.bert)


def test_an_adapter_of_another_model_is_refused(tmp_path):
    save_adapter(tmp_path, r=2, target_modules=["query"])
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    weights = {n.replace("encoder", "acme"): w for n, w in load_file(file).items()}
    save_file(weights, file)
    with pytest.raises(ValueError, match=r"must be one of the transformer, got .*acme"):
        wrap(tmp_path / "adapter")


def test_an_adapter_that_changes_no_weights_is_refused(tmp_path):
    settings = {"num_virtual_tokens": 2, "task_type": "FEATURE_EXTRACTION"}
    save_adapter(tmp_path, kind="PromptTuningConfig", **settings)
    with pytest.raises(ValueError, match="an adapter must change weights"):
        wrap(tmp_path / "adapter")
