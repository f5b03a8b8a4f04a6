"""Refuse MessagePack that takes far more memory or time to read than its size."""

from typing import Any

import srsly
from srsly import msgpack

#: Lists and maps that any message may hold, and how many bytes each other one takes.
#: Python needs 64 bytes for an empty one, of which a message needs one.
FREE, BYTES_EACH = 1 << 20, 8
#: Bytes that begin a list or a map. They also occur within strings and numbers.
_BEGINNINGS = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])


def check_message(data: bytes) -> None:
    """Check that a message is whole, and holds not too many lists and maps.

    What is checked is not kept, so that this takes little memory itself. An object that
    is read afterwards takes at most about 30 times the size of the message, and 64 MB.

    Raises:
        ValueError: The message ends too early, is nested too deeply, holds types that
            do not exist, or too many lists and maps.
    """
    # A list may claim any length, for which room would be made, so all are followed
    # before the first is made.
    reader = msgpack.Unpacker(max_buffer_size=max(len(data), 1))
    reader.feed(data)
    try:
        reader.skip()
    except msgpack.OutOfData as error:
        raise ValueError("got incomplete input.") from error
    except msgpack.StackError as error:
        raise ValueError("got lists or maps nested too deeply.") from error
    except msgpack.FormatError as error:
        raise ValueError("got a type that does not exist.") from error
    limit = FREE + len(data) // BYTES_EACH
    if len(data) - len(data.translate(None, _BEGINNINGS)) > limit:
        _count_containers(data, limit)


def _count_containers(data: bytes, limit: int) -> None:
    left = limit

    def count(items: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(
                f"got more than {limit:,} lists and maps in {len(data):,} bytes, which "
                f"would take too much memory."
            )

    hooks = {"list_hook": count, "object_pairs_hook": count}
    msgpack.unpackb(data, raw=True, strict_map_key=False, **hooks)


def load_message(data: bytes, *, use_list: bool = True) -> Any:
    """Read a message as srsly does, arrays of numpy included, after checking it.

    Args:
        data: The message.
        use_list: Whether its arrays become lists; else they become tuples.

    Raises:
        ValueError: The message is refused by `check_message`, or is no message.
    """
    check_message(data)
    return srsly.msgpack_loads(data, use_list=use_list)
