"""Make tiny transformers: a module of PyTorch, and one of each of Hugging Face's."""

import string

import pytest

from zoo.doc import Doc
from zoo.transformers import Transformer

torch = pytest.importorskip("torch")
tokenizers = pytest.importorskip("tokenizers")

WIDTH = 8
#: Words of one piece and of several, and what has no piece at all.
DOCS = [
    ["The", "cat", "sat", "on", "unthinkable", "mats"],
    Doc([]),
    Doc(
        ["do", "n't", "\n", "", "go", "."],
        spaces=[False, True, False, True, False, True],
    ),
    ["x"],
]
CHARACTERS = string.ascii_letters + string.digits + string.punctuation
WORDS = ["the", "cat", "sat", "on", "un", "##think", "##able", "##s", "mat"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make_wordpiece(lowercase=True):
    """Make a tokenizer like BERT's, which knows a few words and all letters."""
    names = [*SPECIAL, *WORDS, *CHARACTERS, *(f"##{c}" for c in CHARACTERS)]
    vocab = {name: i for i, name in enumerate(dict.fromkeys(names))}
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordPiece(vocab, unk_token="[UNK]")
    )
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])],
    )
    return tokenizer


class TinyModule(torch.nn.Module):
    """Embed pieces and their places, and add what the window has on average."""

    def __init__(self, n_ids=300, width=WIDTH, n_places=64, dropout=0.0):
        super().__init__()
        self.pieces = torch.nn.Embedding(n_ids, width)
        self.places = torch.nn.Embedding(n_places, width)
        self.mix = torch.nn.Linear(2 * width, width)
        self.dropout = torch.nn.Dropout(dropout)
        self.n_calls = 0

    def forward(self, input_ids, attention_mask):
        self.n_calls += 1
        at = torch.arange(input_ids.shape[1], device=input_ids.device)
        X = self.pieces(input_ids) + self.places(at)
        mask = attention_mask[:, :, None].to(X.dtype)
        context = (X * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
        joined = torch.cat([X, context.expand_as(X)], dim=-1)
        return self.dropout(torch.tanh(self.mix(joined)))


def make_transformer(max_length=None, seed=0, **settings):
    """Make a transformer of random weights that needs no package transformers."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = TinyModule(**settings)
    width = settings.get("width", WIDTH)
    return Transformer(module, make_wordpiece(), width, max_length)
