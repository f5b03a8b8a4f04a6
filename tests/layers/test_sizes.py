"""Every constructor says which of its numbers is out of range."""

import pytest

from zoo import layers

SIZES = [
    ("MaxoutWindowEncoder", {"width": -1}, "1 or more"),
    ("MaxoutWindowEncoder", {"maxout_pieces": 0}, "1 or more"),
    ("MaxoutWindowEncoder", {"depth": -1}, "0 or more"),
    ("MishWindowEncoder", {"width": -1}, "1 or more"),
    ("MishWindowEncoder", {"window_size": -1}, "0 or more"),
    ("TorchBiLSTMEncoder", {"width": 0}, "1 or more"),
    ("MultiHashEmbed", {"width": 0}, "1 or more"),
    ("CharacterEmbed", {"width": 0}, "1 or more"),
    ("CharacterEmbed", {"rows": 0}, "1 or more"),
    ("StaticVectors", {"width": -1}, "1 or more"),
    ("MaxoutNorm", {"nO": 0}, "1 or more"),
    ("MaxoutNorm", {"nP": 0}, "1 or more"),
    ("MishNorm", {"nI": -1}, "1 or more"),
]
RATES = [
    ("StaticVectors", 5),
    ("MaxoutNorm", -1),
    ("MishNorm", 1.5),
    ("TorchBiLSTMEncoder", 2),
]


@pytest.mark.parametrize(("name", "arguments", "limits"), SIZES)
def test_sizes_that_are_too_small_are_refused(name, arguments, limits):
    ((argument, size),) = arguments.items()
    message = f"{name}: {argument} must be {limits}, got {size}"
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**arguments)


def test_width_of_a_composed_encoder_is_refused():
    with pytest.raises(ValueError, match="width must be 1 or more, got 0"):
        layers.HashEmbedCNN(width=0)


def test_sizes_that_are_not_whole_are_refused():
    with pytest.raises(TypeError, match=r"depth must be a whole number, got 2\.5"):
        layers.MaxoutWindowEncoder(8, depth=2.5)


@pytest.mark.parametrize(("name", "rate"), RATES)
def test_chances_of_dropout_out_of_range_are_refused(name, rate):
    if name == "TorchBiLSTMEncoder":
        pytest.importorskip("torch")
    with pytest.raises(ValueError, match=f"{name}: dropout must be 0 to 1, got {rate}"):
        getattr(layers, name)(dropout=rate)
