"""Keep the labels of an objective in the order of a model's outputs."""

from collections.abc import Iterable, Sequence


class Labels:
    """Map labels to the outputs of a model.

    owner: Whose labels they are, for messages.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.names: list[str] = []
        self._index: dict[str, int] = {}

    def add(self, labels: Iterable[str]) -> None:
        """Add those that are new, in sorted order after those that are known."""
        self.set([*self.names, *sorted(set(labels) - set(self.names))])

    def set(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._index = {name: i for i, name in enumerate(names)}

    def index(self, label: str) -> int:
        """Give the output of a label; ValueError if the model has none for it."""
        try:
            return self._index[label]
        except KeyError:
            known = ", ".join(self.names[:20]) + (" …" if len(self.names) > 20 else "")
            raise ValueError(
                f"{self.owner}: the label {label!r} was not seen when the model was "
                f"initialized. Known are: {known or 'none'}."
            ) from None
