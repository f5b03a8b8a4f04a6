"""The commands `zoo init config` and `zoo init fill-config`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from . import vectors
from .tables import print_message

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
        str, typer.Option("--pipeline", "-p", help="Components, separated by commas.")
    ] = "tok2vec,tagger",
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language code.")] = "en",
    shared: Annotated[
        bool | None,
        typer.Option(
            "--shared/--independent",
            help="One encoder for all components, or one for each. "
            "Else shared if tok2vec is in the pipeline.",
        ),
    ] = None,
    pretraining: AddPretraining = False,
    overwrite: Annotated[bool, typer.Option(help="Replace a file.")] = False,
) -> None:
    """Make a training config, with a shared encoder or with one for each component."""
    from .. import _register as _names  # noqa: F401  Registers all names.
    from ..models.make_config import make_config
    from ..tokenizer.tokenizer import warn_of_language

    warn_of_language(lang)
    names = [name.strip() for name in pipeline.split(",") if name.strip()]
    made = make_config(names, lang=lang, shared=shared, pretraining=pretraining)
    _write(made, output, overwrite)


@app.command("fill-config")
def fill_config(
    base: Annotated[Path, typer.Argument(help="A config that may lack settings.")],
    output: Output = None,
    pretraining: AddPretraining = False,
    overwrite: Annotated[bool, typer.Option(help="Replace a file.")] = False,
) -> None:
    """Write every default into a config."""
    from .. import _register as _names
    from ..models.make_config import complete

    config = complete(_names.load_config(base), pretraining=pretraining)
    _write(config, output, overwrite)


def _write(config: Any, output: Path | None, overwrite: bool) -> None:
    from .._atomic import replace_file
    from ..config import format_config

    text = format_config(config)
    if output is None:
        print(text, end="")
        return
    if output.exists() and not overwrite:
        raise FileExistsError(
            f"{output} is there already. Give --overwrite to replace it."
        )
    with replace_file(output) as file:
        file.write_text(text, encoding="utf8")
    print_message(f"Wrote {output}.")
