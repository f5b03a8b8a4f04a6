"""Define the protocol of components without weights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ..doc import Doc


class RuleComponent(Protocol):
    """Annotate documents by rules, tables or patterns."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a document that it writes."""

    def annotate(self, docs: Sequence[Doc]) -> None:
        """Write what the rules say into the documents, in place.

        Several threads may call it at once.
        """

    def to_files(self) -> dict[str, bytes]:
        """Return its data as files, by name; no code is in them."""

    def from_files(self, files: Mapping[str, bytes]) -> None:
        """Take the data that `to_files` returned.

        Raises:
            ValueError: A file is missing or damaged.
        """

    def from_spacy(self, path: Path) -> None:
        """Take the data that spaCy saved for the component of the same factory.

        Args:
            path: The folder of the component in that of the pipeline, or its file.

        Raises:
            FileNotFoundError: There is none.
            ValueError: A file is damaged, or asks for what is not supported.
        """
