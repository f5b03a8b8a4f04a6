"""Damage checkpoints of training: each goes on, or an error names the file."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.pipeline._model_folder import META
from zoo.training._checkpoint import load_checkpoint
from zoo.training._training_config import plan_training
from zoo.training.run_training import run_training

from ..tiny import make_tiny_config, rewrite_meta, save_docs
from .damage import Damaged, altered_json, check, damages

FILES = ("weights", "mom1", "mom2", "gradients", "random")


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    data = save_docs(folder / "train.conllu")
    config = make_tiny_config(
        paths={"train": data, "dev": data}, max_steps=2, eval_frequency=1
    )
    run_training(config, folder / "run")
    plan = plan_training(config)
    plan.initialize()
    shutil.move(folder / "run" / "checkpoint", folder / "checkpoint")
    return plan, folder / "checkpoint"


def go_on(plan, folder):
    optimizer = plan_training(plan.pipeline.config).settings.optimizer
    with np.errstate(all="ignore"):
        load_checkpoint(folder, plan.pipeline, optimizer, plan.settings.seed)


@pytest.mark.parametrize("signed", [False, True])
@settings(max_examples=50)
@given(damage=damages(), name=st.sampled_from(FILES))
def test_damaged_files(plan, signed, damage, name):
    plan, folder = plan
    file = f"{name}.safetensors"
    data = damage((folder / file).read_bytes())
    with Damaged(folder, file, data, signed=signed):
        check(lambda: go_on(plan, folder), str(folder))


# A version may be what is altered.
@pytest.mark.filterwarnings("ignore:.*the run goes on with other packages")
@settings(max_examples=60)
@given(data=st.data())
def test_altered_meta_data(plan, data):
    plan, folder = plan
    altered = json.loads(data.draw(altered_json((folder / META).read_bytes())))
    with Damaged(folder, META, b"{}", signed=False):
        rewrite_meta(folder, altered)
        check(lambda: go_on(plan, folder), str(folder))


def test_a_step_that_no_run_reaches_is_refused(plan):
    plan, folder = plan
    meta = json.loads((folder / META).read_text())
    meta["checkpoint"]["state"]["step"] = 10**15
    with Damaged(folder, META, b"{}", signed=False):
        rewrite_meta(folder, meta)
        assert not check(lambda: go_on(plan, folder), str(folder))
