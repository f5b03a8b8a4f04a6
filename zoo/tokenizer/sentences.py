"""Find where sentences begin, by their punctuation."""

from collections.abc import Container, Iterator, Sequence
from functools import partial

from .._lexical.attributes import FLAGS
from .._registry import registry
from ..doc import Doc
from .tokenizer import Tokenize, Tokenizer

#: The characters that end sentences, as ranges of their code points.
_RANGES = """
    21 2e 3f 589 61f 6d4 700-702 7f9 964-965 104a-104b 1362 1367-1368 166e 1735-1736
    1803 1809 1944-1945 1aa8-1aab 1b5a-1b5b 1b5e-1b5f 1c3b-1c3c 1c7e-1c7f 203c-203d
    2047-2049 2e2e 2e3c 3002 a4ff a60e-a60f a6f3 a6f7 a876-a877 a8ce-a8cf a92f a9c8-a9c9
    aa5d-aa5f aaf0-aaf1 abeb fe52 fe56-fe57 ff01 ff0e ff1f ff61 10a56-10a57 11047-11048
    110be-110c1 11141-11143 111c5-111c6 111cd 111de-111df 11238-11239 1123b-1123c 112a9
    1144b-1144c 115c2-115c3 115c9-115d7 11641-11642 1173c-1173e 11a42-11a43 11a9b-11a9c
    11c41-11c42 16a6e-16a6f 16af5 16b37-16b38 16b44 1bc9f 1da88
"""


def _characters(ranges: str) -> Iterator[str]:
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


#: The words that end sentences: full stops and their like, of many scripts.
ENDS = frozenset(_characters(_RANGES))


@registry.tokenizers("zoo.Sentences.v1")
def Sentences(tokenizer: Tokenize | None = None) -> Tokenize:
    """Build a tokenizer that splits a text into words, and sets sentence starts.

    A sentence ends with a word such as ".", "!" or "?", and with all punctuation that
    follows it: closing quotes and brackets, but opening ones too. A point that is part
    of a word, as in "Mr.", ends none. Sentence starts that a tokenizer sets by itself
    are kept.

    Args:
        tokenizer: What splits the text into words. None: `Tokenizer`, for English.

    Source:
        The rules of spaCy 3.8, `sentencizer`.
    """
    return partial(_split, tokenizer or Tokenizer())


def sentence_starts(words: Sequence[str], ends: Container[str] = ENDS) -> list[bool]:
    """Check whether each word begins a sentence, as `Sentences` does.

    Args:
        words: The words of a text.
        ends: The words that end sentences.
    """
    is_punct, has_ended = FLAGS["IS_PUNCT"], False
    starts: list[bool] = []
    for word in words:
        is_end = word in ends
        begins = not starts or (has_ended and not is_end and not is_punct(word))
        has_ended = is_end or (has_ended and not begins)
        starts.append(begins)
    return starts


def _split(tokenizer: Tokenize, text: str) -> Doc:
    doc = tokenizer(text)
    if doc.sent_starts is None:
        doc.sent_starts = [*sentence_starts(doc.words)]
    return doc
