"""Set all tests up: shared machines are slow now and then."""

import os

from hypothesis import HealthCheck, settings

# Before PyTorch is imported: several threads gain nothing on tiny arrays, and on a busy
# machine they wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Tests of kernels use both; to run others with compiled ones, set it to "numba".
os.environ.setdefault("ZOO_KERNELS", "numpy")

settings.register_profile(
    "zoo",
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,  # Elsewhere, every run tries other examples.
)
settings.load_profile("zoo")
