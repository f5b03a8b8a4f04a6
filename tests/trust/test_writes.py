"""No part of a config writes outside of the output folder, or over files of others."""

import os
import shutil
import subprocess
import sys

import pytest

import zoo
from zoo.config import ConfigError, format_config
from zoo.pretraining.pretrain import run_pretraining
from zoo.training._run_folder import check_output
from zoo.training.run_training import run_training

from ..pretraining.tiny import TEXTS, make_config
from ..tiny import make_tiny_config, save_docs

#: Loggers that write to a path in a config: their settings, and the name of the path.
LOGGERS = [
    ({"@loggers": "zoo.JsonLinesLogger.v1"}, "path"),
    *(
        (
            {
                "@loggers": f"spacy.ConsoleLogger.{version}",
                "progress_bar": progress_bar,
                "console_output": False,
            },
            "output_file",
        )
        for version, progress_bar in (("v2", False), ("v3", None))
    ),
]
#: An argument of tests.
loggers = pytest.mark.parametrize(
    ("logger", "setting"), LOGGERS, ids=["zoo", "spacy.v2", "spacy.v3"]
)


@pytest.fixture
def config(tmp_path):
    docs = save_docs(tmp_path / "docs.jsonl")
    paths = {"train": docs, "dev": docs}
    return make_tiny_config(paths=paths, max_steps=2, eval_frequency=1)


def files_in(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@loggers
@pytest.mark.parametrize(
    "path",
    ["{}/docs.jsonl", "{}/.profile", "{}/link", "{}/new.jsonl", "docs.jsonl", "../a"],
)
def test_logger_writes_over_nothing(
    config, tmp_path, monkeypatch, logger, setting, path
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".profile").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "docs.jsonl")
    before = files_in(tmp_path)
    config["training"]["logger"] = {**logger, setting: path.format(tmp_path)}
    output = tmp_path / "out"
    # A relative path is in the output folder.
    is_inside = path == "docs.jsonl"
    try:
        run_training(config, output)
    except (ValueError, FileExistsError) as error:
        assert not isinstance(error, ConfigError)
        assert not is_inside
    else:
        assert is_inside
        assert (output / "docs.jsonl").is_file()
    shutil.rmtree(output, ignore_errors=True)
    assert files_in(tmp_path) == before


@loggers
def test_log_in_the_output_folder_is_resumed_and_overwritten(
    config, tmp_path, logger, setting
):
    config["training"]["logger"] = {**logger, setting: "own.jsonl"}
    output = tmp_path / "out"
    run_training(config, output)
    config["training"]["max_steps"] = 4
    run_training(config, output, resume=True)
    own, log = (output / n for n in ("own.jsonl", "log.jsonl"))
    assert own.read_text() == log.read_text()
    assert len(own.read_text().splitlines()) == 4
    run_training(config, output, overwrite=True)
    assert len(own.read_text().splitlines()) == 4


def test_corpus_in_the_output_folder_is_no_log_of_a_run(config, tmp_path):
    output = tmp_path / "out"
    run_training(config, output)
    save_docs(output / "train.jsonl")
    for option in ("overwrite", "resume"):
        with pytest.raises(FileExistsError, match=r"it holds train\.jsonl"):
            check_output(output, **{option: True})


@pytest.mark.parametrize("name", ["log.jsonl", "config.cfg", "curves.svg"])
@pytest.mark.parametrize("option", ["overwrite", "resume"])
def test_links_in_an_output_folder_are_not_written_through(
    config, tmp_path, name, option
):
    output = tmp_path / "out"
    run_training(config, output)
    (output / name).rename(tmp_path / "mine")
    (output / name).symlink_to(tmp_path / "mine")
    before = files_in(tmp_path)
    with pytest.raises(FileExistsError, match=f"it holds {name}, which is a link"):
        run_training(config, output, **{option: True})
    assert files_in(tmp_path) == before


def test_link_to_the_model_of_another_run_is_not_replaced(config, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    run_training(config, first)
    run_training(config, second)
    shutil.rmtree(second / "model-best")
    (second / "model-best").symlink_to(first / "model-best")
    for option in ("overwrite", "resume"):
        with pytest.raises(FileExistsError, match="model-best, which is a link"):
            run_training(config, second, **{option: True})
    zoo.load(first / "model-best")


@pytest.fixture
def with_teacher(tmp_path):
    """The config of a pretraining with a teacher whose vectors are kept in a cache."""
    text = save_docs(tmp_path / "raw.jsonl", TEXTS[:8])
    config = make_config(text, max_steps=1)
    teacher = config["components"]["tok2vec"]["model"]
    config["pretraining"]["objective"] = {
        "@objectives": "zoo.PretrainTeacher.v1",
        "teacher": teacher,
        "maxout_pieces": 2,
        "hidden_size": 6,
        "loss": "L2",
        "is_masked": False,
    }
    return config


@pytest.mark.parametrize(
    "path", ["{}/cache", "{}", "../cache", "{}/out/deep/cache", "model-best", "link"]
)
def test_cache_of_a_config_is_in_the_output_folder_or_refused(
    with_teacher, tmp_path, path
):
    before = files_in(tmp_path)
    with_teacher["pretraining"]["objective"]["cache"] = path.format(tmp_path)
    output = tmp_path / "out"
    if path == "link":
        (tmp_path / "elsewhere").mkdir()
        output.mkdir()
        (output / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(
        (ValueError, FileExistsError),
        match=r"must lie in the output|must be another than|which is a link",
    ):
        run_pretraining(with_teacher, output)
    shutil.rmtree(output, ignore_errors=True)
    assert files_in(tmp_path) == before


def test_cache_stays_when_its_run_is_overwritten(with_teacher, tmp_path):
    with_teacher["pretraining"]["objective"]["cache"] = "vectors"
    output = tmp_path / "out"
    run_pretraining(with_teacher, output)
    kept = files_in(output / "vectors")
    assert {name.rpartition(".")[2] for name in kept} == {"json", "vectors", "index"}
    run_pretraining(with_teacher, output, overwrite=True)
    assert kept.items() <= files_in(output / "vectors").items()
    (output / "vectors" / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="it holds vectors"):
        run_pretraining(with_teacher, output, overwrite=True)


#: Trains, and prints the paths that are written to.
WATCHED = """
import os, sys
written = set()
def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, (str, bytes)) and flags & (
            os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
        ):
            written.add(os.path.realpath(os.fsdecode(path)))
    elif event in ("os.rename", "os.link", "os.symlink"):
        written.update(os.path.realpath(os.fsdecode(path)) for path in arguments[:2])
    elif event in ("os.mkdir", "os.remove", "os.rmdir"):
        path, folder = os.fsdecode(arguments[0]), arguments[-1]
        if folder >= 0:  # The path is relative to an open folder.
            path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)
        written.add(os.path.realpath(path))
import zoo
from zoo.training.run_training import run_training
config = zoo.load_config(sys.argv[1])
run_training(config, sys.argv[2])  # All modules are imported by now.
sys.addaudithook(watch)
run_training(config, sys.argv[3])
print(*sorted(written), sep=chr(10))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks folders up in /proc")
def test_run_writes_into_its_output_folder_only(config, tmp_path):
    config["training"]["logger"] = {"@loggers": "zoo.JsonLinesLogger.v1"}
    config["training"]["logger"]["path"] = "own.jsonl"
    (tmp_path / "a.cfg").write_text(format_config(config))
    folders = [str(tmp_path / name) for name in ("a.cfg", "first", "second")]
    run = subprocess.run(
        [sys.executable, "-c", WATCHED, *folders],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    written = run.stdout.split("\n")[:-1]
    inside = os.path.join(os.path.realpath(tmp_path), "second")
    assert f"{inside}/own.jsonl" in written
    assert [p for p in written if p != inside and not p.startswith(f"{inside}/")] == []
