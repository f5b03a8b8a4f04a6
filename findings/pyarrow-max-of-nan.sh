#!/usr/bin/env bash
# The largest number of an Arrow column that has a NaN.
#
# Guess: pyarrow.compute.max returns NaN, as numpy.max does, and as Arrow's own sum, mean
#   and stddev do of the same column. The docstring says only that nulls are ignored, and
#   a NaN is no null.
# Fact (pyarrow 26.0.1): min, max, min_max and the aggregations of group_by ignore NaN,
#   unless all numbers are NaN; an ascending sort puts it last and a descending one too.
# Why: the kernels take fmin and fmax of floats, whose result is the other number where
#   one is a NaN (arrow/compute/kernels/aggregate_basic.inc.cc, MinMaxState).
# So: `max` of a column of losses or scores hides that one is not finite. Ask
#   pc.all(pc.is_finite(column)). zoo checks scores of categories value by value, since a
#   comparison of the extremes with 0 and 1 would accept a NaN.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==26.0.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

nan = math.nan
column = pa.array([1.0, nan, 3.0])
print("pyarrow", pa.__version__)
for name in ("max", "min", "sum", "mean", "stddev"):
    print(f"{name}:", getattr(pc, name)(column))
print("numpy.max:", np.max(column.to_numpy()))
assert column.null_count == 0
assert (pc.max(column).as_py(), pc.min(column).as_py()) == (3.0, 1.0)
assert all(math.isnan(f(column).as_py()) for f in (pc.sum, pc.mean, pc.stddev))
assert np.isnan(np.max(column.to_numpy()))
assert math.isnan(pc.max(pa.array([nan, nan])).as_py())
table = pa.table({"key": ["a", "a"], "value": [1.0, nan]})
[row] = table.group_by("key").aggregate([("value", "max"), ("value", "mean")]).to_pylist()
print("group_by:", row)
assert row["value_max"] == 1.0 and math.isnan(row["value_mean"])
down = pc.sort_indices(pa.array([nan, 1.0, 2.0]), sort_keys=[("", "descending")])
assert down.to_pylist() == [2, 1, 0]
assert pc.all(pc.is_finite(column)).as_py() is False
PYTHON
