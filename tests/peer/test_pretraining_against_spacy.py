"""Compare pretraining with spaCy's, where both do the same."""

import numpy as np
import pytest
from thinc.api import Config, CosineDistance, NumpyOps

import zoo
from tests.peer.spacy_models import DOCS, TOK2VEC, as_spacy, assert_same, build_spacy
from zoo.objectives import PretrainVectors
from zoo.objectives.pretrain_characters import pick_bytes
from zoo.pipeline._encoder_weights import load_encoder

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer


def test_a_file_of_spacy_pretrain_is_read(tmp_path):
    peer = build_spacy(TOK2VEC)
    (tmp_path / "model4.bin").write_bytes(peer.to_bytes())
    config = Config().from_str(f"[model]\n{TOK2VEC}")
    ours = zoo.registry.resolve(config)["model"].initialize(X=DOCS)
    load_encoder(ours, tmp_path / "model4.bin", config, "model")
    assert_same(peer.predict(as_spacy(DOCS)), ours.predict(DOCS))


def test_the_bytes_to_predict_are_spacys():
    words = ["a", "the", "jumping", "naïve", "日本語"]
    doc = spacy.tokens.Doc(spacy.blank("en").vocab, words=words)
    for n_characters in (1, 4, 5):
        expected = doc.to_utf8_array(nr_char=n_characters)
        assert pick_bytes(words, n_characters).tolist() == expected.tolist()


def test_the_gradient_of_the_cosine_is_thincs():
    draw = np.random.default_rng(0)
    words = ["a", "b", "c"]
    table = zoo.Vectors(words, draw.normal(size=(3, 5)).astype("f"))
    objective = PretrainVectors(hidden_size=4)
    objective.prepare([], table)
    Y = draw.normal(size=(3, 5)).astype("f")
    docs, tokens = [zoo.Doc(words)], np.arange(3)
    loss = objective.loss(NumpyOps(), docs, tokens, Y)
    peer = CosineDistance(normalize=False)
    truth = table.get(words)[0]
    np.testing.assert_allclose(
        loss.gradient, peer.get_grad(Y, truth), rtol=1e-3, atol=1e-5
    )
    assert float(loss.total) == pytest.approx(float(peer.get_loss(Y, truth)), rel=1e-4)


def test_spacys_names_make_zoos_objectives():
    settings = {"maxout_pieces": 2, "hidden_size": 8}
    blocks = {
        "spacy.PretrainCharacters.v1": {**settings, "n_characters": 3},
        "spacy.PretrainVectors.v1": {**settings, "loss": "L2"},
    }
    for name, block in blocks.items():
        block = {"@architectures": name, **block}
        objective = zoo.registry.resolve({"objective": block})["objective"]
        assert name.lower().endswith(f"pretrain{objective.name}.v1")
