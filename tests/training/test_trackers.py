"""Check the loggers that send a run elsewhere, with packages that stand for theirs."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

import zoo
from zoo.config import ConfigError
from zoo.training import Evaluation, Progress, run_training
from zoo.training._chain_loggers import Recorder, chain_loggers, flatten
from zoo.training._trackers import sent_config

from ..tiny import make_tiny_config, registry, save_docs

FOUND = Evaluation(
    {"tagger": 0.5}, {"tag_acc": 0.25, "per": {"NN": {"f": 1.0}}}, 0.75, True, {}
)


def make_progress(step=4, found=FOUND):
    return Progress(step, 1, 20, 2.5, None, found)


class Calls(ModuleType):
    """A module of functions that record how they are called."""

    def __init__(self, name):
        super().__init__(name)
        self.calls = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args, **kwargs):
            self.calls.append((name, args, kwargs))
            return self

        return call

    def named(self, name):
        return [(args, kwargs) for n, args, kwargs in self.calls if n == name]


@pytest.fixture
def fake(monkeypatch):
    def make(name):
        module = Calls(name)
        module.id = "run1"
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return make


def make_logger(name, learner=None, output=None, **settings):
    block = {"@loggers": name, **settings}
    setup = registry.resolve({"logger": block})["logger"]
    return setup(learner or SimpleNamespace(config={}), output)


def follow(logger, *progress):
    for each in progress:
        logger(each)
    logger(None)


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_scores_and_losses_go_to_weights_and_biases(fake, version):
    wandb = fake("wandb")
    config = zoo.config.parse_config('[paths]\ntrain = "secret"\n[a]\nb = 1')
    logger = make_logger(
        f"spacy.WandbLogger.v{version}",
        SimpleNamespace(config=config),
        project_name="mine",
        remove_config_values=["paths.train"],
    )
    follow(logger, make_progress(), make_progress(5, None))
    [(_, begun)] = wandb.named("init")
    assert begun["project"] == "mine"
    assert begun["config"] == {"paths": {}, "a": {"b": 1}}
    [((values,), at)] = wandb.named("log")
    assert at == {"step": 4}
    expected = {"score": 0.75, "loss_tagger": 0.5, "tag_acc": 0.25}
    assert values == {**expected, "per": {"NN": {"f": 1.0}}}
    assert len(wandb.named("finish")) == 1


def test_folders_and_models_are_sent(fake, tmp_path):
    wandb = fake("wandb")
    logger = make_logger(
        "spacy.WandbLogger.v5",
        output=tmp_path,
        project_name="mine",
        model_log_interval=2,
        log_dataset_dir="data",
        log_best_dir="best",
        log_latest_dir="last",
        log_custom_stats=["^words$"],
    )
    later = FOUND._replace(is_best=False)
    follow(logger, make_progress(3), make_progress(4), make_progress(6, later))
    sent = [args[0] for args, _ in wandb.named("add_dir")]
    folders = [str(tmp_path / name) for name in ("model-best", "model-last")]
    assert sent == ["data", *folders, "best", "last"]
    marks = [kwargs["aliases"] for _, kwargs in wandb.named("log_artifact")]
    assert marks[1:3] == [["step 4", "latest", "best"], ["step 6", "latest"]]
    assert all(args[0]["words"] == 20 for args, _ in wandb.named("log"))


@pytest.mark.parametrize("version", [1, 2])
def test_numbers_go_to_mlflow(fake, version, tmp_path):
    mlflow = fake("mlflow")
    (tmp_path / "model-best").mkdir()
    text = "\n".join(f"k{i} = {i}" for i in range(150))
    config = zoo.config.parse_config(f'[a]\n@layers = "x.v1"\n{text}')
    learner = SimpleNamespace(config=config)
    name = f"spacy.MLflowLogger.v{version}"
    follow(make_logger(name, learner, tmp_path, run_name="r"), make_progress())
    assert mlflow.named("start_run")[0][1]["run_name"] == "r"
    params = [args[0] for args, _ in mlflow.named("log_params")]
    assert [len(part) for part in params] == [100, 51]
    assert "a.layers" in {**params[0], **params[1]}
    [((values,), _)] = mlflow.named("log_metrics")
    assert values == {"score": 0.75, "loss_tagger": 0.5, "tag_acc": 0.25, "per.NN.f": 1}
    assert mlflow.named("log_artifacts")[0][0] == (str(tmp_path / "model-best"), "best")
    assert len(mlflow.named("end_run")) == 1


@pytest.mark.parametrize("version", [1, 2])
def test_a_run_goes_to_clearml(fake, version, tmp_path):
    clearml = fake("clearml")
    clearml.Task = clearml.Dataset = clearml
    learner = SimpleNamespace(config=zoo.config.parse_config("[a]\nb = 1"))
    logger = make_logger(
        f"spacy.ClearMLLogger.v{version}",
        learner,
        project_name="mine",
        task_name="t",
        model_log_interval=4,
        log_dataset_dir="data",
        log_best_dir=str(tmp_path),
    )
    follow(logger, make_progress())
    assert clearml.named("init")[0][1]["task_name"] == "t"
    assert clearml.named("connect") == [(({"b": 1},), {"name": "a"})]
    reported = {args[0]: kwargs for args, kwargs in clearml.named("report_scalar")}
    assert reported["Score"] == {"iteration": 4, "value": 0.75}
    assert {"loss_tagger", "tag_acc", "per"} <= reported.keys()
    assert len(clearml.named("update_weights_package")) == 2  # And at the end.
    assert len(clearml.named("close")) == 1


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("WandbLogger.v5", {"project_name": "a"}),
        ("MLflowLogger.v2", {}),
        ("ClearMLLogger.v2", {"project_name": "a", "task_name": "b"}),
        ("CupyLogger.v1", {}),
    ],
)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, name, settings):
    for package in ("wandb", "mlflow", "clearml", "cupy"):
        monkeypatch.setitem(sys.modules, package, None)
    message = r"needs the package .* `pip install thinc-zoo\[\w+\]`"
    with pytest.raises(ImportError, match=message):
        make_logger(f"spacy.{name}", **settings)


def test_settings_to_leave_out_must_be_there():
    learner = SimpleNamespace(config=zoo.config.parse_config("[a]\nb = 1"))
    for path in ("a.c", "c.b", "a.b.c"):
        with pytest.raises(ValueError, match=f"must have the setting, got '{path}'"):
            sent_config(learner, [path])
    assert sent_config(SimpleNamespace(), []) == {}


def test_loggers_of_a_chain_see_what_earlier_ones_measure(capsys):
    class Measure(Recorder):
        def record(self, progress, found):
            self.stats["mine.load"] = progress.step

    registry.loggers("test.Measure.v1")(lambda: lambda *_: Measure())
    chain = {"@loggers": "spacy.ChainLogger.v1"}
    chain["logger1"] = {"@loggers": "test.Measure.v1"}
    lookup = {"@loggers": "spacy.LookupLogger.v1", "patterns": ["load$", "^losses"]}
    setup = registry.resolve({"logger": {**chain, "logger3": lookup}})["logger"]
    follow(setup(SimpleNamespace(), None), make_progress(7), make_progress(8, None))
    assert capsys.readouterr().out == "losses.tagger -> 0.5\nmine.load -> 7\n"


def test_memory_of_pytorch_is_measured(monkeypatch):
    torch = pytest.importorskip("torch")
    stats = {
        "allocated_bytes.all.peak": 2**21,
        "allocated_bytes.small_pool.peak": 1,
        "allocated_bytes.all.current": 2**20,
        "oversize.peak": 4,
        "num_ooms": 5,
    }
    monkeypatch.setattr(torch.cuda, "memory_stats", lambda device: stats)
    logger = make_logger("spacy.PyTorchLogger.v1", cuda_mem_metric="peak")
    logger(make_progress())
    assert logger.stats == {
        "pytorch.allocated_megabytes.all.peak": 2.0,
        "pytorch.oversize.peak": 4,
        "pytorch.num_ooms": 5,
    }


def test_memory_of_cupy_needs_a_gpu(fake):
    fake("cupy")
    with pytest.raises(RuntimeError, match="the run must use a GPU, got a CPU"):
        make_logger("spacy.CupyLogger.v1")


def test_patterns_must_be_there_and_sound():
    for patterns, message in (([], "there must be a pattern"), (["("], "got '\\('")):
        with pytest.raises(ConfigError, match=message):
            make_logger("spacy.LookupLogger.v1", patterns=patterns)


def test_names_of_nested_values_have_dots():
    assert flatten({"a": {"b": 1, "c": {}}, "d": 2}) == {"a.b": 1, "d": 2}


def test_a_whole_run_is_followed(fake, tmp_path):
    wandb = fake("wandb")
    paths = {name: save_docs(tmp_path / f"{name}.jsonl") for name in ("train", "dev")}
    config = make_tiny_config(paths=paths, max_steps=4, eval_frequency=2)
    logger = {"@loggers": "spacy.WandbLogger.v5", "project_name": "mine"}
    config["training"]["logger"] = {
        **logger,
        "remove_config_values": [],
        "model_log_interval": 2,
        "log_dataset_dir": None,
        "entity": None,
        "run_name": None,
        "log_best_dir": None,
        "log_latest_dir": None,
        "log_custom_stats": ["words"],
    }
    run_training(config, tmp_path / "out")
    assert [kwargs["step"] for _, kwargs in wandb.named("log")] == [2, 4]
    assert len(wandb.named("log_artifact")) == 2
    assert wandb.named("init")[0][1]["config"]["nlp"]["pipeline"] == [
        "tok2vec",
        "tagger",
    ]


def test_an_empty_chain_does_nothing():
    follow(chain_loggers([])(SimpleNamespace(), None), make_progress())
