"""Check by which class a module is loaded, and that no weights are random."""

import pytest
from safetensors.torch import load_file, save_file
from transformers.models.bart.modeling_bart import BartEncoder

from tests.transformers.hugging_face import PLACES, SIZES, save_tiny, transformers
from tests.transformers.text_parts import (
    N_IDS,
    check_equals_bare,
    check_saves,
    save,
    wrap,
)
from zoo.transformers._model_class import find_class

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")

SIDES = {
    f"{side}_{name}": size
    for side in ("encoder", "decoder")
    for name, size in {"layers": 1, "attention_heads": 2, "ffn_dim": 24}.items()
}
BART = {**SIDES, "d_model": 16, "vocab_size": N_IDS, "pad_token_id": 0}
#: Models that are a part of another one, and were saved by themselves.
PARTS = {
    "BartEncoder": lambda: BartEncoder(
        transformers.BartConfig(**BART, max_position_embeddings=200)
    ),
    "CLIPTextModel": lambda: transformers.CLIPTextModel(
        transformers.CLIPTextConfig(**SIZES, **PLACES, vocab_size=N_IDS)
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_was_saved_by_itself_has_its_own_weights(tmp_path, name):
    module = PARTS[name]()
    folder = save(tmp_path / "part", module)
    assert find_class(type(module).config_class.from_pretrained(folder)) is type(module)
    check_equals_bare(folder, module)
    check_saves(folder, tmp_path / "saved")


def test_all_other_classes_are_those_of_auto_model():
    config = transformers.BertConfig()
    for names in (None, [], ["BertModel"], ["NoEncoder"], ["PreTrainedTextModel"]):
        config.architectures = names
        assert find_class(config) is transformers.AutoModel


def test_weights_that_the_files_lack_are_refused(tmp_path):
    folder = save_tiny(tmp_path, "bert")
    weights = load_file(folder / "model.safetensors")
    for name in ("pooler.dense.bias", "pooler.dense.weight"):
        weights.pop(name)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    wrap(folder)
    weights.pop("encoder.layer.1.output.dense.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        ValueError, match=r"all weights of BertModel, got none for 1 of"
    ):
        wrap(folder)
