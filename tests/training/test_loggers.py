import builtins
import io
import json

import pytest
from rich.console import Console

from zoo.training import Evaluation, Progress
from zoo.training.loggers import ConsoleLogger, JsonLinesLogger, _ConsoleLog
from zoo.training.plots import draw_curves

PNG = b"\x89PNG\r\n\x1a\n"


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
    path.write_text("an earlier log")
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
        "score": 0.5,
        "is_best": True,
    }


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
    ],
    ids=["one", "several", "gaps", "no scores"],
)
def test_curves_are_drawn(tmp_path, told):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "curves.png"
    draw_curves(write_log(tmp_path / "log.jsonl", *told), picture)
    assert picture.read_bytes().startswith(PNG)


def test_drawing_leaves_the_state_of_matplotlib_alone(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    before = matplotlib.rcParams["backend"]
    draw_curves(write_log(tmp_path / "a", progress(1, 0.5)), tmp_path / "b.png")
    assert matplotlib.rcParams["backend"] == before


def test_missing_matplotlib_is_told_with_what_to_install(tmp_path, monkeypatch):
    found = builtins.__import__

    def block(name, *args):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return found(name, *args)

    monkeypatch.setattr(builtins, "__import__", block)
    with pytest.raises(ImportError, match=r"pip install thinc-zoo\[plots\]"):
        draw_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()
