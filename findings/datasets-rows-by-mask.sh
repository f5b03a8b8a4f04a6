#!/usr/bin/env bash
# Rows of a dataset that are chosen by a list of True and False.
#
# Guess: ds[[True, False, True]] returns the first and the third row. The docstring of
#   Dataset.__getitem__ promises it: "rows (by integer index or iterable of indices or
#   bools)".
# Fact (datasets 5.2.0): it returns rows 1, 0 and 1: True and False are read as the
#   numbers 1 and 0, without a word. With ds.select, a numpy array of bools does the same,
#   while a list of bools is an ArrowTypeError.
# Why: the key becomes positions, numpy.fromiter(key, numpy.int64), and to Python True is
#   the number 1 (datasets/formatting/formatting.py, _query_table).
# So: choose rows by ds.filter, or by the positions, numpy.flatnonzero(mask). Three rows
#   come back for a mask of three, so a count of rows does not show the error, and an
#   evaluation would run on two rows of the data over and over. zoo reads saved datasets
#   whole, and takes a part by `limit`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet datasets==5.2.0
HF_HOME=$folder HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - <<'PYTHON'
import datasets
import numpy as np

ds = datasets.Dataset.from_dict({"text": ["a", "b", "c"]})
mask = [True, False, True]
print("datasets", datasets.__version__)
print("docstring:", datasets.Dataset.__getitem__.__doc__)
print("ds[mask]:", ds[mask]["text"])
print("ds.select(np.array(mask)):", list(ds.select(np.array(mask))["text"]))
assert "or bools" in datasets.Dataset.__getitem__.__doc__
assert ds[mask]["text"] == ["b", "a", "b"]
assert list(ds.select(np.array(mask))["text"]) == ["b", "a", "b"]
try:
    ds.select(mask)
except Exception as error:
    print("ds.select(mask):", type(error).__name__)
    assert type(error).__name__ == "ArrowTypeError"
else:
    raise AssertionError("select takes a list of bools")
assert list(ds.select(np.flatnonzero(mask))["text"]) == ["a", "c"]
PYTHON
