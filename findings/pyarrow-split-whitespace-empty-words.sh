#!/usr/bin/env bash
# Words of a text column, split at white space by Arrow.
#
# Guess: pyarrow.compute.utf8_split_whitespace splits as str.split() does: runs of white
#   space are one border, and there are no empty words.
# Fact (pyarrow 26.0.1): a run within a text is one border, but space at its start makes an
#   empty word, space at its end one or, if there is more than one character of it, two,
#   and an empty text has one word, "".
# Why: a text is cut at white space, and what is before, between and after the cuts is a
#   word, also if it is empty (arrow/compute/kernels/scalar_string_utf8.cc).
# So: trim first, by utf8_trim_whitespace, and drop what is empty: a token "" gets labels
#   and vectors of its own. zoo accepts empty words, as treebanks have them, so it cannot
#   find this error for a user.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==26.0.1
"$folder/venv/bin/python" - <<'PYTHON'
import pyarrow as pa
import pyarrow.compute as pc

texts = ["Snow  fell", " Snow fell\n", "", "  ", "Snow  "]
found = pc.utf8_split_whitespace(pa.array(texts)).to_pylist()
print("pyarrow", pa.__version__)
for text, words in zip(texts, found, strict=True):
    print(repr(text), words, "and by Python", text.split())
assert found[0] == texts[0].split() == ["Snow", "fell"]
assert found[1] == ["", "Snow", "fell", ""] and texts[1].split() == ["Snow", "fell"]
assert found[2] == [""] and texts[2].split() == []
assert found[3] == ["", "", ""] and texts[3].split() == []
assert found[4] == ["Snow", "", ""] and texts[4].split() == ["Snow"]
trimmed = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pa.array(texts)))
print("trimmed:", trimmed.to_pylist())
assert trimmed.to_pylist() == [
    ["Snow", "fell"], ["Snow", "fell"], [""], [""], ["Snow"],
]
PYTHON
