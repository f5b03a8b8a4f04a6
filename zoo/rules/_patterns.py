"""Name the types that patterns have."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

#: A map for each token: attributes with values or predicates, and an operator.
Pattern = Sequence[Mapping[str, Any]]
#: Which of several matches that overlap counts.
Greedy = Literal["FIRST", "LONGEST"]
