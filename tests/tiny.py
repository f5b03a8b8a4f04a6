"""Make small corpora, configs and pipelines, which train in a moment."""

import json

import numpy as np
from thinc.api import Adam, fix_random_seed

from zoo import Doc, Pipeline
from zoo import _register_all as builtins
from zoo._parameters import named_parameters
from zoo.config import interpolate
from zoo.config._blocks import build
from zoo.corpora import Unwritten, write_docs
from zoo.models.make_config import make_config
from zoo.pipeline._model_folder import META, sealed
from zoo.training import TrainingSettings

registry = builtins.registry
TAGS = {"dogs": "NN", "cats": "NN", "run": "VB", "sleep": "VB", "fast": "RB"}
POS = {"NN": "NOUN", "VB": "VERB", "RB": "ADV"}


def make_docs(n=12, seed=0):
    """Make sentences whose labels follow from their words."""
    draw = np.random.default_rng(seed)
    docs = []
    for _ in range(n):
        words = draw.choice(list(TAGS), size=draw.integers(1, 6)).tolist()
        tags = [TAGS[word] for word in words]
        is_pet = "dogs" in words or "cats" in words
        cats = {"pets": float(is_pet), "other": float(not is_pet)}
        pos = [POS[tag] for tag in tags]
        docs.append(Doc(words, tags=tags, pos=pos, cats=cats))
    return docs


def save_docs(path, docs=None):
    """Write documents to a file, and give its path as a string."""
    write_docs(make_docs() if docs is None else docs, path, unwritten=Unwritten())
    return str(path)


def make_tiny_config(
    pipeline=("tok2vec", "tagger"), paths=None, *, pretraining=False, **training
):
    """Make a complete config of a small model; `training` goes into its section."""
    config = make_config(pipeline, pretraining=pretraining)
    config["paths"].update(paths or {})
    for component in config["components"].values():
        model = component["model"]
        encoder = model if "embed" in model else model.get("tok2vec", {})
        if "embed" in encoder:
            encoder["embed"]["rows"] = [50, 50, 50, 50]
            encoder["encode"].update(width=8, depth=1)
        linear = model.get("linear_model", model)
        if "length" in linear:
            linear["length"] = 100
    config["training"]["batcher"]["size"] = 20
    config["training"]["optimizer"]["learn_rate"] = 0.01
    config["training"].update({"logger": None, "dropout": 0.0, **training})
    return config


def make_tiny_pipeline(pipeline=("tok2vec", "tagger"), docs=None, seed=0):
    """Make a small pipeline with weights."""
    made = Pipeline.from_config(make_tiny_config(pipeline))
    fix_random_seed(seed)
    made.initialize(make_docs() if docs is None else docs)
    return made


def make_trained_pipeline(pipeline=("tok2vec", "tagger", "textcat"), steps=5):
    """Make a small pipeline that has learned something."""
    made, optimizer = make_tiny_pipeline(pipeline), Adam(0.01)
    for _ in range(steps):
        made.update(make_docs(), optimizer=optimizer)
    return made


def scores_of(pipeline, docs=None):
    """Predict, and give the scores as arrays by component and number."""
    return {
        f"{name}.{i}": np.asarray(rows)
        for name, scores in pipeline.predict(docs or make_docs()).items()
        for i, rows in enumerate(scores)
    }


def make_settings(**training):
    """Make the settings of a short run."""
    limits = {"max_steps": 4, "eval_frequency": 2, **training}
    values = interpolate(make_tiny_config(**limits))
    faults = []
    settings = build(values["training"], "training", faults)
    assert not faults, faults
    return TrainingSettings(**settings)


def rewrite_meta(folder, meta):
    """Write other meta data of a saved model, with the checksum that fits them."""
    (folder / META).write_text(json.dumps(sealed(meta)))


def weights_of(pipeline):
    """Copy all weights of a pipeline, by component and name."""
    return {
        f"{component.name}.{name}": parameter.value.copy()
        for component in pipeline.components.values()
        for name, parameter in named_parameters(component.model).items()
    }


def same_bits(left, right):
    """Check whether two dictionaries of arrays hold the same bits."""
    return left.keys() == right.keys() and all(
        left[name].tobytes() == right[name].tobytes() for name in left
    )
