"""Load a model of Hugging Face with messages that a user can act on."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quietly(transformers: Any) -> Iterator[None]:
    """Hide the progress bars of transformers inside the block."""
    logging = transformers.utils.logging
    was_on = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            logging.enable_progress_bar()


@contextmanager
def named(source: str) -> Iterator[None]:
    """Turn errors of loading into messages that name the model and a remedy."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"TransformerWrapper: cannot load {source!r}: {shortened(error)} Pass "
            f"the path of a folder that holds the model, or its name on the hub of "
            f"Hugging Face. Where the hub cannot be reached, fetch the model elsewhere "
            f"with `hf download {source} --local-dir FOLDER`, and give the folder."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # Of any type: the packages below have no common one.
        if str(error).startswith(("TransformerWrapper: ", "Transformer: ")):
            raise
        kind = ImportError if isinstance(error, ImportError) else ValueError
        raise kind(
            f"TransformerWrapper: cannot load {source!r}: {type(error).__name__}: "
            f"{shortened(error)} Pass a model that the installed transformers knows, "
            f"with its config.json, weights and tokenizer.json."
        ) from error


def shortened(error: Exception) -> str:
    """Return the message of another package's error, short and on one line."""
    text = str(error) or type(error).__name__
    return textwrap.shorten(text, 250, placeholder=" ...").rstrip(".:") + "."
