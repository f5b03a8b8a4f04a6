"""Split a text into words."""


def split_words(text: str) -> tuple[list[str], list[bool]]:
    """Split a text at white space; give its words and whether a space follows each.

    ``split_words("so it goes") == (["so", "it", "goes"], [True, True, False])``

    Any run of white space, line breaks too, counts as one space. What stands before
    the first word is dropped. A text of white space alone has no words.
    """
    words = text.split()
    spaces = [True] * len(words)
    if words:
        spaces[-1] = text[-1].isspace()
    return words, spaces
