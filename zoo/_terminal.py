"""Make strings from files safe to show on a terminal."""

import unicodedata

#: Characters that change the direction of the text around them.
_BIDI = {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def escape_controls(text: str, keep: str = "\n\t") -> str:
    r"""Replace the characters that control a terminal by escapes such as ``\x1b``.

    Strings of models, configs and corpora may hold them, to hide or forge output.

    Args:
        text: What is to be printed.
        keep: Control characters that stay.
    """
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if char not in keep and _is_control(char)
        else char
        for char in text
    )


def _is_control(char: str) -> bool:
    is_control = unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
    return is_control or ord(char) in _BIDI
