import numpy as np
import pytest
from thinc.api import Linear, Maxout, Model, chain, residual, with_array

from zoo import count_parameters
from zoo._parameters import (
    describe_mismatch,
    named_nodes,
    named_parameters,
    set_parameters,
)
from zoo.layers import MaxoutWindowEncoder, MultiHashEmbed, Tagger, Tok2Vec


def make_tagger():
    embed = MultiHashEmbed(4, features=["NORM", "SHAPE"], rows=[9, 5])
    model = Tagger(Tok2Vec(embed, MaxoutWindowEncoder(4, depth=2)), 3)
    model.initialize()
    return model


def arrays_of(model):
    return {name: p.value.copy() for name, p in named_parameters(model).items()}


def test_names_are_those_by_which_parents_know_their_children():
    names = list(named_parameters(make_tagger()))
    assert names[:2] == ["tok2vec.embed.norm.E", "tok2vec.embed.shape.E"]
    assert names[-2:] == ["softmax.W", "softmax.b"]
    assert all(name.startswith(("tok2vec.", "softmax.")) for name in names)


def test_each_name_leads_to_its_parameter():
    for parameter in named_parameters(make_tagger()).values():
        assert parameter.value is parameter.node.get_param(parameter.name)
    assert named_parameters(Linear(2, 3))["W"].value is None


def test_places_stand_for_names_and_lone_children_add_no_step():
    model = chain(with_array(residual(Linear(2, 2))), Maxout(2, 2))
    assert list(named_parameters(model)) == ["0.W", "0.b", "1.W", "1.b"]


def test_shared_layer_comes_once():
    shared = Linear(2, 2)
    model = chain(shared, chain(shared, Linear(2, 2)))
    assert list(named_parameters(model)) == ["0.W", "0.b", "1.1.W", "1.1.b"]
    assert [path for path, _ in named_nodes(model)] == ["", "0", "1", "1.1"]


def test_parent_and_lone_child_with_like_names_are_told_apart():
    W = np.ones((2, 2), dtype="f")
    model = Model(
        "parent", lambda m, X, t: (X, X), params={"W": W}, layers=[Linear(2, 2)]
    )
    assert list(named_parameters(model)) == ["W", "0.W", "0.b"]


def test_arrays_are_copied_in():
    model, other = make_tagger(), make_tagger()
    arrays = {name: array + 1 for name, array in arrays_of(model).items()}
    set_parameters(other, arrays, "a file")
    for name, array in arrays_of(other).items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, arrays[name])


def test_mismatch_changes_nothing_and_is_told_in_a_table():
    model = make_tagger()
    before, arrays = arrays_of(model), {n: a + 1 for n, a in arrays_of(model).items()}
    arrays["softmax.W"] = np.zeros((2, 4), dtype="f")
    arrays["more"] = arrays.pop("softmax.b")
    with pytest.raises(ValueError, match="a file: the weights do not fit") as error:
        set_parameters(model, arrays, "a file")
    assert str(error.value).splitlines()[1:] == [
        "  parameter  file     model",
        "  softmax.W  2 x 4    3 x 4",
        "  softmax.b  missing  3",
        "  more       3        missing",
    ]
    for name, array in arrays_of(model).items():
        np.testing.assert_array_equal(array, before[name])


def test_mismatch_counts_the_parameters():
    message = describe_mismatch("x", {"a": (1,), "b": (2,)}, {"a": (1,), "b": (3,)})
    assert "in 1 of 2 parameters" in message


def test_parameters_are_counted_in_one_call():
    # Two tables, a mix of 3 maxout pieces, two blocks, and the softmax.
    mix, block = 3 * 4 * 8 + 12 + 8, 3 * 4 * 12 + 12 + 8
    assert count_parameters(make_tagger()) == 4 * (9 + 5) + mix + 2 * block + 4 * 3 + 3
    shared = Linear(2, 2)
    assert count_parameters(chain(shared, shared).initialize()) == 2 * 2 + 2


def test_a_model_that_is_not_initialized_is_not_counted():
    model = chain(Linear(2, 2).initialize(), Linear(2, 2))
    with pytest.raises(ValueError, match=r"must be initialized, got .* '1\.W' has no"):
        count_parameters(model)
