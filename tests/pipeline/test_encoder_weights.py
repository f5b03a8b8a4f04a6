import numpy as np
import pytest

from tests.tiny import make_tiny_config, make_tiny_pipeline
from zoo._parameters import named_parameters
from zoo.pipeline._encoder_weights import (
    SavedEncoder,
    find_encoder,
    load_encoder,
    read_encoder,
    write_encoder,
)

PATH = "components.tok2vec.model"


@pytest.fixture
def pipeline():
    return make_tiny_pipeline()


def save(pipeline, folder, config=None):
    path, encoder = find_encoder(pipeline.components, "tok2vec")
    parameters = named_parameters(encoder).items()
    weights = {name: np.ones_like(parameter.value) for name, parameter in parameters}
    write_encoder(folder, SavedEncoder(config or pipeline.config, path, weights))
    return weights


def test_encoders_are_found_by_component_and_layer(pipeline):
    shared = pipeline.components["tok2vec"].model
    assert find_encoder(pipeline.components, "tok2vec") == (PATH, shared)
    # The tagger listens to it.
    assert find_encoder(pipeline.components, "tagger", "tok2vec") == (PATH, shared)
    place, embed = find_encoder(pipeline.components, "tok2vec", "embed")
    assert (place, embed) == (f"{PATH}.embed", shared.get_ref("embed"))
    assert find_encoder(pipeline.components, "tok2vec", "embed.mix")[1].name


@pytest.mark.parametrize(
    ("component", "layer", "message"),
    [
        ("tok2vce", "", r"no component 'tok2vce'\. Did you mean 'tok2vec'\?"),
        ("tagger", "tokvec", r"no layer 'tokvec'.*Did you mean 'tok2vec'\?"),
        ("tok2vec", "embed.x", r"'multi_hash_embed' refers to none as 'x'"),
    ],
)
def test_what_is_not_there_is_told(pipeline, component, layer, message):
    with pytest.raises(ValueError, match=message):
        find_encoder(pipeline.components, component, layer)


def test_saved_weights_come_back(pipeline, tmp_path):
    weights = save(pipeline, tmp_path / "saved")
    assert read_encoder(tmp_path / "saved").path == PATH
    _, encoder = find_encoder(pipeline.components, "tok2vec")
    load_encoder(encoder, tmp_path / "saved", pipeline.config, PATH)
    for name, parameter in named_parameters(encoder).items():
        assert (parameter.value == weights[name]).all()


def test_weights_that_do_not_fit_are_told_with_the_setting_to_change(
    pipeline, tmp_path
):
    other = make_tiny_config()
    encode = other["components"]["tok2vec"]["model"]["encode"]
    encode["depth"] = 3
    save(pipeline, tmp_path / "saved")
    _, encoder = find_encoder(pipeline.components, "tok2vec")
    encoder.get_ref("encode").layers[0].set_param("b", np.zeros((8, 2), "f"))
    before = {n: p.value.copy() for n, p in named_parameters(encoder).items()}
    with pytest.raises(ValueError) as error:
        load_encoder(encoder, tmp_path / "saved", other, PATH)
    message = str(error.value)
    assert "parameter  file   model" in message
    assert "encode.b   8 x 3  8 x 2" in message
    setting = "components.tok2vec.model.encode.depth"
    assert f"{setting}: 3 here, 1 in the file" in message
    for name, parameter in named_parameters(encoder).items():
        assert (parameter.value == before[name]).all()


def test_nothing_and_something_else_are_refused(pipeline, tmp_path):
    _, encoder = find_encoder(pipeline.components, "tok2vec")
    with pytest.raises(FileNotFoundError, match="there is no file or folder"):
        load_encoder(encoder, tmp_path / "none", pipeline.config, PATH)
    pipeline.to_disk(tmp_path / "pipeline")
    with pytest.raises(ValueError, match="is not an encoder that was pretrained"):
        load_encoder(encoder, tmp_path / "pipeline", pipeline.config, PATH)
    (tmp_path / "file.bin").write_bytes(b"no model")
    with pytest.raises(ValueError, match="is not a model file of spaCy"):
        load_encoder(encoder, tmp_path / "file.bin", pipeline.config, PATH)
