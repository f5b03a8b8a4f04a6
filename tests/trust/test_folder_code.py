"""Folders from strangers run no code: none writes the marker file that it would."""

import json
import shutil

import pytest

import zoo
from tests.tiny import make_docs, rewrite_meta
from tests.transformers.hugging_face import save_tiny
from zoo._spacy_names import data_names
from zoo.config import format_config, load_config, parse_config
from zoo.pipeline._load import inspect
from zoo.pipeline._model_folder import META, checksum
from zoo.transformers import TransformerWrapper, strided_spans, trust_remote_code

pytest.importorskip("transformers")

CONFIG = """
[nlp]
pipeline = ["transformer", "tagger"]

[components]

[components.transformer]
factory = "transformer"

[components.transformer.model]
@architectures = "zoo.TransformerWrapper.v1"
name = {name}
{settings}

[components.transformer.model.get_spans]
@span_getters = "spacy-transformers.strided_spans.v1"
window = 20
stride = 12

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "zoo.Tagger.v1"

[components.tagger.model.tok2vec]
@architectures = "zoo.Listener.v1"
upstream = "transformer"

[components.tagger.model.tok2vec.pooling]
@layers = "zoo.PoolPieces.v1"
"""
SETUP, TOKENIZER = "transformer.transformer.json", "transformer.tokenizer.json"


@pytest.fixture(scope="module")
def harmless(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("bert"), "bert")


@pytest.fixture(scope="module")
def model(tmp_path_factory, harmless):
    pipeline = zoo.Pipeline.from_config(make_config(harmless))
    pipeline.initialize(make_docs())
    folder = tmp_path_factory.mktemp("saved") / "model"
    pipeline.to_disk(folder)
    return folder


@pytest.fixture
def copy(model, tmp_path):
    return shutil.copytree(model, tmp_path / "model")


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "marker"


@pytest.fixture
def evil(harmless, tmp_path, marker):
    """A model of Hugging Face's whose own code writes a marker as it is imported."""
    folder = shutil.copytree(harmless, tmp_path / "evil")
    code = f"import pathlib\npathlib.Path({str(marker)!r}).write_text('ran')\n"
    code += (
        "from transformers import BertConfig, BertModel\n"
        "class EvilConfig(BertConfig):\n    model_type = 'evil'\n"
        "class EvilModel(BertModel):\n    config_class = EvilConfig\n"
    )
    (folder / "evil.py").write_text(code)
    settings = json.loads((folder / "config.json").read_text())
    settings["model_type"] = "evil"
    settings["auto_map"] = {
        "AutoConfig": "evil.EvilConfig",
        "AutoModel": "evil.EvilModel",
    }
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


def make_config(name, settings=""):
    name = json.dumps(str(name))
    return parse_config(CONFIG.format(name=name, settings=settings))


def sign(folder, **changes):
    """Write meta data that fit the files, as a stranger would."""
    files = {
        file.name: checksum(file)
        for file in sorted(folder.iterdir())
        if file.name != META
    }
    meta = json.loads((folder / META).read_text())
    rewrite_meta(folder, {**meta, "files": files, **changes})


def change_name(folder, name, settings=""):
    """Change the config of a folder to name another transformer."""
    (folder / "config.cfg").write_text(make_config(name, settings).to_str())


READERS = {
    "load": zoo.load,
    "info": inspect,
    "source": lambda folder: zoo.Pipeline.from_config(
        parse_config(
            f'[nlp]\npipeline = ["transformer"]\n[components]\n'
            f'[components.transformer]\nsource = "{folder}"\n'
        )
    ).initialize(make_docs()),
}
TRUST = [
    "",
    'transformer_config = {"trust_remote_code": true}',
    'tokenizer_config = {"trust_remote_code": true}',
]


def test_code_of_a_model_runs_only_if_a_person_trusts_it(evil, marker):
    with pytest.raises(ValueError, match="cannot load"):
        TransformerWrapper(str(evil), strided_spans(20, 12)).initialize()
    assert not marker.exists()
    with trust_remote_code():
        TransformerWrapper(str(evil), strided_spans(20, 12)).initialize()
    assert marker.exists()


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("settings", TRUST)
def test_what_a_folder_lacks_is_loaded_from_nowhere(copy, evil, marker, read, settings):
    change_name(copy, evil, settings)
    for name in (SETUP, TOKENIZER):
        (copy / name).unlink()
    sign(copy)
    with pytest.raises(ValueError, match=r"not whole|run no code|may not set"):
        read(copy)
    assert not marker.exists()


def test_a_folder_reads_no_transformer_but_its_own(copy, evil, marker):
    change_name(copy, evil)
    sign(copy)
    assert zoo.load(copy)(["dogs run"])[0].tags
    assert not marker.exists()


@pytest.mark.parametrize(
    "setting",
    [
        'tokenizer_config = {"trust_remote_code": true}',
        'tokenizer_config = {"tokenizer_class": "evil.Tokenizer"}',
        'tokenizer_config = {"cache_dir": "/tmp/elsewhere"}',
        'tokenizer_config = {"auto_map": {"AutoTokenizer": ["evil.Tokenizer", null]}}',
        'tokenizer_config = {"unk_token": {"trust_remote_code": true}}',
        'tokenizer_config = {"vocab_file": "/etc/hostname"}',
        'tokenizer_config = {"fix_mistral_regex": true}',
        'transformer_config = {"a_setting_that_is_new": 1}',
        'transformer_config = {"text_config": {"model_type": "evil"}}',
        'transformer_config = {"text_config": {"_attn_implementation": "a/b"}}',
        'transformer_config = {"attn_implementation": {"text": "a/b"}}',
        'transformer_config = {"layer_types": [{"use_kernels": true}]}',
        'transformer_config = {"rope_parameters": {"trust_remote_code": true}}',
        'transformer_config = {"use_kernels": true}',
        'transformer_config = {"allow_all_kernels": true}',
        'transformer_config = {"trust_remote_code": true}',
        'transformer_config = {"cache_dir": "/tmp/elsewhere"}',
        'transformer_config = {"attn_implementation": "someone/kernels"}',
        'transformer_config = {"quantization_config": {"quant_method": "awq"}}',
        'transformer_config = {"text_config": {"backbone": "someone/backbone"}}',
    ],
)
def test_configs_cannot_ask_for_trust(evil, marker, setting):
    with pytest.raises(ValueError, match=r"run no code|may not set|must be one of"):
        zoo.Pipeline.from_config(make_config(evil, setting))
    assert not marker.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"auto_map": {"AutoModel": "EVIL--evil.EvilModel"}}, "only if you trust it"),
        ({"backbone": "resnet50", "use_timm_backbone": True}, "may not set"),
        ({"quantization_config": {"quant_method": "awq"}}, "quantization_config"),
        ({"_attn_implementation": "someone/kernels"}, "must be one of eager"),
        ({"attn_implementation": "flash_attention_2"}, "must be one of eager"),
        ({"model_type": "timm_wrapper", "architecture": "hf-hub:a/b"}, "model_type"),
        ({"model_type": "../evil"}, "model_type must be one"),
        ({"text_config": {"model_type": "timm_wrapper"}}, "model_type may not be"),
        ({"encoder": {"model_type": ["bert"]}}, "model_type must be one"),
        ({"kernels": "someone/kernels"}, "'kernels' is no setting of a bert"),
        ({"use_new_kernels": True}, "'use_new_kernels' is no setting of a bert"),
        ({"id2label": {"0": {"auto_map": {"AutoModel": "a--b.C"}}}}, "may not set"),
        ({"architectures": [{"use_kernels": True}]}, "may not set"),
        ({"model_type": None}, "model_type must be one"),
        ({"num_hidden_layers": 3000}, "num_hidden_layers is 3000"),
        ({"hidden_size": 10**9}, "hidden_size is 1000000000"),
        ({"intermediate_size": 10**6}, "weights, but the file holds"),
        ({"hidden_act": "nothing"}, "cannot be built again"),
    ],
)
def test_settings_of_a_saved_transformer_fetch_nothing(
    copy, evil, marker, changes, message
):
    setup = json.loads((copy / SETUP).read_text())
    setup["config"].update(changes)
    text = json.dumps(setup).replace("EVIL", str(evil))
    (copy / SETUP).write_text(text)
    sign(copy)
    with pytest.raises(ValueError, match=message):
        zoo.load(copy)
    assert not marker.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"_attn_implementation": "someone/kernels"},
        {"attn_implementation": "someone/kernels"},
        {"attn_implementation": "paged|someone/kernels"},
        {"backbone": "resnet50", "use_timm_backbone": True},
        {"use_kernels": True},
        {"text_config": {"model_type": "timm_wrapper"}},
    ],
)
def test_config_of_a_downloaded_transformer_fetches_nothing(
    harmless, tmp_path, changes
):
    folder = shutil.copytree(harmless, tmp_path / "published")
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | changes))
    message = r"must be one of eager|a file may not set|model_type may not be"
    with pytest.raises(ValueError, match=message):
        TransformerWrapper(str(folder), strided_spans(20, 12)).initialize()


def test_what_people_put_into_a_config_is_not_saved(harmless, tmp_path):
    folder = shutil.copytree(harmless, tmp_path / "published")
    settings = json.loads((folder / "config.json").read_text())
    more = {"note": "mine", "pooler_type": "first", "nested": {"a": "b"}}
    (folder / "config.json").write_text(json.dumps(settings | more))
    pipeline = zoo.Pipeline.from_config(make_config(folder))
    pipeline.initialize(make_docs())
    pipeline.to_disk(tmp_path / "model")
    saved = json.loads((tmp_path / "model" / SETUP).read_text())["config"]
    assert saved["pooler_type"] == "first"
    assert saved.keys().isdisjoint({"note", "nested", "_name_or_path"})
    assert zoo.load(tmp_path / "model")(["dogs run"])[0].tags


def test_a_person_may_trust_any_setting(harmless):
    settings = {"a_setting_that_is_new": 1}
    spans = strided_spans(20, 12)
    with trust_remote_code():
        TransformerWrapper(str(harmless), spans, transformer_config=settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "expected the settings of a transformer"),
        ('{"config": null}', "expected the settings of a transformer"),
        (
            '{"width": "a", "max_length": 1, "pad_id": 0, "n_layers": 1, "config": {}}',
            "expected width to be a number",
        ),
        (
            '{"width": 8, "max_length": 1, "pad_id": 0, "n_layers": 1, "config": null}',
            "was a module made in Python",
        ),
    ],
)
def test_damaged_settings_of_a_transformer_are_refused(copy, text, message):
    (copy / SETUP).write_text(text)
    sign(copy)
    with pytest.raises(ValueError, match=message):
        zoo.load(copy)


@pytest.mark.parametrize("text", ["", "{}", '{"model": {"type": "BPE"}}', "\x00"])
def test_broken_tokenizer_files_are_refused(copy, text):
    (copy / TOKENIZER).write_text(text)
    sign(copy)
    with pytest.raises(ValueError, match=r"transformer\.json.*expected a tokenizer"):
        zoo.load(copy)


def test_a_saved_folder_takes_no_component_from_another(copy, model):
    config = (copy / "config.cfg").read_text()
    before, after = config.split("[components.tagger]\n")
    source = f'[components.tagger]\nsource = "{model}"\n'
    (copy / "config.cfg").write_text(before + source + after)
    sign(copy)
    with pytest.raises(ValueError, match=r"must hold its components itself"):
        zoo.load(copy)


READS = {
    "a setting": ("components.tagger.label", "srsly.read_json.v1"),
    "a layer's": ("components.tagger.model.nO", "srsly.read_jsonl.v1"),
    "one in a list": ("components.tagger.labels", "spacy.read_labels.v1"),
    "a tokenizer's": ("nlp.tokenizer", "srsly.read_yaml.v1"),
    "the batches'": ("nlp.batch_size", "srsly.read_msgpack.v1"),
}


@pytest.mark.parametrize("kind", READS)
def test_a_pipeline_reads_no_file_that_its_config_names(
    copy, kind, tmp_path, monkeypatch
):
    path, name = READS[kind]
    config = load_config(copy / "config.cfg")
    *steps, last = path.split(".")
    block = config
    for step in steps:
        block = block[step]
    (tmp_path / "private").write_text("1")
    reader = {"@readers": name, "path": str(tmp_path / "private")}
    block[last] = [reader] if "list" in kind else reader
    (copy / "config.cfg").write_text(format_config(config))
    sign(copy)
    monkeypatch.setattr(data_names, "check_plain", pytest.fail)
    with pytest.raises(ValueError, match="a pipeline has no @readers") as error:
        zoo.load(copy)
    assert path in str(error.value)
