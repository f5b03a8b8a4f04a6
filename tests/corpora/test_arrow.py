import datetime
import decimal
import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import zoo
import zoo.corpora.arrow
from zoo.corpora import (
    Corpus,
    Unread,
    read_arrow,
    read_docs,
    read_parquet,
    write_arrow,
    write_docs,
    write_parquet,
)
from zoo.doc import Doc, Span

from ..blocking import BLOCK
from .strategies import full_docs, on_files

#: Labels that are drawn may be any text.
pytestmark = pytest.mark.filterwarnings("ignore:.*or relation is '_' or ''")


def save(path, columns, names=(), schema=None):
    """Write a Parquet file, with class labels noted as `datasets` does."""
    table = pa.table(columns, schema=schema)
    if names:
        features = {"info": {"features": names}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
@on_files
@given(docs=st.lists(full_docs(), max_size=3))
def test_documents_that_are_written_are_read_again(tmp_path, suffix, docs):
    path = tmp_path / f"a{suffix}"
    write_docs(docs, path)
    found = list(read_docs(path))
    assert found == docs


def test_columns_have_the_names_of_json_lines(tmp_path):
    path = save(
        tmp_path / "a.parquet",
        {
            "tokens": [["Ann", "ran"], [], None],
            "text": [None, None, "It's."],
            "tags": [["NNP", None], [], None],
            "heads": pa.array([[1, 1], [], None], pa.list_(pa.int32())),
            "cats": [{"a": 1.0, "b": None}, None, {"a": None, "b": 0.5}],
        },
    )
    first, second, third = read_parquet(path)
    assert (first.words, first.tags, first.heads) == (
        ["Ann", "ran"],
        ["NNP", None],
        [1, 1],
    )
    assert (first.cats, second.cats, third.cats) == ({"a": 1.0}, None, {"b": 0.5})
    assert (second.words, third.words) == ([], ["It", "'s", "."])


def test_columns_are_named_otherwise(tmp_path):
    path = save(
        tmp_path / "a.parquet", {"review": ["so so"], "stars": [3], "text": ["x"]}
    )
    for columns in ("text=review,label=stars", {"text": 1, "label": -2}):
        [doc] = read_docs(path, columns=columns)
        assert doc.words == ["so", "so"]
        assert doc.cats == {"3": 1.0}
        assert doc.user_data["text"] == "x"
    with pytest.raises(ValueError, match="no column 'rating' for 'label'"):
        list(read_docs(path, columns="text=review,label=rating"))
    with pytest.raises(ValueError, match="columns must be text or tokens"):
        list(read_docs(path, columns="words=review"))


@pytest.mark.parametrize(
    ("labels", "cats"),
    [
        (["a", None], [{"a": 1.0}, None]),
        ([True, False], [{"true": 1.0}, {"false": 1.0}]),
        (pa.array(["a", None]).dictionary_encode(), [{"a": 1.0}, None]),
        ([1.5, None], "expected a string, a whole number, a boolean or null, got 1.5"),
    ],
)
def test_a_label_is_a_category(tmp_path, labels, cats):
    path = save(tmp_path / "a.parquet", {"text": ["x", "y"], "label": labels})
    if isinstance(cats, str):
        with pytest.raises(ValueError, match=rf"a\.parquet, row 1: label: {cats}"):
            list(read_parquet(path))
    else:
        assert [doc.cats for doc in read_parquet(path)] == cats


def test_class_labels_become_their_names(tmp_path):
    columns = {
        "tokens": [["Ann", "ran"], ["it"]],
        "ner_tags": [[1, 0], [-1]],
        "label": [1, -1],
    }
    inner = {"_type": "ClassLabel", "names": ["O", "B-PER"]}
    names = {"label": {"_type": "ClassLabel", "names": ["bad", "good"]}}
    for feature in ({"_type": "List", "feature": inner}, [inner], inner):
        path = save(tmp_path / "a.parquet", columns, {**names, "ner_tags": feature})
        first, second = read_docs(path, columns="bio=ner_tags")
        assert (first.cats, second.cats) == ({"good": 1.0}, None)
        assert first.ents == [Span(0, 1, "PER")]
        assert second.ents is None


@pytest.mark.parametrize("is_struct_of_lists", [False, True])
def test_class_labels_of_entities_become_their_names(tmp_path, is_struct_of_lists):
    inner = {
        "start": {"_type": "Value", "dtype": "int32"},
        "end": {"_type": "Value", "dtype": "int32"},
        "label": {"_type": "ClassLabel", "names": ["PER", "LOC"]},
    }
    if is_struct_of_lists:
        feature = {"_type": "Sequence", "feature": inner}
        ents = [{"start": [0, 8], "end": [3, 12], "label": [0, 1]},
                {"start": [], "end": [], "label": []}]  # fmt: skip
    else:
        feature = [inner]
        ents = [[{"start": 0, "end": 3, "label": 0},
                 {"start": 8, "end": 12, "label": 1}], []]  # fmt: skip
    path = save(
        tmp_path / "a.parquet", {"text": ["Ann saw Rome", "x"], "ents": ents},
        {"ents": feature},
    )  # fmt: skip
    first, second = read_parquet(path)
    assert first.ents == [Span(0, 1, "PER"), Span(2, 3, "LOC")]
    assert second.ents == []


@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
def test_fields_of_structs_are_named_with_a_dot(tmp_path, suffix):
    pair = pa.struct([("en", pa.string()), ("de", pa.large_string())])
    rows = [{"en": "a b", "de": "c"}, None, {"en": None, "de": "d"}]
    table = pa.table({"pair": pa.array(rows, pair), "id": [1, 2, 3]})
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_stream(str(path), table.schema) as file:
            file.write_table(table)
    docs = read_docs(path, columns="text=pair.de")
    assert next(docs).words == ["c"]
    with pytest.raises(ValueError, match=rf"a\{suffix}, row 2: expected .* got null"):
        next(docs)
    for name in ("pair.fr", "pair.en.x", "id.x", "none.x"):
        with pytest.raises(ValueError, match=f"there is no column '{name}' for 'text'"):
            list(read_docs(path, columns={"text": name}))


@pytest.mark.parametrize(
    "words",
    [
        pa.array([["a", "b"], ["c"]], pa.large_list(pa.large_string())),
        pa.array([["a", "b"], ["c"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        pa.array([["a", "b"], ["c", None]], pa.list_(pa.string(), 2)).slice(0, 1),
    ],
)
def test_lists_of_every_kind_are_words(tmp_path, words):
    table = pa.table({"tokens": words})
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), table.schema) as file:
        file.write_table(table)
    docs = read_arrow(tmp_path / "a.arrow")
    assert [doc.words for doc in docs] == [["a", "b"], ["c"]][: len(words)]


def test_chunks_with_dictionaries_of_their_own_are_read(tmp_path):
    chunks = [pa.array(part).dictionary_encode() for part in (["a", "b"], ["c", "b"])]
    table = pa.table({"text": pa.chunked_array(chunks)})
    with pa.ipc.new_stream(str(tmp_path / "a.arrow"), table.schema) as file:
        file.write_table(table)
    docs = read_docs(tmp_path / "a.arrow")
    assert [doc.words for doc in docs] == [["a"], ["b"], ["c"], ["b"]]


def test_columns_of_one_name_are_refused(tmp_path):
    table = pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="different names, got several columns 'text'"):
        list(read_docs(tmp_path / "a.parquet"))


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary(1)])
def test_bytes_are_no_text(tmp_path, kind):
    path = save(tmp_path / "a.parquet", {"text": pa.array([b"a"], kind)})
    message = "a.parquet: the column 'text' for 'text' must hold strings or numbers"
    with pytest.raises(ValueError, match=message):
        list(read_docs(path))


def test_values_within_structs_can_be_written_as_json(tmp_path):
    day, image = datetime.date(2024, 2, 29), {"bytes": b"x", "path": "a.png"}
    columns = {"text": ["a"], "at": [{"day": [day]}], "image": [image]}
    path, unread = save(tmp_path / "a.parquet", columns), Unread()
    docs = list(read_docs(path, unread=unread))
    assert docs[0].user_data == {"text": "a", "at": {"day": ["2024-02-29"]}}
    assert "1 column of bytes, the first in column 'image'" in unread.describe()[0]
    write_docs(docs, tmp_path / "a.jsonl")


def test_a_dictionary_of_datasets_is_refused(tmp_path):
    for name in ("test", "train"):
        write_docs([Doc([name])], tmp_path / name / "data-00000-of-00001.arrow")
        (tmp_path / name / "state.json").write_text("{}")
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    message = f"got a dictionary of several.*: {tmp_path}/test, {tmp_path}/train"
    with pytest.raises(ValueError, match=message):
        list(read_docs(tmp_path))
    assert [doc.words for doc in read_docs(tmp_path / "train")] == [["train"]]


def test_labels_of_words_are_entities(tmp_path):
    tokens = [["a", "b", "c"], []]
    path = save(
        tmp_path / "a.parquet", {"tokens": tokens, "bio": [["B-X", "I-X", None], []]}
    )
    first, second = read_parquet(path)
    assert first.ents == [Span(0, 2, "X")]
    assert first.ents_known == [True, True, False]
    assert (second.ents, second.ents_known) == ([], None)
    for wrong, message in [(["O"], "expected 3 labels of words, got 1"),
                           (["O", "?", "O"], "or B-, I-, L-, U-")]:  # fmt: skip
        path = save(tmp_path / "b.parquet", {"tokens": tokens[:1], "bio": [wrong]})
        with pytest.raises(ValueError, match=message):
            list(read_parquet(path))


def test_spans_count_words_or_characters(tmp_path):
    spans = [{"start": 0, "end": 3, "label": "X"}]
    path = save(tmp_path / "a.parquet", {"text": ["Ann ran"], "ents": [spans]})
    assert [doc.ents for doc in read_parquet(path)] == [[Span(0, 1, "X")]]
    spans = [{"start_word": 0, "end_word": 2, "label": "X"}]
    path = save(tmp_path / "a.parquet", {"tokens": [["a", "b"]], "ents": [spans]})
    assert [doc.ents for doc in read_parquet(path)] == [[Span(0, 2, "X")]]
    spans = [{"start": 0, "end": 2, "label": "X"}]
    path = save(tmp_path / "a.parquet", {"text": ["Ann ran"], "ents": [spans]})
    with pytest.raises(ValueError, match="row 1: ents: "):
        list(read_parquet(path))
    unread = Unread()
    [doc] = read_docs(path, misaligned="skip", unread=unread)
    assert doc.ents == [] and doc.ents_known == [False, True]
    assert "the first in row 1" in unread.describe()[0]


def test_groups_of_spans_may_be_a_struct(tmp_path):
    group = [{"start_word": 0, "end_word": 1, "label": "X"}]
    spans = [{"a": group, "b": None}]
    path = save(tmp_path / "a.parquet", {"tokens": [["a"]], "spans": spans})
    assert [doc.spans for doc in read_parquet(path)] == [{"a": [Span(0, 1, "X")]}]


def test_other_columns_are_kept(tmp_path):
    columns = {
        "text": ["a"],
        "id": [7],
        "day": [datetime.date(2020, 1, 2)],
        "price": [decimal.Decimal("1.50")],
        "days": [[datetime.date(2020, 1, 2), None]],
        "nothing": [None],
    }
    [doc] = read_parquet(save(tmp_path / "a.parquet", columns))
    kept = {"id": 7, "day": "2020-01-02", "price": "1.50", "days": ["2020-01-02", None]}
    assert doc.user_data == {"text": "a", **kept}


def test_bytes_are_counted_as_unread(tmp_path):
    path = save(tmp_path / "a.parquet", {"text": ["a"], "image": [b"x"]})
    with pytest.warns(
        UserWarning, match="1 column of bytes, the first in column 'image'"
    ):
        [doc] = read_parquet(path)
    assert doc.user_data == {"text": "a"}


def test_columns_that_look_like_annotation_are_named(tmp_path):
    path = save(
        tmp_path / "a.parquet", {"tokens": [["a", "b"]], "ner_tags": [["O", "O"]]}
    )
    with pytest.warns(
        UserWarning, match="'ner_tags' that looks like labels of entities"
    ):
        list(read_parquet(path))


def test_values_of_users_keep_their_type_and_place(tmp_path):
    datas = [
        {"id": 1, "x": "a"},
        {"id": None, "x": 2},
        {},
        {"id": 3, "y": [1, {"z": None}]},
    ]
    docs = [Doc(["a"], user_data=data) for data in datas]
    write_docs(docs, tmp_path / "a.parquet")
    assert [doc.user_data for doc in read_parquet(tmp_path / "a.parquet")] == datas
    assert pq.read_schema(tmp_path / "a.parquet").field("id").type == pa.int64()
    large = [Doc(["a"], user_data={"id": 2**70})]
    write_docs(large, tmp_path / "b.arrow")
    assert [doc.user_data for doc in read_arrow(tmp_path / "b.arrow")] == [
        {"id": 2**70}
    ]


@pytest.mark.parametrize("write", [write_arrow, write_parquet])
def test_values_that_are_not_json_are_refused(tmp_path, write):
    docs = [Doc(["a"]), Doc(["a"], user_data={"x": {1j}})]
    with (
        open(tmp_path / "a", "wb") as file,
        pytest.raises(TypeError, match="document 2"),
    ):
        write(docs, file)


def test_both_kinds_of_arrow_files_are_read(tmp_path):
    table = pa.table({"text": ["a b"] * 2500})
    for name, create in [("a.arrow", pa.ipc.new_file), ("b.arrow", pa.ipc.new_stream)]:
        with create(str(tmp_path / name), table.schema) as file:
            file.write_table(table)
        assert [len(doc) for doc in read_arrow(tmp_path / name)] == [2] * 2500


def test_many_groups_are_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo.corpora.arrow, "_GROUP", 3)
    docs = [
        Doc([str(n)], user_data={"id": n} if n < 4 else {"id": "x"}) for n in range(8)
    ]
    write_docs(docs, tmp_path / "a.parquet")
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 3
    assert list(read_docs(tmp_path / "a.parquet")) == docs


@pytest.mark.parametrize("rows_of_a_group", [200, 8000])
def test_a_parquet_file_is_not_read_into_memory(tmp_path, rows_of_a_group):
    letters = np.random.default_rng(0).integers(97, 123, (8000, 1000), "u1")
    table = pa.table({"text": [row.tobytes().decode() for row in letters]})
    path = tmp_path / "a.parquet"
    options = {"compression": "none", "use_dictionary": False}
    pq.write_table(table, path, row_group_size=rows_of_a_group, **options)
    before, most = pa.total_allocated_bytes(), 0
    for batch in zoo.corpora.arrow._open_parquet(path).batches:
        most = max(most, pa.total_allocated_bytes() - before - batch.nbytes)
    assert most < table.nbytes / 2


@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
def test_no_documents_are_a_file_too(tmp_path, suffix):
    write_docs([], tmp_path / f"a{suffix}")
    assert list(read_docs(tmp_path / f"a{suffix}")) == []


@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
def test_damaged_files_are_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_docs([Doc(["a"] * 100)] * 50, path)
    data = path.read_bytes()
    for broken in (b"", b"x" * 100, data[: len(data) // 2], data[:-8]):
        path.write_bytes(broken)
        if suffix == ".arrow" and broken == data[:-8]:
            continue  # The end of a stream may be missing.
        with pytest.raises(ValueError, match="is not a whole file of its format"):
            list(read_docs(path))


def test_packed_formats_are_not_packed_again(tmp_path):
    with pytest.raises(ValueError, match=r"\.parquet is packed by itself"):
        write_docs([Doc(["a"])], tmp_path / "a.parquet.gz")


def test_corpus_reads_a_folder_that_datasets_saved(tmp_path):
    table = pa.table({"sentence": ["so so", "good"], "label": [0, 1]})
    features = {"label": {"_type": "ClassLabel", "names": ["bad", "good"]}}
    meta = {"huggingface": json.dumps({"info": {"features": features}})}
    table = table.replace_schema_metadata(meta)
    with pa.ipc.new_stream(
        str(tmp_path / "data-00000-of-00001.arrow"), table.schema
    ) as f:
        f.write_table(table)
    (tmp_path / "state.json").write_text("{}")
    corpus = Corpus(tmp_path, columns="text=sentence")
    for _ in range(2):
        assert [doc.cats for doc in corpus()] == [{"bad": 1.0}, {"good": 1.0}]


def test_a_config_names_the_columns(tmp_path):
    path = save(tmp_path / "a.parquet", {"words": [["a", "b"]], "xpos": [["X", "Y"]]})
    block = {"@readers": "zoo.Parquet.v1", "path": str(path), "words": "words"}
    corpus = zoo.registry.resolve({"corpus": {**block, "tags": "xpos"}})["corpus"]
    for _ in range(2):
        assert [(doc.words, doc.tags) for doc in corpus()] == [(["a", "b"], ["X", "Y"])]


def test_missing_package_is_named(tmp_path):
    write_docs([Doc(["a"])], tmp_path / "a.parquet")
    code = BLOCK + "import zoo; list(zoo.read_docs('a.parquet'))"
    command = [sys.executable, "-c", code, "pyarrow"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "needs the package pyarrow" in found.stderr
    assert "pip install thinc-zoo[arrow]" in found.stderr
