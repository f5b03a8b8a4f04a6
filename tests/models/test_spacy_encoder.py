import pytest

import zoo
from tests.pretraining.tiny import TEXTS, make_encoder
from zoo.models._spacy_encoder import spacy_encoder


def test_an_encoder_that_was_built_in_python_is_refused(tmp_path):
    encoder = make_encoder()
    zoo.pretrain(encoder, TEXTS, max_epochs=1, held_out=0.3, output=tmp_path / "out")
    with pytest.raises(ValueError, match="has no config of its encoder"):
        spacy_encoder(str(tmp_path / "out" / "model-best"), "file")


def test_what_is_neither_a_name_nor_a_folder_is_refused():
    with pytest.raises(ValueError, match=r"no pretrained encoder 'x'.*no folder eith"):
        spacy_encoder("x", "file")
