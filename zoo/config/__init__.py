"""Configs: read them, name all their faults at once, build what they describe."""

from .reading import (
    SECTIONS,
    ConfigError,
    Fault,
    follow,
    format_config,
    interpolate,
    load_config,
    nearest,
    parse_config,
    parse_overrides,
    raise_faults,
)

__all__ = [
    "SECTIONS",
    "ConfigError",
    "Fault",
    "follow",
    "format_config",
    "interpolate",
    "load_config",
    "nearest",
    "parse_config",
    "parse_overrides",
    "raise_faults",
]
