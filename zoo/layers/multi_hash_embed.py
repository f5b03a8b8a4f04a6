"""Embed words by several of their features, each in a hashed table."""

from collections.abc import Callable, Sequence
from typing import Any

from thinc.api import HashEmbed, Model
from thinc.types import Ragged

from ..attributes import feature_keys, feature_names
from ..registries import layer
from ..types import Array, Docs
from .maxout_norm import MaxoutNorm, drop, transform

FIRST_SEED = 8  # spaCy's: table i hashes with seed 8 + i.


@layer("zoo.MultiHashEmbed.v1")
def MultiHashEmbed(
    width: int,
    *,
    features: Sequence[str | int] = ("NORM", "PREFIX", "SUFFIX", "SHAPE"),
    rows: Sequence[int] = (5000, 1000, 2500, 2500),
) -> Model[Docs, Ragged]:
    """Embed each word by hashing its features, and mix the parts with a maxout.

    Every feature has a table. A key is hashed to four rows of it, and their sum
    stands for the key, so that two keys that share a row still differ: a table
    needs far fewer rows than there are words. Computed once per distinct word of
    the batch; the numbers are spaCy's.

    Input: list of documents: zoo Docs, lists of words or spaCy Docs.
    Output: Ragged of Floats2d, (n_tokens, width).
    Layers: one HashEmbed a feature, (nV, width), and a MaxoutNorm from
        (n_tokens, n_features * width) to (n_tokens, width).

    width: Width of each table and of the output.
    features: Lexical attributes to embed, by name ("NORM") or by spaCy's number.
    rows: Rows of each table, in the order of the features.

    Raises ValueError if a feature is unknown or the two lists differ in length.

    Source: bloom embeddings, Serrà and Karatzoglou (2017),
    https://arxiv.org/abs/1706.03993; as used in Miranda et al. (2022),
    https://arxiv.org/abs/2212.09255.
    """
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
    mix = MaxoutNorm(nO=width, nI=width * len(tables), nP=3)
    return Model(
        "multi_hash_embed",
        forward,
        init=init,
        layers=[*tables, mix],
        refs={**dict(zip(map(str.lower, names), tables, strict=True)), "mix": mix},
        dims={"nO": width},
        attrs={"features": names},
    )


def forward(
    model: Model[Docs, Ragged], docs: Docs, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Docs]]:
    ops, mix = model.ops, model.get_ref("mix")
    distinct, rows = feature_keys(docs, model.attrs["features"])
    keys: Array = ops.asarray(distinct.T.copy())  # type: ignore[arg-type]
    index: Array = ops.asarray(rows)  # type: ignore[arg-type]
    lengths = ops.asarray1i([len(doc) for doc in docs])
    parts, callbacks = [], []
    for table, column in zip(model.layers, keys, strict=False):
        part, callback = _look_up(table, column, is_train)
        parts.append(part)
        callbacks.append(callback)
    mixed, backprop_mix = transform(mix, ops.xp.hstack(parts), 0, is_train)
    Y, backprop_dropout = drop(mix, mixed[index], is_train)

    def backprop(dY: Ragged) -> Docs:
        # A word's gradient is the sum over its occurrences in the batch.
        d_mixed = ops.xp.zeros_like(mixed)
        ops.scatter_add(d_mixed, index, backprop_dropout(dY.dataXd))
        d_parts = ops.xp.split(backprop_mix(d_mixed), len(callbacks), axis=1)
        for callback, d_part in zip(callbacks, d_parts, strict=True):
            callback(d_part)
        return []

    return Ragged(Y, lengths), backprop


def init(
    model: Model[Docs, Ragged], X: Docs | None = None, Y: Ragged | None = None
) -> None:
    for child in model.layers:
        child.initialize()


def _look_up(
    table: Model[Any, Any], keys: Array, is_train: bool
) -> tuple[Array, Callable[[Array], None]]:
    """Sum the four rows of each key, and drop some dimensions of the whole batch."""
    ops = table.ops
    E: Array = table.get_param("E")
    n_rows, width = E.shape
    rows = (ops.hash(keys, table.attrs["seed"]) % n_rows).astype("int32")
    rows = ops.xp.ascontiguousarray(rows.T)
    Y = E[rows[0]] + E[rows[1]] + E[rows[2]] + E[rows[3]]
    rate = table.attrs["dropout_rate"]
    mask = ops.get_dropout_mask((width,), rate) if is_train and rate else None
    if mask is not None:
        Y *= mask

    def backprop(dY: Array) -> None:
        dY = ops.xp.ascontiguousarray(dY if mask is None else dY * mask)
        if not table.has_grad("E"):
            table.set_grad("E", ops.xp.zeros_like(E))
        for hashed in rows:
            ops.scatter_add(table.get_grad("E"), hashed, dY)

    return Y, backprop
