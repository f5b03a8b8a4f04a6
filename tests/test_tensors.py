"""Check which arrays PyTorch may share, and that the others are copied first."""

import json
import subprocess
import sys

import numpy as np
import pytest

from zoo._tensors import as_tensor, can_share, own_memory
from zoo.pipeline._model_folder import pack_arrays, unpack_arrays

from .array_layouts import BASE, COPIED, READ_ONLY, SHARED

torch = pytest.importorskip("torch")
READ_ONLY.flags.writeable = False

# The layouts are harmless: the guard copies each before PyTorch sees it. Were one to
# end the process nevertheless, only this one ends.
CODE = """
import json
from tests.array_layouts import COPIED
from zoo._tensors import as_tensor
print(json.dumps({name: as_tensor(a).tolist() for name, a in COPIED.items()}))
"""


def test_layouts_that_pytorch_may_not_share_are_copied_first():
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    expected = {name: array.tolist() for name, array in COPIED.items()}
    assert json.loads(found.stdout) == expected


@pytest.mark.parametrize("name", SHARED)
def test_other_layouts_share_their_memory(name):
    array = SHARED[name]
    tensor = as_tensor(array, in_place=True)
    assert can_share(array)
    assert tensor.tolist() == array.tolist()
    assert tuple(tensor.shape) == array.shape
    if array.size:
        array[...] = 7
        assert (tensor == 7).all()


@pytest.mark.parametrize("name", COPIED)
def test_what_changes_in_place_must_be_shared(name):
    assert not can_share(COPIED[name])
    with pytest.raises(ValueError, match=r"as_tensor: .* must be C-contiguous and wri"):
        as_tensor(COPIED[name], in_place=True)


@pytest.mark.parametrize("name", COPIED)
def test_a_copy_can_be_shared_and_has_the_same_numbers(name):
    copy = own_memory(COPIED[name])
    assert can_share(copy)
    np.testing.assert_array_equal(copy, COPIED[name])


def test_gradients_are_computed_where_asked_for():
    assert as_tensor(BASE.copy(), requires_grad=True).requires_grad
    assert not as_tensor(BASE.copy()).requires_grad


@pytest.mark.parametrize("name", COPIED)
def test_every_layout_is_saved_with_its_numbers(name):
    data = pack_arrays({"a": COPIED[name], "b": np.array(2.5)})
    found = unpack_arrays(data, "a file")
    np.testing.assert_array_equal(found["a"], COPIED[name])
    assert found["b"].shape == ()
