import os
import subprocess
import sys

import pytest

#: Every fifth operation, from another one in each: the whole takes minutes.
JOBS = [("train", "one", 1), ("train", "two", 3), ("pretrain", "one", 5)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills children that it forks")
@pytest.mark.parametrize(("command", "steps", "first"), JOBS)
def test_run_killed_at_an_operation_of_a_save_goes_on_to_the_same_bits(
    tmp_path, command, steps, first
):
    module = "tests.trust.kill_runs"
    arguments = [str(tmp_path), command, steps, str(first), "5"]
    run = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stdout
    assert int(run.stdout.splitlines()[-1]) > 20
