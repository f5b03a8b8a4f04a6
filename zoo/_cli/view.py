"""The command `zoo view`: look at annotations, or at the attention of a transformer."""

from pathlib import Path
from typing import Annotated

import typer


def view(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="TEXT|TRANSFORMER",
            help="The text to annotate, with --model. Else a transformer, by its "
            "folder or its name on the hub of Hugging Face.",
        ),
    ],
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT", help="The text that the transformer reads, without --model."
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="A saved pipeline, of zoo or spaCy: draw what it finds in the text."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Picture; its suffix decides the format. With --model .svg, .html or "
            ".txt, and the terminal if not given; else attention.png.",
        ),
    ] = None,
    layer: Annotated[
        int | None,
        typer.Option(
            help="Layer of the attention, from 0, or from the end: -1. The mean of all "
            "if not given."
        ),
    ] = None,
    head: Annotated[
        int | None,
        typer.Option(
            help="Head of the attention, from 0. The mean of all if not given."
        ),
    ] = None,
    start: Annotated[
        int,
        typer.Option(help="The first word to draw, from 0. The model reads all words."),
    ] = 0,
    end: Annotated[
        int | None, typer.Option(help="The word to end before. The last if not given.")
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(help="Another transformer; the difference of the two is drawn."),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the text.")] = "en",
) -> None:
    """Draw the tree, the entities or the attention of a text.

    With --model, a pipeline annotates the text. Without, a heat map shows how much each
    word attends to each word in a transformer.
    """
    if model is not None:
        if text is not None:
            raise ValueError(
                f"zoo view: with --model, expected one text, got two: {subject!r:.40} "
                f"and {text!r:.40}. Put the text in quotes."
            )
        given = {"layer": layer, "head": head, "end": end, "compare": compare}
        for name in (name for name, value in given.items() if value is not None):
            raise ValueError(
                f"zoo view: --{name} is for the attention of a transformer, and not "
                f"for --model. Leave it out."
            )
        _view_annotations(subject, model, output)
        return
    if text is None:
        raise ValueError(
            "zoo view: expected a transformer and a text, got one of them. To draw the "
            "annotations of a text, name a pipeline: --model en_core_web_sm."
        )
    _view_attention(
        subject,
        text,
        output or Path("attention.png"),
        layer,
        head,
        start,
        end,
        compare,
        lang,
    )


def _view_annotations(text: str, model: Path, output: Path | None) -> None:
    """Annotate a text by a pipeline, and draw it into a file or on the terminal."""
    from .._drawing.view import FORMATS
    from .._drawing.view import view as draw
    from .._terminal import print_line
    from .options import load_model

    if output is not None and output.suffix.lower() not in FORMATS:
        raise ValueError(
            f"zoo view: with --model, a picture must be one of {', '.join(FORMATS)}, "
            f"got {str(output)!r}."
        )
    drawn = draw([*load_model(model, None).pipe([text])])
    if output is None:
        for line in drawn.text.splitlines():
            print_line(line)
        return
    drawn.save(output)
    print_line(f"Wrote {output}.")


def _view_attention(
    transformer: str,
    text: str,
    output: Path,
    layer: int | None,
    head: int | None,
    start: int,
    end: int | None,
    compare: str | None,
    lang: str,
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
