import pytest
from thinc.api import Config

from zoo.config import ConfigError
from zoo.training._training_config import plan_training

from ..tiny import make_docs, make_tiny_config, registry, save_docs


@registry.callbacks("test.layer_for_a_batcher.v1")
def no_reader() -> int:
    """Return something that is not a function."""
    return 3


@pytest.fixture
def paths(tmp_path):
    path = save_docs(tmp_path / "a.jsonl")
    return {"train": path, "dev": path}


@pytest.fixture
def config(paths):
    return make_tiny_config(["tok2vec", "tagger"], paths)


def faults_of(config):
    with pytest.raises(ConfigError) as error:
        plan_training(config)
    return dict(error.value.faults)


def put(config, path, value):
    """Put a value at a dotted path, or take out what stands there."""
    *steps, last = path.split(".")
    block = config
    for step in steps:
        block = block[step]
    if value is None:
        del block[last]
    else:
        block[last] = value


def test_faultless_config_makes_a_plan(config):
    plan = plan_training(config)
    assert list(plan.pipeline.components) == ["tok2vec", "tagger"]
    assert len(list(plan.train_corpus())) == 12
    plan.initialize()
    assert plan.pipeline.components["tagger"].objective.labels == ["NN", "RB", "VB"]


def test_an_encoder_that_nothing_listens_to_is_warned_of(paths):
    config = make_tiny_config(["tagger"], paths)
    encoder = make_tiny_config(["tok2vec", "tagger"])["components"]["tok2vec"]
    config["components"]["tok2vec"] = encoder
    config["nlp"]["pipeline"] = ["tok2vec", "tagger"]
    plan = plan_training(config)
    with pytest.warns(UserWarning, match="no component listens to tok2vec, which"):
        plan.initialize()


FAULTS = [
    # Typos and missing values.
    ("training.max_epoch", 1, "no such setting. Did you mean 'max_epochs'?"),
    ("training.max_steps", None, "a value is missing. Its default is 20000; `zoo init"),
    ("training.batcher", None, "a value is missing, expected a block that names"),
    ("training.score_weights", None, "a value is missing. Its default is {}"),
    ("nlp.pipelin", [], "there is no such setting. Did you mean 'pipeline'?"),
    ("nlp.lang", "klingon", "must be a code of two or three letters, such as 'en'"),
    ("nlp.lang", None, 'a value is missing. Its default is "xx"'),
    ("components.tagger.overwritten", True, "Did you mean 'overwrite'?"),
    ("components.tok2vec.width", 8, "there is no such setting. Known are: none."),
    ("components.tok2vec.model.embed.rwos", [1], "Did you mean 'rows'?"),
    ("pretraning", {}, "there is no such section. Did you mean 'pretraining'?"),
    ("training", None, "the section is missing. `zoo init config` writes one."),
    ("nlp", None, "the section is missing, which names the pipeline."),
    ("system.determinstic", True, "refers to this value. Did you mean 'deterministic'"),
    # Wrong types and ranges.
    ("training.max_epochs", "2", 'expected a whole number, got "2".'),
    ("training.max_epochs", 2.5, "expected a whole number, got 2.5."),
    ("training.max_epochs", -2, "must be -1 or more, got -2."),
    ("training.dropout", 1.5, "must be 0 or more and below 1, got 1.5."),
    ("training.dropout", "x", "expected a number or a schedule (@schedules), got"),
    ("training.eval_frequency", 0, "must be 1 or more, got 0."),
    ("training.accumulate_gradient", 0, "must be 1 or more, got 0."),
    ("training.seed", -1, "must be 0 to 4294967295, got -1."),
    ("training.gpu_allocator", "torch", 'expected "pytorch" or "tensorflow" or null'),
    ("training.optimizer.grad_clip", -1, "must be 0 or more, got -1."),
    ("training.optimizer.learn_rate", -0.1, "must be 0 or more, got -0.1."),
    ("training.optimizer.beta1", 5, "must be 0 or more and below 1, got 5."),
    ("training.optimizer.L2", -1, "must be 0 or more, got -1."),
    ("training.optimizer", 0.1, "expected an optimizer (@optimizers), got 0.1."),
    ("training.optimizer", {}, "expected an optimizer (@optimizers), got an empty"),
    (
        "training.score_weights",
        {"tag_acc": "x"},
        "expected a section (a number or null",
    ),
    ("nlp.batch_size", 0, "expected 1 document or more, got 0."),
    ("nlp.pipeline", "tagger", "expected a list (a string each), got"),
    ("nlp.pipeline", [], "expected the names of components, got none."),
    ("nlp.pipeline", ["tok2vec", "tok2vec"], "the component 'tok2vec' is in it twice"),
    ("nlp.pipeline", ["../x"], "a name has no dot or slash in it, got '../x'."),
    (
        "nlp.disabled",
        ["tager"],
        "'tager' is not in the pipeline. Did you mean 'tagger'",
    ),
    ("nlp.before_creation", {"@callbacks": "x"}, "must be null, as there is no class"),
    ("components.tagger.label_smoothing", "x", "expected a number"),
    ("components.tagger.model.nO", 1.5, "expected a whole number or null, got 1.5."),
    # Names of things that are not there.
    (
        "components.tagger.factory",
        "tager",
        "no factory 'tager'. Did you mean 'tagger'?",
    ),
    ("components.tagger.factory", None, "there is no factory None."),
    ("components.tagger.factory", "beam_ner", "it decodes greedily, and has no beam"),
    ("components.tagger.factory", "curated_transformer", "'transformer' with zoo.T"),
    ("components.tagger.model", 3, "expected a model (@architectures"),
    ("components.tagger", None, "nlp.pipeline names it, but its section is missing."),
    ("components.tagger", 3, "expected a section with a factory, got 3."),
    ("training.frozen_components", ["tagr"], "no component 'tagr'. Did you mean"),
    ("training.annotating_components", ["x"], "there is no component 'x'."),
    ("training.annotating_components", ["tag*"], "there is no component 'tag*'."),
    ("training.train_corpus", "corpora.trian", "no section [corpora.trian]. Did you"),
    ("training.dev_corpus", "corpus.dev", "there is no section [corpus.dev]."),
    ("training.score_weights", {"tag_ac": 1.0}, "no component gives such a score. Did"),
    ("training.frozen_components", ["tagger"], "no component that predicts something"),
    # What zoo has not.
    ("initialize.vectors", "en_vectors", "there is no file or folder 'en_vectors'"),
    ("initialize", {"vector": None}, "there is no such setting."),
    # What constructors and readers say.
    ("components.tagger.model.tok2vec.width", 9, "Listener: width must be that of its"),
    ("components.tok2vec.model.embed.rows", [1, 2], "MultiHashEmbed: each feature"),
    ("components.tok2vec.model.embed.width", 9, "Tok2Vec: embed must be as wide as"),
    ("components.tagger.label_smoothing", 2.0, "tagger: label_smoothing must be 0"),
    ("components.tagger.model.tok2vec.upstream", "tok", "Before it stand: tok2vec."),
    ("paths.train", "/no/such/file.conllu", "/no/such/file.conllu does not exist."),
    ("paths.train", "a.pdf", "a.pdf: the suffix must be one of "),
    ("corpora.train.limit", -1, "limit must be 0 or more, got -1."),
    ("training.batcher.size", 0, "batch_by_words: size must be 1 or more, got 0."),
    (
        "training.optimizer",
        {"@schedules": "constant.v1", "rate": 1.0},
        "expected an optimizer (@optimizers), got an object of the type generator.",
    ),
    (
        "components.tagger.model",
        {"@schedules": "constant.v1", "rate": 1.0},
        "expected a model (@architectures or @layers), got an object of the type",
    ),
    ("corpora.train", {"@callbacks": "test.layer_for_a_batcher.v1"}, "a reader (@read"),
]
#: Where a fault is found when it is not where the value was put.
ELSEWHERE = {
    "components.tagger.label_smoothing": "components.tagger",
    "components.tagger.model.tok2vec.width": "components.tagger.model.tok2vec",
    "components.tagger.model.tok2vec.upstream": "components.tagger.model.tok2vec",
    "components.tok2vec.model.embed.rows": "components.tok2vec.model.embed",
    "components.tok2vec.model.embed.width": "components.tok2vec.model",
    "paths.train": "corpora.train",
    "corpora.train.limit": "corpora.train",
    "training.batcher.size": "training.batcher",
}


@pytest.mark.parametrize(("path", "value", "message"), FAULTS)
def test_fault_is_told_with_its_path(config, path, value, message):
    put(config, path, value)
    faults = faults_of(config)
    found = [text for text in faults.values() if message in text]
    assert found, faults
    [where] = [name for name, text in faults.items() if text in found]
    assert where.startswith(path) or where == ELSEWHERE.get(path), faults


@pytest.mark.parametrize(
    "section",
    ["nlp", "components", "training", "initialize", "corpora", "paths", "system"],
)
def test_a_value_in_the_place_of_a_section_is_a_fault(config, section):
    config[section] = True
    assert any(path.startswith(section) for path in faults_of(config))


def test_all_faults_are_told_at_once(config):
    changes = {
        "training.max_epoch": 1,
        "training.optimizer.beta1": "x",
        "nlp.disabled": ["x"],
        "components.tagger.neg_prefx": "!",
        "components.tagger.model.tok2vec.width": 9,
        "corpora.dev.path": "nothing.jsonl",
        "initialize.vectors": "x",
    }
    for path, value in changes.items():
        put(config, path, value)
    config["paths"]["train"] = None
    assert list(faults_of(config)) == [
        "nlp.disabled",
        "components.tagger.neg_prefx",
        "training.max_epoch",
        "training.optimizer.beta1",
        "corpora.train.path",
        "components.tagger.model.tok2vec",
        "initialize.vectors",
        "corpora.dev",
    ]


def test_listener_before_its_upstream_is_a_fault(config):
    config["nlp"]["pipeline"] = ["tagger", "tok2vec"]
    faults = faults_of(config)
    assert list(faults) == ["components.tagger.model.tok2vec"]
    assert faults.popitem()[1].startswith(
        "Listener: its upstream must stand before it in the pipeline, got 'tok2vec'"
    )


def test_fault_of_an_encoder_is_not_repeated_by_its_listeners(config):
    put(config, "components.tok2vec.model.embed.rwos", 1)
    assert list(faults_of(config)) == ["components.tok2vec.model.embed.rwos"]


def test_two_components_that_write_one_field_are_a_fault(paths):
    config = make_tiny_config(["tok2vec", "textcat", "textcat_multilabel"], paths)
    message = "it writes the field 'cats', as 'textcat' does."
    assert faults_of(config) == {"components.textcat_multilabel": message}
    config["nlp"]["disabled"] = ["textcat"]
    assert plan_training(config).pipeline.fields == ["cats"]


def test_null_path_tells_which_option_to_pass():
    config = make_tiny_config()
    assert faults_of(config) == {
        "corpora.train.path": "no file is named. Pass --paths.train FILE.",
        "corpora.dev.path": "no file is named. Pass --paths.dev FILE.",
    }
    config["corpora"]["train"]["path"] = None
    config["corpora"]["dev"]["path"] = "${paths:dev}"
    assert list(faults_of(config).values()) == [
        "no file is named. Pass --corpora.train.path FILE.",
        "no file is named. Pass --paths.dev FILE.",
    ]


def test_run_without_an_end_is_a_fault(config):
    config["training"].update(max_steps=0, max_epochs=-1, patience=0)
    message = "must not be 0 if max_epochs and patience do not end the run either."
    assert faults_of(config) == {"training.max_steps": message}


def test_sections_that_training_does_not_use_are_let_through(config):
    config["pretraining"] = {"objective": {"@architectures": "spacy.Unknown.v1"}}
    config["corpora"]["pretrain"] = {"@readers": "spacy.JsonlCorpus.v1", "path": None}
    config["components"]["unused"] = {"factory": "ner"}
    config["my_settings"] = {"x": 1}
    config["initialize"] |= {"components": {}, "tokenizer": {}}
    assert plan_training(config)


def test_corpora_without_documents_or_labels_are_refused(tmp_path, config):
    bare = [doc.copy(annotations=False) for doc in make_docs()]
    for name, docs in {"bare": bare, "empty": []}.items():
        config["paths"][name] = save_docs(tmp_path / f"{name}.jsonl", docs)
    messages = {
        (
            "train",
            "bare",
        ): "none of the documents has a label for the component 'tagger'",
        (
            "train",
            "empty",
        ): r"corpora\.train: the corpus holds no documents\. Its path is .*empty\.json",
        ("dev", "bare"): r"score_weights names tag_acc, for which the development "
        r"corpus has no value\. It has: none",
        (
            "dev",
            "empty",
        ): r"corpora\.dev: the corpus holds no documents\. Its path is .*empty\.json",
    }
    for (corpus, content), message in messages.items():
        changed = Config(config).copy()
        changed["paths"][corpus] = config["paths"][content]
        with pytest.raises(ValueError, match=message):
            plan_training(changed).initialize()


def test_streamed_corpus_is_not_held_in_memory(config):
    config["training"]["max_epochs"] = -1
    plan = plan_training(config)
    plan.initialize()
    first, second = plan.train_corpus(), plan.train_corpus()
    assert next(first) is not next(second)
    assert plan.dev_corpus() is plan.dev_corpus()


def test_values_in_the_system_section_may_be_referred_to(config):
    config["system"]["seeds"] = 3
    config["training"]["seed"] = "${system.seeds}"
    config["system"]["my_own"] = 1
    assert plan_training(config).settings.seed == 3
