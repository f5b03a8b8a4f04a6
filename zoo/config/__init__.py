"""Read configs, find all their errors at once, and build what they describe."""

from .errors import ConfigError, Fault, nearest, raise_faults
from .io import SECTIONS, follow, format_config, interpolate, load_config, parse_config
from .overrides import environment_overrides, parse_overrides, put_overrides

__all__ = [
    "SECTIONS",
    "ConfigError",
    "Fault",
    "environment_overrides",
    "follow",
    "format_config",
    "interpolate",
    "load_config",
    "nearest",
    "parse_config",
    "parse_overrides",
    "put_overrides",
    "raise_faults",
]
