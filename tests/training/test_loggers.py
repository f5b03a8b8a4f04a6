import io
import json
import os
import re
import sys
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import catalogue
import pytest
from rich.console import Console

from zoo.training import Evaluation, Progress
from zoo.training._curves import draw_curves
from zoo.training.loggers import ConsoleLogger, JsonLinesLogger, _ConsoleLog


def progress(step, score=None, **scores):
    found = None
    if score is not None:
        scores = {"tag_acc": score, "tag_per_type": {"A": {"f": 1.0}}, **scores}
        main = {n: v for n, v in scores.items() if isinstance(v, float)}
        found = Evaluation({"tagger": 1 / step}, scores, score, step == 2, main)
    return Progress(step, 0, 100 * step, 0.5 * step, step / 4, found)


def follow(logger, *told):
    for each in (*told, None):
        logger(each)


def printed(*told, **settings):
    file = io.StringIO()
    console = Console(file=file, width=60, highlight=False, **settings)
    follow(_ConsoleLog(console, show_bar=True), *told)
    return file.getvalue()


def test_row_is_printed_at_each_evaluation():
    lines = printed(progress(1), progress(2, 0.5), progress(3), progress(4, 0.25))
    head, first, second = lines.splitlines()
    assert head.split() == "epoch step loss tagger tag_acc words/s score".split()  # noqa: SIM905
    assert first.split() == "0 2 0.5000 50.00 200 0.5000 best".split()  # noqa: SIM905
    assert second.split() == "0 4 0.2500 25.00 200 0.2500".split()  # noqa: SIM905


def test_row_may_lack_and_add_columns_and_names_are_no_markup():
    first = progress(2, 0.5)
    first.evaluation.losses["[red]x"] = 1.0
    lines = printed(first, progress(4, 0.25, pos_acc=0.5)).splitlines()
    assert "loss [red]x" in lines[0]
    assert len(lines) == 3


def test_scores_that_count_are_shown_in_per_cent_and_losses_in_nats():
    lines = printed(progress(2, 0.5, ents_f=0.25, held_out_loss=0.75)).splitlines()
    assert "ents_f  held_out_loss" in lines[0]
    assert "25.00         0.7500" in lines[1]


def test_bar_is_shown_on_a_terminal_only():
    assert "words/s" not in printed(progress(1))
    assert "25 %" in printed(progress(1), force_terminal=True)


def test_console_logger_prints_on_standard_error(capsys):
    follow(ConsoleLogger(progress_bar=True)(None, None), progress(1, 0.5))
    out, err = capsys.readouterr()
    assert out == ""
    assert "tag_acc" in err


def test_evaluations_are_written_as_lines_of_json(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"epoch": 1, "ste')  # Killed as it was written.
    logger = JsonLinesLogger(path)(None, None)
    logger(progress(1))
    logger(progress(2, 0.5))
    assert len(path.read_text().splitlines()) == 1  # At once, not at the end.
    follow(logger, progress(4, 0.25))
    assert json.loads(path.read_text().splitlines()[0]) == {
        "epoch": 0,
        "step": 2,
        "words": 200,
        "seconds": 1.0,
        "losses": {"tagger": 0.5},
        "scores": {"tag_acc": 0.5, "tag_per_type": {"A": {"f": 1.0}}},
        "main": ["tag_acc"],
        "score": 0.5,
        "is_best": True,
    }


def test_log_of_a_resumed_run_goes_on_after_the_updates_before_it(tmp_path):
    path = write_log(tmp_path / "log", *(progress(s, 0.5) for s in (2, 4, 6)))
    path.write_text(path.read_text() + '{"step": 8, "sco')  # Killed as it was written.
    write_log(path, progress(5), progress(6, 0.75))
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(r["step"], r["score"]) for r in records] == [(2, 0.5), (4, 0.5), (6, 0.75)]


@pytest.mark.parametrize(
    "text", ["3\n", "{}\n", "[1]\n", "no log", "[" * 100_000 + "\n", '{"text": "a"}\n']
)
def test_file_that_is_no_log_is_not_replaced(tmp_path, text):
    (tmp_path / "log").write_text(text)
    with pytest.raises(FileExistsError, match="exists and is not the log of a run"):
        JsonLinesLogger(tmp_path / "log")(None, None)
    assert (tmp_path / "log").read_text() == text


def test_link_to_a_log_is_not_followed(tmp_path):
    write_log(tmp_path / "mine", progress(1, 0.5))
    (tmp_path / "log").symlink_to(tmp_path / "mine")
    with pytest.raises(FileExistsError, match="exists and is not the log of a run"):
        JsonLinesLogger(tmp_path / "log")(None, None)


@pytest.mark.parametrize(
    "path", ["../a.jsonl", "sub/a.jsonl", "{}/a.jsonl", "..", "../out2/a.jsonl"]
)
def test_log_of_a_run_lies_in_its_folder(tmp_path, path):
    output = tmp_path / "out"
    output.mkdir()
    with pytest.raises(ValueError, match="must lie in the output folder, which is"):
        JsonLinesLogger(path.format(tmp_path))(None, output)
    assert os.listdir(tmp_path) == ["out"]
    assert not os.listdir(output)


@pytest.mark.parametrize(
    "name", ["log.jsonl", "bad-batch.jsonl", "config.cfg", "model-best", ".bashrc"]
)
def test_log_of_a_run_has_a_name_of_its_own(tmp_path, name):
    with pytest.raises(ValueError, match=r"must end in \.jsonl, and be another than"):
        JsonLinesLogger(name)(None, tmp_path)


def test_path_of_a_log_is_relative_to_the_output_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output = Path("out")
    output.mkdir()
    for path in ("a.jsonl", "out/b.jsonl", tmp_path / "out" / "c.jsonl"):
        follow(JsonLinesLogger(path)(None, output), progress(1, 0.5))
    assert sorted(os.listdir("out")) == ["a.jsonl", "b.jsonl", "c.jsonl"]
    assert os.listdir(tmp_path) == ["out"]


def write_log(path, *told):
    follow(JsonLinesLogger(path)(None, None), *told)
    return path


@pytest.mark.parametrize(
    "told",
    [
        [progress(1, 0.5)],
        [progress(1, 0.5, pos_acc=0.1), progress(2, 0.7), progress(3, 0.6)],
        [progress(1, 0.5, tag_acc=None, cats_score=0.5), progress(2, 0.5)],
        [progress(1, 0.5, tag_acc=None)],
        [progress(1, 0.5, loss=9.5), progress(2, 0.7, loss=8.5)],
        [progress(1, -9.5, loss=9.5, bits_per_character=2.5)],
    ],
    ids=["one", "several", "gaps", "no scores", "a loss", "no share"],
)
def test_curves_are_drawn(tmp_path, told):
    picture = tmp_path / "curves.svg"
    draw_curves(write_log(tmp_path / "log.jsonl", *told), picture)
    root = ElementTree.fromstring(picture.read_text(encoding="utf8"))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    names = {name for each in told for name in each.evaluation.main}
    shown = {n + " of the development corpus" * (n == "loss") for n in names}
    assert {"tagger", "best model", "words read"} | shown <= {*texts}


class Service:
    """Stand for a service that loggers send figures to, and keep what it is told."""

    def __init__(self, told, name):
        self.told, self.name = told, name

    def __call__(self, *arguments, **options):
        self.told.append((self.name, *arguments, *options.items()))
        return self

    def __getattr__(self, name):
        return Service(self.told, name)


@pytest.mark.parametrize(
    ("name", "arguments", "module", "expected"),
    [
        (
            "TensorBoard",
            ["runs"],
            "torch.utils.tensorboard",
            [
                ("SummaryWriter", "runs"),
                ("add_scalar", "loss/tagger", 0.5, 2),
                ("add_scalar", "score/tag_acc", 0.75, 2),
                ("close",),
            ],
        ),
        (
            "WeightsAndBiases",
            ["tags", "first"],
            "wandb",
            [
                ("init", ("project", "tags"), ("id", "first"), ("resume", "allow")),
                ("log", {"loss/tagger": 0.5, "score/tag_acc": 0.75}, ("step", 2)),
                ("finish",),
            ],
        ),
        (
            "MLflow",
            ["tags"],
            "mlflow",
            [
                ("set_experiment", "tags"),
                ("start_run",),
                (
                    "log_metrics",
                    {"loss/tagger": 0.5, "score/tag_acc": 0.75},
                    ("step", 2),
                ),
                ("end_run",),
            ],
        ),
    ],
)
def test_loggers_of_the_page_tell_their_services(
    name, arguments, module, expected, monkeypatch
):
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    names = {"__name__": "page"}
    with mock.patch.dict(catalogue.REGISTRY):  # They are registered for this test only.
        exec(next(block for block in blocks if "def figures" in block), names)
        exec(next(block for block in blocks if f"def {name}(" in block), names)
    told = []
    monkeypatch.setitem(sys.modules, module, Service(told, ""))
    follow(names[name](*arguments)(None, None), progress(1), progress(2, 0.75))
    assert told == expected
