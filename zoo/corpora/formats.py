"""Read and write documents in the format that the suffix of a file names."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from ..doc import TOKEN_FIELDS, Doc, DocLike, as_doc, put_checked
from ..tokenizer import Tokenize
from ._columns import Columns
from ._files import find_file, is_gzip, replace_binary_file, replace_text_file
from ._offsets import Misaligned, Overlapping, check_choice
from ._shared_strings import SharedStrings
from .arrow import read_arrow, read_parquet, write_arrow, write_parquet
from .conllu import read_conllu, write_conllu
from .delimited import read_csv, read_tsv, write_csv, write_tsv
from .iob import read_iob, write_biluo, write_bio, write_iob
from .jsonl import read_jsonl, write_jsonl
from .spacy_binary import read_spacy, write_spacy
from .text import read_text, write_text
from .unread_annotation import Kind, Unread, collect
from .unwritten_annotation import Unwritten, follow_unwritten

#: A file, a folder of them, or a list of both.
Source = str | Path | Sequence[str | Path]


class Format(NamedTuple):
    """How documents are read from a path and written to an open file."""

    read: Callable[..., Iterator[Doc]]
    write: Callable[[Iterable[Doc], Any], None]
    fields: tuple[str, ...]  # Fields of a Doc that are written, but for the words.
    options: tuple[str, ...] = ()  # Options of `read_docs` that reading takes.
    is_binary: bool = False
    is_packed: bool = False  # By itself, so that there is no ``.gz`` of it.


OTHER_SUFFIX = Kind(
    "file whose suffix is like that of a format",
    "files whose suffixes are like those of formats",
    "It was not read. Give it the suffix of its format.",
)
#: How like a suffix is that of a file which may be one of documents, 0 to 1.
_LIKE = 0.75
#: What the library `datasets` writes beside its tables.
_SPLITS, _STATE = "dataset_dict.json", "state.json"
_OF_DATASETS = (_SPLITS, "dataset_info.json", _STATE)
_ENTS = ("ents", "ents_known")
_ALL = (*TOKEN_FIELDS, *_ENTS, "spans", "cats")
_IOB = ("strict", "columns", "comments")
_ROWS = ("tokenizer", "misaligned", "overlapping", "columns")
#: The formats by the suffix of a file. Each but tables may be followed by ``.gz``.
FORMATS = {
    ".arrow": Format(read_arrow, write_arrow, _ALL, _ROWS, True, True),
    ".bio": Format(read_iob, write_bio, _ENTS, _IOB),
    ".biluo": Format(read_iob, write_biluo, _ENTS, _IOB),
    ".conll": Format(read_iob, write_bio, _ENTS, _IOB),
    ".conllu": Format(
        read_conllu,
        write_conllu,
        ("spaces", "tags", "pos", "morphs", "lemmas", "heads", "deps", *_ENTS),
    ),
    ".csv": Format(read_csv, write_csv, ("spaces", "cats"), ("tokenizer", "columns")),
    ".iob": Format(read_iob, write_iob, _ENTS, _IOB),
    ".jsonl": Format(
        read_jsonl, write_jsonl, _ALL, ("tokenizer", "misaligned", "overlapping")
    ),
    ".parquet": Format(read_parquet, write_parquet, _ALL, _ROWS, True, True),
    ".spacy": Format(read_spacy, write_spacy, _ALL, is_binary=True),
    ".tsv": Format(read_tsv, write_tsv, ("cats",), ("tokenizer", "columns")),
    ".txt": Format(read_text, write_text, ("spaces",), ("tokenizer",)),
}


def read_docs(
    path: Source,
    *,
    tokenizer: Tokenize | None = None,
    strict: bool = False,
    misaligned: Misaligned = "error",
    overlapping: Overlapping = "error",
    columns: Columns | None = None,
    comments: str = "",
    format: str | None = None,
    unread: Unread | None = None,
) -> Iterator[Doc]:
    """Read the documents of one or several files, one by one.

    The result is an iterator like any other: ``islice(read_docs(a), 100)``,
    ``chain(read_docs(a), my_docs)`` or ``(doc for doc in read_docs(a) if doc.ents)``.

    What a file holds and is not read is counted by kind, and said once for each file,
    when its end is reached: as a warning, or in `unread`.

    Args:
        path: The file. Its suffix names the format, of those in `FORMATS`; after a
            ``.gz`` it is unpacked while it is read. A folder stands for all files in
            it, and in its folders, that have such a suffix, in the order of their
            names; a list for all that it names, in its order.
        tokenizer: Splits what is raw text into words. None takes ``Tokenizer()``, and
            splits TSV without `columns` at white space.
        strict: Whether labels of entities that are out of order are an error, or are
            repaired as `read_iob` says.
        misaligned: What becomes of spans of characters that are not spans of words:
            "error", "skip" or "expand", as `read_jsonl` says.
        overlapping: What becomes of entities that overlap: "error" or "longest", as
            `read_jsonl` says.
        columns: Which column of a table holds what: "text=review,label=stars" in CSV
            and TSV, as `read_csv` says, "word=2,label=-1" in files of words and
            labels, as `read_iob` says.
        comments: What lines begin with that are passed over in files of words and
            labels, such as "# id".
        format: The suffix of the format, such as ".conll", for files of any suffix.
            None: that of each file.
        unread: Collects what was not read. None: it is a warning.

    Returns:
        The documents, in the order of the files.

    Raises:
        ValueError: A suffix is unknown, an option is not one of those above, or a
            folder is without documents: all at once. A line breaks the format: when
            it is reached.
        FileNotFoundError: A file is missing.
    """
    check_choice("read_docs", "misaligned", Misaligned, misaligned)
    check_choice("read_docs", "overlapping", Overlapping, overlapping)
    options = {
        "tokenizer": tokenizer,
        "strict": strict,
        "misaligned": misaligned,
        "overlapping": overlapping,
        "columns": columns,
        "comments": comments,
        "unread": unread,
    }
    files = find_files(path, format)
    return _read_files(path, files, format, options)


def write_docs(
    docs: Iterable[DocLike], path: str | Path, *, unwritten: Unwritten | None = None
) -> None:
    """Write documents to a file, one by one, in the format that its suffix names.

    An existing file stays as it is until all is written, and if that fails. What the
    format cannot hold of the documents is counted by kind, and said when all is
    written: as a warning, or in `unwritten`.

    Args:
        docs: The documents, of any kind; they may be read from the same file. Of those
            that are no zoo Docs, words and norms are written.
        path: The file. With ``.gz`` at the end it is packed.
        unwritten: Collects what was left out. None: it is a warning.

    Raises:
        ValueError: The suffix is unknown, or the format cannot hold a document.
    """
    found, report = format_of(path), unwritten or Unwritten()
    suffix = _suffix(Path(path)).lower()
    known = follow_unwritten(map(as_doc, docs), suffix, found.fields, report)
    if found.is_binary:
        with replace_binary_file(path) as binary:
            found.write(known, binary)
    else:
        with replace_text_file(path) as file:
            found.write(known, file)
    if unwritten is None:
        report.warn(path)


def format_of(path: str | Path) -> Format:
    """Return the format of a file, which its suffix names.

    Raises:
        ValueError: The suffix is unknown.
    """
    suffix = _suffix(Path(path))
    found = FORMATS.get(suffix.lower())
    if found is None:
        near = get_close_matches(suffix.lower(), FORMATS, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(
            f"{path}: the suffix must be one of {', '.join(FORMATS)}, all but tables "
            f"with or without .gz, got {suffix or 'none'}.{hint}"
        )
    if found.is_packed and is_gzip(Path(path)):
        raise ValueError(f"{path}: {suffix} is packed by itself. Leave out .gz.")
    return found


def find_files(path: Source, format: str | None = None) -> list[Path]:
    """Find the files that a path stands for.

    Args:
        path: The path, as `read_docs` takes it.
        format: The suffix of the format of files that may have any other.

    Raises:
        ValueError: A suffix is unknown, a folder is without documents or holds several
            datasets, or a list is empty.
        FileNotFoundError: A file is missing.
    """
    if format is not None:
        format_of(f"format{format}")
    if not isinstance(path, str | Path):
        if not path:
            raise ValueError("A list of files must name at least one, got none.")
        return [file for part in path for file in find_files(part, format)]
    path = Path(path)
    if not os.path.isdir(path):
        if format is None:
            format_of(path)
        return [find_file(path)]
    if (path / _SPLITS).is_file():
        splits = sorted(str(f.parent) for f in path.glob(f"*/{_STATE}"))
        raise ValueError(
            f"{path}: the folder must hold one dataset, got a dictionary of several, "
            f"as the library datasets saves training and test data. Name one of them: "
            f"{', '.join(splits)}."
        )
    files = [f for f in path.rglob("*") if format or _suffix(f).lower() in FORMATS]
    files = sorted(f for f in files if f.is_file() and not _is_hidden(f, path))
    if not files:
        raise ValueError(
            f"{path}: the folder must hold a file with one of the suffixes "
            f"{', '.join(FORMATS)}, all but tables with or without .gz, got none."
        )
    return files


def report_others(path: Source, report: Unread) -> None:
    """Count the files in folders that are not read, but seem to hold documents."""
    if not isinstance(path, str | Path):
        for part in path:
            report_others(part, report)
    elif os.path.isdir(path):
        for file in sorted(Path(path).rglob("*")):
            near = get_close_matches(_suffix(file).lower(), FORMATS, n=1, cutoff=_LIKE)
            is_other = near and near[0] != _suffix(file).lower()
            is_other = is_other and file.name not in _OF_DATASETS
            if is_other and file.is_file() and not _is_hidden(file, Path(path)):
                report.add(OTHER_SUFFIX, path, str(file.relative_to(path)))


def _read_files(
    path: Source, files: list[Path], format: str | None, options: dict[str, Any]
) -> Iterator[Doc]:
    if format is None:
        with collect(options["unread"]) as report:
            report_others(path, report)
    for file in files:
        yield from _read_file(file, format, options)


def _read_file(
    path: Path, format: str | None, options: dict[str, Any]
) -> Iterator[Doc]:
    found = format_of(path if format is None else f"format{format}")
    taken = {name: options[name] for name in (*found.options, "unread")}
    docs = found.read(path, **taken)
    if found.read in (read_spacy, read_conllu):  # They share strings themselves.
        yield from docs
        return
    strings = SharedStrings()
    for doc in docs:
        for name in ("words", "tags", "pos", "deps"):
            if (values := getattr(doc, name)) is not None:
                put_checked(doc, (name,), (strings.share(values),))
        yield doc


def _suffix(path: Path) -> str:
    return path.with_suffix("").suffix if is_gzip(path) else path.suffix


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
