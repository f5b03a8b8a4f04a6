import pytest

import zoo
from zoo.pipeline._load import inspect

from .bit_flips import flip_bits, make_model


@pytest.fixture
def model(tmp_path):
    return make_model(tmp_path)


def test_flipped_bits_of_each_file_are_noticed(model):
    number = 40
    refused, harmless = flip_bits(model, number)
    assert refused + harmless == number * len(list(model.iterdir()))
    assert refused > harmless


@pytest.mark.parametrize("read", [zoo.load, lambda m: inspect(m, verify=True)])
def test_flipped_bit_is_noticed_by_load_and_info(model, read):
    for file in sorted(model.iterdir()):
        data = file.read_bytes()
        file.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        with pytest.raises(ValueError, match=file.name):
            read(model)
        file.write_bytes(data)
    read(model)
