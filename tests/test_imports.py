"""Check what is imported, and that zoo works where spaCy and PyTorch are missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.blocking import BLOCK

ROOT = Path(__file__).parents[1]


JOB = """
from pathlib import Path

from thinc.api import Adam, Config, fix_random_seed

import zoo

CONFIG = '''
[nlp]
pipeline = ["tok2vec", "tagger"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
width = 8
depth = 1
embed_size = 50
window_size = 1
maxout_pieces = 2
subword_features = true
pretrained_vectors = null

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 8
upstream = "tok2vec"
'''
fix_random_seed(0)
docs = [
    zoo.Doc(["the", "cat", "sleeps"], tags=["D", "N", "V"]),
    zoo.Doc(["a", "dog"], tags=["D", "N"]),
]
pipeline = zoo.Pipeline.from_config(Config().from_str(CONFIG, interpolate=False))
pipeline.initialize(docs)
optimizer = Adam(0.02)
losses = [
    float(pipeline.update(docs, optimizer=optimizer)["tagger"].total)
    for _ in range(30)
]
assert losses[-1] < 0.5 * losses[0], losses
folder = Path(sys.argv[2]) / "model"
pipeline.to_disk(folder)
loaded = zoo.load(folder)
plain = [["the", "dog", "sleeps"], []]
assert [d.tags for d in loaded(plain)] == [d.tags for d in pipeline(plain)]
assert [d.tags for d in loaded(plain)][1] == []
assert loaded.evaluate(docs)["tag_acc"] == 1.0
for name in BLOCKED:
    assert name not in sys.modules, name
print("done")
"""


def run(code, *arguments):
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


def modules_after(code):
    """Return the roots of the modules that some code imports."""
    tail = "\nimport json, sys\nprint(json.dumps(sorted({m.split('.')[0] for m in "
    out = run(code + tail + "sys.modules})))")
    return set(json.loads(out.splitlines()[-1]))


@pytest.mark.parametrize("blocked", ["spacy", "spacy,torch"])
def test_a_pipeline_trains_saves_and_loads_without(blocked, tmp_path):
    assert run(BLOCK + JOB, blocked, str(tmp_path)).splitlines()[-1] == "done"


def test_the_block_holds():
    found = subprocess.run(
        [sys.executable, "-c", BLOCK + "import spacy", "spacy"],
        capture_output=True,
        text=True,
    )
    assert "ImportError: spacy is blocked" in found.stderr


HELP = """
import sys
from zoo._cli import main
sys.argv = ["zoo", "--help"]
try:
    main()
except SystemExit as stop:
    assert not stop.code
"""


@pytest.mark.parametrize("code", ["import zoo", HELP], ids=["import zoo", "zoo --help"])
def test_nothing_slow_is_imported_for_little(code):
    found = modules_after(code)
    assert "zoo" in found
    assert not found & {"thinc", "torch", "spacy", "numpy", "hypothesis", "cupy"}


def test_using_zoo_imports_no_spacy_and_no_hypothesis():
    found = modules_after(
        'import zoo; zoo.registry.layers.get("zoo.Tagger.v1"); zoo.load'
    )
    assert {"zoo", "thinc"} <= found
    assert not found & {"spacy", "hypothesis", "matplotlib"}


PACKAGES = """
import json, sys
import zoo

before = dir(zoo)
assert "thinc" not in sys.modules
names = [zoo.config.load_config.__name__, zoo.layers.Tok2Vec.__name__]
print(json.dumps([before, *names]))
"""


def test_the_public_packages_are_reached_after_import_zoo():
    names, *found = json.loads(run(PACKAGES).splitlines()[-1])
    assert found == ["load_config", "Tok2Vec"]
    assert names == sorted(names)
    assert {"load", "Doc", "config", "layers", "vectors"} <= set(names)


def test_all_that_is_listed_in_zoo_can_be_reached():
    import zoo

    for name in dir(zoo):
        assert getattr(zoo, name) is not None
    with pytest.raises(AttributeError, match="module 'zoo' has no attribute 'laod'"):
        _ = zoo.laod
