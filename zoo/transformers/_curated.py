"""Read the transformers of spacy-curated-transformers as those of Hugging Face."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import srsly

from .._optional import require
from .._types import Array
from ._sentencepiece import read_sentencepiece

PREFIX = "spacy-curated-transformers"
#: The type that Hugging Face calls each architecture, and what spaCy sets if a config
#: does not: the id of padding, positions, types of segments, and the rounding of norms.
KINDS: dict[str, tuple[str, int, int, int, float]] = {
    f"{PREFIX}.BertTransformer.v1": ("bert", 0, 512, 2, 1e-12),
    f"{PREFIX}.CamembertTransformer.v1": ("camembert", 1, 514, 1, 1e-5),
    f"{PREFIX}.RobertaTransformer.v1": ("roberta", 1, 514, 1, 1e-5),
    f"{PREFIX}.XlmrTransformer.v1": ("xlm-roberta", 1, 514, 1, 1e-5),
}
#: Encoders of pieces that zoo knows, and settings of `token_pieces` for each.
ENCODERS = {
    f"{PREFIX}.BertWordpieceEncoder.v1": {"partial": True},
    f"{PREFIX}.ByteBpeEncoder.v1": {"spaced": True},
    f"{PREFIX}.CamembertSentencepieceEncoder.v1": {},
    f"{PREFIX}.SentencepieceEncoder.v1": {},
    f"{PREFIX}.WordpieceEncoder.v1": {"partial": True},
    f"{PREFIX}.XlmrSentencepieceEncoder.v1": {},
}
#: How Hugging Face names the parameters, by patterns of the names in spaCy's files.
_NAMES = (
    (r"^curated_encoder\.", ""),
    (r"^embeddings\.inner\.", "embeddings."),
    (r"^embeddings\.layer_norm\.", "embeddings.LayerNorm."),
    (r"^layers\.", "encoder.layer."),
    (r"\.mha\.output\.", ".attention.output.dense."),
    (r"\.attn_output_layernorm\.", ".attention.output.LayerNorm."),
    (r"\.ffn\.intermediate\.", ".intermediate.dense."),
    (r"\.ffn\.output\.", ".output.dense."),
    (r"\.ffn_output_layernorm\.", ".output.LayerNorm."),
)
#: The three matrices of attention that spaCy's files hold as one.
_MERGED = re.compile(r"(.*)\.mha\.input\.(weight|bias)")


def curated_config(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of Hugging Face for the settings of a curated transformer.

    Args:
        block: Its section of spaCy's config.
    """
    kind, pad, positions, types, eps = KINDS[str(block["@architectures"])]
    return {
        "model_type": kind,
        "vocab_size": block.get("vocab_size"),
        "hidden_size": block.get("hidden_width", 768),
        "num_hidden_layers": block.get("num_hidden_layers", 12),
        "num_attention_heads": block.get("num_attention_heads", 12),
        "intermediate_size": block.get("intermediate_width", 3072),
        "hidden_act": block.get("hidden_act", "gelu"),
        "hidden_dropout_prob": block.get("hidden_dropout_prob", 0.1),
        "attention_probs_dropout_prob": block.get("attention_probs_dropout_prob", 0.1),
        "max_position_embeddings": block.get("max_position_embeddings", positions),
        "type_vocab_size": block.get("type_vocab_size", types),
        "layer_norm_eps": block.get("layer_norm_eps", eps),
        "pad_token_id": block.get("padding_idx", pad),
    }


def rename_curated(state: Mapping[str, Array]) -> dict[str, Array]:
    """Name the parameters of a curated transformer as Hugging Face does.

    A pooling layer, which curated transformers have not, gets zeros.
    """
    renamed: dict[str, Array] = {}
    for name, array in state.items():
        for pattern, found in _NAMES:
            name = re.sub(pattern, found, name)
        merged = _MERGED.fullmatch(name)
        if merged is None:
            renamed[name] = array
            continue
        parts = np.split(array, 3) if len(array) % 3 == 0 else []
        for part, kind in zip(parts, ("query", "key", "value"), strict=False):
            renamed[f"{merged[1]}.attention.self.{kind}.{merged[2]}"] = part
    norm = renamed.get("embeddings.LayerNorm.weight")
    if norm is not None:
        renamed["pooler.dense.weight"] = np.zeros((len(norm), len(norm)), dtype="f")
        renamed["pooler.dense.bias"] = np.zeros(len(norm), dtype="f")
    return renamed


def curated_tokenizer(encoder: str, attrs: Mapping[str, bytes]) -> str:
    """Build the tokenizer.json of an encoder of pieces.

    Args:
        encoder: Its name in spaCy's config.
        attrs: What the file holds of its node, as msgpack or the encoder's own bytes.

    Raises:
        ValueError: The file does not hold it.
    """
    tokenizers = require("tokenizers", "A curated transformer", "transformers")
    try:
        if "Sentencepiece" in encoder:
            built = read_sentencepiece(attrs["sentencepiece_processor"], encoder)
        elif "ByteBpe" in encoder:
            built = _byte_bpe(tokenizers, attrs)
        else:
            built = _wordpiece(tokenizers, attrs, is_bert="Bert" in encoder)
        text: str = built.to_str()
    except ValueError:
        raise
    except Exception as error:  # Of msgpack and tokenizers, which have no common type.
        raise ValueError(
            f"cannot read the pieces of {encoder}: {type(error).__name__}: {error}"
        ) from error
    return text


def _byte_bpe(tokenizers: Any, attrs: Mapping[str, bytes]) -> Any:
    held = srsly.msgpack_loads(attrs["byte_bpe_processor"])
    vocab: dict[str, int] = held["vocab"]
    merges = [(first, second) for first, second in held["merges"]]
    names = _special_names(attrs)
    unknown = names["unk_piece"] if names["unk_piece"] in vocab else None
    model = tokenizers.models.BPE(vocab=vocab, merges=merges, unk_token=unknown)
    built = tokenizers.Tokenizer(model)
    built.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return _with_special(tokenizers, built, vocab, names)


def _wordpiece(tokenizers: Any, attrs: Mapping[str, bytes], *, is_bert: bool) -> Any:
    pieces = attrs["wordpiece_processor"].decode("utf8").split("\n")
    vocab = {piece: i for i, piece in enumerate(pieces)}
    names = _special_names(attrs)
    built = tokenizers.Tokenizer(
        tokenizers.models.WordPiece(
            vocab=vocab,
            unk_token=names["unk_piece"],
            max_input_chars_per_word=2**31,
        )
    )
    steps = []
    if srsly.msgpack_loads(attrs["lowercase"]):
        steps.append(tokenizers.normalizers.Lowercase())
    if srsly.msgpack_loads(attrs["strip_accents"]):
        steps += [tokenizers.normalizers.NFD(), tokenizers.normalizers.StripAccents()]
    built.normalizer = tokenizers.normalizers.Sequence(steps)
    if is_bert:
        built.pre_tokenizer = tokenizers.pre_tokenizers.Punctuation("isolated")
    return _with_special(tokenizers, built, vocab, names)


def _special_names(attrs: Mapping[str, bytes]) -> dict[str, str]:
    keys = ("unk_piece", "bos_piece", "eos_piece")
    return {key: str(srsly.msgpack_loads(attrs[key])) for key in keys}


def _with_special(
    tokenizers: Any, built: Any, vocab: Mapping[str, int], names: Mapping[str, str]
) -> Any:
    """Make a tokenizer put its first and last piece around each text."""
    bos, eos = names["bos_piece"], names["eos_piece"]
    built.post_processor = tokenizers.processors.TemplateProcessing(
        single=[bos, "$A", eos], special_tokens=[(bos, vocab[bos]), (eos, vocab[eos])]
    )
    return built
