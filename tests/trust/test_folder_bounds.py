"""Small folders take little time and memory; damaged numbers are refused by name."""

import json
import os
import shutil
import threading
import time
import tracemalloc

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import zoo
from tests.tiny import (
    make_docs,
    make_tiny_config,
    make_tiny_pipeline,
    make_trained_pipeline,
    rewrite_meta,
)
from zoo.pipeline._load import inspect
from zoo.pipeline._model_folder import META, checksum, read_model
from zoo.vectors import Vectors, write_vectors

#: What a refusal may take: nothing of the size that the config asks for.
SECONDS, MEGABYTES = 5.0, 64


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bounds") / "model"
    make_trained_pipeline().to_disk(folder)
    return folder


@pytest.fixture
def copy(model, tmp_path):
    return shutil.copytree(model, tmp_path / "model")


def sign(folder, **changes):
    meta = json.loads((folder / META).read_text()) | changes
    files = {f.name: checksum(f) for f in folder.iterdir() if f.name != META}
    rewrite_meta(folder, {**meta, "files": files})


def refuse(folder, message, read=zoo.load):
    """Check that a folder is refused within bounds of time and memory."""
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(ValueError, match=message):
            read(folder)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < SECONDS
    assert peak < MEGABYTES * 1e6


#: Which check refuses a size first depends on how large it is.
TOO_LARGE = "do not fit|has a size|must be at most"


@pytest.mark.parametrize("read", [zoo.load, inspect], ids=["load", "info"])
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("depth = 1", "depth = 3000", r"encode\.depth is 3000 layers"),
        ("depth = 1", "depth = 1000000000", r"encode\.depth is 1000000000 layers"),
        ("width = 8", "width = 20000", TOO_LARGE),
        ("width = 8", "width = 1000000000", TOO_LARGE),
        (
            "maxout_pieces = 3",
            "maxout_pieces = 30000",
            TOO_LARGE,
        ),
        (
            "window_size = 1",
            "window_size = 60000",
            TOO_LARGE,
        ),
    ],
)
def test_sizes_beyond_what_a_folder_holds_are_refused(copy, old, new, message, read):
    config = (copy / "config.cfg").read_text()
    assert old in config
    (copy / "config.cfg").write_text(config.replace(old, new))
    sign(copy)
    refuse(copy, message, read)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_number_in_a_config_takes_what_the_folder_does_not_hold(
    model, tmp_path_factory, data
):
    config = (model / "config.cfg").read_text()
    head, _, tail = config.partition("[components]")
    body, _, rest = tail.partition("[corpora]")
    lines = body.splitlines()
    numbers = [i for i, line in enumerate(lines) if line[-1:].isdigit()]
    at = data.draw(st.sampled_from(numbers))
    size = data.draw(st.sampled_from([0, 2**16, 2**20, 2**31, 2**40]))
    lines[at] = f"{lines[at].partition('=')[0]}= {size}"
    folder = tmp_path_factory.mktemp("numbers") / "model"
    shutil.copytree(model, folder)
    text = f"{head}[components]" + "\n".join(lines) + f"\n[corpora]{rest}"
    (folder / "config.cfg").write_text(text)
    sign(folder)
    start = time.process_time()
    try:
        zoo.load(folder)(["dogs run"])
    except ValueError as error:
        assert str(folder) in str(error) or "expected" in str(error)
    assert time.process_time() - start < SECONDS


def test_many_labels_are_refused_before_a_layer_is_drawn(copy):
    labels = json.loads((copy / META).read_text())["labels"]
    labels["tagger"] = [f"T{i}" for i in range(200_000)]
    sign(copy, labels=labels)
    with pytest.raises(ValueError, match=r"has outputs for 3|do not fit"):
        zoo.load(copy)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused_by_name(copy, number):
    file = copy / "tagger.safetensors"
    arrays = safetensors.numpy.load_file(file)
    name = sorted(arrays)[0]
    arrays[name] = arrays[name].copy()
    arrays[name].flat[-1] = number
    file.write_bytes(safetensors.numpy.save(arrays))
    sign(copy)
    with pytest.raises(ValueError, match=rf"tagger\.safetensors: .*finite.*{name}"):
        zoo.load(copy)


def test_numbers_beyond_float32_and_complex_ones_are_refused(copy):
    file = copy / "tagger.safetensors"
    arrays = safetensors.numpy.load_file(file)
    name = sorted(arrays)[0]
    for wrong in (np.full_like(arrays[name], 1e300, "f8"), arrays[name].astype("c8")):
        file.write_bytes(safetensors.numpy.save({**arrays, name: wrong}))
        sign(copy)
        with pytest.raises(ValueError, match="must be finite numbers of float32"):
            zoo.load(copy)


@pytest.mark.parametrize("kind", ["i4", "i8", "u1", "b1"])
def test_whole_numbers_in_the_place_of_weights_are_refused(copy, kind):
    file = copy / "tagger.safetensors"
    arrays = safetensors.numpy.load_file(file)
    name = sorted(arrays)[0]
    file.write_bytes(
        safetensors.numpy.save({**arrays, name: arrays[name].astype(kind)})
    )
    sign(copy)
    message = rf"tagger\.safetensors: {name} must hold numbers of float32, got "
    with pytest.raises(ValueError, match=message):
        zoo.load(copy)


@pytest.mark.parametrize("read", [zoo.load, inspect], ids=["load", "info"])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_scores_that_are_not_finite_are_refused(copy, number, read):
    sign(copy, scores={"tag_acc": None})
    text = (copy / META).read_text()
    (copy / META).write_text(text.replace('"tag_acc": null', f'"tag_acc": {number}'))
    with pytest.raises(ValueError, match=rf"must be finite, got {number}"):
        read(copy)


def test_scores_that_are_not_finite_are_saved_as_unknown(tmp_path):
    pipeline = make_tiny_pipeline()
    pipeline.scores = {"tag_acc": float("nan"), "per": {"a": float("inf"), "b": 1.0}}
    pipeline.to_disk(tmp_path / "model")
    assert zoo.load(tmp_path / "model").scores == {
        "tag_acc": None,
        "per": {"a": None, "b": 1.0},
    }


def test_bfloat16_weights_are_refused_with_the_remedy(copy):
    file = copy / "tagger.safetensors"
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    body = bytearray()
    for entry in header.values():
        size = 2 * int(np.prod(entry["shape"]))
        entry["dtype"] = "BF16"
        entry["data_offsets"] = [len(body), len(body) + size]
        body += bytes(size)
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(body))
    sign(copy)
    with pytest.raises(ValueError, match=r"BF16.*Save the weights as float32"):
        zoo.load(copy)


@pytest.fixture
def with_vectors(tmp_path):
    """A model and the file of the table that it was trained with."""
    file = tmp_path / "table.safetensors"
    table = Vectors(["dogs", "run"], np.eye(2, 3, dtype="f"), name="table")
    write_vectors(table, file)
    config = make_tiny_config(["tok2vec", "tagger"], {"vectors": str(file)})
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = True
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs(), vectors=zoo.read_vectors(file))
    pipeline.to_disk(tmp_path / "model")
    return tmp_path / "model", file


def test_a_table_that_was_damaged_after_training_is_refused(with_vectors):
    model, file = with_vectors
    zoo.load(model)
    data = bytearray(file.read_bytes())
    at = data.rindex(np.float32(1).tobytes())
    data[at : at + 4] = np.float32(2).tobytes()
    file.write_bytes(bytes(data))
    with pytest.raises(ValueError, match=r"checksum"):
        zoo.load(model)
    with pytest.raises(ValueError, match=r"checksum"):
        inspect(model, verify=True)


def test_a_missing_table_is_named_and_info_needs_none(with_vectors, tmp_path):
    model, file = with_vectors
    expected = zoo.load(model)(["dogs run"])
    moved = file.rename(tmp_path / "moved.safetensors")
    with pytest.raises(
        ValueError, match=r"'table' \(2 x 3, checksum .*zoo\.load\(path"
    ):
        zoo.load(model)
    assert zoo.load(model, vectors=str(moved))(["dogs run"]) == expected
    assert zoo.load(model, vectors=moved)(["dogs run"]) == expected
    assert list(inspect(model).components) == ["tok2vec", "tagger"]
    with pytest.raises(ValueError, match="'table'"):
        inspect(model, verify=True)


def test_a_pipe_in_the_place_of_a_file_does_not_block(copy):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    for name in ("tagger.safetensors", "config.cfg", META):
        data = (copy / name).read_bytes()
        (copy / name).unlink()
        os.mkfifo(copy / name)
        with pytest.raises((ValueError, FileNotFoundError), match=r"missing|no meta"):
            zoo.load(copy)
        (copy / name).unlink()
        (copy / name).write_bytes(data)


def test_reading_changes_nothing_on_the_disk(copy, tmp_path):
    """Neither beside a model that is there, nor where one was set aside."""
    (tmp_path / ".model.new-7").mkdir()
    shutil.copytree(copy, tmp_path / ".model.old-7")
    for _ in range(2):
        before = sorted(os.listdir(tmp_path))
        zoo.load(copy)
        inspect(copy)
        assert sorted(os.listdir(tmp_path)) == before
        shutil.rmtree(copy, ignore_errors=True)  # Then the earlier one is read.


def test_a_model_that_is_replaced_meanwhile_is_read_again(copy):
    """What is read is one save or the other, never a mixture, and never an error."""
    pipelines = [make_tiny_pipeline(seed=seed) for seed in (0, 1)]
    for i, pipeline in enumerate(pipelines):
        pipeline.scores = {"tag_acc": float(i)}
    files = {}
    for i, pipeline in enumerate(pipelines):
        pipeline.to_disk(copy)
        files[float(i)] = checksum(copy / "tok2vec.safetensors")
    replaced = []

    def read(name, file):
        if len(replaced) < 3:  # A whole save between two files of one reading.
            replaced.append(name)
            pipelines[len(replaced) % 2].to_disk(copy)
        return checksum(file)

    meta, _ = read_model(copy, read)
    assert len(replaced) == 3
    assert meta["files"]["tok2vec.safetensors"] == files[meta["scores"]["tag_acc"]]


def test_loading_beside_a_writer_never_fails(copy):
    pipelines, stop = [make_tiny_pipeline(seed=seed) for seed in (0, 1)], []

    def write():
        while not stop:
            for pipeline in pipelines:
                pipeline.to_disk(copy)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(15):
            zoo.load(copy)
    finally:
        stop.append(True)
        writer.join()
