"""Name the columns of a file by what they hold."""

from collections.abc import Mapping, Sequence

#: Columns by what they hold: names of a header, or numbers that count from 1, or from
#: the last if negative. In a string: "text=review,label=stars".
Columns = str | Mapping[str, str | int]


def parse_columns(
    columns: Columns | None, roles: Sequence[str], owner: str
) -> dict[str, str | int]:
    """Read which column holds what.

    Args:
        columns: The columns, or None for no choice.
        roles: What a column can hold.
        owner: Who asks, for the message.

    Returns:
        For each role that is given the name of its column, or its number.

    Raises:
        ValueError: A role is unknown or without a column, or a number is 0.
    """
    if columns is None:
        return {}
    if isinstance(columns, str):
        pairs = [part.partition("=") for part in columns.split(",")]
        columns = {role.strip(): name.strip() for role, _, name in pairs}
    found: dict[str, str | int] = {}
    for role, name in columns.items():
        if isinstance(name, str) and name.removeprefix("-").isdecimal():
            name = int(name)
        if role not in roles or name in ("", 0):
            raise ValueError(
                f"{owner}: columns must be {' or '.join(roles)}, each with the name of "
                f"a column or its number from 1, such as '{roles[0]}=1', got "
                f"{role!r} with {name!r}."
            )
        found[role] = name
    return found


def place_of(number: int) -> int:
    """Return the index of a column that counts from 1, or from the last."""
    return number - 1 if number > 0 else number
