from pathlib import Path

import numpy as np
import pytest

import zoo
from zoo.config import ConfigError, parse_config
from zoo.config._blocks import fill
from zoo.config._validate import parameters
from zoo.models.make_config import complete
from zoo.training._training_config import plan_training
from zoo.training.run_training import run_training

from ..tiny import make_docs, make_tiny_config, registry, save_docs

EMBED_PATH = "components.tok2vec.model.embed"
SPACY = (Path(__file__).parent / "spacy_tagger.cfg").read_text("utf8")


@pytest.fixture
def overrides(tmp_path):
    path = save_docs(tmp_path / "docs.conllu")
    return {
        "paths.train": path,
        "paths.dev": path,
        "training.max_steps": 2,
        "training.eval_frequency": 2,
    }


def test_config_of_spacy_trains_unchanged(overrides, tmp_path, capsys):
    config = parse_config(SPACY, overrides)
    completed = complete(config)
    # Settings of zoo's.
    assert completed["system"].pop("deterministic") is False
    parts = completed["corpora"]
    assert not any(parts[name].pop("retokenize") for name in ("train", "dev"))
    assert completed == config
    best = run_training(config, tmp_path / "out")
    assert "tag_acc" in best.scores
    assert "tag_acc" in capsys.readouterr().err
    loaded = zoo.load(tmp_path / "out" / "model-best")
    assert loaded([["dogs", "run"]])[0].tags


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"paths.vectors": "en_core_web_lg"}, "initialize.vectors", "there is no file"),
        (
            {"paths.init_tok2vec": "a.bin"},
            "initialize.init_tok2vec",
            "there is no file",
        ),
        (
            {"initialize.vocab_data": "a"},
            "initialize.vocab_data",
            "must be null, as there is no vocabulary",
        ),
        (
            {"components.tagger.factory": "entity_linker"},
            "components.tagger.factory",
            "no factory",
        ),
        (
            {"corpora.train.augmenter": {"@augmenters": "spacy.lower_case.v1"}},
            "corpora.train.augmenter.level",
            "a value is missing, expected a number",
        ),
        (
            {f"{EMBED_PATH}.@architectures": "spacy.MultiTask.v1"},
            f"{EMBED_PATH}.@architectures",
            'nothing named "spacy.MultiTask.v1" is registered',
        ),
        (
            {"nlp.tokenizer": {"@tokenizers": "spacy.zh.ChineseTokenizer"}},
            "nlp.tokenizer.@tokenizers",
            "nothing named",
        ),
    ],
)
def test_what_zoo_cannot_honour_is_a_fault(overrides, changes, path, message):
    with pytest.raises(ConfigError) as error:
        plan_training(parse_config(SPACY, {**overrides, **changes}))
    faults = dict(error.value.faults)
    assert message in faults[path]


EMBED = {
    "@architectures": "spacy.MultiHashEmbed.v2",
    "width": 8,
    "attrs": ["NORM", 69],
    "rows": [50, 30],
    "include_static_vectors": False,
}
ENCODE = {
    "@architectures": "spacy.MaxoutWindowEncoder.v2",
    "width": 8,
    "window_size": 1,
    "maxout_pieces": 3,
    "depth": 2,
}
TOK2VEC = {"@architectures": "spacy.Tok2Vec.v2", "embed": EMBED, "encode": ENCODE}
CNN = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 8,
    "depth": 1,
    "embed_size": 40,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}


def resolve(block):
    return registry.resolve({"model": block})["model"]


def predict(model, Y=None):
    docs = [doc.words for doc in make_docs(3)]
    model.initialize(X=docs, Y=Y)
    return model.predict(docs)


def test_encoders_of_spacy_are_zoos():
    assert [y.shape[1] for y in predict(resolve(TOK2VEC))] == [8] * 3
    cnn = resolve(CNN)
    assert [y.shape[1] for y in predict(cnn)] == [8] * 3
    rows = [node.get_dim("nV") for node in cnn.walk() if node.has_dim("nV")]
    assert rows == [] or rows == [40, 20, 20, 20]
    bare = resolve({**CNN, "subword_features": False})
    assert [y.shape[1] for y in predict(bare)] == [8] * 3


@pytest.mark.parametrize("prefix", ["spacy.", "spacy-legacy."])
@pytest.mark.parametrize("name", ["HashEmbedCNN.v1", "Tok2Vec.v1"])
def test_first_versions_are_the_same(prefix, name):
    block = dict(CNN if name.startswith("Hash") else TOK2VEC)
    assert predict(resolve({**block, "@architectures": prefix + name}))


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("spacy.Tagger.v2", {"normalize": True}),
        ("spacy.Tagger.v1", {}),
        ("spacy-legacy.Tagger.v1", {}),
    ],
)
def test_tagger_of_spacy_gives_probabilities_where_it_normalizes(name, more):
    scores = predict(resolve({"@architectures": name, "tok2vec": CNN, "nO": 3, **more}))
    for rows in scores:
        np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize(
    "name",
    ["spacy.TextCatReduce.v1", "spacy.TextCatCNN.v2", "spacy-legacy.TextCatCNN.v1"],
)
def test_classifiers_of_spacy_are_zoos(name, exclusive):
    block = {"@architectures": name, "tok2vec": CNN, "exclusive_classes": exclusive}
    if "Reduce" in name:
        for pooling in ("first", "last", "max", "mean"):
            block[f"use_reduce_{pooling}"] = pooling != "max"
    assert predict(resolve({**block, "nO": 2})).shape == (3, 2)


def test_long_documents_are_left_out_of_a_corpus(tmp_path):
    path = save_docs(tmp_path / "a.jsonl")
    read = registry.readers.get("spacy.Corpus.v1")(path, max_length=3)
    assert [len(doc) for doc in read()] == [len(d) for d in make_docs() if len(d) < 3]
    assert len(list(registry.readers.get("spacy.Corpus.v1")(path, limit=2)())) == 2


@pytest.mark.parametrize("version", [1, 2, 3])
def test_console_loggers_of_spacy_take_spacys_arguments(version, tmp_path, capsys):
    block = {"@loggers": f"spacy.ConsoleLogger.v{version}"}
    if version > 1:
        block["output_file"] = "scores.jsonl"  # In the output folder.
    if version == 3:
        block |= {"progress_bar": "eval", "console_output": False}
    path = save_docs(tmp_path / "a.jsonl")
    config = make_tiny_config(paths={"train": path, "dev": path}, max_steps=2)
    config["training"]["logger"] = fill(block, {})
    run_training(config, tmp_path / "out")
    assert ("tag_acc" in capsys.readouterr().err) == (version < 3)
    if version > 1:
        logs = [tmp_path / "out" / name for name in ("scores.jsonl", "log.jsonl")]
        assert logs[0].read_bytes() == logs[1].read_bytes()


def test_bar_of_another_kind_is_refused(overrides):
    changes = {"training.logger.progress_bar": "all"}
    changes["training.logger.@loggers"] = "spacy.ConsoleLogger.v3"
    with pytest.raises(
        ConfigError, match='expected "train" or "eval" or null, got "all"'
    ):
        plan_training(parse_config(SPACY, {**overrides, **changes}))


def test_scorers_of_spacy_are_what_components_do_by_themselves():
    for name in ("tagger", "textcat", "textcat_multilabel"):
        scorer = {"@scorers": f"spacy.{name}_scorer.v1"}
        made = registry.factories.get(name)(scorer=resolve(scorer))
        assert made.scorer is None


#: The arguments that can have no default: what others are made of, where something
#: is, and what only the task tells.
NEEDED = {
    *("embed", "encode", "linear_model", "tok2vec", "transformer", "teacher"),
    *("corpora", "optimizer", "groups", "name", "ngram_size", "path"),
    *("columns", "exclusive_classes", "poolings", "size", "state_type"),
    *("reducer", "scorer", "sizes", "min_size", "max_size", "spans_key"),
    *("level", "lower", "lower_level", "orth_level", "orth_variants"),
    *("lang", "patterns", "project_name", "task_name", "width", "first", "second"),
}


@pytest.mark.parametrize("kind", registry.kinds())
def test_all_other_arguments_have_a_default(kind):
    for name, function in registry.registered(kind).items():
        if function.__module__.startswith("zoo."):  # Not spaCy's own, if it is loaded.
            found = [
                p for p in parameters(function).values() if p.kind != p.VAR_KEYWORD
            ]
            bare = {p.name for p in found if p.default is p.empty}
            assert bare <= NEEDED, name


def test_each_name_of_spacy_is_registered_with_its_arguments_and_a_line():
    for kind in ("architectures", "batchers", "loggers", "readers", "scorers"):
        for name, function in getattr(registry, kind).get_all().items():
            if name.startswith("spacy"):
                assert function.__doc__, name
                assert parameters(function) is not None


def test_component_that_only_spacy_has_gets_one_message(overrides):
    block = {
        "factory": "entity_linker",
        "get_candidates": {"@misc": "spacy.CandidateGenerator.v1"},
        "scorer": {"@scorers": "spacy.entity_linker_scorer.v1"},
        "model": {"@architectures": "spacy.EntityLinker.v2"},
    }
    config = parse_config(SPACY, overrides)
    config["components"]["tagger"] = block
    with pytest.raises(ConfigError) as error:
        plan_training(config)
    [(path, message)] = error.value.faults
    assert path == "components.tagger.factory"
    assert message.endswith("It is spaCy's, and not in zoo: it links no entities.")


def test_settings_that_spacys_configs_lack_may_be_missing(overrides):
    config = parse_config(SPACY, overrides)
    config["nlp"]["pipeline"].append("trainable_lemmatizer")
    config["components"]["trainable_lemmatizer"] = {
        "factory": "trainable_lemmatizer",
        "model": {**config["components"]["tagger"]["model"]},
        "backoff": "orth",
        "min_tree_freq": 3,
        "overwrite": False,
        "top_k": 1,
        "scorer": {"@scorers": "spacy.lemmatizer_scorer.v1"},
    }
    plan = plan_training(config)
    assert "trainable_lemmatizer" in plan.pipeline.components
    del config["components"]["trainable_lemmatizer"]["top_k"]
    filled = plan_training(config).pipeline.config["components"]
    assert filled["trainable_lemmatizer"]["top_k"] == 1
