#!/usr/bin/env bash
# A function for Dataset.map that changes its argument, and returns something else.
#
# Guess: only what the function returns counts. Without a return value, a change in place
#   is without effect, which is well known; so it is with one.
# Fact (datasets 5.2.0): if the function returns any dictionary, even an empty one, its
#   changes in place are written too. IterableDataset.map with the same function returns
#   the rows unchanged.
# Why: map merges the row, the very object that the function was given, with what it
#   returns (datasets/arrow_dataset.py, prepare_outputs); the iterable version copies the
#   row first (datasets/iterable_dataset.py).
# So: a function that normalizes a text for itself alone, and returns its length, changes
#   the column of the texts; return new dictionaries from untouched rows. zoo's readers
#   build a document of each row and never hand out the row.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet datasets==5.2.0
HF_HOME=$folder HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - <<'PYTHON'
import datasets

datasets.disable_progress_bars()


def silent(row):
    row["text"] = row["text"].upper()


def measure(row):
    row["text"] = row["text"].upper()
    return {"length": len(row["text"])}


def nothing(row):
    row["new"] = 1
    return {}


ds = datasets.Dataset.from_dict({"text": ["a", "bc"]})
stream = ds.to_iterable_dataset()
print("datasets", datasets.__version__)
found = {
    "no return": list(ds.map(silent)["text"]),
    "another key returned": list(ds.map(measure)["text"]),
    "the same, of a stream": [row["text"] for row in stream.map(measure)],
}
for name, texts in found.items():
    print(f"{name}:", texts)
assert found["no return"] == ["a", "bc"]
assert found["another key returned"] == ["A", "BC"]
assert found["the same, of a stream"] == ["a", "bc"]
print("columns after {}:", ds.map(nothing).column_names)
assert ds.map(nothing).column_names == ["text", "new"]
assert [*next(iter(stream.map(nothing)))] == ["text"]
PYTHON
