"""The command `zoo view`: look at the attention of a transformer."""

from pathlib import Path
from typing import Annotated

import typer


def view(
    transformer: Annotated[
        str, typer.Argument(help="A folder or a name on the hub of Hugging Face.")
    ],
    text: Annotated[str, typer.Argument(help="The text to look at.")],
    output: Annotated[
        Path, typer.Option(help="Picture; its suffix decides the format.")
    ] = Path("attention.png"),
    layer: Annotated[
        int | None, typer.Option(help="From 0, or from the end: -1. All on average.")
    ] = None,
    head: Annotated[
        int | None, typer.Option(help="From 0. All on average if not given.")
    ] = None,
    start: Annotated[
        int, typer.Option(help="The first word to draw, from 0. All are read.")
    ] = 0,
    end: Annotated[
        int | None, typer.Option(help="The word to end before. The last if not given.")
    ] = None,
    compare: Annotated[
        str | None, typer.Option(help="Another transformer, to subtract from it.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the text.")] = "en",
) -> None:
    """Draw how much each word attends to each word, as a heat map."""
    from .._terminal import print_line, print_table
    from ..tokenizer import Tokenizer
    from ..transformers._plot_attention import check_number, draw_attention
    from ..transformers.attention import attend, compare_attention

    doc = Tokenizer(lang)(text)
    check_number(len(range(len(doc))[start:end]))
    attention = attend(transformer, doc, start, end)
    title = transformer
    if compare is None:
        weights = attention.mean(layer, head)
    else:
        other = attend(compare, doc, start, end)
        found = compare_attention(attention, other, layer, head)
        weights, title = found.difference, f"{transformer} less {compare}"
        print_line("Divergence of what each word attends to, in bits", bold=True)
        rows = zip(found.words, found.divergence, strict=True)
        print_table([[word, f"{bits:.3f}"] for word, bits in rows], right=[1])
    draw_attention(attention, weights, output, title)
    print_line(f"Wrote {output}.")
