"""Compute the vectors of tokens by an encoder of a pipeline."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..doc import DocLike, as_docs
from ..threads import threads
from ..transformers.batch import TransformerBatch
from ..transformers.pool_pieces import PoolPieces
from ..vectors._coverage import cosine
from ._assemble import Component
from ._components import Components


def token_vectors(
    components: Components, docs: Sequence[DocLike], component: str | None
) -> list[Any]:
    """Compute the vectors of the tokens of a batch.

    Args:
        components: One of them is or has an encoder.
        docs: Documents of any kind.
        component: The name of a shared encoder, or of a head, whose encoder is used
            then. None: the first shared encoder, or else the first head.

    Returns:
        An array for each document, (n_tokens, width).

    Raises:
        ValueError: There is no such component, or it has no encoder.
    """
    found = _find(components, component)
    batch = as_docs(docs)
    with threads.one_blas_thread(), components.running(batch, [found]):
        if found.upstream is not None:
            output = found.upstream.batch(batch).output
        else:
            output = found.model.get_ref("tok2vec").predict(batch)
    if isinstance(output, TransformerBatch):
        output = PoolPieces().predict(output)
    return list(output)


def similarity(
    components: Components, docs: Sequence[DocLike], component: str | None
) -> float:
    """Compute the cosine of the mean token vectors of two documents; 0 without words.

    The arguments and errors are those of `token_vectors`.
    """
    vectors = token_vectors(components, docs, component)
    if not all(map(len, vectors)):
        return 0.0
    return cosine(*(np.asarray(v, np.float64).mean(axis=0) for v in vectors))


def _find(components: Components, name: str | None) -> Component:
    if name is not None:
        components.check_names("token_vectors", [name])
    chosen = [c for c in components if name in (None, c.name)]
    encoders = [c for c in chosen if c.upstream is not None]
    heads = [c for c in chosen if c.model.has_ref("tok2vec")]
    for component in [*encoders, *heads]:
        return component
    raise ValueError(
        f"Pipeline.token_vectors: expected a component with an encoder, got "
        f"{name or 'a pipeline without one'}."
    )
