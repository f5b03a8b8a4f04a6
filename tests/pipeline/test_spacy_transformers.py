"""Check transformers of pipelines that spaCy trained, against what spaCy predicted.

`train_transformers.py` made the pipelines and the predictions in `data`.
"""

import json
import os
import pickle
import shutil
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import srsly
from thinc.api import Adam

import zoo
from zoo.config import ConfigError
from zoo.interop.spacy import read_nodes
from zoo.pipeline._spacy_folder import find_spacy_folder
from zoo.transformers._sentencepiece import read_sentencepiece

pytest.importorskip("transformers", reason="the extra transformers is not installed")

DATA = Path(__file__).parent / "data"
NAMES = sorted(path.stem for path in DATA.glob("*.json"))
FIELDS = ("words", "tags", "heads", "deps", "ents")
pipelines = pytest.mark.parametrize("name", NAMES)


def expected(name):
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf8"))


def vectors(pipeline, doc):
    """Return what the tagger of a pipeline reads of a document."""
    tok2vec = pipeline.components["tagger"].model.get_ref("tok2vec")
    encoder = pipeline.components.get("transformer")
    docs = [doc]
    with encoder.upstream.run(docs) if encoder else nullcontext():
        return tok2vec.predict(docs)[0]


def check_fields(doc, wanted):
    for field in FIELDS:
        if field in wanted:
            found = getattr(doc, field) or []
            plain = [list(f) if isinstance(f, tuple) else f for f in found]
            assert plain == wanted[field], field


@pytest.fixture
def copy_of(tmp_path):
    """Copy a pipeline, to damage it."""

    def copy(name):
        return Path(shutil.copytree(DATA / name, tmp_path / name))

    return copy


def change_shim(file, **values):
    """Change what a model file holds of its module of PyTorch."""
    stored = srsly.msgpack_loads(file.read_bytes())
    (i,) = [i for i, shims in enumerate(stored["shims"]) if shims]
    shim = srsly.msgpack_loads(stored["shims"][i][0])
    for key, value in values.items():
        shim[key] = {**shim[key], **value} if isinstance(value, dict) else value
    stored["shims"][i] = [srsly.msgpack_dumps(shim)]
    file.write_bytes(srsly.msgpack_dumps(stored))


@pipelines
def test_annotations_and_vectors_are_those_of_spacy(name):
    pipeline = zoo.load(DATA / name)
    for wanted in expected(name):
        (doc,) = pipeline.pipe([wanted["text"]])
        check_fields(doc, wanted)
        if doc.words:
            # Rounded to five digits in the file.
            assert vectors(pipeline, doc) == pytest.approx(
                np.array(wanted["vectors"]), abs=2e-5
            )


@pipelines
def test_documents_of_a_batch_do_not_change_each_other(name):
    held = expected(name)
    docs = zoo.load(DATA / name).pipe([wanted["text"] for wanted in held])
    for doc, wanted in zip(docs, held, strict=True):
        check_fields(doc, wanted)


@pytest.mark.parametrize("name", ["trf_bert", "trf_roberta", "curated_bert"])
def test_saved_pipeline_needs_nothing_of_spacys(tmp_path, name):
    zoo.load(DATA / name).to_disk(tmp_path / "saved")
    assert find_spacy_folder(tmp_path / "saved") is None
    loaded = zoo.load(tmp_path / "saved")
    for wanted in expected(name):
        (doc,) = loaded.pipe([wanted["text"]])
        check_fields(doc, wanted)


def test_pipeline_is_trained_on():
    pipeline = zoo.load(DATA / "curated_roberta")
    words = expected("curated_roberta")[4]["words"]  # Several windows that overlap.
    docs = [zoo.Doc(words, tags=["NAME"] * len(words))]
    optimizer = Adam(0.01)
    steps = [pipeline.update(docs, optimizer=optimizer) for _ in range(3)]
    losses = [step["tagger"].total for step in steps]
    assert losses[-1] < losses[0]


def test_code_in_weights_is_refused(copy_of, tmp_path):
    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "attacked"),)

    folder = copy_of("trf_bert")
    change_shim(folder / "transformer" / "model", state=pickle.dumps(Attack()))
    with pytest.raises(ValueError, match="must be arrays alone, and cannot be read"):
        zoo.load(folder)
    assert not (tmp_path / "attacked").exists()


def test_weights_of_a_pipeline_that_was_not_initialized_are_missed(copy_of):
    folder = copy_of("trf_bert")
    change_shim(folder / "transformer" / "model", state=b"")
    with pytest.raises(ValueError, match="saved before it was initialized"):
        zoo.load(folder)


def test_slow_tokenizer_is_refused(copy_of):
    folder = copy_of("trf_bert")
    change_shim(folder / "transformer" / "model", tokenizer={"tokenizer.json": None})
    with pytest.raises(ValueError, match="Set use_fast to true"):
        zoo.load(folder)


def test_damaged_tokenizer_is_refused(copy_of):
    folder = copy_of("trf_bert")
    change_shim(folder / "transformer" / "model", tokenizer={"tokenizer.json": b"{"})
    with pytest.raises(ValueError, match="the transformer cannot be built"):
        zoo.load(folder)
    change_shim(
        folder / "transformer" / "model", tokenizer={"tokenizer_config.json": b"{"}
    )
    with pytest.raises(ValueError, match=r"tokenizer_config\.json is no JSON"):
        zoo.load(folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"auto_map": {"AutoModel": "a--b.C"}}, "may not set auto_map"),
        ({"num_hidden_layers": 10**6}, "num_hidden_layers is 1000000"),
        ({"hidden_size": 10**9}, "hidden_size is 1000000000"),
        ({"model_type": "spam"}, "model_type must be one"),
        ({"vocab_size": 4000}, "weights, but the file holds"),
        ({"num_attention_heads": 3}, "the transformer cannot be built"),
    ],
)
def test_config_that_its_weights_do_not_fit_is_refused(copy_of, settings, message):
    folder = copy_of("trf_bert")
    change_shim(folder / "transformer" / "model", config=settings)
    with pytest.raises(ValueError, match=message):
        zoo.load(folder)


def test_weights_that_lack_an_array_are_refused(copy_of):
    folder = copy_of("curated_bert")
    config = (folder / "config.cfg").read_text()
    config = config.replace("num_hidden_layers = 2", "num_hidden_layers = 3")
    config = config.replace("vocab_size = ", "vocab_size = 1 #").replace(" #", "")
    (folder / "config.cfg").write_text(config)
    with pytest.raises(ValueError, match="weights"):
        zoo.load(folder)


def test_model_file_without_config_is_refused(copy_of):
    folder = copy_of("trf_bert")
    change_shim(folder / "transformer" / "model", tokenizer=[])
    with pytest.raises(ValueError, match="no config or no tokenizer"):
        zoo.load(folder)


def test_file_of_another_component_is_refused(copy_of):
    folder = copy_of("trf_bert")
    shutil.copy(folder / "tagger" / "model", folder / "transformer" / "model")
    with pytest.raises(ValueError, match="expected 1 transformers, got 0"):
        zoo.load(folder)


def test_file_that_ends_early_is_refused(copy_of):
    file = copy_of("curated_xlmr") / "transformer" / "model"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"To go on without: zoo\.load"):
        zoo.load(file.parents[1])


def test_model_without_shims_is_none_of_spacys():
    stored = {"nodes": [], "attrs": [], "params": []}
    with pytest.raises(ValueError, match="it lacks shims"):
        read_nodes(srsly.msgpack_dumps(stored))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("curated-transformers.Roberta", "curated-transformers.Albert", "zoo runs"),
        ("ByteBpeEncoder.v1", "CharEncoder.v1", "zoo runs .*got 'spacy-cur.*CharEnc"),
        ("torchscript = false", "torchscript = true", "TorchScript holds code"),
    ],
)
def test_curated_parts_that_zoo_lacks_are_named(copy_of, old, new, message):
    folder = copy_of("curated_roberta")
    config = (folder / "config.cfg").read_text()
    assert old in config
    (folder / "config.cfg").write_text(config.replace(old, new))
    with pytest.raises(ConfigError, match=message):
        zoo.load(folder)


def test_pieces_that_the_file_lacks_are_named(copy_of):
    folder = copy_of("curated_roberta")
    config = (folder / "config.cfg").read_text()
    swapped = config.replace("ByteBpeEncoder.v1", "WordpieceEncoder.v1")
    (folder / "config.cfg").write_text(swapped)
    with pytest.raises(ValueError, match=r"cannot read the pieces of .*Wordpiece"):
        zoo.load(folder)


def test_damaged_sentencepiece_models_are_refused():
    _, stored = read_nodes(DATA / "curated_xlmr" / "transformer")
    (data,) = [
        a[k] for a in stored["attrs"] for k in a if k.endswith("piece_processor")
    ]
    encoder = "spacy-curated-transformers.SentencepieceEncoder.v1"
    assert read_sentencepiece(data, encoder).encode("Mia saw").ids
    with pytest.raises(ValueError, match="SentencePiece is damaged"):
        read_sentencepiece(data[:-1], encoder)
    with pytest.raises(ValueError, match="expected a unigram model"):
        read_sentencepiece(b"", encoder)
    unknown = b"\x0a\x09\x0a\x05<unk>\x18\x02"
    with pytest.raises(ValueError, match="no pieces for text ends"):
        read_sentencepiece(unknown, encoder)
    for cut in range(0, len(data), 97):
        try:
            read_sentencepiece(data[:cut], encoder)
        except ValueError:
            continue
