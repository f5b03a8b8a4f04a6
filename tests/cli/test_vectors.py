"""Convert, measure and search tables of vectors from the shell."""

import numpy as np
import pytest

from zoo.training.run_training import run_training
from zoo.vectors import Vectors, read_vectors, write_vectors

from ..tiny import make_tiny_config, save_docs
from ..vectors.tables import make_floret, make_table


@pytest.fixture
def table(zoo_cli, tmp_path):
    write_vectors(make_table(), tmp_path / "x.vec")


@pytest.mark.parametrize("name", ["y.safetensors", "y.txt.gz", "y"])
def test_a_table_is_converted(zoo_cli, table, name):
    assert zoo_cli("init", "vectors", "x.vec", name) == (
        0,
        "",
        f"Read 6 words, 6 rows x 4.\nWrote {name}.\n",
    )
    assert read_vectors(name).checksum == make_table().checksum


def test_a_table_is_made_smaller(zoo_cli, table):
    options = ["--truncate", 5, "--prune", 3, "--dtype", "int8", "--name", "mine"]
    code, _, err = zoo_cli("init", "vectors", "x.vec", "y.safetensors", *options)
    assert code == 0
    read, pruned, converted, wrote = err.splitlines()
    assert read == "Read 5 words, 5 rows x 4."
    assert pruned.startswith("Pruned to 5 words, 3 rows x 4; mean cosine to the row")
    assert converted.startswith("int8: 0.0 MB instead of 0.0 MB; relative error 0.")
    found = read_vectors("y.safetensors")
    assert found.name == "mine" and found.shape == (3, 4) and len(found) == 5
    assert found.matrix.dtype == "int8" and wrote == "Wrote y.safetensors."


def test_bad_lines_are_told_or_refused(zoo_cli, tmp_path):
    (tmp_path / "x.txt").write_text("a 1 2\nb 1\nc 1 2\n")
    code, _, err = zoo_cli("init", "vectors", "x.txt", "y.vec")
    assert code == 0
    assert err.startswith("warning: read_vectors: x.txt: read 2 vectors, and left out")
    assert "line 2: expected 2 numbers after the word, got 1." in err
    code, _, err = zoo_cli("init", "vectors", "x.txt", "z.vec", "--strict")
    assert code == 1 and "error: read_vectors: x.txt, line 2: expected 2" in err
    assert not (tmp_path / "z.vec").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.vec", "y.vec"], "read_vectors: no.vec does not exist"),
        (["x.vec", "x.vec"], "x.vec is there already. Pass --overwrite to replace it"),
        (["x.vec", "y.png"], "the name of y.png must end in one of"),
        (["x.vec", "y.vec", "--dtype", "int8"], "int8 can be stored in a file .safet"),
        (["x.vec", "y.vec", "--dtype", "int4"], "dtype must be one of float32, "),
        (["x.vec", "y.vec", "--dim", "5"], "--dim is for vectors --from-transformer"),
        (["f.floret", "y.vec", "--prune", "3"], "hashed vectors, which cannot be prun"),
        (["f.floret", "y.vec", "--truncate", "3"], "vectors, which cannot be truncat"),
    ],
)
def test_what_cannot_be_done_is_refused(zoo_cli, table, arguments, message):
    write_vectors(make_floret(), "f.floret")
    code, _, err = zoo_cli("init", "vectors", *arguments)
    assert code == 1
    assert err.splitlines()[-2].startswith("error: ") and message in err


def test_coverage_is_shown(zoo_cli, table, tmp_path):
    (tmp_path / "c.jsonl").write_text('{"tokens": ["the", "cat", "cat", "x", "dog"]}\n')
    code, out, _ = zoo_cli("vectors", "coverage", "x.vec", "c.jsonl", "--missing", 1)
    assert code == 0
    assert out.splitlines() == [
        "tokens  40.00 %  2 of 5",
        "types   50.00 %  2 of 4",
        "",
        "missing",
        "cat  2",
    ]


def test_similar_words_are_shown(zoo_cli):
    write_vectors(Vectors(["a", "b", "z"], [[1, 0], [1, 1], [0, 0.0]]), "x.vec")
    code, out, _ = zoo_cli("vectors", "similar", "x.vec", "a", "z", "-n", 1)
    assert (code, out) == (0, "a\n0.7071  b\nz\n")
    code, _, err = zoo_cli("vectors", "similar", "x.vec", "no", "a")
    assert code == 1 and "error: x.vec has no vector of 'no'." in err
    write_vectors(make_floret(), "f.floret")
    code, _, err = zoo_cli("vectors", "similar", "f.floret", "a")
    assert code == 1 and "hashed vectors, and thus no words to compare" in err


def test_a_model_takes_its_vectors_from_another_place(zoo_cli, tmp_path):
    docs = save_docs(tmp_path / "a.jsonl")
    config = make_tiny_config(["tok2vec", "tagger"], {"train": docs, "dev": docs})
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = True
    config["training"].update({"max_steps": 1, "eval_frequency": 1})
    table = Vectors(["dogs", "cats"], np.eye(2, dtype="f"), name="small")
    write_vectors(table, tmp_path / "here.safetensors")
    config["paths"]["vectors"] = str(tmp_path / "here.safetensors")
    run_training(config, tmp_path / "run")
    (tmp_path / "here.safetensors").rename(tmp_path / "there.safetensors")
    model = tmp_path / "run" / "model-best"
    assert zoo_cli("info", str(model))[0] == 0  # Which needs no vectors.
    for command in (
        ["evaluate", model, docs],
        ["apply", model, docs, "--output", tmp_path / "out.jsonl"],
    ):
        arguments = [str(argument) for argument in command]
        assert zoo_cli(*arguments)[0] == 1
        there = str(tmp_path / "there.safetensors")
        assert zoo_cli(*arguments, "--vectors", there)[0] == 0
