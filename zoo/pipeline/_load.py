"""Load a pipeline from a folder."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..config import Fault, follow, interpolate, nearest, put_overrides, raise_faults
from ..config._validate import fits, show
from ..vectors import Vectors, VectorTable, read_vectors
from ._archive import is_archive, unpack_archive
from ._assemble import pipeline_faults
from ._model_folder import META
from ._saved_pipeline import SavedPipeline, read_folder
from ._share_encoders import leave_out
from ._shipped_encoders import is_shipped, read_shipped
from ._spacy_folder import find_spacy_folder, refuse_unknown_package
from ._spacy_pipeline import load_spacy_pipeline
from ._word_vectors import describe_table, find_table, verify_table
from .pipeline import Pipeline


def load(
    path: str | Path,
    *,
    vectors: VectorTable | str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    exclude: Collection[str] = (),
) -> Pipeline:
    """Load a pipeline that `Pipeline.to_disk` or spaCy 3 saved. None of its code runs.

    Args:
        path: The folder, or an archive of it, as `zoo package` writes; of spaCy's also
            the name of an installed package, such as "en_core_web_sm", which is not
            imported; or a pretrained encoder of zoo's, "zoo:hash-cnn-small".
        vectors: The table of word vectors that the pipeline was trained with, if it
            was with one, or its file. None: it is read from where the config says.
        exclude: Names of components to leave out.
        overrides: Other values for settings of components, by path, such as
            ``{"components.ner.bias": 2.0}``.

    Returns:
        The pipeline, ready to annotate.

    Raises:
        FileNotFoundError: The folder holds no saved pipeline, or there is neither a
            folder nor an installed package of this name.
        ValueError: A file is missing, altered, from a later version, or does not fit
            the config; or the vectors are not those that the pipeline was trained
            with, or it was trained without any.
        ConfigError: An override is no setting of a component, or has a wrong value.
    """
    table = read_vectors(vectors) if isinstance(vectors, str | Path) else vectors
    refuse_string(exclude)
    if is_archive(path):
        with unpack_archive(path) as folder:
            return load(folder, vectors=table, overrides=overrides, exclude=exclude)
    spacys = None if is_shipped(path) else find_spacy_folder(path)
    if spacys is not None:
        return load_spacy_pipeline(spacys, exclude=exclude, vectors=table)
    saved = _read_saved(path)
    for name in exclude:
        saved = leave_out(saved, name)
    if overrides:
        _override(saved, overrides)
    if table is not None and saved.vectors is None:
        raise ValueError(
            f"{path} was trained without word vectors, got '{table.name}'. Leave "
            f"them out."
        )
    return Pipeline._restore(saved, table)


def _read_saved(path: str | Path) -> SavedPipeline:
    """Read a folder, or a pretrained encoder that comes with zoo."""
    if not is_shipped(path):
        refuse_unknown_package(path)
        return read_folder(path)
    encoder = read_shipped(str(path))
    config = encoder.config
    return SavedPipeline(config, {}, {"tok2vec": encoder.weights}, source=Path(path))


def inspect(path: str | Path, *, verify: bool = False) -> Pipeline:
    """Load a pipeline to look at it. No table of word vectors is needed or read.

    Layers that need a table get one of the same width without words.

    Args:
        path: As for `load`.
        verify: Whether to read the table that the config names too, and check it.

    Returns:
        The pipeline, which predicts as if no word had a vector.

    Raises:
        FileNotFoundError: The folder holds no saved pipeline, or there is neither a
            folder nor an installed package of this name.
        ValueError: A file is missing, altered, from a later version, or does not fit
            the config; with `verify` also if the table is damaged or another one.
    """
    if is_archive(path):
        with unpack_archive(path) as folder:
            return inspect(folder, verify=verify)
    spacys = None if is_shipped(path) else find_spacy_folder(path)
    if spacys is not None:
        return load_spacy_pipeline(spacys, exclude=(), vectors=None)
    saved = _read_saved(path)
    wanted = saved.vectors
    if wanted is None:
        return Pipeline._restore(saved, None)
    if verify:
        verify_table(find_table(saved.source, saved.config, wanted, None))
    shape: Any = wanted.get("shape")
    if not fits(shape, list[int]) or len(shape) != 2 or not 0 < shape[1] < 2**16:
        raise ValueError(
            f"{saved.source / META}: expected the rows and the width of the vectors, "
            f"got {show(shape)}."
        )
    stand_in = Vectors([""], np.zeros((1, shape[1]), "f"), name=str(wanted["name"]))
    saved.vectors = describe_table(stand_in)
    return Pipeline._restore(saved, stand_in)


def refuse_string(exclude: Any) -> None:
    """Raise TypeError if one name stands in the place of several."""
    if isinstance(exclude, str):
        raise TypeError(
            f"zoo.load: exclude must be a list of names, got the string {exclude!r}. "
            f"Write [{exclude!r}]."
        )


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
