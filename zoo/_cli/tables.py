"""Print text and tables that other programs can read."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .._terminal import escape_controls

if TYPE_CHECKING:
    from rich.tree import Tree

#: Text, or text and how a terminal shows it, such as "red".
Cell = str | tuple[str, str]
#: Wider than any table: what does not fit on the terminal is not cut off.
_WIDE = 100_000


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
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for n, row in enumerate(rows):
        if n == 0:
            for i in range(len(row)):
                table.add_column(justify="right" if i in right else "left")
                table.columns[i].no_wrap = True
        style = "bold" if header and n == 0 else ""
        pairs = (cell if isinstance(cell, tuple) else (cell, style) for cell in row)
        table.add_row(*(Text(escape_controls(text, ""), how) for text, how in pairs))
    console = Console(width=_WIDE)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(f"{' ' * indent}{line.rstrip()}")


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
