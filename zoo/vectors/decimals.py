"""Read many decimal numbers at once."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
#: Bytes before the text: any number can be read as the last of 16 bytes.
MARGIN: Final = 16
_ZEROS: Final = np.uint64(0x3030303030303030)
_POWERS: Final = 10.0 ** np.arange(17)


def read_decimals(
    text: NDArray[np.uint8], starts: Positions, ends: Positions
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read numbers such as ``-0.0123``, exactly as ``float`` does.

    A number that has another form, or more than 15 digits, is left to others.

    Output: the numbers, (n_numbers,), and which of them were read.

    text: The bytes, the first 16 of which belong to no number.
    starts, ends: Where each number begins and ends; they do not overlap, and stand
        in their order: (n_numbers,).
    """
    # Every 8 bytes of the text, from each byte on: (len(text) - 7,)
    eight_at: NDArray[np.uint64] = np.ndarray(
        (len(text) - 7,), "<u8", text, strides=(1,)
    )
    negative = text[starts] == ord("-")
    starts = starts + negative
    dots = _find_dots(text, starts, ends)
    n_whole, n_decimals = dots - starts, ends - dots - 1
    good = (n_whole > 0) & (n_whole <= 8) & (n_decimals > 0) & (n_decimals <= 16)
    good &= n_whole + n_decimals <= 15
    n_whole, n_decimals = n_whole * good, n_decimals * good
    whole = _read_digits(eight_at, dots, n_whole, good)
    value = _read_digits(eight_at, ends, np.minimum(n_decimals, 8), good)
    if n_decimals.max(initial=0) > 8:
        more = np.maximum(n_decimals - 8, 0)
        value += _read_digits(eight_at, ends - 8, more, good) * 1e8
    # Below 2 ** 53 all of these are exact, and the quotient is rounded once.
    power = _POWERS[n_decimals]
    value += whole * power
    value /= power
    np.negative(value, where=negative, out=value)
    return value, good


def _find_dots(
    text: NDArray[np.uint8], starts: Positions, ends: Positions
) -> Positions:
    """Give where the point of each number stands, -1 if it has not just one."""
    if not len(starts):
        return starts
    first = int(starts[0])
    dots = np.flatnonzero(text[first : int(ends[-1])] == ord(".")) + first
    if len(dots) == len(starts) and (starts <= dots).all() and (dots < ends).all():
        return dots
    number = np.searchsorted(starts, dots, "right") - 1
    inside = (number >= 0) & (dots < ends[number])
    dots, number = dots[inside], number[inside]
    found = np.full(len(starts), -1)
    found[number] = dots
    found[np.bincount(number, minlength=len(starts)) != 1] = -1
    return found


def _read_digits(
    eight_at: NDArray[np.uint64],
    ends: Positions,
    n_digits: Positions,
    good: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Read up to 8 digits before each end; unset `good` where others stand there."""
    if n_digits.max(initial=0) == 1:
        one = (eight_at[ends - 8] >> np.uint64(56)) - np.uint64(ord("0"))
        one *= n_digits.astype(np.uint64)
        good &= one < 10
        return one.astype(np.float64)
    # The last digit is in the highest byte; a shift by 64 is none, hence two.
    shift = np.uint64(32) - (n_digits.astype(np.uint64) << np.uint64(2))
    digits = eight_at[ends - 8] ^ _ZEROS
    digits >>= shift
    digits >>= shift
    digits <<= shift
    digits <<= shift
    above_9 = (digits + np.uint64(0x0606060606060606)) | digits
    good &= above_9 & np.uint64(0xF0F0F0F0F0F0F0F0) == 0
    digits = digits * np.uint64(10) + (digits >> np.uint64(8))
    digits &= np.uint64(0x00FF00FF00FF00FF)
    digits = digits * np.uint64(100) + (digits >> np.uint64(16))
    digits &= np.uint64(0x0000FFFF0000FFFF)
    digits = digits * np.uint64(10_000) + (digits >> np.uint64(32))
    digits &= np.uint64(0xFFFFFFFF)
    return digits.astype(np.float64)
