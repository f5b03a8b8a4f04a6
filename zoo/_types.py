"""Define the types that Thinc lacks."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from numpy.typing import NDArray

from .doc import DocLike

#: A numpy or CuPy array of any shape and dtype. Type checkers see numpy's class, whose
#: methods CuPy's class has too. `_arrays` converts from and to Thinc's array types.
Array: TypeAlias = NDArray[Any]
#: A batch of documents, the input of every layer that reads words.
Docs: TypeAlias = Sequence[DocLike]
