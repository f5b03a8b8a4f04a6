"""Store the rows of a table in 32, 16 or 8 bits, and compute in 32."""

import hashlib
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .base import Floats

DType = Literal["float32", "float16", "int8"]
DTYPES: tuple[DType, ...] = ("float32", "float16", "int8")
Rows: TypeAlias = NDArray[np.int64]
#: Numbers in the blocks that long matrices are worked on in: 1 MB of float32.
BLOCK = 1 << 18
#: The largest int8 that is used; -128 is not, so that the scale is the same on
#: both sides of zero.
_LARGEST = 127


class Matrix:
    """The rows of a table, which never change.

    Row i is ``values[i]``, or ``values[i] * scales[i]`` if there are scales.

    Args:
        values: (n_rows, width), float32, float16 or int8; other floats become float32.
        scales: (n_rows,) float32, for int8 alone.

    Raises:
        ValueError: For other shapes and types.
    """

    def __init__(self, values: Any, scales: Any = None) -> None:
        values = np.asanyarray(values)
        if values.dtype.kind == "f" and values.dtype.name not in DTYPES:
            values = values.astype(np.float32)
        if values.ndim != 2 or values.dtype.name not in DTYPES:
            raise ValueError(
                f"Vectors: the data must be of two dimensions and one of the types "
                f"{', '.join(DTYPES)}, got {values.shape} {values.dtype.name}."
            )
        if (scales is not None) != (values.dtype == np.int8):
            raise ValueError("Vectors: int8 data needs scales, and no other has any.")
        if scales is not None:
            scales = np.asarray(scales, np.float32)
            if scales.shape != values.shape[:1]:
                raise ValueError(
                    f"Vectors: int8 data needs one scale per row, got "
                    f"{scales.shape} for {len(values)} rows."
                )
        self.values = values.view()
        self.values.flags.writeable = False
        self.scales: Floats | None = scales

    @classmethod
    def own(cls, values: Any) -> "Matrix":
        """Build a matrix that nobody else can change: writeable arrays are copied."""
        values = np.asanyarray(values)
        return cls(values if _is_fixed(values) else values.copy())

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape[0], self.values.shape[1]

    @property
    def dtype(self) -> str:
        return str(self.values.dtype.name)

    @property
    def n_bytes(self) -> int:
        """Return how much memory or disk the rows take, in bytes."""
        return int(
            self.values.nbytes + (0 if self.scales is None else self.scales.nbytes)
        )

    def take(self, rows: Any, out: Floats | None = None) -> Floats:
        """Return rows as float32, in an array if one is given: (n_rows, width).

        Rows given as a slice are not copied if they are float32.
        """
        if out is not None and self.values.dtype == np.float32:
            # All rows are valid. The mode "raise" would write to a buffer first.
            np.take(self.values, rows, axis=0, out=out, mode="clip")
            return out
        taken: Floats = self.values[rows].astype(np.float32, copy=False)
        if self.scales is not None:
            taken *= self.scales[rows][:, None]
        if out is None:
            return taken
        out[:] = taken
        return out

    def block(self, start: int, stop: int) -> Floats:
        """Return rows from start to stop as float32; not to be written to."""
        block: Floats = self.values[start:stop].astype(np.float32, copy=False)
        if self.scales is not None:
            block *= self.scales[start:stop, None]
        return block

    def blocks(self) -> Iterator[tuple[int, Floats]]:
        """Return all rows as float32, block by block, each with its first row."""
        n_rows, width = self.shape
        step = max(1, BLOCK // max(1, width))
        for start in range(0, n_rows, step):
            yield start, self.block(start, start + step)

    def mean(self) -> Floats:
        """Return the mean of all rows, (width,); zeros without rows."""
        total = np.zeros(self.shape[1])
        for _, block in self.blocks():
            total += block.sum(axis=0, dtype=np.float64)
        return (total / max(1, len(self.values))).astype(np.float32)

    def norms(self) -> Floats:
        """Return the length of each row: (n_rows,)."""
        norms = np.empty(len(self.values), np.float32)
        for start, block in self.blocks():
            norms[start : start + len(block)] = row_norms(block)
        return norms

    def check_finite(self) -> None:
        """Raise ValueError if a number is infinite or NaN."""
        for start, block in self.blocks():
            finite = np.isfinite(block).all(axis=1)
            if not finite.all():
                row = start + int(np.argmin(finite))
                raise ValueError(
                    f"Vectors: all numbers must be finite, got NaN or infinity in row "
                    f"{row}."
                )

    def digest(self) -> bytes:
        """Return the SHA-256 of the rows as they are stored, and of their shape."""
        digest = hashlib.sha256(f"{self.shape} {self.dtype}".encode())
        for array in (self.values, self.scales):
            if array is not None and array.size:
                digest.update(np.ascontiguousarray(array).data.cast("B"))
        return digest.digest()

    def convert(self, dtype: str) -> "Matrix":
        """Store the rows in another type.

        For int8, each row has the scale ``max(abs(row)) / 127``.

        Raises:
            ValueError: For an unknown type, or a number too large for it.
        """
        if check_dtype(dtype) == self.dtype:
            return self
        values = np.empty(self.shape, dtype)
        scales = np.empty(len(values), np.float32) if dtype == "int8" else None
        for start, block in self.blocks():
            part = slice(start, start + len(block))
            if scales is not None:
                largest = np.abs(block).max(axis=1, initial=0)
                scales[part] = largest / np.float32(_LARGEST)
                divisor = np.where(scales[part] > 0, scales[part], np.float32(1))
                block = np.rint(block / divisor[:, None])
                # The scale of a row that is all but zero may be far too small.
                block = block.clip(-_LARGEST, _LARGEST)
            elif dtype == "float16":
                _check_float16(block, start)
            values[part] = block
        return Matrix(values, scales)


class Loss(NamedTuple):
    """How much rows changed by a conversion.

    Attributes:
        error: The mean length of the differences, relative to the rows: 0 if nothing
            is lost.
        worst: The largest of them.
        cosine: The mean cosine of a row and what became of it: 1 if nothing is
            lost.
    """

    error: float
    worst: float
    cosine: float


def measure_loss(before: Matrix, after: Matrix) -> Loss:
    """Compare a matrix with its copy in another type; rows of zeros do not count."""
    errors: list[NDArray[np.float64]] = [np.zeros(0)]
    cosines: list[NDArray[np.float64]] = [np.zeros(0)]
    for start, old in before.blocks():
        new = after.block(start, start + len(old))
        norms = row_norms(old)
        old, new, norms = old[norms > 0], new[norms > 0], norms[norms > 0]
        errors.append(row_norms(new - old).astype(np.float64) / norms)
        products = np.einsum("ij,ij->i", old, new, dtype=np.float64)
        cosines.append(products / (norms * np.maximum(row_norms(new), 1e-30)))
    error, cosine = np.concatenate(errors), np.concatenate(cosines)
    if not len(error):
        return Loss(0.0, 0.0, 1.0)
    return Loss(float(error.mean()), float(error.max()), float(cosine.mean()))


def fix(values: NDArray[Any]) -> NDArray[Any]:
    """Mark an array of one's own as read-only, so that a table need not copy it."""
    values.flags.writeable = False
    return values


def _is_fixed(values: NDArray[Any]) -> bool:
    """Check whether neither the array nor one that it is a view of can be written."""
    array: Any = values
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return True


def check_checksum(name: str, stored: str | None, found: str) -> None:
    """Raise ValueError if a table has not the checksum that its file stores."""
    if stored not in (None, found):
        raise ValueError(
            f"Vectors {name!r}: words and rows must have the checksum {stored}, which "
            f"their file stores, got {found}. The file is damaged: write it again."
        )


def check_dtype(dtype: str) -> DType:
    """Raise ValueError if rows cannot be stored in such a type."""
    for known in DTYPES:
        if dtype == known:
            return known
    raise ValueError(
        f"Vectors: dtype must be one of {', '.join(DTYPES)}, got {dtype!r}."
    )


def row_norms(rows: Floats) -> Floats:
    """Return the length of each row: (n_rows,)."""
    norms: Floats = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return norms


def _check_float16(block: Floats, start: int) -> None:
    largest = np.abs(block).max(axis=1, initial=0)
    limit = float(np.finfo(np.float16).max)
    if largest.size and largest.max() > limit:
        row = start + int(largest.argmax())
        raise ValueError(
            f"Vectors: a float16 is {limit:.0f} at most, got {largest.max():g} in row "
            f"{row}. Use int8, which scales each row, or float32."
        )
