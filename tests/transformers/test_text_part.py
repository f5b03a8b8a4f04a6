"""Check which part of a module of Hugging Face is taken, and that it loads again."""

import json

import numpy as np
import pytest

import zoo
from tests.transformers.builders import torch
from tests.transformers.hugging_face import PLACES, SIZES, save_tiny, transformers
from tests.transformers.text_parts import (
    GEMMA,
    LLAMA,
    N_IDS,
    SIGHT,
    T5,
    WORDS,
    check_equals_bare,
    check_saves,
    make_pipeline,
    save_config,
    save_kind,
    save_tokenizer,
    vectors_of,
    wrap,
)
from zoo.models.make_config import make_config
from zoo.transformers import (
    TransformerWrapper,
    attend,
    strided_spans,
    trust_remote_code,
)
from zoo.transformers._hugging_face import load_transformer
from zoo.transformers._known_settings import find_known, find_part_types
from zoo.transformers._text_part import (
    decode_floats,
    encode_floats,
    find_text_part,
    text_config,
    walk_configs,
)
from zoo.transformers._trust import check_loaded_config
from zoo.transformers.wrapper import transformer_of

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")


def test_an_encoder_whose_config_says_it_is_none_is_taken(tmp_path):
    folder = save_kind(tmp_path / "t5", "T5", "EncoderModel", vocab_size=N_IDS, **T5)
    module = transformers.T5EncoderModel.from_pretrained(folder)
    check_equals_bare(folder, module)
    check_saves(folder, tmp_path / "saved")


def test_the_language_model_of_a_model_that_also_sees_is_taken(tmp_path):
    config = transformers.Gemma3Config(
        text_config=dict(GEMMA), vision_config=dict(SIGHT), mm_tokens_per_image=4
    )
    folder = save_config(tmp_path / "gemma", "Gemma3", config)
    check_equals_bare(folder, transformers.Gemma3Model.from_pretrained(folder))
    assert not any("vision" in name for name in wrap(folder).param_names)
    check_saves(folder, tmp_path / "saved")


def test_a_model_that_compares_texts_with_pictures_is_refused_by_name(tmp_path):
    config = transformers.CLIPConfig(
        text_config={**SIZES, "vocab_size": N_IDS}, vision_config=dict(SIGHT)
    )
    folder = save_config(tmp_path, "CLIP", config)
    with pytest.raises(ValueError, match="needs an encoder of text, got CLIPModel"):
        wrap(folder)


def test_a_module_whose_reader_has_no_encoder_is_no_error(tmp_path):
    """So is BLIP-2 over a language model in transformers 4."""

    class Seeing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.config = transformers.BertConfig()

        def get_encoder(self):
            return self.language.get_encoder()

        def forward(self, input_ids, decoder_input_ids=None):
            return input_ids

    module = Seeing()
    assert find_text_part(module) is module


def test_an_error_of_choosing_the_part_names_the_model(tmp_path, monkeypatch):
    folder = save_tiny(tmp_path, "bert")

    def fail(*_):
        raise TypeError("unhashable")

    monkeypatch.setattr("zoo.transformers._hugging_face.use_full_attention", fail)
    with pytest.raises(ValueError, match=r"cannot load .*TypeError: unhashable\. Pass"):
        load_transformer(folder)


def test_a_config_with_infinities_is_loaded_again(tmp_path):
    folder = save_kind(
        tmp_path / "mamba",
        "Mamba2",
        vocab_size=N_IDS,
        hidden_size=16,
        num_hidden_layers=2,
        state_size=4,
        head_dim=8,
        num_heads=4,
        n_groups=1,
        chunk_size=8,
    )
    config = load_transformer(folder).config
    assert config["time_step_limit"] == [0.0, {"__float__": "Infinity"}]
    check_saves(folder, tmp_path / "saved")


def test_floats_that_json_lacks_are_encoded_and_decoded():
    value = {"a": [float("inf"), 1.5, (float("-inf"),)], "b": {"__float__": "?"}}
    encoded = json.loads(json.dumps(encode_floats(value), allow_nan=False))
    assert decode_floats(encoded) == {
        **value,
        "a": [float("inf"), 1.5, [-float("inf")]],
    }
    assert np.isnan(decode_floats(encode_floats(float("nan"))))


def test_predictions_do_not_depend_on_what_was_predicted_before(tmp_path):
    folder = save_kind(
        tmp_path / "bird",
        "BigBird",
        vocab_size=N_IDS,
        block_size=8,
        num_random_blocks=1,
        **SIZES,
        **{**PLACES, "max_position_embeddings": 256},
    )
    model = wrap(folder)
    before = model.predict([WORDS * 30]).vectors
    model.predict([["a"]])
    np.testing.assert_array_equal(model.predict([WORDS * 30]).vectors, before)
    assert transformer_of(model).config["attention_type"] == "original_full"
    check_saves(folder, tmp_path / "saved")


def test_half_precision_on_disk_does_not_round_what_the_model_computes(tmp_path):
    folder = save_kind(tmp_path / "float32", "Llama", **LLAMA)
    half = transformers.AutoModel.from_pretrained(folder).bfloat16()
    half.save_pretrained(tmp_path / "half")
    save_tokenizer(tmp_path / "half")
    exact = transformers.AutoModel.from_pretrained(folder)
    exact.load_state_dict(half.float().state_dict())
    check_equals_bare(tmp_path / "half", exact)
    check_saves(tmp_path / "half", tmp_path / "saved")


def test_code_that_the_config_names_without_need_is_left_out(tmp_path):
    folder = save_tiny(tmp_path / "bert", "bert")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "modeling.Own"}
    (folder / "config.json").write_text(json.dumps(config))
    assert "auto_map" not in load_transformer(folder).config
    check_saves(folder, tmp_path / "saved")


CODE = """
import torch
from transformers import PretrainedConfig, PreTrainedModel


class OwnConfig(PretrainedConfig):
    model_type = "own"

    def __init__(self, vocab_size=400, hidden_size=8, **rest):
        super().__init__(**rest)
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size


class Own(PreTrainedModel):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.embed = torch.nn.Embedding(config.vocab_size, config.hidden_size)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, input_ids, attention_mask=None):
        return (self.embed(input_ids),)
"""


def save_own(folder):
    folder.mkdir()
    (folder / "own.py").write_text(CODE)
    names = {"AutoConfig": "own.OwnConfig", "AutoModel": "own.Own"}
    config = {"model_type": "own", "auto_map": names}
    (folder / "config.json").write_text(json.dumps(config))
    save_tokenizer(folder)
    weights = {"embed.weight": torch.randn(400, 8)}
    file = folder / "model.safetensors"
    pytest.importorskip("safetensors.torch").save_file(weights, file, {"format": "pt"})
    return folder


def test_code_of_its_own_runs_and_is_loaded_again_only_if_it_is_trusted(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("it asks"))
    folder = save_own(tmp_path / "own")
    with pytest.raises(ValueError, match=r"cannot load .* custom code"):
        wrap(folder)
    with trust_remote_code():
        pipeline = make_pipeline(folder)
    pipeline.to_disk(tmp_path / "saved")
    with pytest.raises(ValueError, match="came with its weights, and is run only if"):
        zoo.load(tmp_path / "saved")
    with trust_remote_code():
        loaded = zoo.load(tmp_path / "saved")
    np.testing.assert_array_equal(vectors_of(loaded), vectors_of(pipeline))


def test_parts_of_a_config_may_have_types_that_are_no_models():
    """MPT's attention has none at all; other parts have one for themselves."""
    for kind in ("mpt", "moshi", "aria"):
        config = transformers.AutoConfig.for_model(kind)
        check_loaded_config(config, [config], chosen=False)
        check_loaded_config(config.from_dict(config.to_dict()), [config], chosen=False)
    config = transformers.BertConfig(parts={1: {"model_type": "timm_wrapper"}})
    with pytest.raises(ValueError, match="model_type may not be 'timm_wrapper', which"):
        check_loaded_config(config, [config], chosen=False)


class PartConfig(transformers.PretrainedConfig):
    model_type = "part"

    def __init__(self, span_width=3, **settings):
        super().__init__(**settings)
        self.span_width = span_width


class WholeConfig(transformers.PretrainedConfig):
    """Its part is not listed in the class, as T5Gemma's in transformers 4."""

    model_type = "whole"

    def __init__(self, **settings):
        super().__init__(**settings)
        self.reader = PartConfig()


class LaterConfig(transformers.PretrainedConfig):
    model_type = "later"


def test_parts_of_a_config_are_found_though_it_does_not_list_them(monkeypatch):
    whole = WholeConfig()
    assert [type(part) for part in walk_configs(whole)] == [WholeConfig, PartConfig]
    known = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    monkeypatch.setitem(known._extra_content, "whole", WholeConfig)
    assert "part" in find_part_types(["whole"])
    assert "later" not in find_part_types(["whole"])
    assert "span_width" in find_known({"model_type": "whole"})


def test_a_config_of_several_texts_is_taken_as_a_whole():
    class Config(transformers.BertConfig):
        def get_text_config(self):
            raise ValueError("ambiguous")

    config = Config()
    assert text_config(config) is config


def test_what_could_not_be_loaded_again_is_refused_before_training(
    tmp_path, monkeypatch
):
    folder = save_tiny(tmp_path / "bert", "bert")

    def fail(saved):
        raise KeyError("default")

    monkeypatch.setattr("zoo.transformers._hugging_face._build", fail)
    with pytest.raises(ValueError, match=r"that can be saved and loaded .*'default'"):
        wrap(folder)


@pytest.mark.parametrize(
    ("kind", "settings", "name"),
    [
        ("LED", {"max_encoder_position_embeddings": 24}, "encoder"),
        ("Mpt", {"max_seq_len": 24, "n_layers": 2, "n_heads": 2}, "seq"),
    ],
)
def test_limits_under_other_names_are_found(tmp_path, kind, settings, name):
    sizes = {"d_model": 16, "vocab_size": N_IDS}
    if kind == "LED":
        sizes |= {
            **{f"{side}_layers": 1 for side in ("encoder", "decoder")},
            **{f"{side}_attention_heads": 2 for side in ("encoder", "decoder")},
            **{f"{side}_ffn_dim": 24 for side in ("encoder", "decoder")},
            "attention_window": [4],
            "pad_token_id": 0,
        }
    folder = save_kind(tmp_path, kind, **sizes, **settings)
    assert load_transformer(folder).max_length == 24
    model = wrap(folder, on_truncate="ignore")
    assert (model.predict([WORDS * 20]).alignment.lengths > 0).all()


def test_attention_between_words_of_a_text_is_read_from_a_saved_pipeline(tmp_path):
    folder = save_tiny(tmp_path / "bert", "bert")
    make_pipeline(folder).to_disk(tmp_path / "saved")
    expected = attend(folder, "the cat sat.")
    found = attend(tmp_path / "saved", "the cat sat.")
    assert found.words == expected.words == ["the", "cat", "sat", "."]
    np.testing.assert_array_equal(found.weights, expected.weights)


def test_attention_is_read_from_no_pipeline_without_a_transformer(tmp_path):
    pipeline = zoo.Pipeline.from_config(make_config(["tagger"]))
    pipeline.initialize([zoo.Doc(["duck", "swim"], tags=["NOUN", "VERB"])])
    pipeline.to_disk(tmp_path / "saved")
    with pytest.raises(ValueError, match="expected a pipeline with one transformer"):
        attend(tmp_path / "saved", "the cat")


def test_attention_without_a_matrix_is_refused_at_initialization(tmp_path):
    folder = save_kind(tmp_path, "FNet", vocab_size=N_IDS, **SIZES, **PLACES)
    with pytest.raises(ValueError, match=r"must give a matrix for each head.* FNet"):
        attend(folder, WORDS)


def test_windows_do_not_depend_on_the_others_of_their_batch(tmp_path):
    folder = save_kind(tmp_path, "FNet", vocab_size=N_IDS, **SIZES, **PLACES)
    model = TransformerWrapper(folder, strided_spans(20, 12)).initialize()
    assert transformer_of(model).batching == "equal"
    docs = [WORDS, WORDS[:2], WORDS * 6, WORDS[::-1]]
    alone = [model.predict([doc]).vectors for doc in docs]
    np.testing.assert_allclose(
        model.predict(docs).vectors, np.concatenate(alone), atol=1e-5
    )


def test_how_windows_are_batched_is_saved_as_it_was_measured(tmp_path):
    """New weights, which a folder is rebuilt with, may be too small to show a leak."""
    sizes = {"embedding_size": 16, "true_hidden_size": 16, "intra_bottleneck_size": 16}
    settings = {**SIZES, **PLACES, **sizes, "vocab_size": N_IDS}
    folder = save_kind(tmp_path / "bert", "MobileBert", **settings)
    pipeline = make_pipeline(folder)
    pipeline.to_disk(tmp_path / "saved")
    loaded = zoo.load(tmp_path / "saved")
    docs = [WORDS, WORDS[:2], WORDS[1:], ["a"]]
    models = [p.components["transformer"].model for p in (pipeline, loaded)]
    assert [transformer_of(m).batching for m in models] == ["equal", "equal"]
    expected = models[0].predict(docs).vectors
    np.testing.assert_array_equal(models[1].predict(docs).vectors, expected)


def test_a_saved_way_of_batching_that_there_is_not_is_refused(tmp_path):
    make_pipeline(save_tiny(tmp_path / "bert", "bert")).to_disk(tmp_path / "saved")
    file = tmp_path / "saved" / "transformer.transformer.json"
    setup = json.loads(file.read_text())
    file.write_text(json.dumps({**setup, "batching": "at once"}))
    with pytest.raises(ValueError, match="expected batching to be one of padded, equ"):
        attend(tmp_path / "saved", "the cat")


def test_a_config_that_asks_for_tuples_changes_nothing(tmp_path):
    folder = save_tiny(tmp_path / "bert", "bert")
    expected = wrap(folder).predict([WORDS]).vectors
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "return_dict": False}))
    np.testing.assert_array_equal(wrap(folder).predict([WORDS]).vectors, expected)
    settings = {"output_hidden_states": True, "output_attentions": True}
    batch = wrap(folder, transformer_config=settings).predict([WORDS])
    assert len(batch.layers) == 3
    assert len(batch.attentions) == 1
