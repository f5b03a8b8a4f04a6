import pytest
from thinc.api import (
    Dropout,
    Linear,
    Relu,
    chain,
    concatenate,
    expand_window,
    list2array,
    reduce_mean,
    residual,
    with_array,
)

from zoo._register_all import registry
from zoo.config._blocks import build, find_mismatches
from zoo.layers import MultiHashEmbed, TextCatReduce, Tok2Vec


@pytest.mark.parametrize(
    ("model", "messages"),
    [
        (lambda: chain(Linear(4, 3), Relu(5, 4)), []),
        (
            lambda: chain(Linear(4, 3), Relu(5, 6)),
            ["relu must take what linear gives, which is 4 wide, got an input width "],
        ),
        (
            lambda: chain(Linear(4, 3), Dropout(0.1), list2array(), Linear(2, 6)),
            ["linear must take what linear gives, which is 4 wide, got an input"],
        ),
        (
            lambda: chain(chain(Linear(4, 3), Relu(5)), with_array(Linear(3, 6))),
            ["with_array(linear) must take what linear>>relu gives, which is 5 wide"],
        ),
        (
            lambda: chain(residual(Linear(4, 4)), reduce_mean(), Linear(1, 2)),
            ["linear must take what residual(linear) gives, which is 4 wide"],
        ),
        (
            lambda: residual(chain(Linear(4, 3), Linear(2, 5), Linear(2, 3))),
            ["which is 4 wide, got an input width of 5", "which is 2 wide, got"],
        ),
        # What these give is not known before they have run.
        (lambda: chain(Linear(4, 3), expand_window(1), Linear(2, 12)), []),
        (lambda: chain(concatenate(Linear(2, 3), Linear(2, 3)), Linear(2, 4)), []),
        (lambda: chain(Linear(4), Linear(nI=3)), ["which is 4 wide, got an input"]),
        (lambda: chain(Linear(), Linear(nI=3)), []),
        (
            lambda: Linear(0, -1),
            ["linear: nI must be 1 or more, got -1", "linear: nO must be 1"],
        ),
        (lambda: chain(Linear(2, 3), Linear(-2, 2)), ["linear: nO must be 1 or more"]),
    ],
)
def test_widths_of_layers_in_a_row_are_compared(model, messages):
    found = list(find_mismatches(model()))
    assert len(found) == len(messages)
    for message in messages:
        assert any(message in text for text in found), found


def test_layers_of_zoo_give_their_widths():
    encoder = Tok2Vec(MultiHashEmbed(4), Relu(6, 4))
    model = chain(TextCatReduce(encoder, True, nO=3), Linear(2, 9))
    (message,) = find_mismatches(model)
    assert message.startswith("linear must take what textcat_reduce gives, which is 3")


def test_mismatch_is_a_fault_of_the_innermost_block_that_makes_it():
    layers = {
        "a": {"@layers": "Linear.v1", "nO": 4, "nI": 3},
        "b": {"@layers": "Linear.v1", "nO": 2, "nI": 5},
    }
    inner = {"@layers": "chain.v1", "*": layers}
    faults = []
    assert build({"@layers": "residual.v1", "layer": inner}, "m", faults) is None
    assert [fault.path for fault in faults] == ["m.layer"]


SIZES = ("width", "rows", "nM", "nC", "embed_size", "maxout_pieces", "length", "nO")


@pytest.mark.parametrize("size", [0, -1])
def test_sizes_below_one_are_faults_of_every_architecture(size):
    checked = set()
    for name, function in registry.registered("architectures").items():
        if not name.startswith(("zoo.", "spacy.")):
            continue
        known = registry.get("architectures", name).__annotations__
        for setting in {*SIZES} & {n for n, kind in known.items() if kind is int}:
            faults = []
            build({"@architectures": name, setting: size}, "m", faults)
            assert faults, (name, setting, function)
            checked.add(name)
    assert {"zoo.MultiHashEmbed.v1", "spacy.MaxoutWindowEncoder.v2"} <= checked
