"""Embed words by their first and last bytes and one hashed feature."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np
from thinc.api import HashEmbed, Model
from thinc.types import Ragged

from .._check_numbers import check_sizes
from .._lexical.attributes import feature_names
from .._lexical.token_forms import form_keys, word_of
from .._registry import layer
from .._types import Array, Docs
from .._watched_parameters import Weights
from ._predict_words import no_backprop, predict_words, sum_hashed_rows
from ._unique_words import DistinctWords, look_up, mix_parts
from .char_embed import CharEmbed, embed_bytes, take_bytes
from .maxout_norm import MaxoutNorm
from .static_vectors import StaticVectors, project_words

SEED = 5  # spaCy's.


@layer("zoo.CharacterEmbed.v1", needs={"vectors": "include_static_vectors"})
def CharacterEmbed(
    width: int = 96,
    rows: int = 7000,
    nM: int = 64,
    nC: int = 8,
    include_static_vectors: bool = False,
    feature: str | int = "LOWER",
) -> Model[Docs, Ragged]:
    """Embed each word by its bytes and a hashed feature, mixed by a maxout.

    Takes nC bytes from both ends, as `CharEmbed` does: more of the form of a word than
    prefix and suffix. Computed once per unique word of the batch. The numbers are
    spaCy's.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Ragged of Floats2d, (n_tokens, width).
    Layers:
        A CharEmbed, a HashEmbed with E, (rows, width), a StaticVectors if
        `include_static_vectors`, and a MaxoutNorm from their joined outputs to
        (n_tokens, width). References: "characters", the feature in lower case,
        "vectors" and "mix".

    Args:
        width: Width of the table of the feature and of the output.
        rows: Rows of the table of the feature.
        nM: Width of the vector of a byte.
        nC: Number of bytes to take of each word.
        include_static_vectors: Whether to embed by a table of vectors too, projected
            to `width`. `set_vectors` sets that table.
        feature: Lexical attribute to embed, by name or by spaCy's number.

    Raises:
        ValueError: The feature is unknown, or a size is below 1.
    """
    check_sizes("CharacterEmbed", 1, width=width, rows=rows)
    (name,) = feature_names([feature])
    parts: dict[str, Model[Any, Any]] = {
        "characters": CharEmbed(nM, nC),
        # As in spaCy, this is the only part without dropout.
        name.lower(): HashEmbed(width, rows, seed=SEED),
    }
    if include_static_vectors:
        parts["vectors"] = StaticVectors(width)
    nI = nM * nC + width * (len(parts) - 1)
    parts["mix"] = MaxoutNorm(nO=width, nI=nI, nP=3)
    return Model(
        "character_embed",
        forward,
        init=init,
        layers=list(parts.values()),
        refs={**parts},
        dims={"nO": width},
        attrs={"features": [name]},
    )


def forward(
    model: Model[Docs, Ragged], docs: Docs, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    # A table of vectors may change without notice.
    if not is_train and len(model.layers) == 3:
        Y = predict_words(model, docs, partial(compute_inputs, model))
        if Y is not None:
            return Y, no_backprop
    words = DistinctWords(model.ops, docs, model.attrs["features"])
    characters, table, *vectors, mix = model.layers
    parts = [
        embed_bytes(characters, words.strings),
        look_up(table, words.keys[0], is_train),
    ]
    parts += [project_words(node, words.strings, is_train) for node in vectors]
    return mix_parts(mix, words, parts, is_train)


def compute_inputs(
    model: Model[Docs, Ragged], forms: Sequence[Hashable], weights: Sequence[Weights]
) -> Array:
    """Embed the bytes and the feature of forms."""
    characters, table = (w.arrays["E"] for w in weights)
    keys = form_keys(forms, model.attrs["features"])
    seed = model.layers[1].attrs["seed"]
    sums = sum_hashed_rows(model.ops, [table], keys, [seed])
    return np.hstack([take_bytes(characters, list(map(word_of, forms))), sums])


def init(
    model: Model[Docs, Ragged], X: Docs | None = None, Y: Ragged | None = None
) -> None:
    for child in model.layers:
        child.initialize()
