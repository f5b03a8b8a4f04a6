import pytest

from zoo.config import ConfigError
from zoo.corpora import RawText
from zoo.pretraining._pretraining_config import plan_pretraining

from ..tiny import make_tiny_config, save_docs
from .tiny import TEXTS, make_config


@pytest.fixture
def raw_text(tmp_path):
    return save_docs(tmp_path / "raw.jsonl", TEXTS)


@pytest.mark.parametrize(
    ("pipeline", "settings", "path"),
    [
        (("tok2vec", "tagger"), {}, "components.tok2vec.model"),
        (
            ("tok2vec", "tagger"),
            {"component": "tagger", "layer": "tok2vec"},
            "components.tok2vec.model",
        ),
        (
            ("tagger",),
            {"component": "tagger", "layer": "tok2vec"},
            "components.tagger.model.tok2vec",
        ),
    ],
)
def test_component_and_layer_choose_the_encoder(raw_text, pipeline, settings, path):
    plan = plan_pretraining(make_config(raw_text, pipeline, **settings))
    assert plan.learner.path == path
    assert plan.learner.encoder.name == "tok2vec"
    plan.initialize()
    n_train, n_dev = len(list(plan.train_corpus())), len(list(plan.dev_corpus()))
    assert n_train + n_dev == 30 and n_dev
    assert plan.learner.evaluate(list(plan.dev_corpus()))["loss"] > 0


@pytest.mark.parametrize("name", ["entity_tagger", "textcat", "textcat_multilabel"])
def test_every_head_refers_to_its_encoder(raw_text, name):
    plan = plan_pretraining(
        make_config(raw_text, (name,), component=name, layer="tok2vec")
    )
    assert plan.learner.path == f"components.{name}.model.tok2vec"
    plan.initialize()


def test_texts_are_read_once_unless_they_are_streamed(raw_text, capsys):
    for max_epochs, n_calls in ((2, 1), (-1, 3)):
        calls = []
        config = make_config(raw_text, max_epochs=max_epochs, max_steps=1)
        plan = plan_pretraining(config)
        read = plan.held_out.corpus
        assert isinstance(read, RawText)
        plan.held_out.corpus = lambda r=read, c=calls: c.append(1) or r()
        plan.initialize()
        list(plan.train_corpus())
        assert len(calls) == n_calls


def test_what_became_of_the_texts_is_told(raw_text, capsys):
    config = make_config(raw_text)
    config["corpora"]["pretrain"]["max_length"] = 3
    plan_pretraining(config).initialize()
    n_long = sum(len(doc) > 3 for doc in TEXTS)
    assert f"Read 30 texts. {n_long} of more than 3 words" in capsys.readouterr().err


def test_a_corpus_of_its_own_can_be_evaluated_on(raw_text, tmp_path):
    config = make_config(raw_text, dev_corpus="corpora.dev")
    config["paths"]["dev"] = save_docs(tmp_path / "dev.jsonl", TEXTS[:4])
    plan = plan_pretraining(config)
    plan.initialize()
    assert [doc.words for doc in plan.dev_corpus()] == [doc.words for doc in TEXTS[:4]]
    assert len(list(plan.train_corpus())) == 30


def test_a_corpus_of_which_nothing_is_held_out_is_refused(raw_text):
    plan = plan_pretraining(make_config(raw_text, held_out=1e-9))
    message = r"no word to evaluate on, in 0 documents .* raise held_out"
    with pytest.raises(ValueError, match=message):
        plan.initialize()


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("raw.jsonl", "", "Read 0 texts"),
        ("raw.jsonl", '{"text": "  "}\n' * 9, r"Read 9 texts\. .*9 of fewer than 1"),
        ("raw.txt", "  \n\t\n", "Read 0 texts"),
    ],
)
@pytest.mark.parametrize("max_epochs", [1, -1])
def test_a_corpus_without_words_is_refused(tmp_path, name, text, read, max_epochs):
    (tmp_path / name).write_text(text)
    config = make_config(str(tmp_path / name), max_epochs=max_epochs, max_steps=1)
    message = rf"corpora\.pretrain: the corpus holds no words to learn from\. {read}"
    with pytest.raises(ValueError, match=message):
        plan_pretraining(config).initialize()


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"component": "tagger", "layer": "softmax"}, r"tagger\.model\.softmax"),
        ({"layer": "embed"}, r"tok2vec\.model\.embed.*'multi_hash_embed'"),
        ({"layer": "encode"}, r"tok2vec\.model\.encode.*'maxout_window_encoder'"),
    ],
)
def test_a_layer_that_is_no_encoder_is_refused(raw_text, settings, name):
    plan = plan_pretraining(make_config(raw_text, **settings))
    with pytest.raises(ValueError, match=rf"{name}.* must be an encoder: from doc"):
        plan.initialize()


def test_a_reader_of_spacy_that_leaves_long_texts_out_is_told(raw_text):
    config = make_config(raw_text, mask_share=0.5)
    reader = {"@readers": "spacy.JsonlCorpus.v1", "path": raw_text}
    reader |= {"min_length": 1, "max_length": 4, "limit": 0}
    config["corpora"]["pretrain"] = reader
    plan = plan_pretraining(config)
    with pytest.warns(UserWarning, match=r"leaves long texts out.*RawText\.v1 splits"):
        plan.initialize()
    assert max(len(doc) for doc in plan.train_corpus()) < 4
    reader["max_length"] = 0
    plan_pretraining(config).initialize()


def test_a_teacher_is_named_by_a_block(raw_text, tmp_path):
    teacher = {"@architectures": "zoo.HashEmbedCNN.v1", "width": 6, "depth": 1}
    teacher |= {"embed_size": 50, "window_size": 1, "maxout_pieces": 2}
    teacher |= {"subword_features": False, "pretrained_vectors": False}
    config = make_config(raw_text)
    config["pretraining"]["objective"] = {
        "@objectives": "zoo.PretrainTeacher.v1",
        "maxout_pieces": 2,
        "hidden_size": 4,
        "loss": "cosine",
        "is_masked": False,
        "cache": str(tmp_path / "cache"),
        "teacher": teacher,
    }
    plan = plan_pretraining(config)
    plan.initialize()
    assert plan.learner.objective.head.get_dim("nO") == 6
    assert 0 < plan.learner.evaluate(list(plan.dev_corpus()))["loss"] <= 1
    assert any((tmp_path / "cache").iterdir())


#: A setting, what it is set to, and what is told about it.
FAULTS = [
    ("component", "parser", r"pretraining\.component: there is no component 'parser'"),
    ("layer", "tok2vce", r"pretraining\.layer: the model of 'tok2vec' has no layer"),
    (
        "component",
        "tagger",
        r"pretraining\.layer: .*predicts labels, and is no",
    ),
    (
        "corpus",
        "corpora.raw",
        r"pretraining\.corpus: there is no section \[corp",
    ),
    ("max_epoch", 3, r"pretraining\.max_epoch: there is no such setting\."),
    ("mask_share", 2.0, r"pretraining\.mask_share: must be above 0"),
    ("mask_random", 2, r"pretraining\.mask_random: must be 0 to 1, got 2"),
    (
        "optimizer",
        {"@optimizers": "Adam.v1", "learn_rate": -1},
        r"pretraining\.optimizer\.learn_rate: must be 0 or more, got -1",
    ),
    ("n_save_every", 0, r"pretraining\.n_save_every: must be 1 or more, or null"),
    (
        "objective",
        {"@objectives": "zoo.Nothing.v1"},
        r"nothing named \"zoo\.Nothing",
    ),
]


@pytest.mark.parametrize(("name", "value", "message"), FAULTS)
def test_faults_are_told_with_their_path(raw_text, name, value, message):
    config = make_config(raw_text)
    config["pretraining"][name] = value
    with pytest.raises(ConfigError, match=message):
        plan_pretraining(config)


def test_all_faults_are_told_at_once():
    config = make_config(None, max_epoch=3, held_out=2.0)
    with pytest.raises(ConfigError) as error:
        plan_pretraining(config)
    paths = {fault.path for fault in error.value.faults}
    assert paths == {
        "corpora.pretrain.path",
        "pretraining.held_out",
        "pretraining.max_epoch",
    }


def test_a_config_without_the_section_is_refused():
    with pytest.raises(ConfigError, match=r"`zoo init fill-config --pretraining` adds"):
        plan_pretraining(make_tiny_config())


def test_vectors_that_are_an_objective_are_needed(raw_text):
    config = make_config(raw_text)
    config["pretraining"]["objective"] = {
        "@objectives": "zoo.PretrainVectors.v1",
        "maxout_pieces": 2,
        "hidden_size": 4,
        "loss": "cosine",
    }
    plan = plan_pretraining(config)
    with pytest.raises(ValueError, match=r"Pass --initialize\.vectors FILE"):
        plan.initialize()
