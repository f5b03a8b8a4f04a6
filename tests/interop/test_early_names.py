"""Check spacy.MultiHashEmbed.v1 in its two forms: of spaCy 3.0, and of nightlies."""

import pytest

from tests.layers.builders import DOCS, Table, randomize
from tests.tiny import registry
from zoo.layers import set_vectors
from zoo.testing import check_layer
from zoo.testing.batches import is_same

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
    "block",
    [
        {},
        {**RELEASED, "also_embed_subwords": True},
        {**RELEASED, "rows": 21},
        {**EARLY, "rows": [21]},
        {"rows": 21, "also_embed_subwords": True},
        {"rows": [21], "attrs": ["NORM"]},
    ],
)
def test_a_mixture_of_both_forms_is_refused(block):
    with pytest.raises(ValueError, match=r"needs either attrs, a list of rows and"):
        resolve({"rows": [21], **block})


def test_the_second_version_has_one_form():
    with pytest.raises(ValueError, match="rows"):
        resolve({**EARLY, "@architectures": "spacy.MultiHashEmbed.v2"})
