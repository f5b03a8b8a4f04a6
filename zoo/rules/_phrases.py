"""Find phrases in documents, by their words or an attribute of these."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ..doc import Doc
from ._token_values import Value, attribute_name, read_values, source_of, value_of_word

#: Marks the end of a phrase in a node.
_END: Final = object()


class Phrases:
    """Find phrases, all at once.

    Args:
        owner: Whose phrases they are, for messages.
        attribute: What words are compared by: "ORTH", "LOWER", "NORM" or another
            attribute of words.

    Raises:
        ValueError: The attribute is not one of words.
    """

    def __init__(self, owner: str, attribute: str | None = None) -> None:
        self.attribute = attribute_name(owner, attribute or "ORTH")
        source = source_of(self.attribute)
        if source not in ("WORD", "NORM"):
            raise ValueError(
                f"{owner}: phrase_matcher_attr must be an attribute of words, such as "
                f"ORTH, LOWER or NORM, got {attribute!r}."
            )
        self._source = source
        is_word = source == "WORD"
        self._value: Callable[[Any], Value] = (
            value_of_word(self.attribute) if is_word else str
        )
        self._root: dict[Any, Any] = {}

    def add(self, key: str, phrase: Doc) -> None:
        """Add a phrase under a key; one without words is passed over."""
        node = self._root
        for value in self._values(phrase):
            node = node.setdefault(value, {})
        if node is not self._root:
            node.setdefault(_END, {})[key] = None

    def find(self, doc: Doc) -> Iterator[tuple[str, int, int]]:
        """Return keys, and where the phrases begin and end, from left to right."""
        values = [*self._values(doc)]
        root = self._root
        for start, value in enumerate(values):
            node, end = root.get(value), start + 1
            while node is not None:
                yield from ((key, start, end) for key in node.get(_END, ()))
                node = node.get(values[end]) if end < len(values) else None
                end += 1

    def _values(self, doc: Doc) -> Iterable[Value]:
        return map(self._value, read_values(doc, self._source))
