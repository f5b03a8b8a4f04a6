#!/usr/bin/env bash
# Columns of a Ray dataset, after a function of numpy batches that returns its argument.
#
# Guess: Dataset.map_batches(lambda batch: batch) leaves the columns as they are: numbers
#   stay integers with nulls, and lists of words stay lists of strings, or at worst become
#   a tensor; what is written to Parquet can be read by everyone.
# Fact (Ray 2.60.0): integers become floats if one is null, so that a large number is
#   another one afterwards. Lists of words and lists of structs become pickled objects:
#   the Parquet file has a column of bytes, which pyarrow cannot open as words. Lists of
#   numbers become tensors of a fixed or a variable shape, by whether those of the block
#   happen to be equally long. Dataset.map with the same function leaves all of it alone.
# Why: "default", the format of batches if none is named, is numpy, which has neither null
#   integers nor lists; ray.data's conversion to numpy and back does not look at the
#   types that the columns had (ray/data/_internal/tensor_extensions).
# So: name batch_format="pyarrow", as zoo.integrations.ray.Annotate wants it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "ray[data]==2.60.0" pyarrow==26.0.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - 2>"$folder/log" <<'PYTHON' || { tail "$folder/log"; exit 1; }
import glob

import pyarrow as pa
import pyarrow.parquet as pq
import ray
import ray.data

ray.init(num_cpus=1, include_dashboard=False, logging_level="ERROR")
big = 2**60 + 1
table = pa.table(
    {
        "id": [big, None],
        "words": [["Snow", "fell"], ["Yes"]],
        "ents": [[{"start": 0, "label": "X"}], []],
        "equal": [[1, 2], [3, 4]],
        "unequal": [[1, 2], [3]],
    }
)


def write(dataset, name):
    dataset.write_parquet(name)
    (file,) = glob.glob(f"{name}/*.parquet")
    return pq.read_table(file)


dataset = ray.data.from_arrow(table)
by_row = write(dataset.map(lambda row: row), "rows")
by_batch = write(dataset.map_batches(lambda batch: batch), "batches")
arrow = write(
    dataset.map_batches(lambda batch: batch, batch_format="pyarrow"), "arrow"
)
print("ray", ray.__version__)
for name in table.column_names:
    print(name, "|", table.schema.field(name).type, "|", by_batch.schema.field(name).type)
assert by_row.to_pydict() == arrow.to_pydict() == table.to_pydict()
assert arrow.schema.types == table.schema.types
types = dict(zip(by_batch.column_names, by_batch.schema.types))
assert types["id"] == pa.float64() and int(by_batch["id"][0].as_py()) == big - 1
assert "PythonObject" in str(types["words"]) and "PythonObject" in str(types["ents"])
assert "shape=(2,)" in str(types["equal"]), types["equal"]
assert "VariableShaped" in str(types["unequal"]), types["unequal"]
PYTHON
# A process without Ray reads the same file.
"$folder/venv/bin/python" - <<'PYTHON'
import glob

import pyarrow as pa
import pyarrow.parquet as pq

words = pq.read_table(glob.glob("batches/*.parquet")[0])["words"]
print("without Ray, words are", words.type, words[0].as_py()[:12])
assert words.type == pa.large_binary() and b"Snow" in words[0].as_py()
PYTHON
