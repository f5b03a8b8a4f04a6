"""Read and write CoNLL-U, the format of Universal Dependencies."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from .._lexical.feats import normal_feats
from ..doc import Doc, checked_doc
from ._conllu_lines import OUTSIDE, RAW_LINES, changed_lines, fresh_blocks
from ._files import bad_line, read_lines, unpack_once
from ._misc_entities import (
    UNLABELLED_OUTSIDE,
    Scheme,
    count_unread,
    find_scheme,
    read_misc,
)
from ._shared_strings import SharedStrings
from .unread_annotation import Kind, Unread, collect

# The ids of most sentences, and the indices of the words that they stand for.
_IDS = [*map(str, range(1, 513))]
_INDEX = {"0": -1} | {head: i for i, head in enumerate(_IDS)}
_ROW_END = "\t\n\t"
_NO_LABEL = frozenset(("_", ""))
_RANGE = re.compile(r"([1-9][0-9]*)-([1-9][0-9]*)")
_EMPTY_NODE = re.compile(r"([0-9]+)\.[1-9][0-9]*")


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
    lines: list[str] = []
    number = 0
    with collect(unread) as report:
        opener = unpack_once(path)
        found = find_scheme(path, opener), report, _Xpos(), SharedStrings()
        try:
            for number, line in enumerate(read_lines(path, opener), start=1):
                if line and line != "\r":
                    lines.append(line)
                elif lines:
                    yield _read_sentence(
                        _Block(lines, path, number - len(lines), *found)
                    )
                    lines = []
            if lines:
                number += 1
                yield _read_sentence(_Block(lines, path, number - len(lines), *found))
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
    strings: SharedStrings

    def error_at_row(self, row: int, problem: str) -> ValueError:
        rows = [i for i, line in enumerate(self.lines) if line[0] != "#"]
        return bad_line(self.path, self.number + rows[row], problem)

    def error_at_id(self, id_: str, problem: str) -> ValueError:
        ids = [line.partition("\t")[0] for line in self.lines]
        return bad_line(self.path, self.number + ids.index(id_), problem)

    def error_at_empty(self, name: str, column: list[str]) -> ValueError:
        problem = f"{name} must not be empty. Write _ for what is unknown."
        return self.error_at_id(str(column.index("") + 1), problem)


def _read_sentence(block: _Block) -> Doc:
    user_data: dict[str, Any] = {RAW_LINES: block.lines}
    if block.scheme == UNLABELLED_OUTSIDE:
        user_data[OUTSIDE] = "unlabelled"
    lines = [line for line in block.lines if line[0] != "#"]
    if not lines:
        return Doc([], user_data=user_data)
    columns = _split_columns(lines, block)
    ranges: list[tuple[int, int, bool]] = []
    if columns[0] != _ids(len(lines)):
        rows, ranges = _split_rows([line.split("\t") for line in lines], block)
        columns = [[*column] for column in zip(*rows, strict=True)]
    spaces = [misc == "_" or _space_after(misc) for misc in columns[9]]
    for start, end, space in ranges:
        spaces[start - 1 : end] = [False] * (end - start) + [space]
    words = block.strings.share(columns[1])
    if "" in words:
        raise block.error_at_empty("FORM", words)
    _count_unread(columns, block)
    ents, known = read_misc(columns[9], words, block.scheme)
    values: dict[str, Any] = {
        "words": words,
        "spaces": spaces,
        "tags": _read_labels("XPOS", columns[4], block),
        "pos": _read_labels("UPOS", columns[3], block),
        "morphs": _read_morphs(columns[5], block),
        "lemmas": _read_lemmas(columns[2], words, block),
        "heads": _read_heads(columns[6], block),
        "deps": _read_labels("DEPREL", columns[7], block),
        "user_data": user_data,
    }
    if ents is None:
        return checked_doc(values)
    return Doc(**values, ents=ents, ents_known=known)


def _split_columns(lines: list[str], block: _Block) -> list[list[str]]:
    """Split the rows of a sentence into ten columns."""
    # A cell with a line feed, which no line holds, ends each row but the last.
    cells = _ROW_END.join(lines).split("\t")
    n_ends = len(lines) - 1
    if len(cells) != 11 * n_ends + 10 or cells[10::11].count("\n") != n_ends:
        counts = [line.count("\t") + 1 for line in lines]
        wrong = next(i for i, count in enumerate(counts) if count != 10)
        problem = f"expected 10 tab-separated columns, got {counts[wrong]}."
        raise block.error_at_row(wrong, problem)
    return [cells[i::11] for i in range(10)]


def _count_unread(columns: list[list[str]], block: _Block) -> None:
    place = f"the sentence at line {block.number}"
    n_bare = 0
    if "_" in columns[4]:
        pairs = zip(columns[3], columns[4], strict=True)
        n_bare = sum(xpos == "_" != upos for upos, xpos in pairs)
    block.xpos.add(len(columns[4]) - columns[4].count("_"), n_bare, place)
    count_unread(columns[9], block.scheme, block.report, block.path, place)


def _split_rows(
    rows: list[list[str]], block: _Block
) -> tuple[list[list[str]], list[tuple[int, int, bool]]]:
    """Separate the rows of words from the ranges, and check the order of the ids."""
    words: list[list[str]] = []
    ranges: list[tuple[int, int, bool]] = []
    for i, row in enumerate(rows):
        expected, found = len(words) + 1, row[0]
        last = ranges[-1][1] if ranges else 0
        problem = ""
        if found == str(expected):
            words.append(row)
        elif match := _RANGE.fullmatch(found):
            start, end = int(match[1]), int(match[2])
            ranges.append((start, end, _space_after(row[9])))
            if start != expected or start <= last or end < start:
                problem = (
                    f"a range of words must begin with the next word, {expected}, "
                    f"and neither overlap another nor end before, got {found}."
                )
        elif not (match := _EMPTY_NODE.fullmatch(found)) or int(match[1]) != len(words):
            problem = f"expected the id {expected}, got {found!r}."
        if problem:
            raise block.error_at_row(i, problem)
    if not words:
        raise block.error_at_row(0, "expected a sentence with words, got none.")
    if ranges and ranges[-1][1] > len(words):
        start, end, _ = ranges[-1]
        problem = f"a range must end within the {len(words)} words, got {start}-{end}."
        raise block.error_at_id(f"{start}-{end}", problem)
    return words, ranges


def _read_heads(column: list[str], block: _Block) -> list[int | None] | None:
    n_words = len(column)
    if column.count("_") == n_words:
        return None
    index = _INDEX
    if n_words > len(_IDS):
        index = {"0": -1} | {head: i for i, head in enumerate(_ids(n_words))}
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
    return heads


def _ids(n_words: int) -> list[str]:
    if n_words <= len(_IDS):
        return _IDS[:n_words]
    return [*map(str, range(1, n_words + 1))]


def _read_labels(
    name: str, column: list[str], block: _Block
) -> list[str | None] | None:
    labels: list[str | None] = block.strings.share(column)
    if _NO_LABEL.isdisjoint(column):
        return labels
    if "" in labels:
        raise block.error_at_empty(name, column)
    labels = [None if value == "_" else value for value in labels]
    return labels if any(labels) else None


def _read_morphs(column: list[str], block: _Block) -> list[str | None] | None:
    if "" in column:
        raise block.error_at_empty("FEATS", column)
    if column.count("_") == len(column):
        return None
    return [*map(normal_feats, column)]


def _read_lemmas(
    column: list[str], words: list[str], block: _Block
) -> list[str | None] | None:
    lemmas = _read_labels("LEMMA", column, block)
    if lemmas is None or "_" not in words:
        return lemmas
    pairs = zip(lemmas, words, strict=True)
    return [word if word == "_" else lemma for lemma, word in pairs]


def _space_after(misc: str) -> bool:
    return "SpaceAfter=No" not in misc.rstrip("\r").split("|")
