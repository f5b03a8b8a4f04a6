"""Set hypothesis up for all tests: shared machines are slow now and then."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "zoo",
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,  # Elsewhere, every run tries other examples.
)
settings.load_profile("zoo")
