"""Read and write documents in the format that the name of a file tells."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

from ..doc import TOKEN_FIELDS, Doc, DocLike, as_doc
from ..tokenizer import Tokenize
from ._files import find_file, is_gzip, replace_binary_file, replace_text_file
from ._offsets import Misaligned
from .conllu import read_conllu, write_conllu
from .iob import read_iob, write_biluo, write_bio, write_iob
from .jsonl import read_jsonl, write_jsonl
from .spacy_binary import read_spacy, write_spacy
from .text import read_text, read_tsv, write_text, write_tsv

#: A file, a folder of them, or a list of both.
Source = str | Path | Sequence[str | Path]


class Format(NamedTuple):
    """How documents are read from a path and written to an open file."""

    read: Callable[..., Iterator[Doc]]
    write: Callable[[Iterable[Doc], Any], None]
    fields: tuple[str, ...]  # Those of a Doc that are written, but for the words.
    options: tuple[str, ...] = ()  # Those of `read_docs` that reading takes.
    is_binary: bool = False


#: The formats by the suffix of a file. Each may be followed by ``.gz``.
FORMATS = {
    ".bio": Format(read_iob, write_bio, ("ents",), ("strict",)),
    ".biluo": Format(read_iob, write_biluo, ("ents",), ("strict",)),
    ".conll": Format(read_iob, write_bio, ("ents",), ("strict",)),
    ".conllu": Format(
        read_conllu,
        write_conllu,
        ("spaces", "tags", "pos", "morphs", "lemmas", "heads", "deps"),
    ),
    ".iob": Format(read_iob, write_iob, ("ents",), ("strict",)),
    ".jsonl": Format(
        read_jsonl,
        write_jsonl,
        (*TOKEN_FIELDS, "ents", "spans", "cats"),
        ("tokenizer", "misaligned"),
    ),
    ".spacy": Format(
        read_spacy,
        write_spacy,
        (*TOKEN_FIELDS, "ents", "spans", "cats"),
        is_binary=True,
    ),
    ".tsv": Format(read_tsv, write_tsv, ("cats",), ("tokenizer",)),
    ".txt": Format(read_text, write_text, ("spaces",), ("tokenizer",)),
}


def read_docs(
    path: Source,
    *,
    tokenizer: Tokenize | None = None,
    strict: bool = False,
    misaligned: Misaligned = "error",
) -> Iterator[Doc]:
    """Read the documents of one or several files, one by one.

    What it gives is an iterator like any other: ``islice(read_docs(a), 100)``,
    ``chain(read_docs(a), my_docs)`` or ``(doc for doc in read_docs(a) if doc.ents)``.

    path: The file. Its suffix tells the format, of those in `FORMATS`; after a
        ``.gz`` it is unpacked while it is read. A folder stands for all files in it,
        and in its folders, that have such a suffix, in the order of their names; a
        list for all that it names, in its order.
    tokenizer: Splits what is raw text into words. None takes ``Tokenizer()``, and
        splits TSV at white space.
    strict: Whether labels of entities that are out of order are an error, or are
        repaired as `read_iob` says.
    misaligned: What becomes of spans of characters that are not spans of words:
        "error", "skip" or "expand", as `read_jsonl` says.

    Raises ValueError for an unknown suffix or a folder without documents, and
    FileNotFoundError for a missing file, all at once, and ValueError when a line that
    breaks the format is reached.
    """
    options = {"tokenizer": tokenizer, "strict": strict, "misaligned": misaligned}
    files = find_files(path)
    return (doc for file in files for doc in _read_file(file, options))


def write_docs(docs: Iterable[DocLike], path: str | Path) -> None:
    """Write documents to a file, one by one, in the format that its suffix tells.

    An existing file stays as it is until all is written, and if that fails.

    docs: The documents, of any kind; they may be read from the same file. Of those
        that are no zoo Docs, words and norms are written.
    path: The file. With ``.gz`` at the end it is packed.

    Raises ValueError for an unknown suffix or for what the format cannot hold.
    """
    found, known = format_of(path), map(as_doc, docs)
    if found.is_binary:
        with replace_binary_file(path) as binary:
            found.write(known, binary)
    else:
        with replace_text_file(path) as file:
            found.write(known, file)


def format_of(path: str | Path) -> Format:
    """Give the format of a file, which its suffix tells.

    Raises ValueError for an unknown one.
    """
    suffix = _suffix(Path(path))
    found = FORMATS.get(suffix.lower())
    if found is None:
        near = get_close_matches(suffix.lower(), FORMATS, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(
            f"{path}: the suffix must be one of {', '.join(FORMATS)}, each with or "
            f"without .gz, got {suffix or 'none'}.{hint}"
        )
    return found


def find_files(path: Source) -> list[Path]:
    """Find the files that a path stands for, as `read_docs` says.

    Raises ValueError for an unknown suffix, a folder without documents or an empty
    list, and FileNotFoundError for a missing file.
    """
    if not isinstance(path, str | Path):
        if not path:
            raise ValueError("A list of files must name at least one, got none.")
        return [file for part in path for file in find_files(part)]
    path = Path(path)
    if not os.path.isdir(path):
        format_of(path)
        return [find_file(path)]
    files = [f for f in path.rglob("*") if _suffix(f).lower() in FORMATS]
    files = sorted(f for f in files if f.is_file() and not _is_hidden(f, path))
    if not files:
        raise ValueError(
            f"{path}: the folder must hold a file with one of the suffixes "
            f"{', '.join(FORMATS)}, each with or without .gz, got none."
        )
    return files


def _read_file(path: Path, options: dict[str, Any]) -> Iterator[Doc]:
    found = format_of(path)
    docs = found.read(path, **{name: options[name] for name in found.options})
    # A `.spacy` file has each string once, and so have its documents.
    return docs if found.is_binary else map(_share_strings, docs)


def _share_strings(doc: Doc) -> Doc:
    """Let all documents have the same words and labels in memory, each once."""
    for name in ("words", "tags", "pos", "deps"):
        if (values := getattr(doc, name)) is not None:
            shared = [intern(v) if type(v) is str else v for v in values]
            setattr(doc, name, shared)
    return doc


def _suffix(path: Path) -> str:
    return path.with_suffix("").suffix if is_gzip(path) else path.suffix


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
