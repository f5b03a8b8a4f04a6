"""Build tokenizers that say where pieces stand from those written in Python."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from .._optional import require

#: Texts on which both tokenizers must cut the same pieces, beside some of the
#: vocabulary's own.
_SAMPLES: Final = (
    "",
    "a",
    "The duck, it's said, cost $3.50 (or 4,000)!",
    "  two  spaces\tand\na new line ",
    "MKTAYIAKQR LAGVSERTIDPKQNFYMHWC",
    "Ünïcödé naïve cafe\u0301 ß",
    "鸭子游泳。アヒルが泳ぐ",
    "\U0001f986\U0001f3fd emoji \u200d \x00 \ufffd",
    "x_y-z.w/@user #tag https://example.com/a?b=c",
)
#: A tokenizer with more pieces, such as CANINE's of all characters, is not built.
_MOST_PIECES: Final = 10**6
#: Bytes that have a visible sign of their own in byte-level tokenizers.
_VISIBLE: Final = (*range(33, 127), *range(161, 173), *range(174, 256))


def convert_slow(tokenizer: Any) -> Any:
    """Build a `tokenizers.Tokenizer` that cuts the pieces that another one cuts.

    Tokenizers that are written in Python do not say where pieces stand. Those of
    bytes, of a list of words, of word pieces, and of byte pairs can be built anew from
    their vocabulary. What is built is compared on texts, so that it is right or none.

    Args:
        tokenizer: One of transformers that is written in Python.

    Returns:
        The new one; None if there is no equal one.
    """
    if tokenizer.vocab_size > _MOST_PIECES:
        return None
    samples = [*_SAMPLES, *_own_samples(tokenizer)]
    try:
        wanted = [tokenizer(text)["input_ids"] for text in samples]
    except Exception:  # It lacks a package, such as one that finds Japanese words.
        return None
    for build in _BUILDERS:
        try:
            built = build(tokenizer)
            found = [built.encode(text).ids for text in samples]
        except Exception:  # It is of another kind.
            continue
        if found == wanted:
            return built
    return None


def _own_samples(tokenizer: Any) -> Iterator[str]:
    """Join pieces of the vocabulary to texts, so that many of them come."""
    names = [*tokenizer.get_vocab()]
    special = {*tokenizer.all_special_tokens}
    known = [name for name in names if name not in special][
        :: max(1, len(names) // 400)
    ]
    bare = [name.removeprefix("##").removesuffix("@@") for name in known]
    for start in range(0, len(bare), 20):
        yield " ".join(bare[start : start + 20])
        yield "".join(bare[start : start + 20])


def _build_bytes(tokenizer: Any) -> Any:
    """Build a tokenizer whose pieces are bytes, as ByT5's."""
    lib = _library()
    spare = iter(range(256, 512))
    signs = [chr(i) if i in _VISIBLE else chr(next(spare)) for i in range(256)]
    vocab = {signs[i]: tokenizer.convert_tokens_to_ids(chr(i)) for i in range(256)}
    if len({*vocab.values()}) < 256:
        raise ValueError("not one id for each byte")
    built = lib.Tokenizer(lib.models.BPE({**_special_ids(tokenizer), **vocab}, []))
    built.pre_tokenizer = lib.pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=False
    )
    return _finish(built, tokenizer)


def _build_list(tokenizer: Any) -> Any:
    """Build a tokenizer that looks for the names of a list anywhere, as ESM's."""
    lib = _library()
    names = tokenizer.get_vocab()
    built = lib.Tokenizer(lib.models.WordLevel(names, tokenizer.unk_token))
    built.pre_tokenizer = lib.pre_tokenizers.WhitespaceSplit()
    built.add_tokens([lib.AddedToken(name, normalized=False) for name in names])
    return _finish(built, tokenizer)


def _build_words(tokenizer: Any) -> Any:
    """Build a tokenizer of word pieces, as BERT's."""
    lib = _library()
    model = lib.models.WordPiece(tokenizer.get_vocab(), unk_token=tokenizer.unk_token)
    built = lib.Tokenizer(model)
    basic = getattr(tokenizer, "basic_tokenizer", None)
    built.normalizer = lib.normalizers.BertNormalizer(
        handle_chinese_chars=getattr(basic, "tokenize_chinese_chars", True),
        strip_accents=getattr(basic, "strip_accents", None),
        lowercase=getattr(basic, "do_lower_case", True),
    )
    built.pre_tokenizer = lib.pre_tokenizers.BertPreTokenizer()
    return _finish(built, tokenizer)


def _build_pairs(tokenizer: Any) -> Any:
    """Build a tokenizer of byte pairs whose inner pieces end in @@, as PhoBERT's."""
    lib = _library()
    end, vocab = "</w>", {}
    for name, i in tokenizer.get_vocab().items():
        vocab[name.removesuffix("@@") if name.endswith("@@") else name + end] = i
    ranks = tokenizer.bpe_ranks
    # A merge of pieces that the vocabulary lacks raises an error: its result would
    # have the id of the unknown piece, which must not take part in merges.
    model = lib.models.BPE(
        {**vocab, **_special_ids(tokenizer)},
        [pair[:2] for pair in sorted(ranks, key=ranks.get)],
        end_of_word_suffix=end,
        unk_token=tokenizer.unk_token,
    )
    built = lib.Tokenizer(model)
    words = lib.Regex(r"\S+\n?")  # The end of a line belongs to the word before.
    built.pre_tokenizer = lib.pre_tokenizers.Split(words, "removed", invert=True)
    return _finish(built, tokenizer)


_BUILDERS: Final[tuple[Callable[[Any], Any], ...]] = (
    _build_bytes,
    _build_list,
    _build_words,
    _build_pairs,
)


def _special_ids(tokenizer: Any) -> dict[str, int]:
    """Return the ids of the pieces that a tokenizer looks for before all others."""
    return {str(token): i for i, token in tokenizer.added_tokens_decoder.items()}


def _finish(built: Any, tokenizer: Any) -> Any:
    """Add the special pieces of a tokenizer, in texts and around them."""
    lib = _library()
    added = tokenizer.added_tokens_decoder
    special = [
        lib.AddedToken(
            str(token), lstrip=token.lstrip, rstrip=token.rstrip, normalized=False
        )
        for _, token in sorted(added.items())
    ]
    built.add_special_tokens(special)
    mark = -1
    ids = tokenizer.build_inputs_with_special_tokens([mark])
    at = ids.index(mark)
    names = tokenizer.convert_ids_to_tokens(ids[:at] + ids[at + 1 :])
    template = [*names[:at], "$A", *names[at:]]
    pairs = [(name, built.token_to_id(name)) for name in dict.fromkeys(names)]
    if names:
        built.post_processor = lib.processors.TemplateProcessing(
            single=template, special_tokens=pairs
        )
    return built


def _library() -> Any:
    return require("tokenizers", "TransformerWrapper", "transformers")
