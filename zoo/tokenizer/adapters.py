"""Split text into words as white space, spaCy or a Hugging Face tokenizer does."""

from functools import partial
from pathlib import Path
from typing import Any

from .._lexical.attributes import norm
from .._optional import require
from .._registry import registry
from ..doc import Doc
from .tokenizer import Tokenize

#: Bytes of the largest tokenizer.json; those of large vocabularies have 40 million.
LARGEST = 1 << 28


def split_words(text: str) -> tuple[list[str], list[bool]]:
    """Split a text at white space, and return words and whether a space follows each.

    ``split_words("so it goes") == (["so", "it", "goes"], [True, True, False])``

    Any run of white space, line breaks too, counts as one space. What stands before
    the first word is dropped. A text of white space alone has no words.
    """
    words = text.split()
    spaces = [True] * len(words)
    if words:
        spaces[-1] = text[-1].isspace()
    return words, spaces


@registry.tokenizers("zoo.WhitespaceTokenizer.v1")
def WhitespaceTokenizer() -> Tokenize:
    """Build a tokenizer that splits a text at white space, and nowhere else.

    A run of white space counts as one space; that before the first word is dropped.
    """
    return _split_at_whitespace


@registry.tokenizers("zoo.SpacyTokenizer.v1")
def SpacyTokenizer(lang: str = "en") -> Tokenize:
    """Build a tokenizer that splits a text as spaCy does, which must be installed.

    Args:
        lang: A language for which spaCy has a tokenizer.

    Raises:
        ImportError: spaCy is not installed, or has no such language.
    """
    spacy = require("spacy", "SpacyTokenizer")
    return partial(_split_with_spacy, spacy.blank(lang).tokenizer)


@registry.tokenizers("zoo.HuggingFaceTokenizer.v1")
def HuggingFaceTokenizer(path: str | Path) -> Tokenize:
    """Build a tokenizer that splits a text into words as a tokenizer.json does.

    Only its pre-tokenizer is used: the words are those that it would then split into
    pieces. A space that it puts before a word is not part of the word.

    Args:
        path: The file tokenizer.json, or the folder with it. It is not downloaded.

    Raises:
        ImportError: The package `tokenizers` is not installed.
        FileNotFoundError: There is no such file.
        ValueError: It is no tokenizer.json, has more than 256 MiB, or has no
            pre-tokenizer.
    """
    tokenizers = require("tokenizers", "HuggingFaceTokenizer", "tokenizers")
    file = Path(path)
    file = file / "tokenizer.json" if file.is_dir() else file
    if not file.is_file():
        raise FileNotFoundError(f"HuggingFaceTokenizer: there is no file {file}.")
    if (size := file.stat().st_size) > LARGEST:
        raise ValueError(
            f"{file}: expected a tokenizer.json of at most {LARGEST:,} bytes, got one "
            f"of {size:,}."
        )
    try:
        found = tokenizers.Tokenizer.from_file(str(file)).pre_tokenizer
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # A panic of Rust is no Exception.
        raise ValueError(f"{file}: expected a tokenizer.json, got: {error}.") from error
    if found is None:
        raise ValueError(f"{file}: expected a pre_tokenizer, got none.")
    return partial(_split_with_pre_tokenizer, found)


def _split_at_whitespace(text: str) -> Doc:
    return Doc(*split_words(text))


def _split_with_spacy(tokenizer: Any, text: str) -> Doc:
    doc = tokenizer(text)
    norms = [token.norm_ for token in doc]
    words = [token.text for token in doc]
    own = [*map(norm, words)]
    spaces = [bool(token.whitespace_) for token in doc]
    return Doc(words, spaces, None if norms == own else norms)


def _split_with_pre_tokenizer(pre_tokenizer: Any, text: str) -> Doc:
    words: list[str] = []
    starts, ends = [], []
    for _, (start, end) in pre_tokenizer.pre_tokenize_str(text):
        piece = text[start:end]
        if word := piece.strip():
            words.append(word)
            starts.append(start + piece.index(word))
            ends.append(starts[-1] + len(word))
    gaps = zip(ends, [*starts, len(text)][1:], strict=True)
    return Doc(words, [text[end:start][:1].isspace() for end, start in gaps])
