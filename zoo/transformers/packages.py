"""Import the packages that transformers need, when they are needed."""

from typing import Any

from ..packages import require

#: What needs them, and the extra that brings them.
_FOR = ("TransformerWrapper", "transformers")


def import_torch() -> Any:
    """Import PyTorch; ImportError that says how to install it."""
    return require("torch.utils.checkpoint", *_FOR)


def import_transformers() -> Any:
    """Import transformers; ImportError that says how to install it."""
    return require("transformers", *_FOR)


def read_tokenizer(text: str) -> Any:
    """Make a tokenizer from the text of its file, tokenizer.json."""
    return require("tokenizers", *_FOR).Tokenizer.from_str(text)
