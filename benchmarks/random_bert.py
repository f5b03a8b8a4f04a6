"""Write a random BERT of a usual size, where nothing can be downloaded."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

#: Width, layers, heads and inner width; the speed does not depend on the weights.
SIZES = {
    "tiny": (32, 2, 2, 64),
    "minilm": (384, 6, 12, 1536),
    "bert-base": (768, 12, 12, 3072),
}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = 30_522


def make_bert(
    folder: str | Path, size: str, texts: Iterable[Sequence[str]], seed: int = 0
) -> str:
    """Write a model with random weights, and word pieces that are learned from texts.

    Args:
        folder: Where to.
        size: "minilm" has the shape of all-MiniLM-L6-v2.
        texts: Documents, as words.
        seed: Of the weights.

    Returns:
        The folder.
    """
    width, depth, heads, inner = SIZES[size]
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        num_hidden_layers=depth,
        num_attention_heads=heads,
        intermediate_size=inner,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_learn_pieces(texts),
        model_max_length=512,
        **{f"{name[1:-1].lower()}_token": name for name in SPECIAL},
    )
    tokenizer.save_pretrained(folder)
    _name_class(Path(folder))
    return str(folder)


def _learn_pieces(texts: Iterable[Sequence[str]]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False
    )
    tokenizer.train_from_iterator((" ".join(words) for words in texts), trainer)
    return tokenizer


def _name_class(folder: Path) -> None:
    """Name the fast tokenizer as the class that every version of transformers has."""
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text())
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    file.write_text(json.dumps(settings))
