"""The command `zoo export`."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    source: Annotated[
        str,
        typer.Argument(
            help="A pretrained encoder of zoo's, as hash-cnn-small, or the folder of "
            "one that zoo pretrain wrote."
        ),
    ],
    output: Annotated[Path, typer.Argument(help="File to write, as encoder.bin.")],
    overwrite: Annotated[bool, typer.Option(help="Replace a file.")] = False,
) -> None:
    """Write an encoder for spaCy, as a file for its initialize.init_tok2vec.

    Prints the settings that spaCy's config needs for it.
    """
    from .. import _register_all as _names  # noqa: F401  Registers all names.
    from .._atomic import replace_file
    from .._terminal import print_message
    from ..models._spacy_encoder import spacy_encoder

    if output.exists() and not overwrite:
        raise FileExistsError(
            f"{output} is there already. Pass --overwrite to replace it."
        )
    data, settings = spacy_encoder(source, str(output))
    with replace_file(output) as file:
        file.write_bytes(data)
    print_message(f"Wrote {output}. Put this into spaCy's config:")
    print(settings, end="")
    print_message(
        "Then run `spacy init fill-config --pretraining`, as spaCy reads the file only "
        "if there is a section [pretraining]."
    )
