"""The command `zoo suggest rows`."""

from typing import Annotated

import typer

from .options import Documents

app = typer.Typer(help="Suggest settings of a config.", no_args_is_help=True)


@app.callback()
def suggest() -> None:
    """Suggest settings of a config."""


@app.command("rows")
def rows(
    corpus: Documents,
    features: Annotated[
        str, typer.Option(help="Lexical attributes to embed, separated by commas.")
    ] = "NORM,PREFIX,SUFFIX,SHAPE",
    width: Annotated[int, typer.Option(min=1, help="Width of the tables.")] = 96,
    max_crowded: Annotated[
        float, typer.Option(help="Largest share of keys without a row of their own.")
    ] = 0.5,
    min_count: Annotated[
        int, typer.Option(min=1, help="How often a key must occur to count.")
    ] = 1,
) -> None:
    """Suggest rows for the hashed tables of an embedding, from a corpus."""
    from .._terminal import print_line, print_table
    from ..corpora import read_docs
    from ..layers.suggest_rows import suggest_rows

    names = [name.strip() for name in features.split(",") if name.strip()]
    found = suggest_rows(
        read_docs(corpus), names, max_crowded=max_crowded, min_count=min_count
    )
    cells = [
        [
            advice.feature,
            f"{advice.n_keys:,}",
            f"{advice.n_rows:,}",
            f"{100 * advice.crowded:.1f} %",
            f"{100 * advice.confused:.4f} %",
            f"{advice.n_rows * width * 4 / 1e6:.2f}",
        ]
        for advice in found
    ]
    titles = ["feature", "keys", "rows", "crowded", "confused", "MB"]
    print_table([titles, *cells], right=range(1, len(titles)), header=True)
    print_line(f"\nrows = {[advice.n_rows for advice in found]}")
    print_line(
        "crowded: keys of which each row is another key's too; "
        "confused: keys with the same rows as another key"
    )
