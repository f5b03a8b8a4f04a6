"""Combine an embedding and an encoder into a model from words to vectors."""

from typing import Any

from thinc.api import Model, chain
from thinc.types import Floats2d, Ragged

from .._registry import layer
from .._types import Docs
from .containers import to_list, to_ragged


@layer("zoo.Tok2Vec.v1", task="encoding")
def Tok2Vec(
    embed: Model[Docs, Any], encode: Model[Ragged, Any]
) -> Model[Docs, list[Floats2d]]:
    """Embed each word of a document by itself, then encode it in context.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        List of Floats2d, (n_tokens, nO) per document.
    Layers:
        embed and encode, which are references.

    Args:
        embed: From documents to a Ragged or a list of arrays, (n_tokens, width).
        encode: From a Ragged to a Ragged or a list of arrays, (n_tokens, nO).

    Raises:
        ValueError: Both widths are set, and they differ.
    """
    given = embed.maybe_get_dim("nO") if embed.has_dim("nO") else None
    taken = encode.maybe_get_dim("nI") if encode.has_dim("nI") else None
    if given is not None and taken is not None and given != taken:
        raise ValueError(
            f"Tok2Vec: embed must be as wide as encode, got an embedding of width "
            f"{given} and an encoder of width {taken}."
        )
    model: Model[Docs, list[Floats2d]] = chain(embed, to_ragged(), encode, to_list())
    model.name = "tok2vec"
    model.set_ref("embed", embed)
    model.set_ref("encode", encode)
    if encode.has_dim("nO"):
        model.set_dim("nO", encode.get_dim("nO"))
    return model
