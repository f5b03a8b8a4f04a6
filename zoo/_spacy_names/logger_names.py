"""Register loggers under the names of spaCy and spacy-loggers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from .._registry import registry
from ..training import Learner, Logger, LoggerSetup, loggers
from ..training._chain_loggers import (
    CudaMemory,
    CupyMemory,
    Lookup,
    chain_loggers,
    compile_patterns,
)
from ..training._trackers import (
    ClearmlTracker,
    MlflowTracker,
    TrackerSettings,
    WandbTracker,
)


@registry.loggers("spacy.ConsoleLogger.v1")
@registry.loggers("spacy-legacy.ConsoleLogger.v1")
def console_logger_v1(progress_bar: bool = False) -> LoggerSetup:
    """Print scores on the terminal, as `zoo.ConsoleLogger.v1`."""
    return loggers.ConsoleLogger(progress_bar)


@registry.loggers("spacy.ConsoleLogger.v2")
@registry.loggers("spacy-legacy.ConsoleLogger.v2")
def console_logger_v2(
    progress_bar: bool = False,
    console_output: bool = True,
    output_file: str | Path | None = None,
) -> LoggerSetup:
    """Print scores on the terminal, as `zoo.ConsoleLogger.v1`, and into a file.

    Args:
        console_output: Whether to print them.
        output_file: A file in the output folder for them, one line of JSON per
            evaluation. Null: none.
    """
    setups = [loggers.ConsoleLogger(progress_bar)] if console_output else []
    setups += [loggers.JsonLinesLogger(output_file)] if output_file is not None else []
    return chain_loggers(setups)


@registry.loggers("spacy.ConsoleLogger.v3")
def console_logger_v3(
    progress_bar: Literal["train", "eval"] | None = None,
    console_output: bool = True,
    output_file: str | Path | None = None,
) -> LoggerSetup:
    """Print scores on the terminal, and into a file, as `spacy.ConsoleLogger.v2`.

    Args:
        progress_bar: Whether to show a bar; either kind shows the whole run.
    """
    return console_logger_v2(progress_bar is not None, console_output, output_file)


@registry.loggers("spacy.ChainLogger.v1")
def chain_logger(
    logger1: LoggerSetup | None = None,
    logger2: LoggerSetup | None = None,
    logger3: LoggerSetup | None = None,
    logger4: LoggerSetup | None = None,
    logger5: LoggerSetup | None = None,
    logger6: LoggerSetup | None = None,
    logger7: LoggerSetup | None = None,
    logger8: LoggerSetup | None = None,
    logger9: LoggerSetup | None = None,
    logger10: LoggerSetup | None = None,
) -> LoggerSetup:
    """Call several loggers in order; later ones see what earlier ones measure.

    Args:
        logger1, logger2, logger3, logger4, logger5: Loggers. Null: none.
        logger6, logger7, logger8, logger9, logger10: More of them.
    """
    first = (logger1, logger2, logger3, logger4, logger5)
    given = (*first, logger6, logger7, logger8, logger9, logger10)
    return chain_loggers(logger for logger in given if logger is not None)


@registry.loggers("spacy.LookupLogger.v1")
def lookup_logger(patterns: Sequence[str]) -> LoggerSetup:
    """Print the values whose names match, at each evaluation.

    Args:
        patterns: Regular expressions for names such as "words" and "losses.ner".

    Raises:
        ValueError: There is none, or one is no regular expression.
    """
    if not patterns:
        raise ValueError("spacy.LookupLogger.v1: there must be a pattern, got none.")
    matches = compile_patterns("spacy.LookupLogger.v1", patterns)
    return lambda learner, output: Lookup(matches)


@registry.loggers("spacy.CupyLogger.v1")
def cupy_logger(prefix: str = "cupy") -> LoggerSetup:
    """Measure the memory that CuPy holds, for the loggers after it in a chain.

    Args:
        prefix: What the names of the values begin with.
    """
    return lambda learner, output: CupyMemory(prefix)


@registry.loggers("spacy.PyTorchLogger.v1")
def pytorch_logger(
    prefix: str = "pytorch",
    device: int = 0,
    cuda_mem_pool: Literal["all", "large_pool", "small_pool"] = "all",
    cuda_mem_metric: Literal["all", "current", "peak", "allocated", "freed"] = "all",
) -> LoggerSetup:
    """Measure the memory that PyTorch holds on a GPU, for the loggers after it.

    Args:
        prefix: What the names of the values begin with.
        device: The number of the GPU.
        cuda_mem_pool: The pool of memory.
        cuda_mem_metric: What of it to measure.
    """
    return lambda *_: CudaMemory(prefix, device, cuda_mem_pool, cuda_mem_metric)


def _track(
    tracker: Callable[..., Logger], settings: Mapping[str, Any], *, console: bool = True
) -> LoggerSetup:
    """Return a logger that sends a run to a tracker.

    Args:
        tracker: Follows a run, given what learns, the output folder, the settings that
            all trackers have, and its own by name.
        settings: Both kinds of settings.
        console: Whether to print the run too.
    """
    shared = {field.name for field in fields(TrackerSettings) if field.init}
    sent = TrackerSettings(**{n: v for n, v in settings.items() if n in shared})
    own = {n: v for n, v in settings.items() if n not in shared}

    def setup(learner: Learner, output: Path | None) -> Logger:
        return tracker(learner, output, sent, **own)

    return chain_loggers([loggers.ConsoleLogger(False), setup]) if console else setup


@registry.loggers("spacy.WandbLogger.v1")
@registry.loggers("spacy-legacy.WandbLogger.v1")
def wandb_logger_v1(
    project_name: str,
    remove_config_values: Sequence[str] = (),
) -> LoggerSetup:
    """Send the run to Weights & Biases, as `spacy.WandbLogger.v5`, and print it."""
    return _track(WandbTracker, locals())


@registry.loggers("spacy.WandbLogger.v2")
def wandb_logger_v2(
    project_name: str,
    remove_config_values: Sequence[str] = (),
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
) -> LoggerSetup:
    """Send the run to Weights & Biases, as `spacy.WandbLogger.v5`, and print it."""
    return _track(WandbTracker, locals())


@registry.loggers("spacy.WandbLogger.v3")
def wandb_logger_v3(
    project_name: str,
    remove_config_values: Sequence[str] = (),
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    entity: str | None = None,
    run_name: str | None = None,
) -> LoggerSetup:
    """Send the run to Weights & Biases, as `spacy.WandbLogger.v5`, and print it."""
    return _track(WandbTracker, locals())


@registry.loggers("spacy.WandbLogger.v4")
def wandb_logger_v4(
    project_name: str,
    remove_config_values: Sequence[str] = (),
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    entity: str | None = None,
    run_name: str | None = None,
    log_best_dir: str | None = None,
    log_latest_dir: str | None = None,
) -> LoggerSetup:
    """Send the run to Weights & Biases, as `spacy.WandbLogger.v5`, and print it."""
    return _track(WandbTracker, locals())


@registry.loggers("spacy.WandbLogger.v5")
def wandb_logger_v5(
    project_name: str,
    remove_config_values: Sequence[str] = (),
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    entity: str | None = None,
    run_name: str | None = None,
    log_best_dir: str | None = None,
    log_latest_dir: str | None = None,
    log_custom_stats: Sequence[str] | None = None,
) -> LoggerSetup:
    """Send the run to Weights & Biases; it needs the extra thinc-zoo[wandb].

    Args:
        project_name: The project, which is made if it is new.
        remove_config_values: Settings that are not sent, by dotted path.
        model_log_interval: Updates after which an evaluation sends its model too.
            Null: never.
        log_dataset_dir: A folder that is sent when the run begins.
        entity: Whose project it is. Null: the user's own.
        run_name: The name of the run. Null: Weights & Biases makes one.
        log_best_dir: A folder with the best model, sent when the run ends.
        log_latest_dir: A folder with the last model, sent when the run ends.
        log_custom_stats: Regular expressions: further values whose names match are
            sent, such as those that other loggers of a chain measure.
    """
    return _track(WandbTracker, locals(), console=False)


@registry.loggers("spacy.MLflowLogger.v1")
def mlflow_logger_v1(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    tags: dict[str, Any] | None = None,
    remove_config_values: Sequence[str] = (),
) -> LoggerSetup:
    """Send the run to MLflow, as `spacy.MLflowLogger.v2`, and print it."""
    return _track(MlflowTracker, locals())


@registry.loggers("spacy.MLflowLogger.v2")
def mlflow_logger_v2(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    tags: dict[str, Any] | None = None,
    remove_config_values: Sequence[str] = (),
    log_custom_stats: Sequence[str] | None = None,
) -> LoggerSetup:
    """Send the run to MLflow; it needs the extra thinc-zoo[mlflow].

    Args:
        run_id: A run to go on with. Null: a new one.
        experiment_id: The experiment of a new run. Null: the default one.
        run_name: The name of a new run. Null: MLflow makes one.
        nested: Whether the run is part of another one.
        tags: Tags of the run.
        remove_config_values: Settings that are not sent, by dotted path.
        log_custom_stats: Regular expressions: further values whose names match are
            sent, such as those that other loggers of a chain measure.
    """
    return _track(MlflowTracker, locals(), console=False)


@registry.loggers("spacy.ClearMLLogger.v1")
def clearml_logger_v1(
    project_name: str,
    task_name: str,
    remove_config_values: Sequence[str] = (),
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    log_best_dir: str | None = None,
    log_latest_dir: str | None = None,
) -> LoggerSetup:
    """Send the run to ClearML, as `spacy.ClearMLLogger.v2`, and print it."""
    return _track(ClearmlTracker, locals())


@registry.loggers("spacy.ClearMLLogger.v2")
def clearml_logger_v2(
    project_name: str,
    task_name: str,
    remove_config_values: Sequence[str] = (),
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    log_best_dir: str | None = None,
    log_latest_dir: str | None = None,
    log_custom_stats: Sequence[str] | None = None,
) -> LoggerSetup:
    """Send the run to ClearML; it needs the extra thinc-zoo[clearml].

    Args:
        project_name: The project, which is made if it is new.
        task_name: The name of the run.
        remove_config_values: Settings that are not sent, by dotted path.
        model_log_interval: Updates after which an evaluation sends its model too.
            Null: never.
        log_dataset_dir: A folder that is sent when the run begins.
        log_best_dir: A folder with the best model, sent when the run ends.
        log_latest_dir: A folder with the last model, sent when the run ends.
        log_custom_stats: Regular expressions: further values whose names match are
            sent, such as those that other loggers of a chain measure.
    """
    return _track(ClearmlTracker, locals(), console=False)
