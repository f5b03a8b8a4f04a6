"""Make the lines of CoNLL-U, afresh or from those that a sentence was read from."""

from collections.abc import Iterator

from .._lexical.feats import normal_feats
from ..doc import Doc
from ._conllu_sentences import conllu_sentences
from ._misc_entities import (
    UNLABELLED_OUTSIDE,
    Scheme,
    label_words,
    put_label,
    read_misc,
)

#: Where `Doc.user_data` keeps the lines that a sentence was read from.
RAW_LINES = "conllu"
#: Where `Doc.user_data` keeps that words outside of entities have no label in MISC.
OUTSIDE = "conllu_outside"

#: The column with the id of a word, and that with its entity.
_ID, _MISC = 0, 9


def fresh_blocks(doc: Doc) -> Iterator[list[str]]:
    """Make a block of lines for each sentence, or one of a comment if it has none."""
    is_empty = True
    for sentence in conllu_sentences(doc):
        is_empty = False
        yield _fresh_lines(sentence)
    if is_empty:
        yield ["# text ="]


def changed_lines(doc: Doc, lines: list[str]) -> list[str]:
    """Put what is known of a document into the lines that it was read from.

    Raises:
        ValueError: The words are no longer those of the lines.
    """
    rows = {
        number: cells
        for number, line in enumerate(lines)
        if (cells := line.split("\t"))[_ID].isdecimal()
    }
    words = [cells[1] for cells in rows.values()]
    if words != [*doc.words]:
        raise ValueError(
            f"write_conllu: the words must be those of the lines that the document "
            f"was read from, got {doc.words} and {words}. To write it afresh, delete "
            f"user_data[{RAW_LINES!r}]."
        )
    _put_entities(doc, [*rows.values()])
    changed = [*lines]
    for i, (number, cells) in enumerate(rows.items()):
        changed[number] = "\t".join(_fill(cells, doc, i))
    return changed


def _put_entities(doc: Doc, rows: list[list[str]]) -> None:
    """Put entities into the rows of words, unless they are what these hold."""
    if doc.ents is None:
        return
    column = [cells[_MISC] for cells in rows]
    has_outside = OUTSIDE not in doc.user_data
    scheme = Scheme(True, True) if has_outside else UNLABELLED_OUTSIDE
    if read_misc(column, doc.words, scheme) == ([*sorted(doc.ents)], doc.ents_known):
        return
    for cells, label in zip(rows, label_words(doc), strict=True):
        if label is not None:
            is_written = has_outside or label != "O"
            cells[_MISC] = put_label(cells[_MISC], label if is_written else None)


def _fresh_lines(doc: Doc) -> list[str]:
    lines = [f"# text = {doc.text}".rstrip(" ")]
    for i, label in enumerate(label_words(doc)):
        spaced = doc.spaces is None or doc.spaces[i]
        cells = [str(i + 1), _checked(doc.words[i]), *"________"]
        misc = "_" if spaced else "SpaceAfter=No"
        cells[_MISC] = misc if label is None else put_label(misc, label)
        lines.append("\t".join(_fill(cells, doc, i)))
    return lines


def _fill(cells: list[str], doc: Doc, i: int) -> list[str]:
    """Put what is known of word `i` into the cells of its row, but for entities."""
    for column, values in ((3, doc.pos), (4, doc.tags), (7, doc.deps)):
        value = None if values is None else values[i]
        if value is not None:
            cells[column] = _checked(value)
    lemma = None if doc.lemmas is None else doc.lemmas[i]
    if lemma is not None:
        cells[2] = _checked(lemma or "_")
    morph = None if doc.morphs is None else doc.morphs[i]
    # Features in another order stay as they are.
    if morph is not None and normal_feats(cells[5]) != morph:
        cells[5] = _checked(morph or "_")
    head = None if doc.heads is None else doc.heads[i]
    if head is not None:
        cells[6] = "0" if head == i else str(head + 1)
    return cells


def _checked(value: str) -> str:
    if not value or "\t" in value or "\n" in value or "\r" in value:
        raise ValueError(
            f"write_conllu: a word or label must not be empty nor hold a tab or a "
            f"line break, got {value!r}."
        )
    return value
