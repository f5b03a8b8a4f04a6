"""Hold a transformer: a module of PyTorch, its tokenizer, and what it can read."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .tokenizing import SpecialPieces, find_special_pieces, own_copy


@dataclass
class Transformer:
    """Hold a module of PyTorch and the tokenizer that belongs to it.

    The module is called with `input_ids` and `attention_mask`, both (n, length), and
    with `token_type_ids` if it takes them. It gives the vectors of all pieces,
    (n, length, width): alone, first in a tuple, or as `last_hidden_state`.

    module: A `torch.nn.Module`. Its parameters become those of the layer.
    tokenizer: A `tokenizers.Tokenizer`. It is copied.
    width: Of the vectors.
    max_length: Pieces that the module can read at once, special ones included. None
        if it knows no limit.
    pad_id: What a shorter text is filled up with. The mask covers it.
    n_layers: How many layers it gives: 1, or on request the embeddings and all.
    config: That of Hugging Face, by which the module can be made anew.
    """

    module: Any
    tokenizer: Any
    width: int
    max_length: int | None = None
    pad_id: int = 0
    n_layers: int = 1
    config: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self.tokenizer = own_copy(self.tokenizer)
        if self.max_length is not None and self.max_length <= len(self.special):
            raise ValueError(
                f"Transformer: max_length must be more than the {len(self.special)} "
                f"special pieces of the tokenizer, got {self.max_length}."
            )

    @cached_property
    def special(self) -> SpecialPieces:
        """What the tokenizer adds to each text."""
        return find_special_pieces(self.tokenizer)

    @property
    def max_pieces(self) -> int | None:
        """Pieces that fit into a window beside the special ones; None: no limit."""
        return None if self.max_length is None else self.max_length - len(self.special)

    @cached_property
    def takes_types(self) -> bool:
        return "token_type_ids" in inspect.signature(self.module.forward).parameters

    def setup(self) -> dict[str, Any]:
        """Say all but the weights and the tokenizer, so that it can be made anew."""
        return {
            "width": self.width,
            "max_length": self.max_length,
            "pad_id": self.pad_id,
            "n_layers": self.n_layers,
            "config": self.config,
        }
