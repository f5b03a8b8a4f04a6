"""Check what spaCy had in another form in the nightlies before 3.0."""

import pytest

from tests.layers.builders import DOCS, Table, randomize
from tests.tiny import registry
from zoo.layers import set_vectors
from zoo.testing import check_layer
from zoo.testing._samples import is_same

NAME = {"@architectures": "spacy.MultiHashEmbed.v1", "width": 4}
RELEASED = {
    "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
    "rows": [21, 10, 10, 10],
    "include_static_vectors": False,
}
EARLY = {"rows": 21, "also_embed_subwords": True, "also_use_static_vectors": False}


def resolve(block):
    return registry.resolve({"model": {**NAME, **block}})["model"]


def test_both_forms_give_the_same_layer():
    released, early = (randomize(resolve(block)) for block in (RELEASED, EARLY))
    assert is_same(released.predict(DOCS), early.predict(DOCS))
    check_layer(early, DOCS)


def test_without_subwords_the_early_form_embeds_the_norm_alone():
    model = resolve({**EARLY, "also_embed_subwords": False})
    assert model.attrs["features"] == ["NORM"]
    assert [table.get_dim("nV") for table in model.layers[:-1]] == [21]


@pytest.mark.parametrize(
    "block",
    [
        {**RELEASED, "include_static_vectors": True},
        {**EARLY, "also_use_static_vectors": True},
    ],
)
def test_both_forms_take_vectors(block):
    model = resolve(block)
    set_vectors(model, Table())
    check_layer(model.initialize(), DOCS)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({**RELEASED, "also_embed_subwords": True}, "also_embed_subwords must be null"),
        ({**RELEASED, "rows": 21}, "attrs and include_static_vectors must be null"),
        ({**EARLY, "rows": [21]}, "null with a list of rows, got rows"),
        ({"rows": 21, "attrs": ["NORM"]}, "attrs must be null with one number of rows"),
        ({"rows": [21]}, "each feature needs a number of rows"),
    ],
)
def test_a_mixture_of_both_forms_is_refused(block, message):
    with pytest.raises(ValueError, match=message):
        resolve(block)


def test_what_is_left_out_has_the_default_of_its_form():
    rows = [5000, 1000, 2500, 2500]
    for name in ("spacy.MultiHashEmbed.v1", "spacy.MultiHashEmbed.v2"):
        bare = registry.resolve({"model": {"@architectures": name}})["model"]
        assert [table.get_dim("nV") for table in bare.layers[:-1]] == rows
    early = resolve({"rows": 7000})
    assert [table.get_dim("nV") for table in early.layers[:-1]] == [7000, *[3500] * 3]
    (norms,) = resolve({"attrs": ["NORM"], "rows": [30]}).layers[:-1]
    assert norms.get_dim("nV") == 30


def test_the_second_version_has_one_form():
    with pytest.raises(ValueError, match="rows"):
        resolve({**EARLY, "@architectures": "spacy.MultiHashEmbed.v2"})


def test_the_encoder_has_its_early_name():
    block = {"width": 4, "depth": 1, "embed_size": 20, "window_size": 1}
    block |= {"maxout_pieces": 2, "subword_features": True, "pretrained_vectors": None}
    names = ("spacy.HashEmbedCNN.v1", "spacy.MultiHashEmbedCNN.v1")
    now, early = (
        randomize(
            registry.resolve({"model": {"@architectures": name, **block}})["model"]
        )
        for name in names
    )
    assert is_same(now.predict(DOCS), early.predict(DOCS))
