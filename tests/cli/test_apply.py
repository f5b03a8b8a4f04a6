import json
import os
from pathlib import Path

import pytest

import zoo

from ..tiny import make_docs, make_tiny_config, save_docs

CONLLU = """\
# sent_id = 1
# text = dogs don't run
1\tdogs\tdog\tNOUN\tX\tNumber=Plur\t4\tnsubj\t_\tGloss=d
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\t_\t_\t4\taux\t_\t_
3\tn't\tnot\tPART\t_\t_\t4\tadvmod\t_\t_
3.1\tnull\t_\t_\t_\t_\t_\t_\t_\t_
4\trun\trun\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No

# a comment that stays
1\tcats\t_\t_\t_\t_\t_\t_\t_\t_

"""


@pytest.mark.filterwarnings("ignore:.*words with UPOS but without XPOS")
def test_apply_changes_the_predicted_columns_only(zoo_cli, model):
    Path("in.conllu").write_text(CONLLU, "utf8")
    assert zoo_cli("apply", model, "in.conllu", "--output", "new/out.conllu")[0] == 0
    before = CONLLU.splitlines()
    after = Path("new/out.conllu").read_text("utf8").splitlines()
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        old_cells, new_cells = old.split("\t"), new.split("\t")
        if old[:1].isdigit() and old_cells[0].isdigit():
            assert new_cells[4] in ("NN", "RB", "VB")
            old_cells[4] = new_cells[4]
        assert old_cells == new_cells


def test_apply_replaces_predicted_fields_and_keeps_all_others(zoo_cli, model):
    line = {"tokens": ["dogs", "run"], "tags": ["X", "X"], "heads": [1, 1], "id": 7}
    line |= {"pos": ["NOUN", "VERB"], "ents": [[0, 1, "ANIMAL"]], "cats": {"old": 1.0}}
    Path("in.jsonl").write_text(
        json.dumps(line) + "\n" + '{"text": "cats sleep"}\n', "utf8"
    )
    assert zoo_cli("apply", model, "in.jsonl", "-o", "out.jsonl")[0] == 0
    first, second = map(json.loads, Path("out.jsonl").read_text("utf8").splitlines())
    assert first.pop("tags") != line.pop("tags")
    assert set(first.pop("cats")) == {"pets", "other"} != set(line.pop("cats"))
    assert first == line
    assert second["tokens"] == ["cats", "sleep"]
    assert len(second["tags"]) == 2


def test_apply_streams_its_input(zoo_cli, model, monkeypatch):
    from zoo import corpora

    held, most = 0, 0

    def read_docs(path, **options):
        nonlocal held, most
        for _ in range(1000):
            held += 1
            most = max(most, held)
            yield zoo.Doc(["a"])

    def write_docs(docs, path, unwritten):
        nonlocal held
        for _ in docs:
            held -= 1

    monkeypatch.setattr(corpora, "read_docs", read_docs)
    monkeypatch.setattr(corpora, "write_docs", write_docs)
    assert zoo_cli("apply", model, "in.jsonl", "-o", "out.jsonl")[0] == 0
    assert (held, most) == (0, 256)


def test_apply_shares_the_work_among_processes(zoo_cli, model):
    save_docs("in.jsonl", make_docs(20))
    for count in (1, 2):
        assert zoo_cli("apply", model, "in.jsonl", "-o", f"{count}.jsonl",
                       "--n-process", count)[0] == 0  # fmt: skip
    assert Path("1.jsonl").read_text("utf8") == Path("2.jsonl").read_text("utf8")


def test_apply_that_fails_leaves_no_file(zoo_cli, model):
    Path("in.jsonl").write_text('{"tokens": ["a"]}\n{"tokens": 3}\n', "utf8")
    code, _, err = zoo_cli("apply", model, "in.jsonl", "-o", "out.jsonl")
    assert code == 1
    assert "in.jsonl, line 2: tokens: expected a list of strings" in err
    assert os.listdir() == ["in.jsonl"]


def test_apply_says_what_it_wrote_and_what_it_left_out(zoo_cli, model):
    save_docs("in.jsonl", make_docs(3))
    code, _, err = zoo_cli("apply", model, "in.jsonl", "-o", "out.tsv")
    assert code == 0
    assert err.startswith("Wrote 3 documents with ")
    assert "Left out, as the format cannot hold it: tags of 3 documents (the f" in err
    code, _, err = zoo_cli("apply", model, "in.jsonl", "-o", "out.jsonl")
    assert (code, err.count("\n")) == (0, 1)


def test_apply_refuses_a_format_that_holds_no_prediction(zoo_cli, model):
    save_docs("in.jsonl")
    code, _, err = zoo_cli("apply", model, "in.jsonl", "-o", "out.iob")
    assert code == 1
    assert "out.iob: the format must hold something that the pipeline" in err
    assert "predicts, tags, cats. These do: .arrow, .conllu, .csv, .jsonl, .par" in err
    assert os.listdir() == ["in.jsonl"]


def test_apply_refuses_vectors_that_the_pipeline_has_no_use_for(zoo_cli, model):
    save_docs("in.jsonl")
    Path("words.vec").write_text("dogs 1 2\ncats 2 1\n", "utf8")
    command = "apply", model, "in.jsonl", "-o", "out.jsonl", "--vectors", "words.vec"
    code, _, err = zoo_cli(*command)
    assert code == 1
    assert "was trained without word vectors, got 'words'. Leave them out." in err


def make_model(tmp_path, **nlp):
    """Save a small pipeline with settings of [nlp] of its own."""
    config = make_tiny_config(["tagger"])
    config["nlp"].update(nlp)
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    pipeline.to_disk(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize(
    ("nlp", "arguments", "words"),
    [
        ({}, (), ["I", "ca", "n't", "."]),
        ({"lang": "de"}, (), ["I", "can't", "."]),
        ({"lang": None}, (), ["I", "can't", "."]),
        (
            {"tokenizer": {"@tokenizers": "zoo.WhitespaceTokenizer.v1"}},
            (),
            ["I", "can't."],
        ),
        (
            {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}},
            (),
            ["I", "ca", "n't", "."],
        ),
        ({}, ("--tokenizer", "zoo.WhitespaceTokenizer.v1"), ["I", "can't."]),
        (
            {"lang": "de"},
            ("--tokenizer", "zoo.Tokenizer.v1"),
            ["I", "can't", "."],
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Tokenizer. has no rules of the language 'de'")
def test_raw_text_is_split_as_the_pipeline_says(
    zoo_cli, tmp_path, nlp, arguments, words
):
    model = make_model(tmp_path, **nlp)
    Path("in.txt").write_text("I can't.\n", "utf8")
    command = "apply", model, "in.txt", "-o", "out.jsonl", *arguments
    assert zoo_cli(*command)[0] == 0
    assert json.loads(Path("out.jsonl").read_text("utf8"))["tokens"] == words


@pytest.mark.parametrize(
    ("engine", "options", "named"),
    [
        ("ray", ["--tokenizer", "zoo.Tokenizer.v1"], "--tokenizer"),
        ("ray", ["--misaligned", "skip", "--from", ".conll"], "--misaligned, --from"),
        ("ray", ["--vectors", "v", "--overlapping", "longest"], "--vectors, --overl"),
        ("ray", ["--comments", "#"], "--comments"),
        ("zoo", ["--on-error", "skip"], "--on-error"),
    ],
)
def test_options_of_another_engine_are_refused(zoo_cli, model, engine, options, named):
    arguments = ["in.jsonl", "-o", "out", "--engine", engine, *options]
    code, _, err = zoo_cli("apply", model, *arguments)
    assert code == 1
    assert f"--engine {engine} has no {named}" in err
    assert not Path("out").exists()
