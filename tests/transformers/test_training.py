"""Check how transformers learn: by path, frozen, in parts, resumed, with own code."""

import gc
import random
import signal
import sys

import numpy as np
import pytest
from thinc.api import SGD, Adam

import zoo
from tests.tiny import make_docs, registry, same_bits, save_docs, weights_of
from tests.training.runs import assert_same_run, send_signals
from tests.transformers.builders import torch
from tests.transformers.pipelines import SPACY, make_pipeline, train, wrapper_of
from zoo._cli import main
from zoo.config import ConfigError, format_config, parse_config
from zoo.doc import Doc
from zoo.models.make_config import complete
from zoo.pipeline._model_folder import read_meta
from zoo.training._optimizers import ByPath
from zoo.training._training_config import plan_training
from zoo.training.run_training import run_training
from zoo.transformers import TransformerBatch

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")

#: What is usual for transformers: lower layers learn less, and norms and biases do not
#: decay.
GROUPS = {
    "embeddings": {"paths": ["transformer.embeddings"], "factor": 0.0},
    "lower": {"paths": ["transformer.encoder.layer.0"], "factor": 0.5},
    "bare": {"paths": ["transformer.*.bias", "*.LayerNorm.*"], "L2": 0.0},
}


@pytest.fixture(autouse=True)
def without_curves(monkeypatch):
    module = sys.modules[run_training.__module__]
    monkeypatch.setattr(module, "draw_curves", lambda *_: None)


def make_run_config(folder, data, docs=None, text=SPACY, **training):
    """Make the config of a short run, with dropout in the transformer and the heads."""
    path = save_docs(data / "docs.jsonl", docs or make_docs(24))
    config = complete(parse_config(text.format(folder=folder)))
    config["paths"].update(train=path, dev=path)
    config["training"].update(max_steps=12, eval_frequency=4, logger=None, dropout=0.2)
    config["training"].update(training)
    config["training"]["batcher"]["size"] = 30
    config["training"]["accumulate_gradient"] = 2
    optimizer = config["training"]["optimizer"]
    config["training"]["optimizer"] = {
        "@optimizers": "zoo.ByPath.v1",
        "optimizer": {**optimizer, "learn_rate": 0.01, "L2": 0.1},
        "groups": GROUPS,
    }
    return config


def test_parts_of_a_transformer_learn_at_their_own_rates_and_decays(folder):
    """One step of plain descent: each parameter moves by its rate and its decay."""

    def descend(groups, L2=0.0):
        pipeline = make_pipeline(SPACY, folder=folder)
        before = weights_of(pipeline)
        sgd = SGD(0.001, L2=L2, grad_clip=0.0, use_averages=False)
        optimizer = ByPath(sgd, groups)
        optimizer.bind(pipeline.parameters)
        pipeline.update(make_docs(), optimizer=optimizer)
        after = weights_of(pipeline)
        return {name: after[name] - before[name] for name in after}, before

    plain, before = descend({"none": {"paths": ["*"], "factor": 1.0}})
    factors, _ = descend(GROUPS)
    decayed, _ = descend(GROUPS, L2=10.0)
    kinds = set()
    for name, moved in plain.items():
        factor = next(
            (
                group["factor"]
                for group in GROUPS.values()
                if "factor" in group and name.startswith(group["paths"][0])
            ),
            1.0,
        )
        np.testing.assert_allclose(factors[name], factor * moved, atol=1e-6)
        is_bare = name.startswith("transformer.") and name.endswith("bias")
        is_bare = is_bare or ".LayerNorm." in name
        if "pooler" in name:  # It gets no gradient.
            continue
        share = 0.0 if is_bare else 0.001 * 10.0 * factor
        decay = share * (before[name] + factors[name])
        np.testing.assert_allclose(factors[name] - decay, decayed[name], atol=1e-6)
        kinds.add((name.partition(".")[0], factor, is_bare))
    assert len(kinds) == 8, "all groups must have members"


def test_a_config_freezes_parts_of_a_transformer_by_path(folder, tmp_path):
    still = ["transformer.embeddings", "transformer.encoder.layer.0", "*.LayerNorm.*"]
    config = make_run_config(folder, tmp_path, frozen_components=still, max_steps=2)
    plan = plan_training(config)
    plan.initialize()
    before = weights_of(plan.pipeline)
    run_training(config, tmp_path / "out")
    after = weights_of(zoo.load(tmp_path / "out" / "model-last"))
    for name, value in after.items():
        fits = name.startswith(tuple(still[:2])) or ".LayerNorm." in name
        is_still = value.tobytes() == before[name].tobytes()
        assert is_still == (fits or "pooler" in name), name
    config["training"]["frozen_components"] = ["transformer.encoder.layr"]
    with pytest.raises(ConfigError, match=r"Did you mean 'transformer.encoder.layer'"):
        plan_training(config).initialize()


HALF = SPACY.replace("mixed_precision = false", 'precision = "float16"')
HALF = HALF.replace(
    "spacy-transformers.TransformerModel.v3", "zoo.TransformerWrapper.v1"
)
#: The first updates overflow, and later ones do now and then.
HALF = HALF.replace(
    '{{"init_scale": 32768}}', '{{"init_scale": 1e9, "growth_interval": 2}}'
)


@pytest.mark.parametrize("text", [SPACY, HALF], ids=["float32", "float16"])
def test_a_run_that_is_stopped_and_resumed_has_the_bits_of_a_whole_one(
    folder, tmp_path, text
):
    """With dropout, whose random numbers are PyTorch's, and with the scale it had."""
    stop = {"@callbacks": "test.signals.v1", "step": 6, "times": 1}
    stop["number"] = int(signal.SIGTERM)
    assert registry.callbacks.get(stop["@callbacks"]) is send_signals
    run_training(make_run_config(folder, tmp_path, text=text), tmp_path / "whole")
    config = make_run_config(folder, tmp_path, text=text, before_update=stop)
    with pytest.raises(KeyboardInterrupt, match="stopped after update 6"):
        run_training(config, tmp_path / "stopped")
    torch.manual_seed(random.getrandbits(32))
    run_training(config, tmp_path / "stopped", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "stopped")
    records = [
        read_meta(tmp_path / run / "checkpoint")["checkpoint"]["scalers"]
        for run in ("whole", "stopped")
    ]
    assert records[0] == records[1]
    assert (records[0]["transformer"] == [1.0, 0.0]) == (text is SPACY)


def test_the_random_numbers_of_pytorch_matter(folder):
    """Else the test of resumed runs would hold without their state."""
    found = []
    for seed in (0, 1):
        pipeline = make_pipeline(SPACY, folder=folder)
        torch.manual_seed(seed)
        train(pipeline, 1, dropout=0.2)
        found.append(weights_of(pipeline))
    assert not same_bits(*found)


def test_parts_of_a_batch_give_the_gradients_of_the_whole(folder):
    found, docs = [], make_docs(9)
    for parts in ([docs], [docs[:2], docs[2:3], docs[3:]]):
        pipeline = make_pipeline(SPACY, folder=folder)
        for part in parts:
            pipeline.update(part)
        wrapper = wrapper_of(pipeline)
        found.append({n: wrapper.get_grad(n).copy() for n in wrapper.grad_names})
    assert found[0].keys() == found[1].keys() != set()
    for name, gradient in found[0].items():
        np.testing.assert_allclose(found[1][name], gradient, rtol=1e-4, atol=1e-5)


def gradients_with(folder, *frozen, text=SPACY):
    pipeline = make_pipeline(text, folder=folder)
    pipeline.freeze(*frozen)
    pipeline.update(make_docs())
    wrapper = wrapper_of(pipeline)
    return {name: wrapper.get_grad(name).copy() for name in wrapper.grad_names}


@pytest.mark.filterwarnings("ignore:Pipeline.freeze")
def test_gradients_of_all_heads_add_up_times_their_factors(folder):
    both = gradients_with(folder)
    textcat, tagger = (
        gradients_with(folder, "tagger"),
        gradients_with(folder, "textcat"),
    )
    text = SPACY.replace("grad_factor = 0.5", "grad_factor = 1.0")
    whole = gradients_with(folder, "textcat", text=text)
    assert both.keys() == tagger.keys() == whole.keys() == textcat.keys() != set()
    for name, gradient in both.items():
        np.testing.assert_allclose(tagger[name] + textcat[name], gradient, atol=1e-5)
        np.testing.assert_allclose(tagger[name], whole[name] / 2, atol=1e-5)


@pytest.mark.parametrize("settings", ['precision = "bfloat16"', ""])
def test_checkpointing_changes_no_gradient_with_the_transformers_own_dropout(
    folder, settings
):
    found = []
    for forgets in ("false", "true"):
        block = "[components.transformer.model.get_spans]"
        own = f"{settings}\ngradient_checkpointing = {forgets}\n\n{block}"
        text = SPACY.replace(block, own).replace("spacy-transformers.Tr", "Tr")
        text = text.replace("TransformerModel.v3", "zoo.TransformerWrapper.v1")
        text = text.replace("TransformerL", "spacy-transformers.TransformerL")
        text = text.replace("mixed_precision = false\n", "")
        pipeline = make_pipeline(text, folder=folder)
        torch.manual_seed(0)
        pipeline.update(make_docs(), dropout=0.1)
        wrapper = wrapper_of(pipeline)
        assert wrapper.attrs["gradient_checkpointing"] == (forgets == "true")
        found.append({n: wrapper.get_grad(n).copy() for n in wrapper.grad_names})
    assert found[0].keys() == found[1].keys() != set()
    for name, gradient in found[0].items():
        np.testing.assert_allclose(found[1][name], gradient, rtol=1e-5, atol=1e-6)


def test_nothing_of_a_batch_stays_in_memory(folder):
    """Neither vectors, nor attention, nor the graph of the backward pass."""

    def count():
        gc.collect()
        kinds = [type(o) for o in gc.get_objects()]
        tensors = [kind for kind in kinds if issubclass(kind, torch.Tensor)]
        return [len(tensors), kinds.count(TransformerBatch)]

    pipeline, optimizer, counts = make_pipeline(SPACY, folder=folder), Adam(0.01), []
    _, n_batches = count()  # Those that other tests keep.
    for seed in range(3):
        docs = make_docs(seed=seed)
        pipeline.update(docs, optimizer=optimizer, dropout=0.1)
        pipeline.evaluate(docs)
        counts.append(count())
    assert counts[0][1] == n_batches
    assert counts[1:] == counts[:1] * 2


CODE = """
import zoo

@zoo.registry.span_getters("test.short_parts.v1")
def short_parts(max_length: int):
    def cut(sentence):
        starts = range(0, len(sentence), max_length)
        return [sentence[start : start + max_length] for start in starts]

    def get_spans(docs):
        return [[part for sent in doc.sents for part in cut(sent)] for doc in docs]

    return get_spans
"""


def test_a_splitter_of_a_users_own_trains_by_the_command(
    folder, tmp_path, monkeypatch, capsys
):
    text = SPACY.replace("spacy-transformers.strided_spans.v1", "test.short_parts.v1")
    text = text.replace("window = 20\nstride = 12", "max_length = 2")
    docs = [
        Doc(
            d.words,
            tags=d.tags,
            cats=d.cats,
            sent_starts=[True] + [None] * (len(d) - 1),
        )
        for d in make_docs()
    ]
    (tmp_path / "code.py").write_text(CODE)
    with pytest.raises(ConfigError, match="short_parts"):
        make_run_config(folder, tmp_path, docs, text)
    arguments = ["--code", tmp_path / "code.py"]

    def run(*command):
        monkeypatch.setattr("sys.argv", ["zoo", *map(str, command)])
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code, capsys.readouterr().err

    (tmp_path / "start.cfg").write_text(text.format(folder=folder))
    command = ("init", "fill-config", tmp_path / "start.cfg", tmp_path / "run.cfg")
    run(*command, *arguments)
    config = make_run_config(folder, tmp_path, docs, text, max_steps=2)
    (tmp_path / "run.cfg").write_text(format_config(config))
    run("train", tmp_path / "run.cfg", "--output", tmp_path / "out", *arguments)
    pipeline = zoo.load(tmp_path / "out" / "model-last")
    sizes = []
    pipeline.components["transformer"].set_extra_annotations = lambda docs, batch: (
        sizes.extend(batch.n_rows.tolist())
    )
    pipeline([Doc(["cat"] * 5, sent_starts=[True, None, None, True, None])])
    assert sizes == [4, 3, 4]  # Two marks, and up to two words of a sentence.
