"""Make tables from transformers, and compare them with a loop over words."""

import numpy as np
import pytest

from zoo.transformers._distill import distill, encode_words, principal_components
from zoo.vectors import Vectors, read_vectors

torch = pytest.importorskip("torch")
tokenizers = pytest.importorskip("tokenizers")

WIDTH = 6
WORDS = ["snow", "fell", "a", "snowfall", "wow", "flow", "law", "swan" * 9]


class Module(torch.nn.Module):
    """Mix each piece's vector with the mean of all that the mask covers."""

    def __init__(self, n_pieces):
        super().__init__()
        self.embed = torch.nn.Embedding(n_pieces, WIDTH)
        self.sizes = []

    def forward(self, input_ids, attention_mask):
        self.sizes.append(tuple(input_ids.shape))
        rows = self.embed(input_ids)
        mask = attention_mask[:, :, None].float()
        mean = (rows * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)
        return (torch.tanh(rows + mean),)


@pytest.fixture
def transformer():
    """Make a transformer whose pieces are characters, between two special ones."""
    from zoo.transformers._hugging_face import Transformer

    characters = sorted({c for word in WORDS for c in word})
    vocabulary = {c: i for i, c in enumerate(["[P]", "[B]", "[E]", *characters])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, "[P]"))
    pattern = tokenizers.Regex(".")
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split(pattern, "isolated")
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        "[B] $A [E]", special_tokens=[("[B]", 1), ("[E]", 2)]
    )
    torch.manual_seed(0)
    module = Module(len(vocabulary)).eval()
    return Transformer(module, tokenizer, WIDTH, max_length=12)


def encode_one(transformer, word):
    """Encode a word by itself, cut to ten characters."""
    ids = transformer.tokenizer.encode(word[:10]).ids
    inputs = torch.tensor([ids])
    with torch.no_grad():
        (rows,) = transformer.module(inputs, torch.ones_like(inputs))
    return rows[0].mean(dim=0).numpy()


@pytest.mark.parametrize("n_pieces", [1, 40, 4096])
def test_words_are_encoded_as_if_each_were_alone(transformer, monkeypatch, n_pieces):
    monkeypatch.setattr("zoo.transformers._distill._PIECES", n_pieces)
    shares = []
    found = encode_words(WORDS, transformer, shares.append)
    sizes = transformer.module.sizes
    assert all(n * length <= n_pieces or n == 1 for n, length in sizes)
    assert [length for _, length in sizes] == sorted(length for _, length in sizes)
    assert shares == sorted(shares) and shares[-1] == 1
    expected = np.stack([encode_one(transformer, word) for word in WORDS])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_pieces_go_where_the_transformer_is_and_vectors_come_back(transformer):
    """The device meta computes nothing; all it refuses is to copy the result."""
    transformer.module.to("meta")
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
        encode_words(WORDS, transformer, lambda share: None)
    assert transformer.module.sizes


def test_components_are_those_of_a_singular_value_decomposition():
    rows = np.random.default_rng(0).normal(size=(30, 5)) * [1, 5, 2, 4, 3]
    found = principal_components(rows.astype("f"), 3)
    U, S, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(found), np.abs(U * S)[:, :3], atol=1e-3)
    mirrored = principal_components(-rows.astype("f"), 3)
    np.testing.assert_allclose(mirrored, -found, atol=1e-3)


def test_a_table_keeps_the_distances_of_its_words(transformer):
    table = distill(WORDS, transformer, WIDTH, name="mine")
    assert isinstance(table, Vectors)
    assert (table.name, table.words, table.shape) == ("mine", WORDS, (8, WIDTH))
    full = encode_words(WORDS, transformer, lambda share: None)
    given = full[:, None] - full
    kept = table.matrix.values[:, None] - table.matrix.values
    np.testing.assert_allclose(
        np.linalg.norm(kept, axis=2), np.linalg.norm(given, axis=2), atol=1e-4
    )
    narrow = distill(WORDS, transformer, 2)
    assert narrow.shape == (8, 2) and narrow.name == "transformer"
    np.testing.assert_allclose(
        narrow.matrix.values, table.matrix.values[:, :2], atol=1e-5
    )
    np.testing.assert_allclose(table.matrix.values.mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("width", [0, 7])
def test_a_width_that_cannot_be_is_refused(transformer, width):
    with pytest.raises(
        ValueError, match=rf"distill: width must be 1 to 6, .* got {width}"
    ):
        distill(WORDS, transformer, width)


def test_a_word_that_comes_twice_is_refused(transformer):
    with pytest.raises(ValueError, match="each word may come once, got 'snow' again"):
        distill(["snow", "snow"], transformer, 2)


def test_the_tokenizer_stays_as_it_was(transformer):
    distill(WORDS, transformer, 2)
    assert len(transformer.tokenizer.encode("swan" * 9).ids) == 38


def test_the_command_makes_a_table_from_a_folder(
    transformer, tmp_path, capsys, monkeypatch
):
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=40,
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=16,
    )
    transformers.BertModel(config).save_pretrained(tmp_path / "small")
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=transformer.tokenizer, pad_token="[P]"
    )
    fast.save_pretrained(tmp_path / "small")
    (tmp_path / "words.txt").write_text("\n".join([*WORDS, "", " snow ", "rain"]))
    from tests.cli.conftest import run

    monkeypatch.chdir(tmp_path)
    made = ["init", "vectors", "words.txt", "out.safetensors"]
    options = ["--from-transformer", "small", "--dim", 3, "--truncate", 8]
    code, _, err = run(capsys, monkeypatch, *made, *options)
    assert code == 0, err
    assert "Encoded 8 words, 8 rows x 3.\nWrote out.safetensors.\n" in err
    table = read_vectors(tmp_path / "out.safetensors")
    assert (table.name, table.words, table.shape) == ("small", WORDS, (8, 3))
    code, _, err = run(capsys, monkeypatch, *made[:2], "no.txt", "x.vec", *options)
    assert code == 1 and "no.txt does not exist" in err
