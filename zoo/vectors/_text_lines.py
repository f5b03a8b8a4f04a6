"""Read lines of a word and its numbers, thousands at a time."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .base import Floats

_SPACE, _FEED, _RETURN = 32, 10, 13
_LARGEST = float(np.finfo(np.float32).max)
#: How much of a bad field a message shows, in characters.
_SHOWN = 20


class Lines(NamedTuple):
    """Words and numbers of some lines."""

    words: list[str]
    numbers: Floats  # (n_words, width)
    places: list[int]  # The line of each word, counted from 0.
    bad: list[tuple[int, str]]  # Other lines, with what is wrong with each.
    n_lines: int


def parse_lines(block: bytes, width: int) -> Lines:
    """Parse lines that each hold a word and `width` numbers, separated by spaces.

    The word may hold spaces: the last fields are the numbers. Blank lines do not
    count as bad.

    Args:
        block: Whole lines, each with its line feed.
    """
    text = np.frombuffer(b" " * MARGIN + block, np.uint8)
    feeds = np.flatnonzero(text == _FEED)
    starts = np.concatenate([[MARGIN], feeds[:-1] + 1])
    stops = feeds.copy()
    for byte in (_RETURN, _SPACE):
        stops -= (stops > starts) & (text[stops - 1] == byte)
    spaces = np.flatnonzero(text == _SPACE)
    upto = np.searchsorted(spaces, stops)
    usual = np.flatnonzero(upto - np.searchsorted(spaces, starts) >= width)
    at = (upto[usual] - width)[:, None] + np.arange(width)
    befores = spaces[at]
    numbers, good = _read_numbers(
        text, befores + 1, np.concatenate([befores[:, 1:], stops[usual, None]], axis=1)
    )
    rows = np.full(len(feeds), -1)
    rows[usual[good]] = np.flatnonzero(good)
    word_ends = np.zeros(len(feeds), np.int64)
    word_ends[usual] = befores[:, 0] - MARGIN
    return _collect(block, starts - MARGIN, feeds - MARGIN, word_ends, rows, numbers)


def _collect(
    block: bytes,
    starts: NDArray[np.int64],
    feeds: NDArray[np.int64],
    word_ends: NDArray[np.int64],
    rows: NDArray[np.int64],
    numbers: Floats,
) -> Lines:
    """Take the words of good lines, and look closer at the others."""
    width = numbers.shape[1]
    words: list[str] = []
    places: list[int] = []
    bad: list[tuple[int, str]] = []
    picked: list[Any] = []
    ends = word_ends.tolist()
    spans = zip(starts.tolist(), feeds.tolist(), rows.tolist(), strict=True)
    for i, (start, feed, row) in enumerate(spans):
        try:
            if row >= 0:
                word, row_numbers = block[start : ends[i]].decode("utf8"), numbers[row]
            elif line := block[start:feed].strip():
                word, row_numbers = _read_line(line, width)
            else:
                continue
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            bad.append((i, f"expected a word in UTF-8, got the byte 0x{byte:02x}."))
        except ValueError as error:
            bad.append((i, str(error)))
        else:
            words.append(word)
            places.append(i)
            picked.append(row_numbers if row < 0 else row)
    return Lines(words, _gather(numbers, picked), places, bad, len(feeds))


def _gather(numbers: Floats, picked: list[Any]) -> Floats:
    """Gather rows, given as themselves or by their number."""
    if len(picked) == len(numbers) and picked == list(range(len(numbers))):
        return numbers
    rows = [numbers[row] if isinstance(row, int) else row for row in picked]
    return np.array(rows, np.float32).reshape(len(rows), numbers.shape[1])


def _read_numbers(
    text: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Read lines of numbers; give them, and which lines hold only numbers."""
    values, good = read_decimals(text, starts.ravel(), ends.ravel())
    others = np.flatnonzero(~good)
    bounds = zip(starts.ravel()[others], ends.ravel()[others], strict=True)
    for i, (start, end) in zip(others.tolist(), bounds, strict=True):
        values[i] = _read_number(text[start:end].tobytes())
    width = starts.shape[1]
    with np.errstate(over="ignore"):  # What is too large becomes infinite.
        numbers: Floats = values.astype(np.float32).reshape(len(starts), width)
    finite: Any = np.isfinite(numbers).all(axis=1)
    return numbers, finite


def _read_number(field: bytes) -> float:
    """Read a number of any form; return NaN for anything else."""
    try:
        return float("nan") if b"_" in field else float(field)
    except ValueError:
        return float("nan")


def _read_line(line: bytes, width: int) -> tuple[str, list[float]]:
    """Read a line with blanks of any kind and number; ValueError says what it lacks."""
    fields = line.rsplit(None, width)
    numbers = list(map(_read_number, fields[-width:]))
    wrong = [i for i, number in enumerate(numbers) if not abs(number) <= _LARGEST]
    if len(fields) <= width:
        raise ValueError(
            f"expected {width} numbers after the word, got {len(fields) - 1}."
        )
    if wrong:
        shown = fields[wrong[0] - width].decode("utf8", "replace")
        if len(shown) > _SHOWN:
            shown = shown[:_SHOWN] + "…"
        raise ValueError(f"expected {width} numbers after the word, got {shown!r}.")
    return fields[0].decode("utf8"), numbers


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

    Returns:
        the numbers, (n_numbers,), and which of them were read.

    Args:
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
    """Return where the point of each number stands, -1 if it has not just one."""
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
