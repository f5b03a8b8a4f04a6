import shutil

import pytest

from zoo import Pipeline

from ..tiny import make_docs, make_tiny_config, save_docs


def lines_of(out):
    return [" ".join(line.strip("│├└─ ").split()) for line in out.splitlines()]


def test_info_shows_shapes_sizes_and_scores(zoo_cli, model):
    code, out, _ = zoo_cli("info", model)
    lines = lines_of(out)
    assert code == 0
    assert "embed.norm.E 50 x 8 400 1.60 kB" in lines
    tagger = "tagger (tagger): 3 labels; 27 parameters, 0.11 kB; listens to tok2vec"
    assert tagger in lines
    assert any(line.startswith("tok2vec (tok2vec): shared encoder") for line in lines)
    assert any(line.startswith("tag_acc ") for line in lines)
    assert any(line.endswith(" MB on disk.") for line in lines)
    assert "frozen" not in out


def test_info_shows_what_the_config_freezes(zoo_cli, tmp_path):
    config = make_tiny_config(frozen_components=["tok2vec.embed", "*.b"])
    pipeline = Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    pipeline.to_disk(tmp_path / "model")
    _, out, _ = zoo_cli("info", tmp_path / "model")
    frozen = {line.split()[0] for line in lines_of(out) if line.endswith("frozen")}
    assert {"embed.norm.E", "encode.b", "softmax.b"} < frozen
    assert not {"encode.W", "softmax.W", "tok2vec"} & frozen


def test_info_shows_the_card_of_an_encoder_that_comes_with_zoo(zoo_cli):
    code, out, _ = zoo_cli("info", "zoo:hash-cnn-small")
    titles = {line.split()[0] for line in out.splitlines()}
    assert code == 0
    assert {"licence", "data", "teacher", "command", "hours", "limit"} < titles
    code, _, err = zoo_cli("info", "zoo:hash-cnn-tiny")
    assert code == 1 and "no pretrained encoder 'zoo:hash-cnn-tiny'" in err


@pytest.mark.parametrize("command", ["info", "evaluate", "apply"])
def test_damaged_model_is_refused(zoo_cli, model, command, tmp_path):
    copy = shutil.copytree(model, tmp_path / "copy")
    (copy / "tagger.safetensors").write_bytes(b"x")
    save_docs("in.jsonl")
    more = {
        "info": [],
        "evaluate": ["in.jsonl"],
        "apply": ["in.jsonl", "-o", "o.jsonl"],
    }
    code, _, err = zoo_cli(command, copy, *more[command])
    assert code == 1
    assert "tagger.safetensors is not as it was written" in err
