"""The commands `zoo init config` and `zoo init fill-config`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._terminal import escape_controls, print_message
from . import vectors
from .options import MisalignedSpans, TableColumns

if TYPE_CHECKING:
    from ..models._fit_corpus import CorpusSize

app = typer.Typer(help="Make configs and vectors.", no_args_is_help=True)
app.command("vectors")(vectors.init_vectors)

Output = Annotated[
    Path | None, typer.Argument(help="File to write; else the terminal.")
]

AddPretraining = Annotated[
    bool, typer.Option("--pretraining", help="Add the section [pretraining].")
]


@app.command("config")
def config(
    output: Output = None,
    pipeline: Annotated[
        str | None,
        typer.Option(
            "--pipeline",
            "-p",
            help="Components, separated by commas. Else those that the model is for, "
            "or the corpus has annotation for, or tok2vec,tagger.",
        ),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language code.")] = "en",
    shared: Annotated[
        bool | None,
        typer.Option(
            "--shared/--independent",
            help="One encoder for all components, or one for each. "
            "Else shared if tok2vec is in the pipeline.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A ready-made model, as `zoo list models` lists them."),
    ] = None,
    train: Annotated[
        Path | None,
        typer.Option(
            help="The training corpus: its path is written into the config, and "
            "batches, updates, warm-up, dropout and evaluations are fitted to it."
        ),
    ] = None,
    dev: Annotated[
        Path | None, typer.Option(help="The development corpus, for its path.")
    ] = None,
    columns: TableColumns = None,
    misaligned: MisalignedSpans = "error",
    pretrained: Annotated[
        bool,
        typer.Option(
            "--pretrained",
            help="Start from weights that come with zoo: those of --model, or else of "
            "hash-cnn-medium. They are for English.",
        ),
    ] = False,
    pretraining: AddPretraining = False,
    overwrite: Annotated[bool, typer.Option(help="Replace a file.")] = False,
) -> None:
    """Make a training config from templates, fitted to a corpus if one is given."""
    from .. import _register_all as _names  # noqa: F401  Registers all names.
    from ..models.make_config import make_config
    from ..tokenizer.tokenizer import warn_of_language

    warn_of_language(lang)
    settings: dict[str, Any] = {}
    if columns is not None:
        settings["columns"] = columns
    if misaligned != "error":
        settings["misaligned"] = misaligned
    names = None
    if pipeline is not None:
        names = [name.strip() for name in pipeline.split(",") if name.strip()]
    made = make_config(
        names,
        lang=lang,
        shared=shared,
        pretraining=pretraining,
        model=model,
        size=None if train is None else _measure(train, lang, settings),
        pretrained=pretrained,
    )
    paths = {"train": train, "dev": dev}
    made["paths"] |= {name: str(path) for name, path in paths.items() if path}
    for reader in made["corpora"].values():
        reader |= settings
    _write(made, output, overwrite)
    if train is not None:
        training = made["training"]
        print_message(
            f"{', '.join(made['nlp']['pipeline'])}: {training['max_steps']:,} updates, "
            f"evaluated every {training['eval_frequency']:,}."
        )


def _measure(path: Path, lang: str, settings: dict[str, Any]) -> "CorpusSize":
    """Measure a corpus read with some settings; ValueError if it has no documents."""
    from ..corpora import read_docs
    from ..models._fit_corpus import CorpusSize
    from ..tokenizer import Tokenizer

    size = CorpusSize.of(read_docs(path, tokenizer=Tokenizer(lang), **settings))
    if not size.n_docs:
        raise ValueError(f"{path} holds no documents to fit a config to.")
    print_message(f"{path}: {size.n_docs:,} documents with {size.n_words:,} words.")
    return size


@app.command("fill-config")
def fill_config(
    base: Annotated[Path, typer.Argument(help="A config that may lack settings.")],
    output: Output = None,
    pretraining: AddPretraining = False,
    overwrite: Annotated[bool, typer.Option(help="Replace a file.")] = False,
) -> None:
    """Write every default into a config."""
    from .. import _register_all as _names
    from ..models.make_config import complete

    config = complete(_names.load_config(base), pretraining=pretraining)
    _write(config, output, overwrite)


def _write(config: Any, output: Path | None, overwrite: bool) -> None:
    from .._atomic import replace_file
    from ..config import format_config

    text = format_config(config)
    if output is None:
        # A terminal shows it; a file gets what a config can be read from.
        print(escape_controls(text) if sys.stdout.isatty() else text, end="")
        return
    if output.exists() and not overwrite:
        raise FileExistsError(
            f"{output} is there already. Pass --overwrite to replace it."
        )
    with replace_file(output) as file:
        file.write_text(text, encoding="utf8")
    print_message(f"Wrote {output}.")
