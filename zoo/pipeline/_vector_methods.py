"""Compute token vectors by a pipeline, and compare texts by them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..doc import DocLike
from ..threads import threads
from ..tokenizer import Tokenize
from ._components import Components
from ._token_vectors import token_vectors


class VectorMethods:
    """The methods of a pipeline that need no head, only an encoder."""

    _parts: Components
    tokenizer: Tokenize

    def token_vectors(
        self, docs: Sequence[DocLike], component: str | None = None
    ) -> list[Any]:
        """Compute the vectors of tokens: an array for each document, (n_tokens, width).

        Args:
            docs: Documents of any kind.
            component: A shared encoder or a head. None: the first that has an encoder.
        """
        with threads.one_blas_thread():
            return token_vectors(self._parts, docs, component)

    def similarity(
        self, a: DocLike | str, b: DocLike | str, component: str | None = None
    ) -> float:
        """Compute the cosine of the mean token vectors of two texts, -1 to 1.

        It is 0 if one of them has no words.

        Args:
            a, b: A word or another text, which `tokenizer` splits, or a document of
                any kind.
            component: As for `token_vectors`.

        Raises:
            ValueError: There is no such component, or it has no encoder.
        """
        docs = [self.tokenizer(x) if isinstance(x, str) else x for x in (a, b)]
        vectors = self.token_vectors(docs, component)
        if not all(map(len, vectors)):
            return 0.0
        return _cosine(*(np.asarray(v, np.float64).mean(axis=0) for v in vectors))


def _cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the cosine of two vectors; 0 if one is zeros."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    if np.array_equal(a, b) and lengths:  # Rounding could give a little less.
        return 1.0
    return float(np.clip(a @ b / lengths, -1, 1)) if lengths else 0.0
