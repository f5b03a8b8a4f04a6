"""Read a config for users as a run reads it."""

from collections.abc import Mapping
from typing import Any

from thinc.config import Config

from .. import _registry
from ._blocks import build, fill
from ._validate import find_faults
from .errors import Fault, raise_faults
from .io import interpolate
from .overrides import put_overrides


class registry(_registry.registry):
    """Find functions by name, and build what a config describes.

    ``registry.architectures.get("zoo.Tok2Vec.v1")`` finds a function, and
    ``registry.resolve(config)`` builds all blocks of a config.
    """

    @classmethod
    def resolve(
        cls,
        config: Mapping[str, Any],
        *,
        schema: Any = None,
        overrides: Mapping[str, Any] | None = None,
        validate: bool = True,
    ) -> dict[str, Any]:
        """Build all blocks of a config, innermost first.

        A config is read as `zoo train` reads it: the same values fit, and defaults
        are those of the functions.

        Args:
            config: Variables are interpolated first.
            schema: A Pydantic model for what the config comes to; None checks nothing.
            overrides: Values to put in, by dotted path.
            validate: Whether to check against `schema`.

        Returns:
            The sections, with what the blocks make in their positions.

        Raises:
            ConfigError: Names, keys, types or values are wrong, or a function raises
                an error. It lists all.
        """
        values = cls._read(config, overrides)
        faults = [f for name in values for f in find_faults(values[name], name)]
        if schema is not None:
            values.fill_defaults(schema)
        built = {name: build(values[name], name, faults) for name in values}
        raise_faults(faults)
        if schema is not None and validate:
            Config(built).validate(schema)
        return built

    @classmethod
    def fill(
        cls,
        config: Mapping[str, Any],
        *,
        schema: Any = None,
        overrides: Mapping[str, Any] | None = None,
        interpolate: bool = False,
        validate: bool = True,
    ) -> Config:
        """Write all defaults that a file can hold into the blocks of a config.

        Args:
            config: A config; variables stay as they are.
            schema: A Pydantic model with defaults for the sections.
            overrides: Values to put in, by dotted path.
            interpolate: Whether to replace variables by their values.
            validate: Whether to look for errors.

        Raises:
            ConfigError: Names, keys, types or values are wrong. It lists all.
        """
        values = cls._read(config, overrides)
        if validate:
            raise_faults([f for n in values for f in find_faults(values[n], n)])
        written = values if interpolate else Config(dict(config)).copy()
        if overrides and not interpolate:
            put_overrides(written, overrides)
        filled = Config(fill(written, {}), is_interpolated=interpolate)
        if schema is not None:
            filled.fill_defaults(schema)
        return filled

    @classmethod
    def _read(
        cls, config: Mapping[str, Any], overrides: Mapping[str, Any] | None
    ) -> Config:
        """Interpolate a config with overrides."""
        if cls.is_promise(config):
            fault = Fault("", "blocks must stand in sections, such as [model].")
            raise_faults([fault])
        copied = Config(dict(config)).copy()
        put_overrides(copied, overrides or {})
        return interpolate(copied)
