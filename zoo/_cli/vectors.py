"""The commands `zoo init vectors`, `zoo vectors coverage` and `zoo vectors similar`."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .._terminal import print_message
from .options import (
    TOKENIZER,
    Documents,
    Language,
    TokenizerName,
    make_tokenizer,
)

app = typer.Typer(help="Inspect tables of vectors.", no_args_is_help=True)

#: The width of vectors that are made from a transformer, without --dim.
WIDTH = 100

Table = Annotated[Path, typer.Argument(help="Vectors, in any format.")]


def init_vectors(
    source: Table,
    output: Annotated[
        Path, typer.Argument(help="File, or a folder without suffix for spaCy.")
    ],
    prune: Annotated[
        int,
        typer.Option(
            min=0, help="Rows to keep; other words share the nearest. 0: all."
        ),
    ] = 0,
    truncate: Annotated[int, typer.Option(min=0, help="Rows to read. 0: all.")] = 0,
    dtype: Annotated[
        str, typer.Option(help="Store float32, float16 or int8 (safetensors only).")
    ] = "float32",
    name: Annotated[str | None, typer.Option(help="Name of the table.")] = None,
    strict: Annotated[bool, typer.Option(help="Refuse malformed lines.")] = False,
    from_transformer: Annotated[
        str | None,
        typer.Option(
            help="Encode words by this transformer, a folder or a name on the hub of "
            "Hugging Face. IN is then a text file with a word per line."
        ),
    ] = None,
    dim: Annotated[
        int | None,
        typer.Option(
            min=1, help="Width of vectors that are made from a transformer; else 100."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a file.")] = False,
) -> None:
    """Convert a table of vectors, or make one from a transformer.

    The suffix of the output decides its format.
    """
    from ..vectors import write_vectors
    from ..vectors._matrix import check_dtype
    from ..vectors.write import check_format

    if output.exists() and not overwrite:
        raise FileExistsError(
            f"{output} is there already. Pass --overwrite to replace it."
        )
    if check_dtype(dtype) != "float32" and check_format(output) != "safetensors":
        raise ValueError(f"{dtype} can be stored in a file .safetensors only.")
    if from_transformer is None:
        if dim is not None:
            raise ValueError(
                "--dim is for vectors --from-transformer, which is missing."
            )
        table = _read(source, limit=truncate, name=name, strict=strict)
        print_message(f"Read {_describe(table)}.")
    else:
        words = _read_words(source, truncate)
        table = _distill(words, from_transformer, dim or WIDTH, name)
    if prune:
        table = _prune(source, table, prune)
    write_vectors(_convert(table, dtype), output)
    print_message(f"Wrote {output}.")


@app.command("coverage")
def coverage(
    table: Table,
    corpus: Documents,
    missing: Annotated[int, typer.Option(min=0, help="Missing words to show.")] = 20,
    tokenizer: TokenizerName = TOKENIZER,
    lang: Language = "en",
) -> None:
    """Show the share of a corpus that has vectors, and the words that have none."""
    from .._terminal import print_line, print_table
    from ..corpora import read_docs

    docs = read_docs(corpus, tokenizer=make_tokenizer(tokenizer, lang))
    found = _read(table).coverage(docs)
    rows = [
        ("tokens", found.tokens, found.n_found_tokens, found.n_tokens),
        ("types", found.types, found.n_found_types, found.n_types),
    ]
    print_table(
        [
            [what, f"{100 * share:.2f} %", f"{n_found:,} of {n_all:,}"]
            for what, share, n_found, n_all in rows
        ],
        right=[1, 2],
    )
    if shown := found.missing[:missing]:
        print_line("\nmissing", bold=True)
        print_table([[word, f"{count:,}"] for word, count in shown], right=[1])


@app.command("similar")
def similar(
    table: Table,
    words: Annotated[list[str], typer.Argument(help="Words of the table.")],
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Words to show.")] = 10,
) -> None:
    """Show the words with the nearest vectors, by cosine."""
    from .._terminal import print_line, print_table
    from ..vectors import Vectors

    vectors = _read(table)
    if not isinstance(vectors, Vectors):
        raise ValueError(f"{table} holds hashed vectors, and thus no words to compare.")
    if unknown := [word for word in words if word not in vectors]:
        raise ValueError(f"{table} has no vector of {', '.join(map(repr, unknown))}.")
    for word, near in zip(words, vectors.most_similar(words, n), strict=True):
        print_line(word, bold=True)
        if near:
            print_table([[f"{cosine:.4f}", other] for other, cosine in near])


def _read(path: Path, **options: Any) -> Any:
    """Read a table, with a bar; show warnings as messages."""
    from ..vectors import read_vectors

    with warnings.catch_warnings(record=True) as caught, _progress("Reading") as report:
        warnings.simplefilter("always", UserWarning)
        table = read_vectors(path, report=report, **options)
    for warning in caught:
        print_message(f"warning: {warning.message}")
    return table


def _read_words(path: Path, limit: int) -> list[str]:
    """Read a word per line, each once; empty lines are left out."""
    from ..corpora._files import read_lines

    words = dict.fromkeys(map(str.strip, read_lines(path)))
    return list(filter(None, words))[: limit or None]


def _distill(words: list[str], transformer: str, dim: int, name: str | None) -> Any:
    """Make a table from a transformer, with a bar."""
    from ..transformers._distill import distill

    with _progress("Encoding") as report:
        table = distill(words, transformer, dim, name=name, report=report)
    print_message(f"Encoded {_describe(table)}.")
    return table


def _prune(source: Path, table: Any, n_rows: int) -> Any:
    """Keep some rows, and print how near the others are to them."""
    from ..vectors import Vectors, prune

    if not isinstance(table, Vectors):
        raise ValueError(f"{source} holds hashed vectors, which cannot be pruned.")
    with _progress("Pruning") as report:
        pruned, cosines = prune(table, n_rows, report)
    if len(cosines):
        print_message(
            f"Pruned to {_describe(pruned)}; mean cosine to the row kept: "
            f"{cosines.mean():.3f}."
        )
    return pruned


def _convert(table: Any, dtype: str) -> Any:
    """Store the rows in another type, and print what that costs."""
    from ..vectors import measure_loss

    before = table.matrix
    after = before.convert(dtype)
    if after is before:
        return table
    loss = measure_loss(before, after)
    print_message(
        f"{dtype}: {after.n_bytes / 1e6:.1f} MB instead of "
        f"{before.n_bytes / 1e6:.1f} MB; "
        f"relative error {100 * loss.error:.3f} % on average, {100 * loss.worst:.3f} % "
        f"at worst; mean cosine {loss.cosine:.6f}."
    )
    return table.with_matrix(after)


def _describe(table: Any) -> str:
    n_rows, width = table.shape
    words = f"{len(table):,} words, " if hasattr(table, "words") else "hashed vectors, "
    return f"{words}{n_rows:,} rows x {width}"


@contextmanager
def _progress(what: str) -> Iterator[Callable[[float], None]]:
    """Show a bar on a terminal while something is done; yield what moves it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(
        console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(what, total=1.0)
        yield lambda share: progress.update(task, completed=share)
