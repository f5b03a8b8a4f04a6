"""Load a pipeline from a folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config import Fault, follow, interpolate, nearest, put_overrides, raise_faults
from ..vectors import VectorTable
from ._assemble import pipeline_faults
from ._saved_pipeline import SavedPipeline, read_folder
from .pipeline import Pipeline


def load(
    path: str | Path,
    *,
    vectors: VectorTable | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Pipeline:
    """Load a pipeline that `Pipeline.to_disk` saved. No code in the folder is run.

    Args:
        path: The folder.
        vectors: The table of word vectors that the pipeline was trained with, if it
            was with one. None: it is read from where the config says.
        overrides: Other values for settings of components, by path, such as
            ``{"components.ner.bias": 2.0}``.

    Returns:
        The pipeline, ready to annotate.

    Raises:
        FileNotFoundError: The folder holds no saved pipeline.
        ValueError: A file is missing, altered, from a later version, or does not fit
            the config; or the vectors are not those that the pipeline was trained
            with, or it was trained without any.
        ConfigError: An override is no setting of a component, or has a wrong value.
    """
    saved = read_folder(path)
    if overrides:
        _override(saved, overrides)
    if vectors is not None and saved.vectors is None:
        raise ValueError(
            f"{path} was trained without word vectors, got '{vectors.name}'. Leave "
            f"them out."
        )
    return Pipeline._restore(saved, vectors)


#: The settings of a component that the weights are made for.
_BUILT = ("factory", "model")


def _override(saved: SavedPipeline, overrides: Mapping[str, Any]) -> None:
    """Change settings of the components of a saved pipeline.

    Raises:
        ConfigError: There is no such setting, or a value is of another type.
    """
    components = follow(saved.config, "components") or {}
    faults = []
    for path in overrides:
        steps = path.split(".")
        if len(steps) != 3 or steps[0] != "components" or steps[2] in _BUILT:
            message = "only settings of components can change: components.NAME.SETTING."
            faults.append(Fault(path, message))
        elif steps[1] not in components:
            known = f" There are: {', '.join(components)}."
            hint = nearest(steps[1], components) or known
            faults.append(Fault(path, f"there is no component {steps[1]!r}.{hint}"))
    raise_faults(faults)
    put_overrides(saved.config, overrides)
    found = pipeline_faults(interpolate(saved.config))
    raise_faults([fault for fault in found if fault.path in overrides])
