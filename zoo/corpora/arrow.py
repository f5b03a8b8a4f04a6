"""Read and write tables of documents as Parquet files, and read Arrow files.

Both need the package pyarrow, the extra "arrow".
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from .._optional import require
from ..doc import Doc, Span
from ..tokenizer import Tokenize, Tokenizer
from ._arrow_columns import (
    IN_WORDS,
    PER_WORD,
    ROLES,
    Decode,
    find_columns,
    find_decoder,
    values_of,
)
from ._columns import Columns, parse_columns
from ._conllu_lines import OUTSIDE, RAW_LINES
from ._files import find_file
from ._offsets import Misaligned, Overlapping, check_choice
from .iob import Row, read_spans
from .jsonl import ObjectOptions, ObjectPlace, read_object
from .unread_annotation import Kind, Unread, collect

#: Rows that are read at a time, and documents of a group that is written.
_BATCH, _GROUP = 1_000, 10_000
#: Bytes of a column that are read at a time.
_BUFFER = 1 << 20
#: The column of `user_data` that has no column of its own, as JSON.
_MORE = "user_data"
BYTES = Kind(
    "column of bytes", "columns of bytes", "No document of zoo has such a value."
)


class _Table(NamedTuple):
    """A file that is open: its schema, and its rows by the batch."""

    schema: Any
    batches: Iterable[Any]


def read_parquet(
    path: str | Path,
    *,
    tokenizer: Tokenize | None = None,
    misaligned: Misaligned = "error",
    overlapping: Overlapping = "error",
    columns: Columns | None = None,
    unread: Unread | None = None,
) -> Iterator[Doc]:
    """Read a Parquet file, one Doc for each row, some thousand rows at a time.

    Columns have the names and the content of the keys that `read_jsonl` names.
    Instead of ``cats`` there may be a column ``label`` with one category for each row:
    a string, a number, a boolean, or null where it is unknown. A column ``bio`` has
    labels such as B-PER of words. Spans are structs of ``start``, ``end`` and
    ``label``, counted in characters, or of ``start_word``, ``end_word`` and ``label``.
    Class labels of the library `datasets` become their names. All other columns are
    kept in `user_data` where they are not null, dates and decimals as strings.

    Args:
        path: The file.
        tokenizer: Splits ``text`` into words. None takes ``Tokenizer()``.
        misaligned: What becomes of spans that are not of whole words, as in
            `read_jsonl`.
        overlapping: What becomes of entities that overlap, as in `read_jsonl`.
        columns: Names of columns that are called otherwise:
            "text=review,label=stars", "tokens=words,bio=ner_tags". Fields of structs
            are named with a dot: "text=translation.en".
        unread: Collects what was not read. None: it is a warning.

    Yields:
        The documents.

    Raises:
        ImportError: pyarrow is missing.
        ValueError: The file is damaged, or a row is malformed; the message has its
            number, from 1.
    """
    return _read("read_parquet", _open_parquet, path, tokenizer, misaligned,
                 overlapping, columns, unread)  # fmt: skip


def read_arrow(
    path: str | Path,
    *,
    tokenizer: Tokenize | None = None,
    misaligned: Misaligned = "error",
    overlapping: Overlapping = "error",
    columns: Columns | None = None,
    unread: Unread | None = None,
) -> Iterator[Doc]:
    """Read an Arrow file or stream, as `datasets` saves them, one Doc for each row.

    The file is mapped into memory, not loaded. All else is as in `read_parquet`.

    Args:
        path: The file.
        tokenizer: As in `read_parquet`.
        misaligned: As in `read_parquet`.
        overlapping: As in `read_parquet`.
        columns: As in `read_parquet`.
        unread: As in `read_parquet`.

    Yields:
        The documents.

    Raises:
        ImportError: pyarrow is missing.
        ValueError: The file is damaged, or a row is malformed; the message has its
            number, from 1.
    """
    return _read("read_arrow", _open_arrow, path, tokenizer, misaligned,
                 overlapping, columns, unread)  # fmt: skip


def write_parquet(docs: Iterable[Doc], file: IO[bytes]) -> None:
    """Write documents to an open binary file as Parquet, for `read_parquet`.

    There is a column for each field of a document, null where that is None. Values of
    `user_data` get columns of their own, if in the first 10,000 documents each is a
    string, a number or a boolean; all others stand as JSON in the column "user_data".

    Args:
        docs: The documents.
        file: An open binary file.

    Raises:
        ImportError: pyarrow is missing.
        TypeError: `user_data` holds what JSON cannot.
    """
    pq = _import("write_parquet").parquet

    def open_writer(schema: Any) -> Any:
        return pq.ParquetWriter(file, schema, compression="zstd")

    _write("write_parquet", docs, open_writer)


def write_arrow(docs: Iterable[Doc], file: IO[bytes]) -> None:
    """Write documents to an open binary file as an Arrow stream, for `read_arrow`.

    The columns are those of `write_parquet`.

    Args:
        docs: The documents.
        file: An open binary file.

    Raises:
        ImportError: pyarrow is missing.
        TypeError: `user_data` holds what JSON cannot.
    """
    ipc = _import("write_arrow").ipc
    _write("write_arrow", docs, lambda schema: ipc.new_stream(file, schema))


def _write(owner: str, docs: Iterable[Doc], open_writer: Callable[[Any], Any]) -> None:
    pa = _import(owner)
    rest = iter(docs)
    first = list(islice(rest, _GROUP))
    own = _find_own_columns(pa, first)
    schema = pa.schema([*_fields(pa), *own.items(), (_MORE, pa.string())])
    groups = chain([first], iter(lambda: list(islice(rest, _GROUP)), []))
    with open_writer(schema) as writer:
        for n, group in enumerate(groups):
            numbered = enumerate(group, start=n * _GROUP + 1)
            rows = [_row_of(owner, doc, number, own) for number, doc in numbered]
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _import(user: str) -> Any:
    return require("pyarrow.parquet", user, "arrow")


def _read(
    owner: str,
    open_table: Callable[[Path], _Table],
    path: str | Path,
    tokenizer: Tokenize | None,
    misaligned: Misaligned,
    overlapping: Overlapping,
    columns: Columns | None,
    unread: Unread | None,
) -> Iterator[Doc]:
    check_choice(owner, "misaligned", Misaligned, misaligned)
    check_choice(owner, "overlapping", Overlapping, overlapping)
    roles = parse_columns(columns, ROLES, owner)
    options = ObjectOptions(tokenizer or Tokenizer(), misaligned, overlapping)
    pa, path = _import(owner), find_file(path)
    with collect(unread) as report:
        number = 0
        try:
            table = open_table(path)
            reader = RowReader(path, table.schema, roles, options, report)
            for batch in table.batches:
                for doc in reader.read(batch, number + 1):
                    number += 1
                    yield doc
        except (pa.ArrowException, OSError) as error:
            raise ValueError(
                f"{path} is not a whole file of its format: {error}"
            ) from error


class RowReader:
    """Read the rows of one table as documents.

    Args:
        path: The file, for messages.
        schema: The schema of the table.
        roles: The columns that have another name than their role.
        options: How rows are read.
        report: Counts what is not read.

    Raises:
        ValueError: A column is missing.
    """

    def __init__(
        self,
        path: str | Path,
        schema: Any,
        roles: Mapping[str, str | int],
        options: ObjectOptions,
        report: Unread,
    ) -> None:
        self.path, self.options, self.report = path, options, report
        self._pa = _import("read_docs")
        self._columns: list[tuple[str, str, Decode]] = []
        for column, role in find_columns(path, schema, roles).items():
            try:
                decode = find_decoder(self._pa, schema, column, role)
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from error
            if decode is None:
                report.add(BYTES, path, f"column {column!r}")
            else:
                self._columns.append((column, role, decode))

    def read(self, batch: Any, first: int) -> Iterator[Doc]:
        """Read the documents of a batch of rows.

        Args:
            batch: The rows.
            first: The number of the first row, for messages.

        Raises:
            ValueError: A row is malformed; the message has its number.
        """
        for number, (row, others) in enumerate(self.rows(batch), start=first):
            yield self.read_row(row, others, number)

    def rows(self, batch: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield what each row has for a role, by role, and its others, by column."""
        batch.validate(full=True)  # Offsets of a damaged file lead anywhere.
        found = [
            (
                column,
                role,
                _decode(self._pa, values_of(batch, column), decode),
            )
            for column, role, decode in self._columns
        ]
        roles = [(role, values) for _, role, values in found if role]
        rest = [(name, values) for name, role, values in found if not role]
        for i in range(len(batch)):
            others = {k: v for k, values in rest if (v := values[i]) is not None}
            yield {role: values[i] for role, values in roles}, others

    def read_row(self, row: dict[str, Any], others: dict[str, Any], number: int) -> Doc:
        """Read the document of a row; ValueError with its number if it is malformed."""
        try:
            return self.parse_row(row, others, number)
        except ValueError as error:
            raise ValueError(f"{self.path}, row {number}: {error}") from error

    def parse_row(
        self, row: dict[str, Any], others: dict[str, Any], number: int
    ) -> Doc:
        """Do the same with messages of errors that do not name the row."""
        place = ObjectPlace(self.path, number, self.report, "row")
        try:
            return _read_row(row, others, self.options, place)
        except TypeError as error:
            raise ValueError(str(error)) from error


def _decode(pa: Any, column: Any, decode: Decode) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return [None if value is None else decode(value) for value in column.to_pylist()]


def _open_parquet(path: Path) -> _Table:
    # Otherwise Arrow reads the whole file ahead, or a whole group of rows.
    bounded = {"pre_buffer": False, "buffer_size": _BUFFER}
    file = _import("read_parquet").parquet.ParquetFile(path, **bounded)
    return _Table(file.schema_arrow, file.iter_batches(batch_size=_BATCH))


def _open_arrow(path: Path) -> _Table:
    pa = _import("read_arrow")
    source = pa.memory_map(str(path))
    is_file = source.read(6) == b"ARROW1"
    source.seek(0)
    if is_file:
        reader = pa.ipc.open_file(source)
        count = range(reader.num_record_batches)
        return _Table(reader.schema, _cut(map(reader.get_batch, count)))
    reader = pa.ipc.open_stream(source)
    return _Table(reader.schema, _cut(reader))


def _cut(batches: Iterable[Any]) -> Iterator[Any]:
    """Cut batches of rows into smaller ones."""
    for batch in batches:
        for start in range(0, len(batch), _BATCH):
            yield batch.slice(start, _BATCH)


def _read_row(
    row: dict[str, Any], others: dict[str, Any], options: ObjectOptions, at: ObjectPlace
) -> Doc:
    bio, label = row.pop("bio", None), row.pop("label", None)
    if label is not None and row.get("cats") is None:
        row["cats"] = {_category(label): 1.0}
    more = others.pop(_MORE, None)
    # A column beside another that has its role cannot be a key of the object.
    twice = others.keys() & row.keys()
    doc = read_object({**others, **row}, options, at)
    doc.user_data.update({key: others[key] for key in twice})
    if bio is not None:
        _read_bio(doc, bio, at)
    if isinstance(more, str):
        doc.user_data.update(json.loads(more))
    elif more is not None:
        doc.user_data[_MORE] = more
    return doc


def _category(label: Any) -> str:
    if not isinstance(label, str | int):
        raise ValueError(
            f"label: expected a string, a whole number, a boolean or null, got "
            f"{label!r}."
        )
    return str(label).lower() if isinstance(label, bool) else str(label)


def _read_bio(doc: Doc, labels: Any, place: ObjectPlace) -> None:
    """Read the entities of a document from labels such as B-PER."""
    if not isinstance(labels, list) or len(labels) != len(doc):
        found = len(labels) if isinstance(labels, list) else repr(labels)
        raise ValueError(f"bio: expected {len(doc)} labels of words, got {found}.")
    pairs = zip(doc.words, labels, strict=True)
    rows = [Row(word, label or "", None, place.number) for word, label in pairs]
    known = [bool(row.label) for row in rows]
    doc.ents = [*read_spans(rows, place.path)] if any(known) or not rows else None
    doc.ents_known = None if all(known) or doc.ents is None else known


def _fields(pa: Any) -> list[tuple[str, Any]]:
    """Return the columns of the fields of a document."""
    kinds = {"bool": pa.bool_(), "string": pa.string(), "int64": pa.int64()}
    span = pa.struct(
        [(n, pa.string() if n == "label" else pa.int64()) for n in IN_WORDS]
    )
    return [
        ("tokens", pa.list_(pa.string())),
        *((name, pa.list_(kinds[kind])) for name, kind in PER_WORD.items()),
        ("ents", pa.list_(span)),
        ("spans", pa.map_(pa.string(), pa.list_(span))),
        ("cats", pa.map_(pa.string(), pa.float64())),
    ]


def _find_own_columns(pa: Any, docs: Iterable[Doc]) -> dict[str, Any]:
    """Find the keys of `user_data` whose values have one simple type."""
    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    types: dict[str, set[type]] = {}
    for doc in docs:
        for key, value in doc.user_data.items():
            if value is not None:
                types.setdefault(key, set()).add(type(value))
    taken = (*ROLES[1:], _MORE, RAW_LINES, OUTSIDE)
    return {
        key: kinds[next(iter(found))]
        for key, found in types.items()
        if len(found) == 1 and found <= kinds.keys() and key not in taken
    }


def columns_of(docs: Sequence[Doc | None], fields: Iterable[str]) -> dict[str, Any]:
    """Return the arrays of columns, as `write_parquet` writes them.

    Args:
        docs: The documents; None stands for a row of nulls.
        fields: "tokens", and fields of a document.
    """
    pa = _import("columns_of")
    types = dict(_fields(pa))
    rows = [{} if doc is None else _annotation_of(doc) for doc in docs]
    names = [name for name in types if name in fields]
    return {n: pa.array([row.get(n) for row in rows], types[n]) for n in names}


def _annotation_of(doc: Doc) -> dict[str, Any]:
    row = {"tokens": doc.words, **{name: getattr(doc, name) for name in PER_WORD}}
    row["cats"] = None if doc.cats is None else [*doc.cats.items()]
    row["ents"] = None if doc.ents is None else _as_structs(doc.ents)
    if doc.spans is not None:
        row["spans"] = [(key, _as_structs(group)) for key, group in doc.spans.items()]
    return row


def _row_of(
    owner: str, doc: Doc, number: int, own: Mapping[str, Any]
) -> dict[str, Any]:
    row, more = _annotation_of(doc), {}
    for key, value in doc.user_data.items():
        if key in own and _fits(value, own[key]):
            row[key] = value
        elif key not in (RAW_LINES, OUTSIDE):
            more[key] = value
    if more:
        try:
            row[_MORE] = json.dumps(more, ensure_ascii=False)
        except TypeError as error:
            raise TypeError(
                f"{owner}: user_data must be JSON, got in document {number}: {error}."
            ) from error
    return row


def _fits(value: Any, kind: Any) -> bool:
    names = {str: "string", int: "int64", float: "double", bool: "bool"}
    is_long = type(value) is int and not -(2**63) <= value < 2**63
    return names.get(type(value)) == str(kind) and not is_long


def _as_structs(spans: Iterable[Span]) -> list[dict[str, Any]]:
    return [dict(zip(IN_WORDS, span, strict=True)) for span in spans]
