"""Check that transformers go to processes that never see where they came from."""

import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tests.transformers.hugging_face import save_tiny
from tests.transformers.pipelines import SPACY, make_pipeline, train

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
TEXTS = [["cat", "sat"], ["dogs"], []] * 2
#: Gets a pipeline where there is no network, and no cache of the hub: from a pickle,
#: before any of zoo's names is registered, and from a folder.
LOAD = """
import pickle, socket, sys

def refuse(*arguments):
    raise AssertionError("it asked the network")

socket.socket.connect = socket.getaddrinfo = refuse
import zoo

with open(sys.argv[2], "rb") as file:
    pickled = pickle.load(file)
for pipeline in (pickled, zoo.load(sys.argv[1])):
    print(*[doc.tags for doc in pipeline([["cat", "sat"], ["dogs"]])])
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Make a pipeline whose transformer's folder is gone, and which keeps its data."""
    folder = save_tiny(tmp_path_factory.mktemp("bert"), "bert")
    text = SPACY.replace("spacy-transformers.null_annotation_setter", "zoo.trf_data")
    pipeline = make_pipeline(text, folder=folder)
    train(pipeline, 2)
    shutil.rmtree(folder)
    return pipeline


def test_processes_give_the_bits_and_the_data_of_one(pipeline):
    alone = list(pipeline.pipe(TEXTS, batch_size=3))
    together = list(pipeline.pipe(TEXTS, batch_size=3, n_process=2))
    assert len(alone) == len(together) == len(TEXTS)
    for left, right in zip(alone, together, strict=True):
        assert (left.tags, left.cats) == (right.tags, right.cats)
        assert_same_data(left, right)


def test_data_that_a_setter_kept_stay_with_a_document(pipeline):
    for doc in pipeline(TEXTS):
        assert_same_data(doc, doc.copy())
        assert_same_data(doc, pickle.loads(pickle.dumps(doc)))


def assert_same_data(left, right):
    data = [doc.user_data["trf_data"] for doc in (left, right)]
    np.testing.assert_array_equal(data[0].vectors, data[1].vectors)
    assert data[0].row_pieces.tolist() == data[1].row_pieces.tolist()
    lengths = [each.alignment.lengths.tolist() for each in data]
    assert lengths[0] == lengths[1]
    assert len(lengths[0]) == len(left)


def test_a_machine_that_never_saw_the_hub_loads_a_pipeline(pipeline, tmp_path):
    pipeline.to_disk(tmp_path / "saved")
    (tmp_path / "pickle").write_bytes(pickle.dumps(pipeline))
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "no")}
    command = [sys.executable, "-W", "ignore", "-c", LOAD]
    command += [str(tmp_path / "saved"), str(tmp_path / "pickle")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    expected = [doc.tags for doc in pipeline([["cat", "sat"], ["dogs"]])]
    assert done.stdout.splitlines() == 2 * [" ".join(map(str, expected))]
