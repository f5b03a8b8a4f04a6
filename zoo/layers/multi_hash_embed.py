"""Embed words by several of their features, each with a hashed table."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

from thinc.api import HashEmbed, Model
from thinc.types import Ragged

from .._check_numbers import check_sizes
from .._lexical.attributes import feature_names
from .._lexical.token_forms import form_keys
from .._registry import layer
from .._types import Array, Docs
from .._watched_parameters import Weights
from ._predict_words import no_backprop, predict_words, sum_hashed_rows
from ._unique_words import DistinctWords, look_up, mix_parts
from .maxout_norm import MaxoutNorm
from .static_vectors import StaticVectors, project_words
from .suggest_rows import FIRST_SEED


@layer("zoo.MultiHashEmbed.v1", needs={"vectors": "include_static_vectors"})
def MultiHashEmbed(
    width: int = 96,
    *,
    features: Sequence[str | int] = ("NORM", "PREFIX", "SUFFIX", "SHAPE"),
    rows: Sequence[int] = (5000, 1000, 2500, 2500),
    include_static_vectors: bool = False,
) -> Model[Docs, Ragged]:
    """Embed each word by its hashed features, mixed by a maxout.

    Every feature has a table. The vector of a key is the sum of the four rows that it
    is hashed to, so that two keys that share a row still differ: a table needs far
    fewer rows than there are words. Computed once per unique word of the batch; in
    prediction on CPU, the vectors of words are kept for later batches. The numbers are
    spaCy's.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Ragged of Floats2d, (n_tokens, width).
    Layers:
        One HashEmbed per feature, (nV, width), a StaticVectors if
        `include_static_vectors`, and a
        MaxoutNorm from (n_tokens, n_parts * width) to (n_tokens, width). References:
        the features in lower case, "vectors" and "mix".

    Args:
        width: Width of each table and of the output.
        features: Lexical attributes to embed, by name ("NORM") or by spaCy's number.
        rows: Rows of each table, in the order of the features.
        include_static_vectors: Whether to embed by a table of vectors too, projected
            to `width`. `set_vectors` sets that table.

    Raises:
        ValueError: A feature is unknown, `features` and `rows` differ in length, or a
            size is below 1.

    Source:
        Bloom embeddings: Serrà and Karatzoglou (2017),
        https://arxiv.org/abs/1706.03993, used as in Miranda et al. (2022),
        https://arxiv.org/abs/2212.09255.
    """
    check_sizes("MultiHashEmbed", 1, width=width)
    names = feature_names(features)
    if len(names) != len(rows):
        raise ValueError(
            f"MultiHashEmbed: each feature needs a number of rows, got {len(names)} "
            f"features ({', '.join(names).lower()}) and {len(rows)} rows."
        )
    if not names or min(rows) < 1:
        raise ValueError(
            f"MultiHashEmbed: needs at least one feature, and a row in each table, "
            f"got features {names} and rows {list(rows)}."
        )
    tables: list[Model[Any, Any]] = [
        HashEmbed(width, n_rows, seed=FIRST_SEED + i, dropout=0.0)
        for i, n_rows in enumerate(rows)
    ]
    parts = dict(zip(map(str.lower, names), tables, strict=True))
    if include_static_vectors:
        parts["vectors"] = StaticVectors(width)
        tables.append(parts["vectors"])
    mix = MaxoutNorm(nO=width, nI=width * len(tables), nP=3)
    return Model(
        "multi_hash_embed",
        forward,
        init=init,
        layers=[*tables, mix],
        refs={**parts, "mix": mix},
        dims={"nO": width},
        attrs={"features": names},
    )


def forward(
    model: Model[Docs, Ragged], docs: Docs, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    names = model.attrs["features"]
    # A table of vectors may change without notice.
    if not is_train and len(model.layers) == len(names) + 1:
        Y = predict_words(model, docs, partial(compute_inputs, model))
        if Y is not None:
            return Y, no_backprop
    words = DistinctWords(model.ops, docs, names)
    *layers, mix = model.layers
    # A StaticVectors, if there is one, comes after the tables of the features.
    parts = [
        look_up(table, keys, is_train)
        for table, keys in zip(layers, words.keys, strict=False)
    ]
    parts += [
        project_words(vectors, words.strings, is_train)
        for vectors in layers[len(words.keys) :]
    ]
    return mix_parts(mix, words, parts, is_train)


def compute_inputs(
    model: Model[Docs, Ragged], forms: Sequence[Hashable], weights: Sequence[Weights]
) -> Array:
    """Look the features of forms up in the tables."""
    keys = form_keys(forms, model.attrs["features"])
    tables = [w.arrays["E"] for w in weights]
    seeds = [node.attrs["seed"] for node in model.layers[: len(tables)]]
    return sum_hashed_rows(model.ops, tables, keys, seeds)


def init(
    model: Model[Docs, Ragged], X: Docs | None = None, Y: Ragged | None = None
) -> None:
    for child in model.layers:
        child.initialize()
