"""Read and write MessagePack, of which nothing is run and no length is trusted."""

import struct
from collections.abc import Iterable
from typing import Any

#: How deep lists and maps may lie in one another.
MAX_DEPTH = 16

_FIXED = {0xC0: None, 0xC2: False, 0xC3: True}
#: Numbers by their first byte: the format of the bytes that follow.
_NUMBERS = {
    0xCA: struct.Struct(">f"),
    0xCB: struct.Struct(">d"),
    0xCC: struct.Struct(">B"),
    0xCD: struct.Struct(">H"),
    0xCE: struct.Struct(">I"),
    0xCF: struct.Struct(">Q"),
    0xD0: struct.Struct(">b"),
    0xD1: struct.Struct(">h"),
    0xD2: struct.Struct(">i"),
    0xD3: struct.Struct(">q"),
}
#: What has a length, by its first byte: its kind, and the number of bytes of the
#: length.
_SIZED = {
    0xC4: ("bytes", 1),
    0xC5: ("bytes", 2),
    0xC6: ("bytes", 4),
    0xD9: ("str", 1),
    0xDA: ("str", 2),
    0xDB: ("str", 4),
    0xDC: ("list", 2),
    0xDD: ("list", 4),
    0xDE: ("dict", 2),
    0xDF: ("dict", 4),
}


def wrong(expected: str, found: Any) -> str:
    """Tell what was expected, and what was found instead."""
    text = repr(found)
    return f"expected {expected}, got {text if len(text) <= 60 else text[:57] + '...'}."


def unpack(data: bytes) -> Any:
    """Read a MessagePack object: null, booleans, numbers, strings, bytes, lists, maps.

    A list or a map grows while its items are read, so that a false length takes no
    memory. Extension types are refused.

    Raises ValueError, naming the byte, if the data is not one whole object.
    """
    reader = _Reader(data)
    found = reader.read(0)
    if reader.place < len(data):
        extra = len(data) - reader.place
        raise ValueError(f"expected the end at byte {reader.place}, got {extra} more.")
    return found


def pack(value: Any) -> bytes:
    """Write null, booleans, numbers, strings, bytes, lists and maps as MessagePack.

    Raises TypeError for any other type.
    """
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


class _Reader:
    """The data, and how far it is read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def read(self, depth: int) -> Any:
        if self.place >= len(self.data):
            self.take(1)  # Says what is missing.
        first = self.data[self.place]
        self.place += 1
        if first < 0x80:
            return first
        if 0xA0 <= first < 0xC0:
            return str(self.take(first & 0x1F), "utf8")
        if first >= 0xE0:
            return first - 0x100
        if first in _FIXED:
            return _FIXED[first]
        if first in _NUMBERS:
            form = _NUMBERS[first]
            return form.unpack(self.take(form.size))[0]
        if first < 0x90:
            return self.read_sized("dict", first & 0x0F, depth)
        if first < 0xA0:
            return self.read_sized("list", first & 0x0F, depth)
        if first not in _SIZED:
            raise ValueError(
                f"expected a known type at byte {self.place - 1}, got 0x{first:02x}."
            )
        kind, n_bytes = _SIZED[first]
        return self.read_sized(kind, int.from_bytes(self.take(n_bytes), "big"), depth)

    def read_sized(self, kind: str, size: int, depth: int) -> Any:
        if kind == "str":
            return str(self.take(size), "utf8")
        if kind == "bytes":
            return self.take(size)
        if depth == MAX_DEPTH:
            raise ValueError(f"expected at most {MAX_DEPTH} lists in one another.")
        if kind == "list":
            return self.read_list(size, depth)
        return dict(self.read_item(depth) for _ in range(size))

    def read_list(self, size: int, depth: int) -> list[Any]:
        """Read items; short strings, most of what a file holds, without a call each."""
        items: list[Any] = []
        data, place, n_bytes = self.data, self.place, len(self.data)
        while len(items) < size:
            first = data[place] if place < n_bytes else 0
            end = place + 1 + (first & 0x1F)
            if 0xA0 <= first < 0xC0 and end <= n_bytes:
                items.append(str(data[place + 1 : end], "utf8"))
                place = end
            else:
                self.place = place
                items.append(self.read(depth + 1))
                place = self.place
        self.place = place
        return items

    def read_item(self, depth: int) -> tuple[str | bytes, Any]:
        key = self.read(depth + 1)
        if not isinstance(key, str | bytes):
            name = type(key).__name__
            raise ValueError(
                f"expected a string as a key before byte {self.place}, got {name}."
            )
        return key, self.read(depth + 1)

    def take(self, size: int) -> bytes:
        end = self.place + size
        if end > len(self.data):
            left = len(self.data) - self.place
            raise ValueError(
                f"expected {size} bytes from byte {self.place} on, got {left}."
            )
        found = self.data[self.place : end]
        self.place = end
        return found


def _write(value: Any, parts: list[bytes]) -> None:
    if value is None:
        parts.append(b"\xc0")
    elif isinstance(value, bool):
        parts.append(b"\xc3" if value else b"\xc2")
    elif isinstance(value, int):
        form = 0xCF if value >= 0 else 0xD3
        parts.append(bytes([value]) if 0 <= value < 0x80 else _number(form, value))
    elif isinstance(value, float):
        parts.append(_number(0xCB, value))
    elif isinstance(value, str):
        data = value.encode("utf8")
        parts += [_number(0xCE, len(data), 0xDB), data]
    elif isinstance(value, bytes):
        parts += [_number(0xCE, len(value), 0xC6), value]
    elif isinstance(value, dict):
        parts.append(_number(0xCE, len(value), 0xDF))
        _write_all((item for pair in value.items() for item in pair), parts)
    elif isinstance(value, list | tuple):
        parts.append(_number(0xCE, len(value), 0xDD))
        _write_all(value, parts)
    else:
        raise TypeError(f"pack: expected a type of JSON or bytes, got {type(value)}.")


def _write_all(values: Iterable[Any], parts: list[bytes]) -> None:
    for value in values:
        _write(value, parts)


def _number(form: int, value: float, first: int | None = None) -> bytes:
    return bytes([form if first is None else first]) + _NUMBERS[form].pack(value)
