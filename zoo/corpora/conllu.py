"""Read and write CoNLL-U, the format of Universal Dependencies."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from operator import eq
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from ..doc import Doc, checked_doc
from ._conllu_cells import KnownCells, space_after
from ._conllu_lines import OUTSIDE, RAW_LINES, changed_lines, fresh_blocks
from ._files import Opener, bad_line, read_line_lists, unpack_once
from ._misc_entities import (
    UNLABELLED_OUTSIDE,
    Scheme,
    count_unread,
    find_scheme,
    read_misc,
)
from .unread_annotation import Kind, Unread, collect

# The ids of most sentences, and the indices of the words that they stand for.
_IDS = [*map(str, range(1, 513))]
_INDEX = {"0": -1} | {head: i for i, head in enumerate(_IDS)}
#: The columns whose cells must not be empty.
_NAMES = {"FORM": 1, "XPOS": 4, "UPOS": 3, "FEATS": 5, "LEMMA": 2, "DEPREL": 7}
_ROW_END = "\t\n\t"
_RANGE = re.compile(r"([1-9][0-9]*)-([1-9][0-9]*)")
_EMPTY_NODE = re.compile(r"([0-9]+)\.[1-9][0-9]*")


#: The first and the last of a range of words, and whether a space follows.
_Range = tuple[int, int, bool]

WITHOUT_XPOS = Kind(
    "word with UPOS but without XPOS",
    "words with UPOS but without XPOS",
    "Their tags are unknown. To learn UPOS, train on the field 'pos'.",
)


def read_conllu(path: str | Path, *, unread: Unread | None = None) -> Iterator[Doc]:
    """Read the sentences of a CoNLL-U file, gzipped or not, one Doc for each.

    FORM gives `words`, LEMMA `lemmas`, UPOS `pos`, XPOS `tags`, FEATS `morphs`, HEAD
    `heads`, DEPREL `deps`, and ``SpaceAfter=No`` in MISC `spaces`. ``_`` stands for
    what is unknown (None), but in FORM, and in LEMMA beside it, for itself, and in
    FEATS, whose features are sorted, for none (""); a column of nothing else makes the
    whole field None.

    Labels of entities in MISC (``B-PER``, ``name=B-PER``, ``NE=B-PER``) give `ents`.
    A word without one is outside of entities; it is unknown if the file labels words
    outside with ``O``, or if it has ``name=-``.

    A range of words (``3-4``) is no word, but knows the space after its last one;
    there is none between its words. Empty nodes (``8.1``) are passed over. Comments
    without words are a Doc without words. `user_data` keeps the lines of the sentence
    under ``"conllu"``, for `write_conllu`, and under ``"conllu_outside"`` that words
    outside of entities have no label, if that is so.

    Args:
        path: The file. Windows line ends, a byte order mark, several blank lines in a
            row and none at the end are all legal.
        unread: Collects what was not read. None: it is a warning.

    Yields:
        The sentences.

    Raises:
        ValueError: A line is malformed; the message names it.

    Source:
        https://universaldependencies.org/format.html; entities as spaCy's converter
        reads them.
    """
    with collect(unread) as report:
        opener = unpack_once(path)
        scheme = find_scheme(path, opener)
        found = scheme, report, _Xpos(), KnownCells(scheme)
        try:
            for number, lines in _read_blocks(path, opener):
                yield _read_sentence(_Block(lines, path, number, *found))
        finally:
            xpos = found[2]
            if xpos.n_known:  # In a file without any, nothing looks as if it were read.
                report.add(WITHOUT_XPOS, path, xpos.first, xpos.n_bare)


def write_conllu(docs: Iterable[Doc], file: TextIO) -> None:
    """Write documents to an open text file in CoNLL-U, sentence by sentence.

    A document that `read_conllu` read is written as the lines it was read from, byte
    for byte, but for LEMMA, UPOS, XPOS, FEATS, HEAD and DEPREL of the words whose
    `lemmas`, `pos`, `tags`, `morphs`, `heads` and `deps` are known, and the labels in
    MISC where `ents` has changed.

    Any other is written afresh, a block for each sentence if `sent_starts` is known:
    its text as a comment, these columns, FORM, and in MISC ``SpaceAfter=No`` and the
    labels of entities, ``name=B-PER``, ``name=O``, or ``name=-`` if unknown. Words of
    white space alone, which spaCy's tokenizers make, are left out, with their heads
    (a word takes the head of its head), and an entity that crosses the end of a
    sentence becomes two. `norms`, `spans`, `cats` and `user_data` are not written.

    Args:
        docs: The documents.
        file: Should have been opened with ``newline=""``, so that line ends stay.

    Raises:
        ValueError: A value is empty or holds a tab or a line break, the label of an
            entity holds white space or ``|``, or the words are no longer those of the
            lines.
    """
    for doc in docs:
        raw = doc.user_data.get(RAW_LINES)
        for lines in [changed_lines(doc, raw)] if raw else fresh_blocks(doc):
            end = "\r\n" if lines[-1].endswith("\r") else "\n"
            file.write("\n".join(lines) + "\n" + end)


@dataclass
class _Xpos:
    """How many words of a file have XPOS, and how many have UPOS alone."""

    n_known: int = 0
    n_bare: int = 0
    first: str = ""

    def add(self, n_known: int, n_bare: int, place: str) -> None:
        self.first = self.first or (place if n_bare else "")
        self.n_known += n_known
        self.n_bare += n_bare


class _Block(NamedTuple):
    """The lines of a sentence, and where the first of them stands."""

    lines: list[str]
    path: str | Path
    number: int
    scheme: Scheme
    report: Unread
    xpos: _Xpos
    cells: KnownCells

    def error_at_row(self, row: int, problem: str) -> ValueError:
        rows = [i for i, line in enumerate(self.lines) if line[0] != "#"]
        return bad_line(self.path, self.number + rows[row], problem)

    def error_at_id(self, id_: str, problem: str) -> ValueError:
        ids = [line.partition("\t")[0] for line in self.lines]
        return bad_line(self.path, self.number + ids.index(id_), problem)


def _read_blocks(path: str | Path, opener: Opener) -> Iterator[tuple[int, list[str]]]:
    """Read the lines of each sentence, and the number of the first."""
    number = 1
    rest: list[str] = []
    for lines in read_line_lists(path, opener):
        if "\r" in lines:
            lines = ["" if line == "\r" else line for line in lines]
        start = 0
        for _ in range(lines.count("")):
            end = lines.index("", start)
            rest += lines[start:end]
            if rest:
                yield number, rest
            number += len(rest) + 1
            rest, start = [], end + 1
        rest += lines[start:]
    if rest:
        yield number, rest


def _read_sentence(block: _Block) -> Doc:
    user_data: dict[str, Any] = {RAW_LINES: block.lines}
    if block.scheme == UNLABELLED_OUTSIDE:
        user_data[OUTSIDE] = "unlabelled"
    lines, n_comments = block.lines, 0
    while n_comments < len(lines) and lines[n_comments][0] == "#":
        n_comments += 1
    if n_comments == len(lines):
        return Doc([], user_data=user_data)
    columns = _split_columns(lines[n_comments:], block)
    ranges: list[_Range] = []
    if columns[0] != _ids(len(columns[0])):
        columns, ranges = _split_ranges(columns, block)
    cells, miscs = block.cells, columns[9]
    spaces = [*map(cells.spaces.__getitem__, miscs)]
    for start, end, space in ranges:
        spaces[start - 1 : end] = [False] * (end - start) + [space]
    try:
        words = [*map(cells.words.__getitem__, columns[1])]
        values: dict[str, Any] = {
            "words": words,
            "spaces": spaces,
            "tags": _known(columns[4], cells),
            "pos": _known(columns[3], cells),
            "morphs": _read_morphs(columns[5], cells),
            "lemmas": _read_lemmas(columns[2], words, cells),
            "heads": _read_heads(columns[6], block),
            "deps": _known(columns[7], cells),
            "user_data": user_data,
        }
    except KeyError:
        raise _error_at_empty(columns, block) from None
    _count_unread(values, miscs, block)
    values["ents"], values["ents_known"] = read_misc(miscs, words, block.scheme)
    return checked_doc(values)


def _error_at_empty(columns: list[list[str]], block: _Block) -> ValueError:
    """Return the error for the first column that has an empty cell."""
    name, i = next((name, i) for name, i in _NAMES.items() if "" in columns[i])
    problem = f"{name} must not be empty. Write _ for what is unknown."
    return block.error_at_id(str(columns[i].index("") + 1), problem)


def _split_columns(lines: list[str], block: _Block) -> list[list[str]]:
    """Split the rows of a sentence into ten columns."""
    # A cell with a line feed, which no line holds, ends each row but the last.
    text = _ROW_END.join(lines)
    if "\n\t#" in text:  # Comments between rows.
        lines = [line for line in lines if line[0] != "#"]
        text = _ROW_END.join(lines)
    cells = text.split("\t")
    n_ends = len(lines) - 1
    if len(cells) != 11 * n_ends + 10 or cells[10::11].count("\n") != n_ends:
        counts = [line.count("\t") + 1 for line in lines]
        wrong = next(i for i, count in enumerate(counts) if count != 10)
        problem = f"expected 10 tab-separated columns, got {counts[wrong]}."
        raise block.error_at_row(wrong, problem)
    return [cells[i::11] for i in range(10)]


def _count_unread(values: dict[str, Any], miscs: list[str], block: _Block) -> None:
    """Count what is not read of a sentence, and the words without XPOS."""
    tags, pos = values["tags"], values["pos"]
    if tags is not None and all(tags):
        block.xpos.n_known += len(tags)
    elif tags is not None or pos is not None:
        tags, pos = (values or [None] * len(miscs) for values in (tags, pos))
        pairs = zip(pos, tags, strict=True)
        n_bare = sum(upos is not xpos is None for upos, xpos in pairs)
        block.xpos.add(len(tags) - tags.count(None), n_bare, _place(block))
    quiet = block.cells.quiet
    if not quiet.issuperset(miscs):
        where = block.path, _place(block)
        count_unread(miscs, block.scheme, block.report, *where, quiet)


def _place(block: _Block) -> str:
    return f"the sentence at line {block.number}"


def _split_ranges(
    columns: list[list[str]], block: _Block
) -> tuple[list[list[str]], list[_Range]]:
    """Separate the rows of words from the ranges, and check the order of the ids."""
    are_words: list[bool] = []
    ranges: list[_Range] = []
    expected, last = 1, 0
    for i, found in enumerate(columns[0]):
        problem, is_word = "", found == str(expected)
        are_words.append(is_word)
        if is_word:
            expected += 1
        elif match := _RANGE.fullmatch(found):
            start, end = int(match[1]), int(match[2])
            ranges.append((start, end, space_after(columns[9][i])))
            if start != expected or start <= last or end < start:
                problem = (
                    f"a range of words must begin with the next word, {expected}, "
                    f"and neither overlap another nor end before, got {found}."
                )
            last = end
        elif (
            not (match := _EMPTY_NODE.fullmatch(found)) or int(match[1]) != expected - 1
        ):
            problem = f"expected the id {expected}, got {found!r}."
        if problem:
            raise block.error_at_row(i, problem)
    n_words = expected - 1
    if not n_words:
        raise block.error_at_row(0, "expected a sentence with words, got none.")
    if last > n_words:
        start, end, _ = ranges[-1]
        problem = f"a range must end within the {n_words} words, got {start}-{end}."
        raise block.error_at_id(f"{start}-{end}", problem)
    return [[*compress(column, are_words)] for column in columns], ranges


def _read_heads(column: list[str], block: _Block) -> list[int | None] | None:
    n_words = len(column)
    index = _INDEX
    if n_words > len(_IDS):
        index = {"0": -1} | {head: i for i, head in enumerate(_ids(n_words))}
    try:
        heads: list[Any] = [*map(index.__getitem__, column)]
    except KeyError:
        return _read_some_heads(column, index, block)
    if max(heads) >= n_words or any(map(eq, heads, range(n_words))):
        return _read_some_heads(column, index, block)
    for _ in range(heads.count(-1)):
        root = heads.index(-1)
        heads[root] = root
    return heads


def _read_some_heads(
    column: list[str], index: dict[str, int], block: _Block
) -> list[int | None] | None:
    """Read heads of which some are unknown or wrong."""
    n_words = len(column)
    heads = [*map(index.get, column)]
    for i, head in enumerate(heads):
        if head == -1:
            heads[i] = i
        elif (column[i] != "_") if head is None else (head == i or head >= n_words):
            problem = (
                f"HEAD must be 0, _ or the id of another word, 1 to {n_words}, got "
                f"{column[i]!r} for word {i + 1}."
            )
            raise block.error_at_id(str(i + 1), problem)
    return None if heads.count(None) == n_words else heads


def _ids(n_words: int) -> list[str]:
    if n_words <= len(_IDS):
        return _IDS[:n_words]
    return [*map(str, range(1, n_words + 1))]


def _known(column: list[str], cells: KnownCells) -> list[str | None] | None:
    """Return what is known of words, None if that is nothing."""
    labels = [*map(cells.labels.__getitem__, column)]
    return labels if any(labels) else None


def _read_morphs(column: list[str], cells: KnownCells) -> list[str | None] | None:
    morphs: list[str | None] = [*map(cells.feats.__getitem__, column)]
    return morphs if any(morphs) or column.count("_") < len(column) else None


def _read_lemmas(
    column: list[str], words: list[str], cells: KnownCells
) -> list[str | None] | None:
    lemmas = _known(column, cells)
    if lemmas is None or "_" not in words:
        return lemmas
    pairs = zip(lemmas, words, strict=True)
    return ["_" if word == "_" and not lemma else lemma for lemma, word in pairs]
