import json
from pathlib import Path

import pytest

from ..tiny import save_docs


def test_evaluate_prints_and_writes_all_scores(zoo_cli, model):
    save_docs("dev.jsonl")
    code, out, _ = zoo_cli(
        "evaluate", model, "dev.jsonl", "--output", "deep/scores.json"
    )
    assert code == 0
    scores = json.loads(Path("deep/scores.json").read_text("utf8"))
    assert {"tag_acc", "tag_per_type", "cats_macro_f", "cats_f_per_type", "speed"} <= {
        *scores
    }
    assert f"{100 * scores['tag_acc']:.2f}" in out
    assert "words/s" in out
    for label in ("NN", "VB", "RB", "pets", "other"):
        assert any(line.startswith(label) for line in out.splitlines())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jsonl", "", "holds no documents to evaluate on"),
        ("bare.jsonl", '{"tokens": ["a"]}\n', "holds no labels to evaluate on"),
        ("bad.jsonl", "{\n", "bad.jsonl, line 1: expected a JSON object"),
        ("a.pdf", "x", "a.pdf: the suffix must be one of"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(zoo_cli, model, name, content, message):
    Path(name).write_text(content, "utf8")
    code, out, err = zoo_cli("evaluate", model, name)
    assert (code, out) == (1, "")
    assert message in err
