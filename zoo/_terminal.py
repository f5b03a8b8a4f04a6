"""Print text and tables on a terminal, or for other programs to read."""

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

#: Text, or text and how a terminal shows it, such as "red".
Cell = str | tuple[str, str]
#: Wider than any table: what does not fit on the terminal is not cut off.
_WIDE = 100_000
#: Characters that change the direction of the text around them.
_BIDI = {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def print_table(
    rows: Iterable[Sequence[Cell]],
    *,
    right: Sequence[int] = (),
    header: bool = False,
    indent: int = 0,
) -> None:
    """Print rows with aligned columns, unbroken on any width.

    Args:
        rows: The cells, as many in each row. They are printed as they are, but for
            control characters.
        right: The columns that are aligned to the right.
        header: Whether the first row holds titles, which are bold on a terminal.
        indent: Spaces before each row.
    """
    from rich.console import Console

    for line in _align(Console(width=_WIDE), rows, right, header=header):
        print(f"{' ' * indent}{line}")


def align(
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[int] = (),
    widths: Sequence[int] = (),
) -> list[str]:
    """Return rows as lines with aligned columns, without colours.

    Args:
        rows: The cells, as many in each row.
        right: The columns that are aligned to the right.
        widths: The least width of each column. A table that is printed row by row
            needs them.
    """
    from rich.console import Console

    console = Console(width=_WIDE, color_system=None, force_terminal=False)
    return _align(console, rows, right, widths)


def _align(
    console: "Console",
    rows: Iterable[Sequence[Cell]],
    right: Sequence[int],
    widths: Sequence[int] = (),
    *,
    header: bool = False,
) -> list[str]:
    from rich.table import Column, Table
    from rich.text import Text

    rows = list(rows)
    if not rows:  # rich would print an empty line.
        return []
    columns = [
        Column(
            justify="right" if i in right else "left",
            min_width=widths[i] if widths else None,
            no_wrap=True,
        )
        for i in range(len(rows[0]))
    ]
    table = Table(
        *columns, box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for n, row in enumerate(rows):
        style = "bold" if header and n == 0 else ""
        pairs = (cell if isinstance(cell, tuple) else (cell, style) for cell in row)
        table.add_row(*(Text(escape_controls(text, ""), how) for text, how in pairs))
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def print_tree(tree: "Tree") -> None:
    """Print a tree, unbroken on any width. Its labels are markup of rich."""
    from rich.console import Console

    waiting = [tree]
    while waiting:
        branch = waiting.pop()
        branch.label = escape_controls(str(branch.label), "")
        waiting += branch.children
    Console(highlight=False, emoji=False, width=_WIDE).print(tree)


def print_line(text: str, *, bold: bool = False) -> None:
    """Print a line as it is: nothing in it is markup, and it is not broken."""
    from rich.console import Console
    from rich.text import Text

    line = Text(escape_controls(text), "bold" if bold else "")
    Console(width=_WIDE).print(line, soft_wrap=True)


def print_message(text: str) -> None:
    """Print a message for people, on the error stream."""
    print(escape_controls(text), file=sys.stderr)


def escape_controls(text: str, keep: str = "\n\t") -> str:
    r"""Replace the characters that control a terminal by escapes such as ``\x1b``.

    Strings of models, configs and corpora may hold them, to hide or forge output.

    Args:
        text: What is to be printed.
        keep: Control characters that stay.
    """
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if char not in keep and _is_control(char)
        else char
        for char in text
    )


def _is_control(char: str) -> bool:
    is_control = unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
    return is_control or ord(char) in _BIDI
