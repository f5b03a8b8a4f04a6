"""Write entities as one BILUO tag per token, and read them from such tags."""

from collections.abc import Callable, Sequence

from ..doc import Doc, Span

#: What a token is of an entity: its first, an inner, its last, or its only one.
PARTS = "BILU"
#: The places of the tags of all types for each part, behind that of O.
BEGIN, INSIDE, LAST, UNIT = (slice(1 + i, None, len(PARTS)) for i in range(len(PARTS)))


def tag_names(types: Sequence[str]) -> list[str]:
    """List the tags for types of entities: O, and B, I, L and U of each.

    Without types there are no tags.
    """
    tags = [f"{part}-{type_}" for type_ in types for part in PARTS]
    return ["O", *tags] if tags else []


def type_names(tags: Sequence[str]) -> list[str]:
    """List the types of entities that tags are for.

    Raises ValueError if `tag_names` does not give these tags.
    """
    types = [tag[2:] for tag in tags[1 :: len(PARTS)]]
    if [*tags] != tag_names(types):
        raise ValueError(
            f"entity_tagger: labels must be O, then B-, I-, L- and U- of a type, and "
            f"so on for each, got {', '.join(tags)}."
        )
    return types


def entities_of(doc: Doc) -> list[Span]:
    """Give the entities of a document in their order, none if they are not known.

    Raises ValueError if they overlap or lie outside of the document.
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
    return spans


def write_tags(doc: Doc, place: Callable[[str], int]) -> list[int]:
    """Give the tag of each word of a document, by its place among `tag_names`.

    place: Gives the place of a type among the types.

    Raises ValueError if the entities are not sound, as `entities_of` says.
    """
    tags = [0] * len(doc)
    for start, end, label in entities_of(doc):
        first = 1 + len(PARTS) * place(label)
        begin, inside, last, unit = range(first, first + len(PARTS))
        several = [begin, *[inside] * (end - start - 2), last]
        tags[start:end] = several if end - start > 1 else [unit]
    return tags


def read_spans(tags: Sequence[int], types: Sequence[str]) -> list[Span]:
    """Read the entities from the tags of a document, which must be legal."""
    spans, begin = [], 0
    for i, tag in enumerate(tags):
        if tag:
            type_, part = divmod(tag - 1, len(PARTS))
            if PARTS[part] in "BU":
                begin = i
            if PARTS[part] in "LU":
                spans.append(Span(begin, i + 1, types[type_]))
    return spans
