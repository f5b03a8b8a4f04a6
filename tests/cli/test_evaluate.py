import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

import zoo
from zoo._cli.evaluate import _advise
from zoo.doc import Doc, Span

from ..tiny import make_docs, make_tiny_config, save_docs


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
        (
            "other.jsonl",
            '{"tokens": ["a"], "cats": {"x": 1.0}}\n',
            "their categories are x, and the model knows other, pets",
        ),
        ("bad.jsonl", "{\n", "bad.jsonl, line 1: expected a JSON object"),
        ("a.pdf", "x", "a.pdf: the suffix must be one of"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(zoo_cli, model, name, content, message):
    Path(name).write_text(content, "utf8")
    code, out, err = zoo_cli("evaluate", model, name)
    assert (code, out) == (1, "")
    assert message in err


def test_confused_labels_are_listed(zoo_cli, model):
    save_docs("dev.jsonl")
    code, out, _ = zoo_cli("evaluate", model, "dev.jsonl", "--confusions", "1")
    assert code == 0
    lines = out.splitlines()
    [start] = [i for i, line in enumerate(lines) if line.startswith("tags: ")]
    assert lines[start].endswith(" wrong predictions")
    assert lines[start + 1].split() == ["gold", "predicted", "times"]
    assert lines[start + 2].split()[2].isdigit()
    assert lines[start + 3].startswith("and ") and lines[start + 3].endswith("pairs")
    assert (
        "wrong predictions"
        not in zoo_cli("evaluate", model, "dev.jsonl", "--confusions", "0")[1]
    )


def test_wrong_predictions_are_written_to_lines_of_json(zoo_cli, model):
    docs = make_docs()
    save_docs("dev.jsonl", docs)
    code, _, err = zoo_cli("evaluate", model, "dev.jsonl", "--errors", "e.jsonl")
    assert code == 0
    rows = [json.loads(line) for line in Path("e.jsonl").read_text().splitlines()]
    assert f"Wrote {len(rows)} wrong predictions to e.jsonl." in err
    assert {row["field"] for row in rows} == {"tags", "cats"}
    predicted = zoo.load(model)([doc.copy(annotations=False) for doc in docs])
    wrong = 0
    for row in rows:
        doc, guess = docs[row["doc"]], predicted[row["doc"]]
        assert row["text"] == " ".join(doc.words)
        assert row["gold"] != row["predicted"] and 0 < row["score"] <= 1
        if row["field"] == "tags":
            assert row["words"] == doc.words[row["start"] : row["end"]]
            assert row["gold"] == doc.tags[row["start"]]
            assert row["predicted"] == guess.tags[row["start"]]
            wrong += 1
        else:
            assert row["score"] == guess.cats[row["predicted"]]
    n_words = sum(map(len, docs))
    scores = json.loads(run_json(zoo_cli, model))
    assert scores["tag_acc"] == pytest.approx(1 - wrong / n_words)


def run_json(zoo_cli, model):
    assert zoo_cli("evaluate", model, "dev.jsonl", "-o", "s.json")[0] == 0
    return Path("s.json").read_text("utf8")


class Reader(HTMLParser):
    """Check that tags are closed in order, and collect the text of cells."""

    def __init__(self):
        super().__init__()
        self.open, self.cells = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta",):
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open:
            self.cells[-1] += data


def test_wrong_predictions_are_written_to_a_page(zoo_cli, model):
    words = ["<script>alert(1)</script>", "&", *["dogs"] * 40]
    docs = [Doc(words, tags=["<b>", *["NN"] * 41], cats={"pets": 1.0})]
    save_docs("dev.jsonl", docs)
    code, _, err = zoo_cli("evaluate", model, "dev.jsonl", "--errors", "e.html")
    assert code == 0 and "to e.html." in err
    text = Path("e.html").read_text("utf8")
    assert "<script" not in text and "<b>" not in text
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert "<b>" in reader.cells  # As text, with its characters escaped.
    assert any("<script>alert(1)</script> & dogs" in cell for cell in reader.cells)


def test_wrong_entities_have_a_probability(zoo_cli):
    gold = Doc(["Ann", "ran"], ents=[Span(0, 1, "P")])
    save_docs("train.jsonl", [gold])
    pipeline = zoo.Pipeline.from_config(make_tiny_config(["entity_tagger"]))
    pipeline.initialize([gold])
    pipeline.components["entity_tagger"].objective.bias = 9.0
    pipeline.to_disk("model")
    docs = [Doc(["it", "ran"], ents=[]), Doc(["it"], ents=[Span(0, 1, "Q")])]
    save_docs("dev.jsonl", docs)
    assert zoo_cli("evaluate", "model", "dev.jsonl", "--errors", "e.jsonl")[0] == 0
    rows = [json.loads(line) for line in Path("e.jsonl").read_text().splitlines()]
    assert {row["predicted"] for row in rows} == {"P"}
    assert all(0.5 < row["score"] <= 1 for row in rows)


@pytest.mark.parametrize("name", ["e.txt", "e", "e.json"])
def test_wrong_predictions_in_another_format_are_refused(zoo_cli, model, name):
    save_docs("dev.jsonl")
    code, out, err = zoo_cli("evaluate", model, "dev.jsonl", "--errors", name)
    assert (code, out) == (1, "")
    assert f"{name}: wrong predictions are written as .jsonl or .html, got the" in err


def test_far_recall_brings_advice():
    assert "recall of entities is far below the precision: raise `bias`" in _advise(
        {"ents_p": 0.8, "ents_r": 0.4}
    )
    assert "precision of entities is far below the recall: lower `bias`" in _advise(
        {"ents_p": 0.4, "ents_r": 0.8}
    )
    assert _advise({"ents_p": 0.5, "ents_r": 0.6}) == ""
    assert _advise({"ents_p": None, "ents_r": None, "tag_acc": 0.1}) == ""


def test_settings_are_tuned_and_overridden(zoo_cli, tmp_path):
    docs = [Doc(["Ann", "ran"], ents=[Span(0, 1, "P")]), Doc(["it", "ran"], ents=[])]
    save_docs("dev.jsonl", docs)
    pipeline = zoo.Pipeline.from_config(make_tiny_config(["entity_tagger"]))
    pipeline.initialize(docs)
    pipeline.to_disk("model")
    before = zoo_cli("evaluate", "model", "dev.jsonl")[1]
    code, out, err = zoo_cli("tune", "model", "dev.jsonl", "--output", "tuned")
    assert (code, err) == (0, "Saved tuned.\n")
    title, row = (line.split() for line in out.splitlines())
    assert title == ["setting", "before", "after", "score", "before", "after"]
    assert row[:2] == ["components.entity_tagger.bias", "0"]
    tuned = zoo.load("tuned")
    assert tuned.components["entity_tagger"].objective.bias == float(row[2])
    assert f"{100 * tuned.scores['ents_f']:.2f}" == row[-1]
    bias = ("--components.entity_tagger.bias", row[2])
    changed = zoo_cli("evaluate", "model", "dev.jsonl", *bias)[1]
    assert changed.split()[5] == row[-1]
    assert (
        zoo_cli("evaluate", "model", "dev.jsonl")[1].split()[:6] == (before.split()[:6])
    )
    code, _, err = zoo_cli("evaluate", "model", "dev.jsonl", "--training.seed", "1")
    assert code == 1 and "only settings of components can change" in err
    assert zoo_cli("tune", "model", "dev.jsonl")[0] == 0
    assert zoo.load("model").components["entity_tagger"].objective.bias == float(row[2])


def test_what_cannot_be_tuned_is_told(zoo_cli, model):
    save_docs("dev.jsonl")
    code, _, err = zoo_cli("tune", model, "dev.jsonl")
    assert code == 1
    assert "zoo tune: expected a component with a bias or a threshold" in err
