"""Check the table of word vectors that comes with the package."""

from pathlib import Path

import pytest

import zoo
from tests.tiny import make_docs
from zoo.config import parse_config
from zoo.models.make_config import make_config
from zoo.training.run_training import run_training
from zoo.vectors._shipped_vectors import FOLDER

NAME = "zoo:english-words"


def test_a_word_has_one_vector_in_lower_case_with_a_capital_and_in_capitals():
    table = zoo.read_vectors(NAME)
    rows = table.find(["snow", "Snow", "SNOW", "sNOW", "snowqz"]).tolist()
    assert rows[0] == rows[1] == rows[2] >= 0
    assert rows[3:] == [-1, -1]


def test_words_of_like_meaning_are_alike():
    table = zoo.read_vectors(NAME)
    assert table.similarity("terrible", "Awful") > table.similarity("terrible", "seven")


def test_encoders_and_vectors_are_at_most_eight_megabytes():
    files = [*FOLDER.parent.rglob("*.safetensors")]
    assert len(files) == 3
    assert sum(path.stat().st_size for path in files) < 8e6


def test_the_file_has_the_checksum_that_it_stores():
    zoo.read_vectors(FOLDER / "english-words.safetensors").verify()


def test_the_first_rows_are_those_of_frequent_words():
    table = zoo.read_vectors(NAME, limit=100, name="few")
    assert table.shape[0] == 100 and table.name == "few"
    assert {"the", "The", "and"} <= {*table.words}


def test_commands_may_give_its_name_as_a_path():
    assert zoo.read_vectors(Path(NAME), limit=2).shape == (2, 80)


def test_another_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no table of vectors 'zoo:words' in this"):
        zoo.read_vectors("zoo:words")
    config = make_config(["textcat"], pretrained=True)
    settings = {"paths.vectors": "zoo:words", "paths.train": "x", "paths.dev": "x"}
    config = parse_config(config.to_str(interpolate=False), settings)
    with pytest.raises(ValueError, match="no file or folder 'zoo:words'"):
        run_training(config, tmp_path / "run")


def test_a_saved_pipeline_finds_the_table_again(tmp_path):
    config = make_config(["textcat"], pretrained=True)
    config["components"]["textcat"]["model"]["linear_model"]["length"] = 100
    pipeline, docs = zoo.Pipeline.from_config(config), make_docs()
    pipeline.initialize(docs, vectors=zoo.read_vectors(NAME))
    pipeline.to_disk(tmp_path / "model")
    found = zoo.load(tmp_path / "model")
    texts = ["dogs run", "Birds sing"]
    expected = [doc.cats for doc in pipeline(texts)]
    assert [doc.cats for doc in found(texts)] == expected
