"""Convert entities to one BILUO tag per token, and back."""

from collections.abc import Callable, Sequence

from ..doc import Doc, Span

#: The part of an entity that a token is: the first, an inner, the last or the only.
PARTS = "BILU"
#: The positions of the tags of all types for each part, after that of O.
BEGIN, INSIDE, LAST, UNIT = (slice(1 + i, None, len(PARTS)) for i in range(len(PARTS)))


def tag_names(types: Sequence[str]) -> list[str]:
    """Return the tags for types of entities: O, and B, I, L and U of each.

    Without types there are no tags.
    """
    tags = [f"{part}-{type_}" for type_ in types for part in PARTS]
    return ["O", *tags] if tags else []


def type_names(tags: Sequence[str]) -> list[str]:
    """Return the types of entities that tags are for.

    Raises:
        ValueError: The tags are not those that `tag_names` returns for some types.
    """
    types = [tag[2:] for tag in tags[1 :: len(PARTS)]]
    if [*tags] != tag_names(types):
        raise ValueError(
            f"entity_tagger: labels must be O, then B-, I-, L- and U- of a type, and "
            f"so on for each, got {', '.join(tags)}."
        )
    return types


def entities_of(doc: Doc) -> list[Span]:
    """Return the entities of a document in order; none if they are unknown.

    Raises:
        ValueError: Entities overlap or are outside of the document.
    """
    spans, end = sorted(doc.ents or ()), 0
    for span in spans:
        if not end <= span.start < span.end <= len(doc):
            raise ValueError(
                f"entity_tagger: entities must not overlap, and must lie within the "
                f"words, got {span.start}:{span.end} ({span.label}) behind {end} in "
                f"a document of {len(doc)} words: {' '.join(doc.words[:10])}."
            )
        end = span.end
        if doc.ents_known and not all(doc.ents_known[span.start : span.end]):
            raise ValueError(
                f"entity_tagger: the words of an entity must be known, got "
                f"{span.start}:{span.end} ({span.label}) with ents_known "
                f"{doc.ents_known[span.start : span.end]}."
            )
    return spans


def write_tags(doc: Doc, position: Callable[[str], int]) -> list[int]:
    """Return the tag of each word of a document, as its position in `tag_names`.

    Args:
        doc: A document with entities.
        position: Returns the position of a type in the list of types.

    Raises:
        ValueError: Entities overlap or are outside of the document.
    """
    tags = [0] * len(doc)
    for start, end, label in entities_of(doc):
        first = 1 + len(PARTS) * position(label)
        begin, inside, last, unit = range(first, first + len(PARTS))
        several = [begin, *[inside] * (end - start - 2), last]
        tags[start:end] = several if end - start > 1 else [unit]
    return tags


def read_spans(tags: Sequence[int], types: Sequence[str]) -> list[Span]:
    """Read entities from the tags of a document, which must be legal."""
    spans, begin = [], 0
    for i, tag in enumerate(tags):
        if tag:
            type_, part = divmod(tag - 1, len(PARTS))
            if PARTS[part] in "BU":
                begin = i
            if PARTS[part] in "LU":
                spans.append(Span(begin, i + 1, types[type_]))
    return spans
