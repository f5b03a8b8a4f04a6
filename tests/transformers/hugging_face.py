"""Write folders with tiny random models of Hugging Face's, one per architecture."""

import pytest

from tests.transformers.builders import CHARACTERS, SPECIAL, make_wordpiece, torch

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")

TEXTS = ["The cat sat on unthinkable mats.", "don't go, 12 wörld", CHARACTERS]
#: What every encoder is told alike.
SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
}
PLACES = {"max_position_embeddings": 40}
ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def make_byte_bpe(special, template):
    """Make a tokenizer like GPT-2's, and RoBERTa's if it has a template."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(
        add_prefix_space=False
    )
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=special,
        initial_alphabet=sorted(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    if template:
        tokenizer.post_processor = tokenizers.processors.RobertaProcessing(
            ("</s>", tokenizer.token_to_id("</s>")),
            ("<s>", tokenizer.token_to_id("<s>")),
        )
    else:
        tokenizer.post_processor = tokenizers.processors.ByteLevel(trim_offsets=False)
    return tokenizer


def make_unigram(special, template):
    """Make a tokenizer like SentencePiece's."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.Unigram())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    trainer = tokenizers.trainers.UnigramTrainer(
        vocab_size=120,
        special_tokens=special,
        unk_token="<unk>" if "<unk>" in special else "[UNK]",
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    pairs = [
        (name, tokenizer.token_to_id(name))
        for name in template.split()
        if "$" not in name
    ]
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single=template, special_tokens=pairs
    )
    return tokenizer


def bert_like():
    return make_wordpiece(), {"pad_token": "[PAD]", "unk_token": "[UNK]"}


def roberta_like():
    return make_byte_bpe(ROBERTA_SPECIAL, True), {"pad_token": "<pad>"}


def sentencepiece_like():
    tokenizer = make_unigram(ROBERTA_SPECIAL, "<s> $A </s>")
    return tokenizer, {"pad_token": "<pad>", "unk_token": "<unk>"}


def deberta_like():
    tokenizer = make_unigram(SPECIAL, "[CLS] $A [SEP]")
    return tokenizer, {"pad_token": "[PAD]", "unk_token": "[UNK]"}


def gpt2_like():
    return make_byte_bpe([], False), {}


#: Of each architecture: its config class, its settings, and its tokenizer.
ARCHITECTURES = {
    "bert": ("BertConfig", {**SIZES, **PLACES}, bert_like),
    "roberta": ("RobertaConfig", {**SIZES, **PLACES, "pad_token_id": 1}, roberta_like),
    "distilbert": (
        "DistilBertConfig",
        {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24, **PLACES},
        bert_like,
    ),
    "albert": ("AlbertConfig", {**SIZES, **PLACES, "embedding_size": 8}, bert_like),
    "electra": ("ElectraConfig", {**SIZES, **PLACES, "embedding_size": 8}, bert_like),
    "xlm-roberta": (
        "XLMRobertaConfig",
        {**SIZES, **PLACES, "pad_token_id": 1},
        sentencepiece_like,
    ),
    "deberta-v2": (
        "DebertaV2Config",
        {
            **SIZES,
            **PLACES,
            "relative_attention": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_buckets": 8,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "position_biased_input": False,
        },
        deberta_like,
    ),
    "mpnet": ("MPNetConfig", {**SIZES, **PLACES, "pad_token_id": 1}, roberta_like),
    "modernbert": (
        "ModernBertConfig",
        {**SIZES, **PLACES, "pad_token_id": 0, "local_attention": 8},
        bert_like,
    ),
    "gpt2": (
        "GPT2Config",
        {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 40},
        gpt2_like,
    ),
}


def save_tiny(folder, name, seed=0, **settings):
    """Write a random model of an architecture to a folder, and give the folder."""
    kind, sizes, make_tokenizer = ARCHITECTURES[name]
    tokenizer, special = make_tokenizer()
    config = getattr(transformers, kind)(
        **{**sizes, "vocab_size": tokenizer.get_vocab_size(), **settings}
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = transformers.AutoModel.from_config(config)
        for parameter in module.parameters():  # Norms and biases say more at random.
            parameter.data += 0.05 * torch.randn_like(parameter)
    module.save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **special
    ).save_pretrained(folder)
    return folder
