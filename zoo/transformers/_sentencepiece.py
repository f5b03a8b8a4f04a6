"""Read a model of SentencePiece as a tokenizer, without the package that wrote it."""

import struct
from collections.abc import Iterator
from typing import Any

from .._optional import require

#: Kinds of pieces in the file.
_UNKNOWN, _CONTROL = 2, 3
#: What comes before the pieces of the file in the vocabulary of fairseq, and how many
#: pieces of the file these replace.
_FAIRSEQ = {
    "Camembert": (["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"], 1),
    "Xlmr": (["<s>", "<pad>", "</s>", "<unk>"], 3),
}


def read_sentencepiece(data: bytes, encoder: str) -> Any:
    """Build a tokenizer from the file of a unigram model.

    Args:
        data: The content of a file of SentencePiece, `*.model`.
        encoder: Its name in spaCy's config, which says how ids are counted.

    Returns:
        A `tokenizers.Tokenizer`.

    Raises:
        ValueError: It is damaged, or no unigram model.
    """
    tokenizers = require("tokenizers", "A curated transformer", "transformers")
    pieces: list[tuple[str, float]] = []
    kinds: list[int] = []
    charsmap, model_type = b"", 1
    try:
        for number, value in _fields(data):
            if number == 1:
                piece = dict(_fields(value))
                (score,) = struct.unpack("<f", piece.get(2, b"\0\0\0\0"))
                pieces.append((piece[1].decode("utf8"), score))
                kinds.append(piece.get(3, 1))
            elif number == 2:
                model_type = dict(_fields(value)).get(3, 1)
            elif number == 3:
                charsmap = dict(_fields(value)).get(2, b"")
    except (AttributeError, IndexError, KeyError, TypeError, struct.error) as error:
        raise ValueError(f"the model of SentencePiece is damaged: {error!r}.") from None
    if model_type != 1 or _UNKNOWN not in kinds:
        raise ValueError("expected a unigram model of SentencePiece, got another kind.")
    return _build(tokenizers, pieces, kinds, charsmap, encoder)


def _build(
    tokenizers: Any,
    pieces: list[tuple[str, float]],
    kinds: list[int],
    charsmap: bytes,
    encoder: str,
) -> Any:
    """Build the tokenizer, with the ids that the transformer was trained with."""
    shifted = next((k for k in _FAIRSEQ if f".{k}" in encoder), None)
    unknown = kinds.index(_UNKNOWN)
    if shifted is None:
        vocab, unk_id, offset = pieces, unknown, 0
        ids = [i for i, kind in enumerate(kinds) if kind == _CONTROL][:2]
    else:
        front, n_replaced = _FAIRSEQ[shifted]
        vocab = [(name, 0.0) for name in front] + pieces[n_replaced:]
        unk_id, offset = 3, len(front) - n_replaced
        ids = [0, 2] if shifted == "Xlmr" else [1 + offset, 2 + offset]
    built = tokenizers.Tokenizer(tokenizers.models.Unigram(vocab, unk_id=unk_id))
    space = tokenizers.normalizers.Replace(tokenizers.Regex(" {2,}"), " ")
    steps = [tokenizers.normalizers.Precompiled(charsmap)] if charsmap else []
    built.normalizer = tokenizers.normalizers.Sequence([*steps, space])
    built.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(prepend_scheme="always")
    if len(ids) < 2 or max(ids) >= len(vocab):
        raise ValueError("the model of SentencePiece has no pieces for text ends.")
    (first, _), (last, _) = vocab[ids[0]], vocab[ids[1]]
    built.post_processor = tokenizers.processors.TemplateProcessing(
        single=[first, "$A", last], special_tokens=[(first, ids[0]), (last, ids[1])]
    )
    return built


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Iterate over the fields of a message of Protocol Buffers.

    Numbers are integers, all else is bytes.
    """
    at = 0
    while at < len(data):
        key, at = _read_number(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _read_number(data, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _read_number(data, at)
        else:
            size = {1: 8, 5: 4}[kind]
        if at + size > len(data):
            raise IndexError("it ends within a field")
        yield number, data[at : at + size]
        at += size


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable length; return it and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
        if shift > 63:
            raise IndexError("a number is too long")
