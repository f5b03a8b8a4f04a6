"""Send a run to Weights & Biases, MLflow or ClearML."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any

from .._optional import require
from ..config import interpolate
from ._chain_loggers import Recorder, compile_patterns, flatten, known_stats
from ._run_folder import BEST
from .learner import Learner
from .loggers import Evaluation, Progress

#: How many settings MLflow takes at once.
MOST_PARAMS = 100


@dataclass
class TrackerSettings:
    """What all trackers can be asked for.

    Args:
        remove_config_values: Settings that are not sent, by dotted path, such as
            "paths.train".
        model_log_interval: Updates after which an evaluation sends its model too.
            None: never.
        log_dataset_dir: A folder with the data, which is sent when the run begins.
        log_best_dir: A folder with the best model, which is sent when the run ends.
        log_latest_dir: A folder with the last model, which is sent when the run ends.
        log_custom_stats: Regular expressions: further values whose names match are
            sent, such as "^words$" and what other loggers of a chain measure.
    """

    remove_config_values: Sequence[str] = ()
    model_log_interval: int | None = None
    log_dataset_dir: str | Path | None = None
    log_best_dir: str | Path | None = None
    log_latest_dir: str | Path | None = None
    log_custom_stats: Sequence[str] | None = None
    matches: Callable[[str], bool] = field(init=False)

    def __post_init__(self) -> None:
        self.matches = compile_patterns("log_custom_stats", self.log_custom_stats)

    def custom(
        self, progress: Progress, found: Evaluation, stats: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the further values that are wanted."""
        known = known_stats(progress, found, stats)
        return {name: value for name, value in known.items() if self.matches(name)}

    def wants_model(self, step: int) -> bool:
        """Return whether the model of an evaluation is to be sent."""
        interval = self.model_log_interval
        return bool(interval) and step > 0 and step % (interval or 1) == 0


def sent_config(learner: Learner, removed: Iterable[str]) -> dict[str, Any]:
    """Return the config of a run without some settings.

    Raises:
        ValueError: There is no such setting.
    """
    config: Any = getattr(learner, "config", {})
    values = dict(interpolate(config)) if config else {}
    for path in removed:
        *parents, name = path.split(".")
        block: Any = values
        for parent in parents:
            block = block.get(parent) if isinstance(block, dict) else None
        if not isinstance(block, dict) or name not in block:
            raise ValueError(
                f"remove_config_values: the config must have the setting, got {path!r}."
            )
        del block[name]
    return values


def numbers_of(scores: dict[str, Any]) -> dict[str, float]:
    """Return the scores that are numbers, also of single labels, by dotted names."""
    flat = flatten(scores).items()
    return {n: float(v) for n, v in flat if isinstance(v, Real)}


def losses_of(found: Evaluation) -> dict[str, float]:
    """Return the losses of an evaluation as trackers name them: "loss_ner"."""
    return {f"loss_{name}": loss for name, loss in found.losses.items()}


class WandbTracker(Recorder):
    """Send a run to Weights & Biases.

    Args:
        learner: What learns, with its config.
        output: The output folder.
        settings: What is sent.
        project_name: The project, which is made if it is new.
        entity: Whose project it is. None: the user's own.
        run_name: The name of the run. None: Weights & Biases makes one.
    """

    def __init__(
        self,
        learner: Learner,
        output: Path | None,
        settings: TrackerSettings,
        project_name: str,
        entity: str | None = None,
        run_name: str | None = None,
    ) -> None:
        super().__init__()
        self.wandb = require("wandb", "spacy.WandbLogger", "wandb")
        self.output, self.settings = output, settings
        config = sent_config(learner, settings.remove_config_values)
        self.run = self.wandb.init(
            project=project_name, entity=entity, name=run_name, config=config
        )
        self._send_folder(settings.log_dataset_dir, "dataset", "dataset")

    def record(self, progress: Progress, found: Evaluation) -> None:
        settings = self.settings
        values = {"score": found.score, **losses_of(found), **found.scores}
        values |= settings.custom(progress, found, self.stats)
        self.run.log(values, step=progress.step)
        if settings.wants_model(progress.step) and self.output is not None:
            marks = [f"step {progress.step}", "latest", *["best"] * found.is_best]
            name = f"pipeline_{self.run.id}"
            folder = self.output / (BEST if found.is_best else "model-last")
            self._send_folder(folder, name, "checkpoint", marks)

    def end(self) -> None:
        self._send_folder(self.settings.log_best_dir, "model_best", "model")
        self._send_folder(self.settings.log_latest_dir, "model_last", "model")
        self.run.finish()

    def _send_folder(
        self,
        folder: str | Path | None,
        name: str,
        kind: str,
        aliases: list[str] | None = None,
    ) -> None:
        if folder is not None:
            artifact = self.wandb.Artifact(name, type=kind)
            artifact.add_dir(str(folder))
            self.run.log_artifact(artifact, aliases=aliases)


class MlflowTracker(Recorder):
    """Send a run to MLflow, and its best model when it ends.

    Args:
        learner: What learns, with its config.
        output: The output folder.
        settings: What is sent.
        **run: How the run is begun: run_id, experiment_id, run_name, nested, tags.
    """

    def __init__(
        self,
        learner: Learner,
        output: Path | None,
        settings: TrackerSettings,
        **run: Any,
    ) -> None:
        super().__init__()
        self.mlflow = require("mlflow", "spacy.MLflowLogger", "mlflow")
        self.output, self.settings = output, settings
        params = flatten(sent_config(learner, settings.remove_config_values))
        self.mlflow.start_run(**run)
        # MLflow refuses names with "@".
        pairs = [(name.replace("@", ""), value) for name, value in params.items()]
        for first in range(0, len(pairs), MOST_PARAMS):
            self.mlflow.log_params(dict(pairs[first : first + MOST_PARAMS]))

    def record(self, progress: Progress, found: Evaluation) -> None:
        values = {"score": found.score, **losses_of(found), **numbers_of(found.scores)}
        values |= numbers_of(self.settings.custom(progress, found, self.stats))
        self.mlflow.log_metrics(values, step=progress.step)

    def end(self) -> None:
        if self.output is not None and (self.output / BEST).exists():
            self.mlflow.log_artifacts(str(self.output / BEST), "best")
        self.mlflow.end_run()


class ClearmlTracker(Recorder):
    """Send a run to ClearML.

    Args:
        learner: What learns, with its config.
        output: The output folder. ClearML is sent folders of the settings alone.
        settings: What is sent.
        project_name: The project, which is made if it is new.
        task_name: The name of the run.
    """

    def __init__(
        self,
        learner: Learner,
        output: Path | None,
        settings: TrackerSettings,
        project_name: str,
        task_name: str,
    ) -> None:
        super().__init__()
        self.clearml = require("clearml", "spacy.ClearMLLogger", "clearml")
        self.settings = settings
        config = sent_config(learner, settings.remove_config_values)
        self.task = self.clearml.Task.init(
            project_name=project_name, task_name=task_name, output_uri=True
        )
        for section, block in config.items():
            self.task.connect(block, name=section)
        if settings.log_dataset_dir is not None:
            self._send_dataset(project_name, str(settings.log_dataset_dir))
        folders = {
            "Best Model": settings.log_best_dir,
            "Last Model": settings.log_latest_dir,
        }
        self.models = [
            (self.clearml.OutputModel(task=self.task, framework="zoo", name=n), str(f))
            for n, f in folders.items()
            if f is not None
        ]

    def record(self, progress: Progress, found: Evaluation) -> None:
        report = self.task.get_logger().report_scalar
        values = {**losses_of(found), **numbers_of(found.scores)}
        values |= numbers_of(self.settings.custom(progress, found, self.stats))
        for name, value in {"Score": found.score, **values}.items():
            title, _, series = name.partition(".")
            report(title, series or title, iteration=progress.step, value=value)
        if self.settings.wants_model(progress.step):
            self._send_models()

    def end(self) -> None:
        self._send_models()
        self.task.close()

    def _send_models(self) -> None:
        for model, folder in self.models:
            if Path(folder).exists():
                model.update_weights_package(
                    weights_path=folder, auto_delete_file=False
                )

    def _send_dataset(self, project: str, folder: str) -> None:
        dataset = self.clearml.Dataset.create(
            dataset_project=project, dataset_name=Path(folder).name
        )
        dataset.add_files(folder)
        dataset.finalize(auto_upload=True)
