"""Read and write documents in the format that the name of a file tells."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, TextIO

from ..docs import Doc
from .conllu import read_conllu, write_conllu
from .files import find_file, is_gzip, replace_file
from .jsonl import read_jsonl, write_jsonl
from .tsv import read_tsv, write_tsv


class Format(NamedTuple):
    """How documents are read from a path and written to an open file."""

    read: Callable[[str | Path], Iterator[Doc]]
    write: Callable[[Iterable[Doc], TextIO], None]


#: The formats by the suffix of a file. Each may be followed by ``.gz``.
FORMATS = {
    ".conllu": Format(read_conllu, write_conllu),
    ".jsonl": Format(read_jsonl, write_jsonl),
    ".tsv": Format(read_tsv, write_tsv),
}


def read_docs(path: str | Path) -> Iterator[Doc]:
    """Read the documents of a file, one by one.

    path: The file. Its suffix tells the format, of those in `FORMATS`; after a
        ``.gz`` it is unpacked while it is read.

    Raises ValueError for an unknown suffix and FileNotFoundError for a missing file,
    both at once, and ValueError when a line that breaks the format is reached.
    """
    return find_format(path).read(find_file(path))


def write_docs(docs: Iterable[Doc], path: str | Path) -> None:
    """Write documents to a file, one by one, in the format that its suffix tells.

    An existing file stays as it is until all is written, and if that fails.

    docs: The documents; they may be read from the same file.
    path: The file. With ``.gz`` at the end it is packed.

    Raises ValueError for an unknown suffix or for what the format cannot hold.
    """
    found = find_format(path)
    with replace_file(path) as file:
        found.write(docs, file)


def find_format(path: str | Path) -> Format:
    """Find the format of a file by its suffix.

    Raises ValueError for an unknown one.
    """
    path = Path(path)
    suffix = path.with_suffix("").suffix if is_gzip(path) else path.suffix
    found = FORMATS.get(suffix.lower())
    if found is None:
        near = get_close_matches(suffix.lower(), FORMATS, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(
            f"{path}: the suffix must be one of {', '.join(FORMATS)}, each with or "
            f"without .gz, got {suffix or 'none'}.{hint}"
        )
    return found
