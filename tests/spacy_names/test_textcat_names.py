"""Train the text classifiers of spaCy's configs under their names, old ones too."""

import numpy as np
import pytest
from thinc.api import fix_random_seed

import zoo
from zoo.config import parse_config
from zoo.models.make_config import complete
from zoo.training.run_training import run_training

from ..tiny import make_docs, make_tiny_config, registry, save_docs

CNN = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 8,
    "depth": 1,
    "embed_size": 40,
    "window_size": 1,
    "maxout_pieces": 2,
}
BOW = {"exclusive_classes": True, "ngram_size": 2, "no_output_layer": False}
ENSEMBLE = {
    **{"width": 8, "embed_size": 40, "pretrained_vectors": None},
    **{"exclusive_classes": True, "ngram_size": 1, "window_size": 1},
    **{"conv_depth": 2, "dropout": None},
}
MODELS = {
    "spacy.TextCatBOW.v1": BOW,
    "spacy.TextCatBOW.v2": BOW,
    "spacy-legacy.TextCatBOW.v1": BOW,
    "spacy.TextCatEnsemble.v1": ENSEMBLE,
    "spacy-legacy.TextCatEnsemble.v1": ENSEMBLE,
    "spacy.TextCatCNN.v1": {"tok2vec": CNN, "exclusive_classes": True},
    "spacy.TextCatParametricAttention.v1": {"tok2vec": CNN, "exclusive_classes": True},
    "spacy-legacy.TextCatCNN.v1": {"tok2vec": CNN, "exclusive_classes": True},
}


@pytest.mark.parametrize("name", MODELS)
def test_old_names_of_classifiers_train_and_load(name, tmp_path):
    config = make_tiny_config(["textcat"], max_steps=60, eval_frequency=20)
    block = {"@architectures": name, **MODELS[name], "nO": None}
    config["components"]["textcat"]["model"] = block
    path = save_docs(tmp_path / "docs.jsonl")
    config["paths"] |= {"train": path, "dev": path}
    config = complete(config)
    fix_random_seed(0)
    best = run_training(config, tmp_path / "out")
    assert best.scores["cats_acc"] > 0.8
    loaded = zoo.load(tmp_path / "out" / "model-best")
    docs = make_docs()
    assert loaded.evaluate(docs)["cats_acc"] == best.scores["cats_acc"]


def test_old_ensemble_takes_static_vectors():
    block = {"@architectures": "spacy.TextCatEnsemble.v1", **ENSEMBLE}
    model = registry.resolve({"m": {**block, "pretrained_vectors": True}})["m"]
    assert any(node.name == "static_vectors" for node in model.walk())


def test_classifier_for_little_data_trains_and_loads(tmp_path):
    config = make_tiny_config(["textcat_multilabel"], max_steps=60, eval_frequency=20)
    name = "spacy.TextCatLowData.v1"
    block = {"@architectures": name, "width": 8, "dropout": 0.1, "nO": None}
    config["components"]["textcat_multilabel"]["model"] = block
    path = save_docs(tmp_path / "docs.jsonl")
    words = sorted({word for doc in make_docs() for word in doc.words})
    data = np.random.default_rng(0).normal(size=(len(words), 5)).astype("f")
    zoo.vectors.write_vectors(
        zoo.Vectors(words, data), tmp_path / "vectors.safetensors"
    )
    config["paths"] |= {"train": path, "dev": path}
    config["initialize"]["vectors"] = str(tmp_path / "vectors.safetensors")
    fix_random_seed(0)
    best = run_training(complete(config), tmp_path / "out")
    loaded = zoo.load(tmp_path / "out" / "model-best")
    assert loaded.evaluate(make_docs())["cats_score"] == best.scores["cats_score"]
    assert best.scores["cats_score"] > 0.8


ENSEMBLE_ON_TRANSFORMER = """
[nlp]
pipeline = ["transformer","textcat_multilabel"]
tokenizer = {"@tokenizers":"spacy.Tokenizer.v1"}

[components]

[components.textcat_multilabel]
factory = "textcat_multilabel"
scorer = {"@scorers":"spacy.textcat_multilabel_scorer.v2"}

[components.textcat_multilabel.model]
@architectures = "spacy.TextCatEnsemble.v2"
nO = null

[components.textcat_multilabel.model.linear_model]
@architectures = "spacy.TextCatBOW.v3"
exclusive_classes = false
length = 64
ngram_size = 1
no_output_layer = false

[components.textcat_multilabel.model.tok2vec]
@architectures = "spacy-transformers.TransformerListener.v1"
pooling = {"@layers":"reduce_mean.v1"}
upstream = "*"

[components.transformer]
factory = "transformer"

[components.transformer.model]
@architectures = "spacy-transformers.TransformerModel.v3"
name = "tiny"

[components.transformer.model.get_spans]
@span_getters = "spacy-transformers.strided_spans.v1"
window = 32
stride = 24
"""


def test_ensemble_over_a_transformer_learns_its_width(tmp_path):
    hugging_face = pytest.importorskip(
        "tests.transformers.hugging_face", reason="transformers are not installed"
    )
    folder = hugging_face.save_tiny(tmp_path / "tiny", "bert")
    docs = make_docs()
    path = save_docs(tmp_path / "docs.jsonl", docs)
    config = parse_config(
        ENSEMBLE_ON_TRANSFORMER, {"components.transformer.model.name": str(folder)}
    )
    config = complete(config)
    config["paths"] |= {"train": path, "dev": path}
    config["training"] |= {"max_steps": 2, "eval_frequency": 1, "logger": None}
    best = run_training(config, tmp_path / "out")
    loaded = zoo.load(tmp_path / "out" / "model-best")
    score = loaded.evaluate(docs)["cats_macro_auc"]
    assert score == pytest.approx(best.scores["cats_macro_auc"])
