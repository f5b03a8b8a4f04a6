"""Read the moves of a parser or entity recognizer that spaCy saved."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .._message_limits import load_message
from .._spacy_files import read_plain

#: The letters of spaCy's moves, by their numbers.
PARSER_MOVES, ENTITY_MOVES = "SDLRB", "MBILUO"


def read_moves(source: str | Path | bytes | Mapping[str, Any]) -> list[str]:
    """Read the names of moves, in the order of the outputs of the model.

    They are the labels of the components `parser` and `ner`: "L-nsubj", "B-ORG".

    Args:
        source: The file `moves` of a component, the component's folder, or the bytes;
            or labels that spaCy wrote for a config, of each action, by its number as
            a string, a mapping of labels to how often they occurred.

    Raises:
        ValueError: The source is none of these.
    """
    if isinstance(source, Mapping):
        return move_names("the labels", source)
    name, data = "the bytes", source
    if not isinstance(data, bytes):
        path = Path(data)
        path = path / "moves" if path.is_dir() else path
        name, data = str(path), read_plain(path)
    try:
        stored = json.loads(load_message(data)["moves"])
    except Exception as error:  # msgpack raises errors of many kinds.
        raise ValueError(
            f"{name} is not a file of moves of spaCy: {error!r}."
        ) from error
    return move_names(name, stored)


def move_names(name: str, stored: Any) -> list[str]:
    """Return the names of the moves that spaCy makes of labels with frequencies.

    Args:
        name: Name of the source, for messages.
        stored: For each action, by its number as a string, labels to frequencies.
    """
    if not _is_sound(stored):
        raise ValueError(
            f"{name} is not a file of moves of spaCy: for each number of an action it "
            f"must hold labels and how often they occur."
        )
    # Only an entity recognizer has an action 5.
    names = _entity_name if "5" in stored else _parser_name
    found = [names(int(action), label) for action, label in _ordered(stored)]
    return list(dict.fromkeys(name for name in found if name is not None))


def _is_sound(stored: Any) -> bool:
    if not isinstance(stored, dict) or not stored.keys() <= {*"012345"}:
        return False
    counts = [labels for labels in stored.values() if isinstance(labels, dict)]
    numbers = [n for labels in counts for n in labels.values()]
    are_ints = all(isinstance(n, int) and not isinstance(n, bool) for n in numbers)
    return len(counts) == len(stored) > 0 and are_ints


def _ordered(stored: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str]]:
    """Return actions and labels in the order in which spaCy numbers them.

    Frequent labels come first; those that were added to a trained component have
    negative frequencies, and come after all others.
    """
    late: list[tuple[int, str]] = []
    actions_of: dict[str, list[str]] = {}
    for action, labels in sorted(stored.items()):
        for n, label in sorted(
            ((n, label) for label, n in labels.items()), reverse=True
        ):
            if n < 0:
                late.append((n, label))
                actions_of.setdefault(label, []).append(action)
            else:
                yield action, label
    for _, label in sorted(late, reverse=True):
        for action in actions_of[label]:
            yield action, label


def _parser_name(action: int, label: str) -> str | None:
    letter = PARSER_MOVES[action]
    return f"{letter}-{label}" if label else letter


def _entity_name(action: int, label: str) -> str | None:
    """Return the name of a move, or None if spaCy leaves it out."""
    letter = ENTITY_MOVES[action]
    if letter == "M" or (letter == "O" and label):
        return None
    return letter if letter == "O" else f"{letter}-{label}"
