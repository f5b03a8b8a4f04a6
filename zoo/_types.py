"""Name the types that Thinc lacks."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from .doc import DocLike

#: A numpy or CuPy array, of any number of dimensions and any type.
Array: TypeAlias = Any
#: A batch of documents, as every layer that reads words takes it.
Docs: TypeAlias = Sequence[DocLike]
