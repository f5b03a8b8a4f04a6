"""Take trained components from saved pipelines, as a config says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from thinc.api import Config

from ..config import Fault, follow, interpolate, nearest, raise_faults
from ..config._blocks import fill
from ..config._validate import Schema, find_faults
from ..vectors import VectorTable
from ._assemble import named_blocks, pipeline_schemas
from ._saved_pipeline import SavedPipeline, read_folder
from ._share_encoders import (
    build_saved,
    find_listeners,
    find_upstream_names,
    replace_listeners,
)
from ._word_vectors import check_table, users_of_vectors

#: The sections whose settings may stand for the name of a source.
VARIABLES = ("paths", "system", "variables")


@dataclass
class SourceSettings:
    """The settings of a block [components.NAME] that takes a component from elsewhere.

    Args:
        source: Folder of the pipeline.
        component: Its name there. If null, the same name.
        replace_listeners: If not empty, the component gets a copy of the encoder that
            it listens to there. The entries are spaCy's, such as "model.tok2vec".
    """

    source: str
    component: str | None = None
    replace_listeners: list[str] | None = None


@dataclass
class Source:
    """A trained component of a saved pipeline.

    Args:
        saved: The pipeline.
        component: The name of the component there.
    """

    saved: SavedPipeline
    component: str

    @property
    def block(self) -> dict[str, Any]:
        """The settings of the component, without variables."""
        return dict(interpolate(self.saved.config)["components"][self.component])

    @property
    def weights(self) -> dict[str, Any]:
        return self.saved.weights_of(self.component)

    @property
    def labels(self) -> list[str]:
        return self.saved.labels_of(self.component)

    def check_vectors(self, table: VectorTable | None) -> None:
        """Raise ValueError if it was trained with other word vectors than these."""
        wanted = self.saved.vectors
        if wanted is None or not self._uses_vectors:
            return
        if table is None:
            raise ValueError(
                f"{self.folder}: the component '{self.component}' was trained with the "
                f"vectors '{wanted.get('name')}'. Set initialize.vectors to them."
            )
        check_table(str(self.folder), wanted, table)

    @property
    def _uses_vectors(self) -> bool:
        components = build_saved(self.saved)
        return bool(users_of_vectors([components[self.component]]))

    @property
    def folder(self) -> Path:
        return self.saved.source


def resolve_sources(config: Config) -> tuple[Config, dict[str, Source]]:
    """Replace each block that names a source by the block of the trained component.

    Returns:
        A new config, and the components that are trained already, by name.

    Raises:
        ConfigError: A source, a component or a listener was not found; all are listed.
    """
    faults, sources = list[Fault](), dict[str, Source]()
    for name, block in sourced_blocks(config):
        path = f"components.{name}"
        found = list(find_faults(block, path, Schema(SourceSettings)))
        if not found:
            settings = SourceSettings(**block)
            try:
                sources[name] = _read(settings, settings.component or name)
            except (OSError, ValueError) as error:
                found = [Fault(f"{path}.source", str(error))]
        faults += found
    if not faults:
        faults += _check_upstreams(sources)
    raise_faults(faults)
    if not sources:
        return config, sources
    resolved = Config(config).copy()
    for name, source in sources.items():
        resolved["components"][name] = source.block
    for name in sources:
        block, schemas = resolved["components"][name], pipeline_schemas(resolved)
        resolved["components"][name] = fill(block, schemas, f"components.{name}")
    return resolved, sources


def sourced_blocks(config: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the blocks of the pipeline's components that name a source.

    Only their own settings are interpolated: other variables may name settings that
    the sources have.
    """
    blocks = {
        name: block
        for name, block in named_blocks(config)
        if isinstance(block, Mapping) and "source" in block
    }
    if not blocks:
        return []
    names = [setting.name for setting in fields(SourceSettings)]
    part = {name: config[name] for name in VARIABLES if name in config}
    part["components"] = {
        name: {key: block[key] for key in names if key in block}
        for name, block in blocks.items()
    }
    found = interpolate(part)["components"]
    return [(name, {**block, **found[name]}) for name, block in blocks.items()]


def _read(settings: SourceSettings, component: str) -> Source:
    saved = read_folder(settings.source)
    names = follow(interpolate(saved.config), "nlp.pipeline") or []
    if component not in names:
        hint = nearest(component, names) or f" There are: {', '.join(names)}."
        raise ValueError(f"{saved.source} has no component {component!r}.{hint}")
    if settings.replace_listeners:
        _check_listeners(saved, component, settings.replace_listeners)
        for upstream in find_upstream_names(saved, component):
            saved = replace_listeners(saved, upstream, [component])
    return Source(saved, component)


def _check_listeners(
    saved: SavedPipeline, component: str, named: Sequence[str]
) -> None:
    """Check that each path leads to a listener of a component of a saved pipeline."""
    block = interpolate(saved.config)["components"][component]
    known = [*find_listeners(block)]
    for path in named:
        if path not in known:
            hint = nearest(path, known) or f" There are: {', '.join(known) or 'none'}."
            raise ValueError(
                f"replace_listeners: there is no listener {path!r} in the component "
                f"{component!r} of {saved.source}.{hint}"
            )


def _check_upstreams(sources: Mapping[str, Source]) -> Iterator[Fault]:
    """Check that the encoder of each component comes from the same pipeline."""
    for name, source in sources.items():
        for upstream in find_upstream_names(source.saved, source.component):
            other = sources.get(upstream)
            if other is None or other.folder != source.folder:
                yield Fault(
                    f"components.{name}.source",
                    f"it listens to '{upstream}', which must come from {source.folder} "
                    f'too. Or give it a copy: replace_listeners = ["model.tok2vec"].',
                )
