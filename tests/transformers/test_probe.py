"""Check what a transformer's first runs show, before it is relied on."""

from dataclasses import replace

import numpy as np
import pytest

from tests.transformers.builders import WIDTH, make_transformer, make_wordpiece, torch
from zoo.transformers import Transformer, TransformerWrapper, doc_spans
from zoo.transformers._probe import probe
from zoo.transformers.wrapper import transformer_of

DOCS = [["the", "cat"], ["sat", "on", "mats", "un", "x"], ["cat", "sat"], ["the"] * 9]


class Module(torch.nn.Module):
    """Embed pieces, and let a function change the vectors of a batch."""

    def __init__(self, change=lambda X, mask: X, n_ids=300):
        super().__init__()
        self.embed = torch.nn.Embedding(n_ids, WIDTH)
        self.change = change

    def get_input_embeddings(self):
        return self.embed

    def forward(self, input_ids, attention_mask):
        return self.change(self.embed(input_ids), attention_mask)


def make(change=lambda X, mask: X, width=WIDTH, **settings):
    return Transformer(Module(change, **settings), make_wordpiece(), width)


def leak_padding(X, mask):
    return X + X.mean(dim=1, keepdim=True)


def leak_windows(X, mask):
    return X + X.mean(dim=(0, 1), keepdim=True)


@pytest.mark.parametrize(
    ("change", "batching"),
    [(lambda X, mask: X, "padded"), (leak_padding, "equal"), (leak_windows, "single")],
)
def test_windows_are_batched_only_with_those_that_do_not_change_them(change, batching):
    model = TransformerWrapper(make(change), doc_spans()).initialize()
    assert transformer_of(model).batching == batching
    alone = np.concatenate([model.predict([doc]).vectors for doc in DOCS])
    np.testing.assert_allclose(model.predict(DOCS).vectors, alone, atol=1e-5)


def test_a_leak_that_only_many_pieces_show_is_found():
    """So do experts that take only so many pieces of a batch, as NLLB's may."""

    def drop(X, mask):
        n_taken = torch.cumsum(mask.reshape(-1), dim=0).reshape(mask.shape)
        return X * (n_taken <= 64)[:, :, None]

    model = TransformerWrapper(make(drop), doc_spans()).initialize()
    assert transformer_of(model).batching == "single"
    docs = [["the"] * 40, ["the"] * 40]
    alone = np.concatenate([model.predict([doc]).vectors for doc in docs])
    np.testing.assert_allclose(model.predict(docs).vectors, alone, atol=1e-5)


class Maskless(Module):
    """A module that takes no mask, as FNet's in transformers 4."""

    def forward(self, input_ids):
        X = self.embed(input_ids)
        return X + X.mean(dim=1, keepdim=True)


def test_a_module_that_takes_no_mask_reads_windows_of_equal_length():
    transformer = Transformer(Maskless(), make_wordpiece(), WIDTH)
    model = TransformerWrapper(transformer, doc_spans()).initialize()
    assert transformer_of(model).batching == "equal"
    alone = np.concatenate([model.predict([doc]).vectors for doc in DOCS])
    np.testing.assert_allclose(model.predict(DOCS).vectors, alone, atol=1e-5)


def test_the_width_is_measured():
    transformer = make(lambda X, mask: torch.cat([X, X], dim=-1), width=0)
    assert probe(transformer).width == 2 * WIDTH
    with pytest.raises(ValueError, match="width must be that of the vectors, 8, got 9"):
        TransformerWrapper(make(width=9)).initialize()


def test_a_module_in_training_is_measured_without_its_dropout():
    transformer = make_transformer(dropout=0.5)
    transformer.module.train()
    assert probe(transformer).batching == "padded"


@pytest.mark.parametrize(
    "change", [lambda X, mask: X[:, 0], lambda X, mask: X[:, ::2], lambda X, mask: None]
)
def test_a_module_without_a_vector_for_each_piece_is_refused(change):
    with pytest.raises(ValueError, match=r"must give a vector for each piece.* Module"):
        probe(make(change))


def test_a_module_that_needs_more_than_pieces_is_refused():
    def fail(X, mask):
        raise KeyError("pixel_values")

    with pytest.raises(
        ValueError, match=r"ids of pieces and a mask alone, .*pixel_value"
    ):
        probe(make(fail))


def test_a_module_of_random_output_is_refused():
    with pytest.raises(ValueError, match="must give the same vectors each time"):
        probe(make(lambda X, mask: X + torch.randn_like(X)))


def test_a_module_that_remembers_what_it_has_read_is_refused():
    read = []

    def remember(X, mask):
        read.append(1)
        return X + len(read)

    with pytest.raises(ValueError, match="depends on what it has read before"):
        probe(make(remember))


def test_a_module_that_keeps_the_state_of_a_batch_is_refused():
    """So does RecurrentGemma in transformers 4.53."""
    kept = []

    def keep(X, mask):
        kept.append(X[:, :1])
        return X + kept[-2] if len(kept) > 1 and len(kept[-2]) > 1 else X

    with pytest.raises(ValueError, match=r"a vector for each piece|the same vectors"):
        probe(make(keep))


def test_a_kind_that_is_random_only_in_long_windows_is_refused():
    transformer = make()
    transformer.module.config = type("Config", (), {"model_type": "reformer"})()
    with pytest.raises(ValueError, match="got Module, whose attention compares random"):
        probe(transformer)


def test_more_pieces_than_embeddings_are_refused():
    with pytest.raises(
        ValueError, match="each piece needs an embedding, got 20 in Mod"
    ):
        probe(make(n_ids=20))


def test_special_pieces_without_an_embedding_are_no_pieces_of_texts():
    tokenizer = make_wordpiece()
    n_ids = tokenizer.get_vocab_size()
    tokenizer.add_special_tokens(["<|end|>"])
    transformer = Transformer(Module(n_ids=n_ids), tokenizer, WIDTH)
    model = TransformerWrapper(transformer, doc_spans()).initialize()
    assert model.predict([["cat", "<|end|>"]]).ids.max() < n_ids
    tokenizer.add_tokens(["acme"])
    with pytest.raises(ValueError, match="each piece needs an embedding"):
        probe(Transformer(Module(n_ids=n_ids), tokenizer, WIDTH))


@pytest.mark.parametrize("kind", ["dynamic", "longrope"])
def test_windows_are_of_one_length_where_the_longest_scales_positions(kind):
    transformer = make()
    transformer.module.config = type("Config", (), {})()
    transformer.module.config.rope_parameters = {"rope_type": kind}
    assert probe(transformer).batching == "equal"
    transformer.module.config.rope_parameters = {"full": {"rope_type": "linear"}}
    assert probe(replace(transformer, batching="padded")).batching == "padded"


def test_a_tokenizer_that_cannot_be_saved_is_refused():
    class Custom:
        def to_str(self):
            raise TypeError("Custom PreTokenizer cannot be serialized")

    with pytest.raises(ValueError, match=r"can be saved, got .* cannot be serialized"):
        Transformer(Module(), Custom(), WIDTH)
