import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zoo
from zoo.corpora import read_docs, read_jsonl, write_docs
from zoo.doc import Doc
from zoo.integrations.ray import (
    Annotate,
    _batches,
    annotate_files,
)
from zoo.models.make_config import make_config

from ..tiny import make_docs, make_tiny_pipeline

# Ray warns of settings of its own that nobody has made.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.filterwarnings("ignore:The minimum number of:UserWarning"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ray") / "model"
    make_tiny_pipeline(("tok2vec", "tagger", "textcat")).to_disk(folder)
    return str(folder)


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray", reason="Ray is not installed.")
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def make_table(n=30):
    docs = make_docs(n)
    return pa.table({"tokens": [doc.words for doc in docs], "id": list(range(n))})


def expected(model, docs):
    return [(doc.words, doc.tags, doc.cats) for doc in zoo.load(model).pipe(docs)]


def found(docs):
    return [(doc.words, doc.tags, doc.cats) for doc in docs]


def test_rows_get_the_annotation_of_the_pipeline(model, tmp_path):
    table = Annotate(model)(make_table())
    assert table.column("id").to_pylist() == list(range(30))
    pq.write_table(table, tmp_path / "a.parquet")
    docs = list(read_docs(tmp_path / "a.parquet"))
    assert found(docs) == expected(model, [doc.words for doc in make_docs(30)])


def test_a_process_that_imports_nothing_else_knows_names_of_spacy(tmp_path):
    config = make_config(["tagger"])
    config["components"]["tagger"]["model"]["tok2vec"] = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        **{"width": 8, "depth": 1, "embed_size": 20, "window_size": 1},
        **{"maxout_pieces": 2, "subword_features": True, "pretrained_vectors": None},
    }
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs(5))
    pipeline.to_disk(tmp_path / "model")
    code = "import sys, zoo.integrations.ray as ray; ray.Annotate(sys.argv[1])"
    command = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_malformed_rows_are_errors_or_named_in_a_column(model):
    table = pa.table({"tokens": [["a"], ["b"]], "tags": [["X", "Y"], None],
                      "path": ["f.parquet", "g.parquet"]})  # fmt: skip
    with pytest.raises(
        ValueError, match=r"f\.parquet: .* The row: \{'tokens': \['a'\]"
    ):
        Annotate(model)(table)
    done = Annotate(model, on_error="skip")(table).to_pylist()
    assert done[0]["tags"] is None and "f.parquet: Doc: tags" in done[0]["error"]
    assert len(done[1]["tags"]) == 1 and done[1]["error"] is None


def test_what_is_not_read_of_rows_is_said_once_for_each_file(model):
    entity = {"start_word": 0, "end_word": 1, "label": "X"}
    columns = {"ents": [[entity]] * 2, "entities": [[entity]] * 2, "path": ["f", "g"]}
    table = pa.table({"tokens": [["a"]] * 2, **columns})
    annotate = Annotate(model)
    with pytest.warns(UserWarning, match="1 key with entities beside") as warned:
        annotate(table)
        annotate(table)
    assert [str(w.message)[:2] for w in warned] == ["f:", "g:"]


def test_another_way_to_go_on_is_refused(model):
    with pytest.raises(ValueError, match="must be 'raise' or 'skip', got 'stop'"):
        Annotate(model, on_error="stop")


def test_batches_are_bounded_by_documents_and_words(monkeypatch):
    monkeypatch.setattr("zoo.integrations.ray.MAX_WORDS", 10)
    docs = [Doc(["a"] * n) for n in (3, 3, 20, 0, 0, 0, 1, 9, 1)]
    sizes = [[len(doc) for doc in part] for part in _batches(docs, 3)]
    assert sizes == [[3, 3, 20], [0, 0, 0], [1, 9], [1]]
    assert list(_batches([], 3)) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [("*.none", "got none"), (".", "got .jsonl, .parquet"), ("a.txt", "got .txt")],
)
def test_sources_are_files_of_one_format(tmp_path, monkeypatch, source, message):
    pytest.importorskip("ray", reason="Ray is not installed.")
    monkeypatch.chdir(tmp_path)
    for name in ("a.jsonl", "b.parquet", "a.txt"):
        Path(name).touch()
    with pytest.raises(ValueError, match=f"must name files that are all.*{message}"):
        annotate_files("model", source, "out")


def test_parquet_files_are_annotated_as_by_one_process(model, cluster, tmp_path):
    for i in range(3):
        pq.write_table(make_table(40).slice(10 * i, 10), tmp_path / f"{i}.parquet")
    out = tmp_path / "out"
    done = annotate_files(model, str(tmp_path / "*.parquet"), str(out), workers=2)
    assert done == (30, 0, "", [])
    docs = sorted(read_docs(out), key=lambda doc: doc.user_data["id"])
    assert found(docs) == expected(model, [doc.words for doc in make_docs(40)][:30])
    with pytest.raises(FileExistsError, match="is not replaced, as it holds something"):
        annotate_files(model, str(tmp_path / "*.parquet"), str(out))


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_rows_of_one_file_are_shared(model, cluster, tmp_path, monkeypatch, suffix):
    # Ray puts smaller blocks together until there are as many rows as an actor gets.
    for name in ("ROWS", "BLOCK_ROWS"):
        monkeypatch.setattr(f"zoo.integrations.ray.{name}", 10)
    docs = [Doc(doc.words, user_data={"id": i}) for i, doc in enumerate(make_docs(40))]
    write_docs(docs, tmp_path / f"a{suffix}")
    source, out = str(tmp_path / f"a{suffix}"), tmp_path / "out"
    assert annotate_files(model, source, str(out), workers=2).n_docs == 40
    assert len(list(out.iterdir())) == 4
    again = sorted(read_docs(out), key=lambda doc: doc.user_data["id"])
    assert found(again) == expected(model, docs)


def test_lines_that_cannot_be_read_are_kept_with_the_reason(model, cluster, tmp_path):
    docs = [Doc(doc.words, user_data={"id": i}) for i, doc in enumerate(make_docs(20))]
    write_docs(docs, tmp_path / "a.jsonl")
    with open(tmp_path / "a.jsonl", "a") as file:
        file.write('{"text": 5}\n')
    with open(tmp_path / "b.jsonl", "w") as file:
        file.write('{"text": "a", "ents": [], "spans": [[0, 1, "X"]], "id": 20}\n' * 2)
    (tmp_path / "c.tsv").touch()
    out = tmp_path / "out"
    done = annotate_files(model, str(tmp_path), str(out), on_error="skip")
    assert (done.n_docs, done.n_errors) == (23, 1)
    others, keys = done.unread
    assert "1 file that is neither .jsonl nor .parquet, the first in c.tsv" in others
    assert "b.jsonl: 2 keys with entities beside another" in keys
    assert "a.jsonl: expected a list 'tokens' or a string 'text'" in done.first_error
    lines = [line for f in out.glob("*.jsonl") for line in f.read_text().splitlines()]
    [bad] = [line for line in lines if '"error"' in line]
    assert json.loads(bad)["line"] == '{"text": 5}'
    good = tmp_path / "good.jsonl"
    ours = [line for line in lines if line != bad and '"id": 20' not in line]
    good.write_text("".join(f"{line}\n" for line in ours))
    again = sorted(read_jsonl(good), key=lambda doc: doc.user_data["id"])
    assert found(again) == expected(model, docs)


class Slow(Annotate):
    """Note the process, and wait, so that it can be killed."""

    def __call__(self, batch):
        Path(os.environ["NOTES"], str(os.getpid())).touch()
        time.sleep(0.2)
        return super().__call__(batch)


def test_killed_worker_loses_nothing(model, cluster, tmp_path):
    table = make_table(200)
    ds = cluster.data.from_arrow([table.slice(5 * i, 5) for i in range(40)])
    ds = ds.map_batches(
        Slow,
        fn_constructor_args=[model],
        batch_format="pyarrow",
        batch_size=5,
        compute=cluster.data.ActorPoolStrategy(size=2),
        runtime_env={"env_vars": {"NOTES": str(tmp_path)}},
    )
    killed, rows = False, []
    for row in ds.iter_rows():
        rows.append(row)
        if not killed:
            killed = True
            os.kill(int(next(tmp_path.iterdir()).name), signal.SIGKILL)
    assert sorted(row["id"] for row in rows) == list(range(200))
    assert len(list(tmp_path.iterdir())) == 3
