"""Annotate documents with Ray Data, on one machine or on many."""

import glob
import io
import json
import os
import pickle
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from .._atomic import replace_folder
from .._optional import require, run_file
from .._register_all import load  # Workers import this file alone, and need all names.
from ..corpora._arrow_columns import ROLES
from ..corpora._columns import Columns, parse_columns
from ..corpora.arrow import RowReader, columns_of
from ..corpora.jsonl import ObjectOptions, ObjectPlace, parse_object, write_jsonl
from ..corpora.unread_annotation import Kind, Unread
from ..doc import Doc
from ..pipeline._stream import clear_predictions

#: Words that are annotated at a time, unless the pipeline's batches are smaller.
MAX_WORDS = 20_000
#: Rows that an actor gets at a time, and of a block, which one actor annotates: Ray may
#: read a whole file as one block, whose rows then wait for each other.
ROWS, BLOCK_ROWS = 1_000, 10_000
#: The formats of files: of one with lines, each is parsed by zoo.
SUFFIXES = (".jsonl", ".parquet")
#: The column of the file that a row comes from, of a line, and of an error.
PATH, LINE, ERROR = "path", "text", "error"
#: How a line begins that stands for one that could not be read; annotated ones begin
#: with their words.
_ERROR_START = f'{{"{ERROR}": '
#: Characters of a line or row that are shown in a message.
_SHOWN = 80
OTHER_FILE = Kind(
    "file that is neither .jsonl nor .parquet",
    "files that are neither .jsonl nor .parquet",
    "Ray does not read them for zoo; zoo convert makes one of the two of them.",
)

OnError = Literal["raise", "skip"]


class Annotate:
    """Annotate batches of rows in an actor of Ray Data, which loads a pipeline once.

    Rows are read as `zoo.corpora.read_parquet` reads them. The columns that the
    pipeline fills, ``tokens`` and ``spaces`` are added or replaced, as `write_parquet`
    writes them; all others stay. Use it with ``batch_format="pyarrow"``::

        ds.map_batches(
            Annotate,
            fn_constructor_args=["model"],
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=4),
        )

    Args:
        model: Path or name of the pipeline, as `zoo.load` takes it, on each machine.
        columns: Names of columns that are called otherwise, such as "text=review".
        on_error: What becomes of a malformed row: "raise", or "skip" to leave its
            annotation null and say why in the column ``error``.
        code: Python files that register functions which the pipeline needs.
        exclude: Names of components to leave out.
        log: A `ray.util.queue.Queue` for what was not read, such as a second list of
            entities in a row: the `found` of a `zoo.corpora.Unread` for each batch,
            pickled. None: it is a warning of the actor.

    Raises:
        ValueError: A row is malformed; the message shows how it begins, and names its
            file if the rows have a column ``path``.
    """

    def __init__(
        self,
        model: str,
        *,
        columns: Columns | None = None,
        on_error: OnError = "raise",
        code: Sequence[str] = (),
        exclude: Collection[str] = (),
        log: Any = None,
    ) -> None:
        if on_error not in ("raise", "skip"):
            raise ValueError(
                f"Annotate: on_error must be 'raise' or 'skip', got {on_error!r}."
            )
        for number, file in enumerate(code):
            run_file(f"zoo_code_of_ray_{number}", file)
        self._pipeline = load(model, exclude=exclude)
        self._roles = parse_columns(columns, ROLES, "Annotate")
        self._skips = on_error == "skip"
        self._options = ObjectOptions(self._pipeline.tokenizer, "error", "error")
        self._unread, self._log = Unread(), log

    def __call__(self, batch: Any) -> Any:
        """Annotate the rows of a `pyarrow.Table`, and return them as a new one."""
        known, self._unread = self._unread, Unread()
        found = self._read(batch)
        self._report(known)
        docs = [doc for doc in found if isinstance(doc, Doc)]
        for part in _batches(docs, self._pipeline.batch_size):
            for doc in part:
                clear_predictions(doc, self._pipeline.fields)
            self._pipeline.annotate(part)
        return type(batch).from_pydict(self._write(batch, found))

    def _read(self, batch: Any) -> list[Doc | str]:
        """Read the document of each row, or why it cannot be read."""
        # Columns of bytes stay in the output, so nothing is lost of them.
        reader = RowReader("rows", batch.schema, self._roles, self._options, Unread())
        reader.report = self._unread
        found: list[Doc | str] = []
        for number, (row, others) in enumerate(reader.rows(batch), start=1):
            reader.path = others.get(PATH, "rows")
            shown = {k: v for k, v in {**row, **others}.items() if k != PATH}
            read = partial(reader.parse_row, row, others, number)
            found.append(self._try(read, reader.path, "row", str(shown)))
        return found

    def _try(
        self, read: Callable[[], Doc], path: str | Path, unit: str, shown: str
    ) -> Doc | str:
        """Read a document; if that fails, say which file it is in and how it begins."""
        try:
            return read()
        except (ValueError, TypeError) as error:
            message = f"{path}: {error} The {unit}: {shown[:_SHOWN]}"
            if not self._skips:
                raise ValueError(message) from error
            return message

    def _report(self, known: Unread) -> None:
        """Say what was not read of a batch: to the log, or once for each file."""
        found = self._unread.found
        if self._log is not None:
            if found:  # As bytes, or the queue's process would import zoo and PyTorch.
                self._log.put_nowait(pickle.dumps(found))
            return
        Unread({k: tally for k, tally in found.items() if k not in known.found}).warn()
        self._unread = Unread({**known.found, **found})

    def _write(self, batch: Any, found: Sequence[Doc | str]) -> dict[str, Any]:
        """Return the columns of a batch with the annotation of its documents."""
        docs = [doc if isinstance(doc, Doc) else None for doc in found]
        fields = {"tokens", "spaces", *self._pipeline.fields}
        columns: dict[str, Any] = {n: batch.column(n) for n in batch.column_names}
        columns |= columns_of(docs, fields)
        if self._skips:
            errors = [error if isinstance(error, str) else None for error in found]
            columns[ERROR] = _strings(errors)
        return columns


class _AnnotateLines(Annotate):
    """Annotate the JSON lines of a column, and return such lines."""

    def _read(self, batch: Any) -> list[Doc | str]:
        found: list[Doc | str] = []
        for number, row in enumerate(batch.to_pylist(), start=1):
            place = ObjectPlace(row.get(PATH, "rows"), number, self._unread)
            read = partial(parse_object, row[LINE], self._options, place)
            found.append(self._try(read, place.path, "line", row[LINE]))
        return found

    def _write(self, batch: Any, found: Sequence[Doc | str]) -> dict[str, Any]:
        file = io.StringIO()
        for doc, line in zip(found, batch.column(LINE).to_pylist(), strict=True):
            if isinstance(doc, Doc):
                write_jsonl([doc], file)
            else:
                file.write(json.dumps({ERROR: doc, "line": line}) + "\n")
        return {LINE: _strings(file.getvalue().split("\n")[:-1])}


class Annotated(NamedTuple):
    """What `annotate_files` wrote.

    Attributes:
        n_docs: How many documents, those with an error included.
        n_errors: How many rows could not be read.
        first_error: The first error that was found, or "".
        unread: What the files hold and was not read, a message for each file and kind.
            Numbers of lines and rows are those of a batch.
    """

    n_docs: int
    n_errors: int
    first_error: str
    unread: list[str]


def annotate_files(
    model: str,
    source: str,
    output: str,
    *,
    workers: int = 1,
    columns: Columns | None = None,
    on_error: OnError = "raise",
    code: Sequence[str] = (),
) -> Annotated:
    """Annotate files with Ray Data: on a cluster if there is one, else on this machine.

    Ray finds a cluster by ``RAY_ADDRESS``, or one that ``ray start`` has started here.

    Args:
        model: Path or name of the pipeline, on each machine.
        source: A file, a folder or a pattern of ``.parquet`` or ``.jsonl`` files, or an
            address such as "s3://bucket/folder/a.parquet".
        output: The folder for files of the same format, or an address. A local folder
            is written whole or not at all, and must not hold other files.
        workers: How many actors annotate.
        columns: As for `Annotate`.
        on_error: As for `Annotate`.
        code: As for `Annotate`.

    Returns:
        What was written; of an address, only what was not read.

    Raises:
        ImportError: Ray is missing.
        ValueError: There are no files, or files of both formats.
        FileExistsError: The output folder holds something.
    """
    ray = require("ray.data", "annotate_files", "ray")
    queue = require("ray.util.queue", "annotate_files", "ray").util.queue
    unread = Unread()
    paths, suffix = _find_sources(source, unread)
    is_local = "://" not in output
    if is_local and Path(output).is_dir() and any(Path(output).iterdir()):
        raise FileExistsError(
            f"{output} is not replaced, as it holds something. Name a new folder."
        )
    if not ray.is_initialized():
        n_cpus = max(os.cpu_count() or 1, workers + 1)
        ray.init(num_cpus=n_cpus, include_dashboard=False)
    # Ray starts more actors only when these are busy for long, so that all that fit
    # start at once; one processor is left to what reads and writes.
    n_free = int(ray.cluster_resources().get("CPU", 1)) - 1
    actors = ray.data.ActorPoolStrategy(
        min_size=1, max_size=workers, initial_size=max(1, min(workers, n_free))
    )
    with replace_folder(output) if is_local else nullcontext(output) as folder:
        log = queue.Queue(actor_options={"num_cpus": 0})
        settings = {"columns": columns, "on_error": on_error, "code": [*code]}
        settings["log"] = log
        has_lines = suffix == ".jsonl"
        read = ray.data.read_text if has_lines else ray.data.read_parquet
        options = {"drop_empty_lines": True} if has_lines else {}
        ds = read(paths, include_paths=True, **options)
        ds = ds.repartition(
            target_num_rows_per_block=BLOCK_ROWS, strict=True
        ).map_batches(
            _AnnotateLines if has_lines else Annotate,
            fn_constructor_args=[model],
            fn_constructor_kwargs=settings,
            batch_format="pyarrow",
            batch_size=ROWS,
            compute=actors,
        )
        if has_lines:
            ds.write_datasink(_lines_sink(str(folder)))
        else:
            ds.drop_columns([PATH]).write_parquet(str(folder))
        for pickled in log.get_nowait_batch(log.qsize()):
            for (path, kind), tally in pickle.loads(pickled).items():
                unread.add(kind, path, tally.first, tally.count)
        log.shutdown()
        messages = unread.describe()
        if not is_local:
            return Annotated(0, 0, "", messages)
        return Annotated(*_summarize(Path(folder), suffix), messages)


def _find_sources(source: str, unread: Unread) -> tuple[list[str], str]:
    """Return the paths of files, and their suffix; count the others of a folder.

    Raises:
        ValueError: There are none, or those of both formats.
    """
    if "://" in source:
        paths = [source]
    elif Path(source).is_dir():
        files = sorted(f for f in Path(source).rglob("*") if f.is_file())
        for file in files:
            place = file.relative_to(source)
            is_hidden = any(part[0] in "._" for part in place.parts)
            if file.suffix not in SUFFIXES and not is_hidden:
                unread.add(OTHER_FILE, source, str(place))
        paths = [str(file) for file in files if file.suffix in SUFFIXES]
    else:
        paths = sorted(glob.glob(source, recursive=True))
    found = {Path(path).suffix for path in paths}
    if len(found) != 1 or not found <= {*SUFFIXES}:
        raise ValueError(
            f"{source}: must name files that are all {' or all '.join(SUFFIXES)}, "
            f"got {', '.join(sorted(found)) or 'none'}."
        )
    # Workers may have another working directory.
    return [p if "://" in p else str(Path(p).resolve()) for p in paths], found.pop()


def _batches(docs: Sequence[Doc], most: int) -> Iterator[list[Doc]]:
    """Cut documents into batches of at most so many, and of about `MAX_WORDS`."""
    batch: list[Doc] = []
    n_words = 0
    for doc in docs:
        batch.append(doc)
        n_words += len(doc)
        if len(batch) == most or n_words >= MAX_WORDS:
            yield batch
            batch, n_words = [], 0
    if batch:
        yield batch


def _strings(values: Sequence[str | None]) -> Any:
    pa = require("pyarrow", "Annotate", "ray")
    return pa.array(values, pa.string())


def _lines_sink(folder: str) -> Any:
    """Return what writes the lines of each block to a file of its own."""
    ray = require("ray.data.datasource", "annotate_files", "ray")

    def write_block_to_file(self: Any, block: Any, file: Any) -> None:
        for line in block.to_arrow().column(LINE).to_pylist():
            file.write(line.encode("utf8") + b"\n")

    bases = (ray.data.datasource.BlockBasedFileDatasink,)
    methods = {"write_block_to_file": write_block_to_file}
    return type("LinesSink", bases, methods)(folder, file_format="jsonl")


def _summarize(folder: Path, suffix: str) -> tuple[int, int, str]:
    """Count the documents and the errors in the files of a folder; find the first."""
    pq = require("pyarrow.parquet", "annotate_files", "ray").parquet
    n_docs, errors = 0, []
    for file in sorted(folder.glob(f"*{suffix}")):
        if suffix == ".parquet":
            n_docs += pq.read_metadata(file).num_rows
            if ERROR in pq.read_schema(file).names:
                found = pq.read_table(file, columns=[ERROR]).column(0).drop_null()
                errors += found.to_pylist()
            continue
        with file.open(encoding="utf8") as lines:
            for line in lines:
                n_docs += 1
                if line.startswith(_ERROR_START):
                    errors.append(json.loads(line)[ERROR])
    return n_docs, len(errors), errors[0] if errors else ""
