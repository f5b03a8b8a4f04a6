"""Print tables of plain text, which other programs can read."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.tree import Tree


def print_table(rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Print rows with their cells below one another, whole on any width.

    right: The columns whose cells stand at their right end.
    """
    rows = [list(row) for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print_line("  ".join(cells).rstrip())


def print_tree(tree: Tree) -> None:
    """Print a tree, whole on any width."""
    Console(highlight=False, emoji=False, width=10_000).print(tree)


def print_line(text: str, *, bold: bool = False) -> None:
    """Print a line as it is: nothing in it is markup, and it is not broken."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(text, style="bold" if bold else None, soft_wrap=True)
