"""Train the text classifiers of spaCy's configs under their names, old ones too."""

import pytest
from thinc.api import fix_random_seed

import zoo
from zoo.config import ConfigError, parse_config
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


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("spacy.TextCatLowData.v1", "spaCy's own fails too; zoo.TextCatReduce.v1"),
        ("spacy.TextCatParametricAttention.v1", "zoo.TextCatEnsemble.v1 pools by att"),
    ],
)
def test_classifiers_that_zoo_has_not_name_another(name, message):
    with pytest.raises(ConfigError, match=message):
        registry.resolve({"m": {"@architectures": name}})


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
