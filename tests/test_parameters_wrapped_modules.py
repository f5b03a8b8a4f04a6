"""Check that modules of PyTorch which layers wrap learn and are saved like others."""

import copy
import pickle
import sys

import numpy as np
import pytest
from thinc.api import Adam, Model, PyTorchWrapper, Shim, fix_random_seed, with_array

import zoo
from zoo._parameters import named_parameters, use_params
from zoo._registry import layer
from zoo.config import ConfigError
from zoo.training._checkpoint import RunState, load_checkpoint, save_checkpoint
from zoo.training.run_training import run_training
from zoo.transformers._save import find_scalers

from .tiny import (
    make_docs,
    make_tiny_config,
    same_bits,
    save_docs,
    scores_of,
    weights_of,
)

torch = pytest.importorskip("torch")

#: What the encoder of `make_pipeline` wraps.
WRAPPED = {
    "0.weight": (8, 8),
    "0.bias": (8,),
    "2.weight": (8,),
    "2.bias": (8,),
    "2.running_mean": (8,),
    "2.running_var": (8,),
    "2.num_batches_tracked": (),
}


@layer("test.Wrapped.v1")
def Wrapped(width: int) -> Model:
    norm = torch.nn.BatchNorm1d(width)
    module = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.ReLU(), norm)
    return with_array(PyTorchWrapper(module))


class Numbers(Shim):
    def to_bytes(self):
        return b""


@layer("test.Shimmed.v1")
def Shimmed(width: int) -> Model:
    return Model("shimmed", lambda model, X, is_train: X, shims=[Numbers(None)])


class Extra(torch.nn.Linear):
    def get_extra_state(self):
        return {"code": print}


@layer("test.Extra.v1")
def WithExtra(width: int) -> Model:
    return with_array(PyTorchWrapper(Extra(width, width)))


def make_config(name="test.Wrapped.v1", paths=None, **training):
    config = make_tiny_config(("tok2vec", "tagger"), paths, **training)
    encoder = config["components"]["tok2vec"]["model"]
    encoder["encode"] = {"@architectures": name, "width": 8}
    config["components"]["tagger"]["model"]["tok2vec"]["width"] = None
    encoder["embed"]["width"] = 8
    return config


def make_pipeline():
    fix_random_seed(0)
    pipeline = zoo.Pipeline.from_config(make_config())
    pipeline.initialize(make_docs())
    return pipeline


def make_trained():
    pipeline, optimizer = make_pipeline(), Adam(0.01)
    for _ in range(5):
        pipeline.update(make_docs(), optimizer=optimizer)
    return pipeline


def module_of(pipeline):
    nodes = pipeline.components["tok2vec"].model.walk()
    return next(shim for node in nodes for shim in node.shims)._model


def test_tensors_of_a_module_are_parameters():
    found = named_parameters(make_pipeline().components["tok2vec"].model)
    shapes = {name: p.value.shape for name, p in found.items()}
    encode = {n: s for n, s in shapes.items() if n.startswith("encode.")}
    assert encode == {f"encode.{name}": shape for name, shape in WRAPPED.items()}


@pytest.mark.parametrize("way", ["folder", "copy", "pickle", "replace_listeners"])
def test_weights_of_a_module_are_kept(way, tmp_path):
    pipeline = make_trained()
    if way == "folder":
        pipeline.to_disk(tmp_path / "model")
        other = zoo.load(tmp_path / "model")
    elif way == "copy":
        other = copy.deepcopy(pipeline)
    elif way == "pickle":
        other = pickle.loads(pickle.dumps(pipeline))
    else:
        other = pipeline.replace_listeners()
    assert same_bits(scores_of(pipeline), scores_of(other))
    assert int(pipeline.parameters["tok2vec.encode.2.num_batches_tracked"].value) == 5


def test_tensors_of_half_precision_are_kept():
    model = PyTorchWrapper(torch.nn.Linear(4, 4).bfloat16())
    parameters = named_parameters(model)
    values = {name: p.value.copy() for name, p in parameters.items()}
    for parameter in parameters.values():
        parameter.node.set_param(parameter.name, parameter.value * 0)
        assert not parameter.value.any()
    for name, parameter in parameters.items():
        parameter.node.set_param(parameter.name, values[name])
        assert np.array_equal(parameter.value, values[name])


def test_module_learns_as_it_does_by_thinc():
    ours, theirs = make_pipeline(), make_pipeline()
    optimizers = Adam(0.01), Adam(0.01)
    for _ in range(2):  # The output layer is zero at first, and gives back nothing.
        ours.update(make_docs(), optimizer=optimizers[0])
        theirs.update(make_docs())
        for component in theirs.components.values():
            component.model.finish_update(optimizers[1])
    found, expected = weights_of(ours), weights_of(theirs)
    before = weights_of(make_pipeline())
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-5)
        assert (found[name] != before[name]).any(), name


def test_parts_of_a_module_are_frozen():
    pipeline, optimizer = make_pipeline(), Adam(0.01)
    for _ in range(2):
        pipeline.update(make_docs(), optimizer=optimizer)
    pipeline.freeze("tok2vec.encode.0")
    assert pipeline.frozen == ["tok2vec.encode.0.weight", "tok2vec.encode.0.bias"]
    before = weights_of(pipeline)
    pipeline.update(make_docs(), optimizer=optimizer)
    after = weights_of(pipeline)
    changed = {n for n in before if before[n].tobytes() != after[n].tobytes()}
    assert before.keys() - changed == {*pipeline.frozen}
    pipeline.freeze()
    pipeline.update(make_docs(), optimizer=optimizer)
    after = weights_of(pipeline)
    assert (after["tok2vec.encode.0.weight"] != before["tok2vec.encode.0.weight"]).any()


def test_what_a_module_has_frozen_itself_stays_so():
    pipeline = make_pipeline()
    module_of(pipeline)[0].weight.requires_grad_(False)
    pipeline.freeze("tok2vec.encode")
    pipeline.freeze()
    learning = {n: t.requires_grad for n, t in module_of(pipeline).named_parameters()}
    assert [name for name, learns in learning.items() if not learns] == ["0.weight"]


def test_averages_of_a_module_are_used_and_taken_out_again():
    pipeline, optimizer = make_pipeline(), Adam(0.1, use_averages=True)
    for _ in range(3):
        pipeline.update(make_docs(), optimizer=optimizer)
    node, name = pipeline.parameters["tok2vec.encode.0.weight"]
    before = node.get_param(name).copy()
    with pipeline.use_params(optimizer.averages):
        assert np.array_equal(node.get_param(name), optimizer.averages[node.id, name])
    assert np.array_equal(node.get_param(name), before)
    with pytest.raises(KeyError), use_params(pipeline.models["tok2vec"], {}):
        raise KeyError


def test_run_with_a_module_is_resumed_with_its_bits(tmp_path, monkeypatch):
    module = sys.modules[run_training.__module__]
    monkeypatch.setattr(module, "draw_curves", lambda *_: None)
    path = save_docs(tmp_path / "docs.jsonl", make_docs(40))
    paths, limits = {"train": path, "dev": path}, {"eval_frequency": 3}
    for folder, steps in (("whole", [6]), ("parts", [3, 6])):
        for max_steps in steps:
            config = make_config(paths=paths, max_steps=max_steps, **limits)
            config["training"]["optimizer"]["use_averages"] = True
            run_training(config, tmp_path / folder, resume=True)
    for name in ("checkpoint/weights", "checkpoint/mom2", "model-best/tok2vec"):
        files = [tmp_path / f"{f}/{name}.safetensors" for f in ("whole", "parts")]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_state_of_a_scaler_is_part_of_a_checkpoint(tmp_path):
    pipeline, optimizer = make_pipeline(), Adam(0.01)
    [scaler] = find_scalers(pipeline.models).values()
    scaler.state = [128.0, 7.0]
    save_checkpoint(tmp_path / "checkpoint", pipeline, optimizer, RunState())
    other = make_pipeline()
    load_checkpoint(tmp_path / "checkpoint", other, Adam(0.01), 0)
    assert find_scalers(other.models)["tok2vec.encode"].state == [128.0, 7.0]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("test.Shimmed.v1", "'shimmed' must hold its weights .* got a Numbers, whose"),
        ("test.Extra.v1", "must save tensors only, got dict as '_extra_state' of Extr"),
    ],
)
def test_weights_that_cannot_be_saved_are_a_fault_of_the_config(name, message):
    with pytest.raises(ConfigError, match=f"components.tok2vec.model.*{message}"):
        zoo.Pipeline.from_config(make_config(name))
