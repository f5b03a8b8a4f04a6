"""spaCy loads what `zoo export` writes, and computes the same vectors."""

import pytest
from thinc.api import Config

import zoo
from tests.peer.spacy_models import DOCS, TOK2VEC, as_spacy, assert_same, build_spacy
from tests.pretraining.tiny import TEXTS, make_config
from tests.tiny import save_docs
from zoo.config import interpolate
from zoo.interop._spacy_weights import spacy_weights
from zoo.interop.spacy import load_weights
from zoo.models._spacy_encoder import spacy_encoder
from zoo.pipeline._encoder_weights import load_encoder, read_encoder
from zoo.pretraining.pretrain import run_pretraining

spacy = pytest.importorskip("spacy")
from spacy.language import DEFAULT_CONFIG_PRETRAIN_PATH  # noqa: E402
from spacy.training.initialize import init_tok2vec  # noqa: E402
from spacy.util import load_config  # noqa: E402

pytestmark = pytest.mark.peer

SETTINGS = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger"]

[components]

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = {width}
upstream = "tok2vec"
"""


def initialize_in_spacy(source, tmp_path, width):
    """Initialize a pipeline of spaCy's with the settings that come with the file."""
    file = tmp_path / "encoder.bin"
    data, settings = spacy_encoder(source, str(file))
    file.write_bytes(data)
    base = Config().from_str(SETTINGS.format(width=width), interpolate=False)
    # As `spacy init fill-config --pretraining` does.
    config = load_config(DEFAULT_CONFIG_PRETRAIN_PATH, interpolate=False)
    config = config.merge(base).merge(Config().from_str(settings, interpolate=False))
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    example = spacy.training.Example.from_dict(
        nlp.make_doc("Snow fell"), {"tags": ["NOUN", "VERB"]}
    )
    nlp.initialize(lambda: [example])
    filled = nlp.config.interpolate()
    assert filled["initialize"]["init_tok2vec"] == str(file)
    assert init_tok2vec(nlp, filled["pretraining"], filled["initialize"])
    return nlp


def test_spacy_starts_from_an_encoder_that_comes_with_zoo(tmp_path):
    nlp = initialize_in_spacy("hash-cnn-small", tmp_path, 64)
    ours = zoo.create_model("hash-cnn-small", pretrained=True)
    found = nlp.get_pipe("tok2vec").model.predict(as_spacy(DOCS))
    assert_same(found, ours.predict(DOCS))


def test_spacy_starts_from_an_encoder_of_zoo_pretrain(tmp_path):
    config = make_config(save_docs(tmp_path / "raw.jsonl", TEXTS), max_epochs=1)
    run_pretraining(config, tmp_path / "out")
    source = tmp_path / "out" / "model-best"
    width = config["components"]["tok2vec"]["model"]["encode"]["width"]
    nlp = initialize_in_spacy(str(source), tmp_path, width)
    saved = read_encoder(source)
    config = interpolate(saved.config)
    block = {"model": config["components"]["tok2vec"]["model"]}
    ours = zoo.registry.resolve(block)["model"].initialize()
    load_encoder(ours, source, saved.config, saved.path)
    found = nlp.get_pipe("tok2vec").model.predict(as_spacy(DOCS))
    assert_same(found, ours.predict(DOCS))


def test_what_is_written_is_what_spacy_writes():
    peer = build_spacy(TOK2VEC)
    config = Config().from_str(f"[model]\n{TOK2VEC}")
    ours = zoo.registry.resolve(config)["model"].initialize(X=DOCS)
    load_weights(ours, peer.to_bytes())
    again = peer.copy().from_bytes(spacy_weights(ours))
    assert_same(again.predict(as_spacy(DOCS)), peer.predict(as_spacy(DOCS)))
