"""Train from the configs that spaCy writes (spacy/cli/init_config.py)."""

import inspect

import pytest

from zoo._registry import registry
from zoo.config import parse_config
from zoo.models.make_config import complete
from zoo.training.run_training import run_training

from ..tiny import save_docs

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer
#: Settings that make a run short and an encoder small, by dotted path.
SMALL = {
    "components.tok2vec.model.encode.width": 8,
    "components.tok2vec.model.encode.depth": 1,
    "training.max_steps": 2,
    "training.eval_frequency": 2,
}


@pytest.fixture
def corpora(tmp_path):
    path = save_docs(tmp_path / "docs.jsonl")
    return {"paths.train": path, "paths.dev": path}


def test_config_that_spacy_fills_trains_unchanged(corpora, tmp_path):
    from spacy.cli.init_config import init_config

    made = init_config(lang="en", pipeline=["tagger"], optimize="efficiency", gpu=False)
    config = parse_config(made.to_str(), {**corpora, **SMALL})
    filled = complete(config)
    # Only zoo has these.
    assert filled["system"].pop("deterministic") is False
    assert not any(
        filled["corpora"][part].pop("retokenize") for part in ("train", "dev")
    )
    assert filled == config
    assert "tag_acc" in run_training(config, tmp_path / "out").scores


def test_config_with_a_classifier_of_spacy_trains_unchanged(corpora, tmp_path):
    nlp = spacy.blank("en")
    model = {
        "@architectures": "spacy.TextCatReduce.v1",
        "exclusive_classes": True,
        "use_reduce_first": True,
        "use_reduce_last": False,
        "use_reduce_max": True,
        "use_reduce_mean": True,
        "tok2vec": {
            "@architectures": "spacy.HashEmbedCNN.v2",
            "width": 8,
            "depth": 1,
            "embed_size": 50,
            "window_size": 1,
            "maxout_pieces": 3,
            "subword_features": True,
            "pretrained_vectors": None,
        },
    }
    nlp.add_pipe("textcat", config={"model": model})
    text = nlp.config.to_str()
    config = complete(parse_config(text, {**corpora, "training.max_steps": 2}))
    assert "cats_macro_f" in run_training(config, tmp_path / "out").scores


KINDS = ("architectures", "batchers", "loggers", "readers", "factories")
#: Where zoo's function takes less than spaCy's: what it does not know of.
LESS = {"factories": {"nlp", "name", "model"}}
#: Where it takes more, such as the arguments that a function had before spaCy 3.0.
EARLY = ("also_embed_subwords", "also_use_static_vectors")
MORE = {
    # spaCy's rules get the language from the pipeline.
    **dict.fromkeys(
        ("attribute_ruler", "lemmatizer", "entity_ruler", "span_ruler"), ("lang",)
    ),
    "spacy.MultiHashEmbed.v1": EARLY,
    "textcat": ("positive_label",),  # An argument of `initialize` in spaCy.
    "trainable_lemmatizer": ("rare",),
    "spacy.Corpus.v1": ("retokenize",),
    "spacy.TransitionBasedParser.v1": ("nr_feature_tokens",),
    "spacy-legacy.TransitionBasedParser.v1": ("nr_feature_tokens",),
}


def test_arguments_are_those_of_spacys_functions():
    compared = []
    for kind in KINDS:
        for name, function in getattr(registry, kind).get_all().items():
            if not spacy.registry.has(kind, name) or name.startswith("zoo."):
                continue
            peer = spacy.registry.get(kind, name)
            ours, theirs = inspect.signature(function), inspect.signature(peer)
            expected = [n for n in theirs.parameters if n not in LESS.get(kind, ())]
            found = [n for n in ours.parameters if n not in MORE.get(name, ())]
            assert sorted(found) == sorted(expected), name
            for parameter in expected:
                default = theirs.parameters[parameter].default
                if kind != "factories" and isinstance(default, int | float | str):
                    assert ours.parameters[parameter].default == default, name
            compared.append(name)
    assert {"tagger", "textcat", "spacy.Tagger.v2", "spacy.Corpus.v1"} <= {*compared}
