#!/usr/bin/env bash
# A column of class labels that is cast to the same names in another order.
#
# Guess: the cast keeps each row's name and gives it its new number, as a cast of Arrow's
#   dictionaries does; or it is refused, as concatenate_datasets refuses the two.
# Fact (datasets 5.2.0): the numbers stay and the names change, so every "no" is a "yes"
#   afterwards. Numbers for which there is no name, such as -5, are accepted too.
# Why: labels are stored as numbers, and ClassLabel.cast_storage checks of numbers only
#   that they are not above the last class (datasets/features/features.py).
# So: use ds.align_labels_with_mapping, which renumbers. zoo takes the names from the
#   folder of a saved dataset, whatever cast came before; what has no name is unknown.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet datasets==5.2.0
HF_HOME=$folder HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - <<'PYTHON'
import datasets
from datasets import ClassLabel, Dataset, concatenate_datasets


def named(ds):
    return [ds.features["label"].int2str(number) for number in ds["label"]]


ours, theirs = ClassLabel(names=["no", "yes"]), ClassLabel(names=["yes", "no"])
ds = Dataset.from_dict({"label": ["no", "no", "yes"]}).cast_column("label", ours)
cast = ds.cast_column("label", theirs)
print("datasets", datasets.__version__)
print("before:", named(ds), list(ds["label"]))
print("after:", named(cast), list(cast["label"]))
assert named(ds) == ["no", "no", "yes"]
assert named(cast) == ["yes", "yes", "no"]
assert list(cast["label"]) == list(ds["label"]) == [0, 0, 1]
try:
    concatenate_datasets([ds, cast])
except ValueError as error:
    print("concatenate_datasets:", str(error)[:60])
else:
    raise AssertionError("two orders of names are joined")
odd = Dataset.from_dict({"label": [-5, 0]}).cast_column("label", ours)
print("numbers without a name:", list(odd["label"]))
assert list(odd["label"]) == [-5, 0]
aligned = ds.align_labels_with_mapping({"yes": 0, "no": 1}, "label")
print("align_labels_with_mapping:", named(aligned), list(aligned["label"]))
assert named(aligned) == named(ds) and list(aligned["label"]) == [1, 1, 0]
PYTHON
