#!/usr/bin/env bash
# A value of an Arrow array beside the same value of Python.
#
# Guess: pa.array(["a"])[0] == "a", as for numpy's values, so that `"a" in array`,
#   list.count and sets work; and a value is true where the value of Python is.
# Fact (pyarrow 26.0.1): a value never equals one of Python, so `"a" in array` is False
#   for every array. The truth of False is False, but that of 0, 0.0, "" and of null is
#   True.
# Why: Scalar.__eq__ compares with scalars of Arrow alone and is otherwise NotImplemented,
#   upon which Python answers False; only BooleanScalar has a __bool__
#   (pyarrow/scalar.pxi).
# So: neither raises an error, and a filter such as [x for x in column if x == "yes"] is
#   simply empty. Turn columns into Python by to_pylist first. zoo's readers do, before
#   any value is compared.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==26.0.1
"$folder/venv/bin/python" - <<'PYTHON'
import pyarrow as pa

words = pa.array(["a", "b"])
print("pyarrow", pa.__version__)
print('array[0] == "a":', words[0] == "a")
print('"a" in array:', "a" in words, "and in a list:", "a" in words.to_pylist())
assert (words[0] == "a") is False and words[0].as_py() == "a"
assert "a" not in words and "a" in words.to_pylist()
assert 0 not in pa.chunked_array([[0]])
assert words[0] == pa.scalar("a") and pa.scalar("a") in words
truths = {repr(v): bool(pa.scalar(v)) for v in (False, 0, 0.0, "", None)}
print("truth:", truths)
assert truths == {"False": False, "0": True, "0.0": True, "''": True, "None": True}
PYTHON
