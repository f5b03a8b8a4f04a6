from pathlib import Path

import pytest

import zoo
from zoo.config import format_config, parse_config
from zoo.models.make_config import make_config

from ..tiny import save_docs
from .conftest import PATHS


@pytest.mark.filterwarnings("ignore:Tokenizer. has no rules of")
def test_init_config_writes_a_config_that_trains(zoo_cli):
    save_docs("train.conllu")
    code, out, _ = zoo_cli(
        "init", "config", "--pipeline", "tok2vec, tagger", "--lang", "de"
    )
    assert code == 0
    assert 'lang = "de"' in out
    arguments = ("-p", "tok2vec,tagger")
    code, out, err = zoo_cli("init", "config", "a.cfg", *arguments)
    assert (code, out, err) == (0, "", "Wrote a.cfg.\n")
    assert zoo_cli("init", "config", "a.cfg", *arguments)[0] == 1
    assert zoo_cli("init", "config", "a.cfg", *arguments, "--overwrite")[0] == 0
    assert (
        zoo_cli("train", "a.cfg", "-o", "out", *PATHS, "--training.max_steps=1")[0] == 0
    )


def test_init_config_shares_an_encoder_or_gives_each_its_own(zoo_cli):
    heads = ("-p", "tagger,entity_tagger")
    independent = zoo_cli("init", "config", *heads, "--independent")[1]
    assert zoo_cli("init", "config", *heads)[1] == independent
    assert parse_config(independent) == make_config(["tagger", "entity_tagger"])
    assert independent.count("zoo.MultiHashEmbed.v1") == 2
    shared = zoo_cli("init", "config", *heads, "--shared")[1]
    pipeline = ["tok2vec", "tagger", "entity_tagger"]
    assert parse_config(shared) == make_config(pipeline)
    assert shared.count("zoo.MultiHashEmbed.v1") == 1
    assert shared.count("zoo.Listener.v1") == 2


def test_init_config_adds_the_section_for_pretraining(zoo_cli):
    command = ("init", "config", "-p", "tok2vec,tagger")
    code, out, _ = zoo_cli(*command, "--pretraining")
    assert code == 0
    Path("plain.cfg").write_text(zoo_cli(*command)[1])
    assert out == zoo_cli("init", "fill-config", "plain.cfg", "--pretraining")[1]


@pytest.mark.filterwarnings("always::UserWarning")
def test_init_config_reads_a_table_by_the_names_of_its_columns(zoo_cli):
    Path("t.csv").write_text("id,review,stars\n1,Good film.,pos\n2,Bad film.,neg\n")
    code, _, err = zoo_cli("init", "config", "--train", "t.csv")
    assert code == 1
    assert "--columns" in err
    columns = "text=review,label=stars"
    command = ("init", "config", "t.cfg", "--train", "t.csv", "--columns", columns)
    code, _, err = zoo_cli(*command)
    assert code == 0
    assert "the first in line 1: 'id'" in err
    made = zoo.load_config("t.cfg")
    assert made["nlp"]["pipeline"] == ["textcat"]
    assert {reader["columns"] for reader in made["corpora"].values()} == {columns}


@pytest.mark.filterwarnings("always::UserWarning")
def test_init_config_passes_over_entities_that_are_not_of_whole_words(zoo_cli):
    text = '{"text": "Ann sang", "entities": [[0, %d, "PER"]]}\n'
    Path("t.jsonl").write_text(text % 3 + text % 2)
    assert zoo_cli("init", "config", "--train", "t.jsonl")[0] == 1
    command = ("init", "config", "--train", "t.jsonl", "--misaligned", "skip")
    code, out, err = zoo_cli(*command)
    assert code == 0
    assert "their words are unknown" in err
    assert out.count('misaligned = "skip"') == 2


def test_init_config_refuses_unknown_components(zoo_cli):
    code, _, err = zoo_cli("init", "config", "--pipeline", "tok2vec,tager")
    assert code == 1
    assert "no template for the component 'tager'. Did you mean 'tagger'?" in err
    assert zoo_cli("init", "config", "--pipeline", ",")[0] == 1


def test_fill_config_completes_a_config_and_keeps_it(zoo_cli, config):
    short = zoo.load_config(config)
    del short["training"]["patience"], short["training"]["optimizer"]["beta1"]
    config.write_text(format_config(short))
    code, out, _ = zoo_cli("init", "fill-config", config)
    assert code == 0
    assert "patience = 1600" in out
    assert zoo_cli("init", "fill-config", config, "full.cfg")[0] == 0
    assert Path("full.cfg").read_text("utf8") == out
    assert zoo_cli("train", config, "-o", "out", *PATHS)[0] == 1
    assert zoo_cli("train", "full.cfg", "-o", "out", *PATHS)[0] == 0


def test_init_config_is_fitted_to_a_corpus(zoo_cli):
    save_docs("train.jsonl")
    code, _, err = zoo_cli("init", "config", "a.cfg", "--train", "train.jsonl",
                           "--dev", "train.jsonl")  # fmt: skip
    assert code == 0
    made = zoo.load_config("a.cfg")
    assert made["nlp"]["pipeline"] == ["tok2vec", "tagger", "pos", "textcat"]
    assert made["paths"]["train"] == made["paths"]["dev"] == "train.jsonl"
    steps = made["training"]["max_steps"]
    assert f"tok2vec, tagger, pos, textcat: {steps} updates, evaluated every " in err
    assert "train.jsonl: 12 documents with " in err
    more = ("--training.max_steps=1", "--training.eval_frequency=1")
    assert zoo_cli("train", "a.cfg", "-o", "out", *more)[0] == 0


def test_init_config_takes_a_ready_made_model(zoo_cli):
    code, out, err = zoo_cli("init", "config", "--model", "textcat_bow")
    assert (code, err) == (0, "")
    assert parse_config(out) == make_config(["textcat"], model="textcat_bow")
    code, _, err = zoo_cli("init", "config", "--model", "textcat_bag")
    assert code == 1 and "Did you mean 'textcat_bow'" in err


def test_an_empty_corpus_is_refused(zoo_cli):
    Path("a.jsonl").write_text("")
    code, _, err = zoo_cli("init", "config", "--train", "a.jsonl")
    assert code == 1 and "a.jsonl holds no documents to fit a config to." in err
