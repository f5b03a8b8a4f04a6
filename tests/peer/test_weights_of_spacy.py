"""Check that weights of spaCy's which do not fit are refused, and change nothing."""

import numpy as np
import pytest
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st

import zoo
from tests.peer.spacy_models import (
    DOCS,
    EMBED,
    ONE_TABLE,
    TAGGER,
    TEXTCAT,
    TOK2VEC,
    as_spacy,
    assert_same,
    build_spacy,
    resolve,
)
from zoo._parameters import named_parameters
from zoo.interop.spacy import load_weights
from zoo.layers import MaxoutNorm, reduce

pytest.importorskip("spacy")
pytestmark = pytest.mark.peer


MISMATCHES = {
    "width": (
        TOK2VEC.replace("width = 6", "width = 5"),
        r"the weights do not fit the model.*embed\.norm\.E +40 x 6 +40 x 5",
    ),
    "depth": (
        TOK2VEC.replace("depth = 3", "depth = 4"),
        r"the weights do not fit the model.*encode\.3\.W +missing +6 x 2 x 30",
    ),
    "less depth": (
        TOK2VEC.replace("depth = 3", "depth = 1"),
        r"do not fit the model.*maxout\.W \(node \d+\) +6 x 2 x 30 +missing",
    ),
    "rows": (
        TOK2VEC.replace("rows = [40", "rows = [41"),
        r"the weights do not fit the model, in 1 of .*embed\.norm\.E +40 x 6 +41 x 6",
    ),
    "features": (
        TOK2VEC.replace('"PREFIX", "SUFFIX"', '"SUFFIX", "PREFIX"'),
        r"for the features \[\['NORM', 'PREFIX', .*has \[\['NORM', 'SUFFIX', 'PREFIX'",
    ),
    "number of features": (
        TOK2VEC.replace(', "LENGTH"', "").replace(", 10]", "]"),
        r"the weights do not fit the model.*hashembed\.E \(node \d+\) +10 x 6 +missing",
    ),
    "pieces": (
        TOK2VEC.replace("maxout_pieces = 2", "maxout_pieces = 3"),
        r"encode\.0\.W +6 x 2 x 30 +6 x 3 x 30",
    ),
    "window": (
        TOK2VEC.replace("window_size = 2", "window_size = 1"),
        r"encode\.0\.W +6 x 2 x 30 +6 x 2 x 18",
    ),
    "another component": (
        TAGGER,
        r"the weights do not fit the model.*softmax\.W +missing +4 x 6",
    ),
}


def assert_refused(model, source, match):
    """Check that a source is refused, and that the model is as it was before."""
    before = model.to_bytes()
    with pytest.raises(ValueError, match="(?s)" + match):
        load_weights(model, source)
    assert model.to_bytes() == before


@pytest.mark.parametrize("name", MISMATCHES)
@pytest.mark.parametrize("is_initialized", [False, True])
def test_weights_that_do_not_fit_are_refused(name, is_initialized):
    block, match = MISMATCHES[name]
    model = resolve(zoo.registry, block)
    if is_initialized:
        model.initialize()
    assert_refused(model, build_spacy(TOK2VEC).to_bytes(), match)


def test_weights_of_another_head_are_refused(tmp_path):
    textcat = TEXTCAT.format("true", "false", "false", "true", "false")
    model = resolve(zoo.registry, TAGGER).initialize()
    assert_refused(model, build_spacy(textcat).to_bytes(), "do not fit the model")
    model = resolve(zoo.registry, textcat).initialize()
    assert_refused(model, build_spacy(TAGGER).to_bytes(), "do not fit the model")
    sigmoid = textcat.replace("exclusive_classes = true", "exclusive_classes = false")
    model = resolve(zoo.registry, sigmoid).initialize()
    match = r"output_layer\.W +missing"
    assert_refused(model, build_spacy(textcat).to_bytes(), match)
    other = TEXTCAT.format("true", "false", "false", "true", "true")
    model = resolve(zoo.registry, other).initialize()
    assert_refused(model, build_spacy(textcat).to_bytes(), "do not fit the model")


def test_a_number_of_labels_that_differs_is_refused():
    model = resolve(zoo.registry, TAGGER.replace("nO = 4", "nO = 5"))
    match = r"softmax\.W +4 x 6 +5 x 6"
    assert_refused(model, build_spacy(TAGGER).to_bytes(), match)


def test_a_number_of_labels_that_is_not_known_is_taken_from_the_file():
    model = resolve(zoo.registry, TAGGER.replace("nO = 4\n", ""))
    theirs = build_spacy(TAGGER)
    load_weights(model, theirs.to_bytes())
    assert model.get_dim("nO") == 4
    assert_same(model.predict(DOCS), theirs.predict(as_spacy(DOCS)))


def test_broken_files_are_refused(tmp_path):
    model = resolve(zoo.registry, TOK2VEC)
    whole = build_spacy(TOK2VEC).to_bytes()
    for size in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        path = tmp_path / "model"
        path.write_bytes(whole[:size])
        assert_refused(model, path, "model is not a model file of spaCy")
        assert_refused(model, tmp_path, "model is not a model file of spaCy")
    for garbage in (
        b"\x00" * 99,
        b"[model]",
        b"\xff" * 50,
        b"\x80",
        b"\x93\x01\x02\x03",
    ):
        assert_refused(model, garbage, "the bytes is not a model file|are not a model")
    with pytest.raises(FileNotFoundError):
        load_weights(model, tmp_path / "missing")


def change(stored, key, i, value):
    stored[key][i] = value


BREAKS = {
    "no nodes": lambda stored: stored.pop("nodes"),
    "fewer nodes": lambda stored: stored["nodes"].pop(),
    "a node without a name": lambda stored: stored["nodes"][3].pop("name"),
    "a node that is no table": lambda stored: change(stored, "nodes", 3, 5),
    "parameters that are no table": lambda stored: change(stored, "params", 3, [1]),
    "a parameter that is no array": lambda stored: change(
        stored, "params", 9, {"E": {"nd": True}}
    ),
    "a parameter of whole numbers": lambda stored: change(
        stored, "params", 9, {"E": np.zeros((30, 6), dtype="i")}
    ),
    "no columns": lambda stored: change(stored, "attrs", 1, {}),
    "broken columns": lambda stored: change(stored, "attrs", 1, {"columns": b"\x93"}),
    "columns that are no list": lambda stored: change(
        stored, "attrs", 1, {"columns": srsly.msgpack_dumps(5)}
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_files_of_another_structure_are_refused(name):
    stored = srsly.msgpack_loads(build_spacy(ONE_TABLE).to_bytes())
    assert stored["nodes"][1]["name"] == "extract_features"
    assert list(stored["params"][9]) == ["E"]
    model = resolve(zoo.registry, ONE_TABLE).initialize()
    load_weights(model, srsly.msgpack_dumps(stored))
    BREAKS[name](stored)
    data = srsly.msgpack_dumps(stored)
    assert_refused(model, data, "the bytes is not a model file of spaCy")


@settings(max_examples=40)
@given(st.integers(0, 2**16), st.integers(0, 255))
def test_a_byte_that_is_wrong_breaks_nothing(place, byte):
    """Load what is refused with a ValueError, or has the same shapes."""
    data = bytearray(build_spacy(ONE_TABLE).to_bytes())
    data[place % len(data)] = byte
    model = resolve(zoo.registry, ONE_TABLE).initialize()
    before = model.to_bytes()
    shapes = [p.value.shape for p in named_parameters(model).values()]
    try:
        load_weights(model, bytes(data))
    except ValueError:
        assert model.to_bytes() == before
    assert [p.value.shape for p in named_parameters(model).values()] == shapes


def test_layers_that_spacy_has_not_are_refused():
    for model in (MaxoutNorm(3, 3), reduce(["sum"])):
        with pytest.raises(
            ValueError, match=f"no counterpart of the layer '{model.name}"
        ):
            load_weights(model, build_spacy(EMBED).to_bytes())
