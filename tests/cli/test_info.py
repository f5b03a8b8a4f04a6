import shutil

import pytest

from ..tiny import save_docs


def test_info_shows_shapes_sizes_and_scores(zoo_cli, model):
    code, out, _ = zoo_cli("info", model)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert "embed.norm.E 50 x 8 400" in lines
    assert "tagger (tagger): 3 labels, 27 parameters" in lines
    assert any(line.startswith("tok2vec (tok2vec): shared encoder, ") for line in lines)
    assert any(line.startswith("tag_acc ") for line in lines)
    assert any(line.startswith("In all ") for line in lines)


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
