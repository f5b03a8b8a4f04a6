"""Import the packages that transformers need, when they are needed."""

from typing import Any


def import_torch() -> Any:
    """Import PyTorch; ImportError that says how to install it."""
    try:
        import torch
        import torch.utils.checkpoint
    except ImportError as error:
        raise ImportError(_describe("PyTorch")) from error
    return torch


def import_transformers() -> Any:
    """Import transformers; ImportError that says how to install it."""
    try:
        import transformers
    except ImportError as error:
        raise ImportError(_describe("the package transformers")) from error
    return transformers


def read_tokenizer(text: str) -> Any:
    """Make a tokenizer from the text of its file, tokenizer.json."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ImportError(_describe("the package tokenizers")) from error
    return Tokenizer.from_str(text)


def _describe(what: str) -> str:
    return (
        f"TransformerWrapper: needs {what}, which is not installed. Install it with "
        f"`pip install thinc-zoo[transformers]`."
    )
