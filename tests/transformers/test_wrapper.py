"""Check TransformerWrapper: windows, batches, memory, settings, and what it refuses."""

import copy
import gc
import threading
import weakref
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import Adam, set_dropout_rate

from tests.layers.builders import FakeGPU
from tests.transformers.builders import (
    DOCS,
    WIDTH,
    make_transformer,
    make_wordpiece,
    torch,
)
from zoo._freeze import freeze
from zoo._parameters import named_parameters
from zoo.doc import Doc
from zoo.layers.torch_bilstm_encoder import as_tensor
from zoo.transformers import (
    LayerGradients,
    Transformer,
    TransformerWrapper,
    doc_spans,
    sent_spans,
    strided_spans,
)
from zoo.transformers import _shared_parameters as sharing
from zoo.transformers.wrapper import state_of, transformer_of


def make_wrapper(get_spans=None, max_length=None, **arguments):
    get_spans = get_spans or strided_spans(5, 3)
    transformer = make_transformer(max_length, **arguments.pop("module", {}))
    return TransformerWrapper(transformer, get_spans, **arguments).initialize()


def run_slowly(transformer, batch):
    """Run each window by itself."""
    parts, start = [], 0
    for n in batch.n_rows:
        ids = torch.tensor(batch.ids[None, start : start + n])
        with torch.no_grad():
            parts.append(transformer.module(ids, torch.ones_like(ids))[0].numpy())
        start += n
    return np.concatenate(parts)


words = st.lists(st.sampled_from(["cat", "unthinkable", "\n", "é"]), max_size=9)


@settings(max_examples=20)
@given(st.lists(words, max_size=4), st.integers(1, 40))
def test_rows_are_those_of_each_window_alone_whatever_the_batches(
    texts, max_batch_items
):
    model = make_wrapper(max_batch_items=max_batch_items)
    for batch in (model.predict(texts), model(texts, is_train=True)[0]):
        assert len(batch) == len(texts)
        assert batch.alignment.lengths.shape == (sum(map(len, texts)),)
        if not len(batch.n_rows):
            assert batch.vectors.shape == (0, WIDTH)
        else:
            slow = run_slowly(transformer_of(model), batch)
            np.testing.assert_allclose(batch.vectors, slow, atol=1e-5)


@pytest.mark.parametrize("is_train", [False, True])
def test_the_module_reads_at_most_the_budget_at_a_time(is_train):
    model = make_wrapper(doc_spans(), max_batch_items=40)
    module, sizes = transformer_of(model).module, []
    module.register_forward_pre_hook(
        lambda m, args, kwargs: sizes.append(kwargs["input_ids"].numel()),
        with_kwargs=True,
    )
    model([["cat"] * n for n in (3, 8, 1, 8, 5, 12)], is_train=is_train)
    assert len(sizes) > 1
    assert max(sizes) <= 40


def test_data_of_each_document_are_those_of_the_document_alone():
    model = make_wrapper()
    data = model.predict(DOCS).doc_data
    assert len(data) == len(DOCS)
    for doc, found in zip(DOCS, data, strict=True):
        alone = model.predict([doc])
        np.testing.assert_allclose(found.vectors, alone.vectors, atol=1e-5)
        np.testing.assert_allclose(found.class_vectors, alone.class_vectors, atol=1e-5)
        for name in ("n_rows", "window_docs", "ids", "piece_rows", "n_tokens"):
            assert getattr(found, name).tolist() == getattr(alone, name).tolist(), name
        assert found.alignment.lengths.tolist() == alone.alignment.lengths.tolist()
        assert found.alignment.dataXd.tolist() == alone.alignment.dataXd.tolist()


def test_a_text_that_is_too_long_is_read_in_windows_and_reported():
    model = make_wrapper(doc_spans(), max_length=8)
    with pytest.warns(UserWarning, match="longer than a window"):
        batch = model.predict([["cat"] * 20, ["sat"]])
    assert (batch.cut_spans, batch.cut_tokens) == (1, 0)
    assert (batch.alignment.lengths == 1).all()
    assert (batch.n_rows <= 8).all()


def test_a_token_that_is_too_long_keeps_all_its_pieces():
    model = make_wrapper(strided_spans(6, 4), max_length=8, on_truncate="ignore")
    batch = model.predict([["cat", "q" * 20, "sat"]])
    assert batch.alignment.lengths.tolist() == [1, 20, 1]
    assert (batch.cut_spans, batch.cut_tokens) == (0, 1)


def test_windows_that_a_getter_asks_for_are_nothing_to_report():
    batch = make_wrapper(strided_spans(5, 3)).predict([["cat"] * 20])
    assert (batch.cut_spans, batch.cut_tokens) == (0, 0)


def test_what_is_too_long_is_refused_where_that_is_asked_for():
    model = make_wrapper(doc_spans(), max_length=8, on_truncate="error")
    model.predict([["cat"] * 6])
    with pytest.raises(ValueError, match="got 1 spans and 0 tokens that do not"):
        model.predict([["cat"] * 7])


def test_sentences_are_read_by_themselves():
    model = make_wrapper(sent_spans())
    doc = Doc(["cat", "sat", "the", "mat"], sent_starts=[True, False, True, None])
    batch = model.predict([doc, Doc([], sent_starts=[])])
    assert batch.n_rows.tolist() == [4, 4]
    assert batch.window_docs.tolist() == [0, 0]


def test_documents_without_sentences_are_refused():
    model = make_wrapper(sent_spans())
    with pytest.raises(ValueError, match="has no sentences"):
        model.predict([Doc(["cat"])])
    with pytest.raises(ValueError, match="must know their sentences, got a list"):
        model.predict([["cat"]])


def test_a_users_own_getter_chooses_the_spans():
    """Sentences, but those of more than three words in parts."""

    def get_parts(docs):
        return [
            [s[i : i + 3] for s in doc.sents for i in range(0, len(s), 3)]
            for doc in docs
        ]

    doc = Doc(["cat"] * 9, sent_starts=[i in (0, 7) for i in range(9)])
    batch = make_wrapper(get_parts).predict([doc])
    assert batch.n_rows.tolist() == [5, 5, 3, 4]
    assert (batch.alignment.lengths == 1).all()


def test_parameters_share_memory_with_the_module_and_learn_in_place():
    model = make_wrapper()
    module = transformer_of(model).module
    assert set(model.param_names) == set(dict(module.named_parameters()))
    before = model.predict(DOCS).vectors
    batch, backprop = model(DOCS, is_train=True)
    backprop(LayerGradients({0: np.ones_like(batch.vectors)}))
    model.finish_update(Adam(0.01))
    for name, tensor in module.named_parameters():
        assert np.shares_memory(tensor.detach().numpy(), model.get_param(name)), name
    assert np.abs(model.predict(DOCS).vectors - before).max() > 1e-3


def test_other_arrays_put_in_the_place_of_parameters_count():
    model, other = make_wrapper(), make_wrapper(module={"seed": 1})
    mine = {(model.id, n): other.get_param(n).copy() for n in other.param_names}
    before, expected = model.predict(DOCS).vectors, other.predict(DOCS).vectors
    with model.use_params(mine):
        np.testing.assert_array_equal(model.predict(DOCS).vectors, expected)
    np.testing.assert_array_equal(model.predict(DOCS).vectors, before)
    for name in other.param_names:
        fixed = other.get_param(name).copy()
        fixed.flags.writeable = False
        model.set_param(name, fixed)
    np.testing.assert_array_equal(model.predict(DOCS).vectors, expected)


def test_views_of_the_same_memory_are_not_handed_over_again(monkeypatch):
    model = make_wrapper()
    expected = model.predict(DOCS).vectors
    for name in model.param_names:
        model.set_param(name, model.get_param(name)[:])
    monkeypatch.setattr(sharing, "as_tensor", None)
    np.testing.assert_array_equal(model.predict(DOCS).vectors, expected)
    name = "mix.weight"
    model.set_param(name, model.get_param(name)[::-1])  # Seen in another order.
    with pytest.raises(TypeError, match="not callable"):
        model.predict(DOCS)


def test_the_module_goes_where_the_parameters_are(monkeypatch):
    """As when a model is sent to a GPU; the device meta computes nothing."""
    transformer = make_transformer()
    module = transformer.module
    module.register_buffer("shift", torch.ones(WIDTH))
    module.register_buffer("cache", torch.ones(3), persistent=False)
    model = TransformerWrapper(transformer).initialize()
    parameters = state_of(model).parameters
    monkeypatch.setattr(sharing, "as_tensor", lambda a: as_tensor(a).to("meta"))
    model._to_ops(FakeGPU())
    for name in model.param_names:
        model.set_param(name, model.get_param(name).copy())
    parameters.take_from(model)
    assert parameters.device.type == "meta"
    found = dict(chain(module.named_parameters(), module.named_buffers()))
    assert {tensor.device.type for tensor in found.values()} == {"meta"}
    assert all(found[name] is tensor for name, tensor in parameters.tensors.items())
    assert parameters.learners(model)["mix.bias"] is module.mix.bias


def test_a_copied_model_is_one_of_its_own():
    model = make_wrapper()
    copied = model.copy()
    expected = model.predict(DOCS).vectors
    for name in model.param_names:
        model.get_param(name)[...] = 0
    np.testing.assert_array_equal(copied.predict(DOCS).vectors, expected)
    np.testing.assert_array_equal(copy.deepcopy(copied).predict(DOCS).vectors, expected)


def test_float_buffers_are_saved_and_do_not_learn():
    transformer = make_transformer()
    transformer.module.register_buffer("shift", torch.full((WIDTH,), 2.0))
    transformer.module.register_buffer("cache", torch.ones(3), persistent=False)
    model = TransformerWrapper(transformer).initialize()
    assert "shift" in named_parameters(model)
    assert "cache" not in named_parameters(model)
    batch, backprop = model(DOCS, is_train=True)
    backprop(LayerGradients({0: np.ones_like(batch.vectors)}))
    assert not model.has_grad("shift")


def test_frozen_parameters_get_no_gradient_from_pytorch():
    model = make_wrapper()
    freeze(model, "pieces", "*.bias")
    batch, backprop = model(DOCS, is_train=True)
    backprop(LayerGradients({0: np.ones_like(batch.vectors)}))
    assert set(model.grad_names) == {"places.weight", "mix.weight"}
    module = transformer_of(model).module
    assert not module.pieces.weight.requires_grad
    freeze(model)
    model(DOCS, is_train=True)
    assert module.pieces.weight.requires_grad


def test_the_modules_own_dropout_is_on_in_training_alone_and_off_at_rate_zero():
    model = make_wrapper(module={"dropout": 0.5})
    predicted = model.predict(DOCS).vectors
    dropped = model(DOCS, is_train=True)[0].vectors
    assert (dropped == 0).any()
    np.testing.assert_array_equal(model.predict(DOCS).vectors, predicted)
    set_dropout_rate(model, 0.0)
    np.testing.assert_array_equal(model(DOCS, is_train=True)[0].vectors, predicted)


def test_checkpointing_gives_the_same_gradients_by_running_twice():
    gradients = []
    for forgets in (False, True):
        model = make_wrapper(
            gradient_checkpointing=forgets, max_batch_items=14, module={"dropout": 0.3}
        )
        module = transformer_of(model).module
        module.n_calls = 0  # It was probed.
        torch.manual_seed(0)
        module.n_calls = 0
        batch, backprop = model(DOCS, is_train=True)
        n_calls = module.n_calls
        backprop(LayerGradients({0: np.ones_like(batch.vectors)}))
        assert module.n_calls == (2 * n_calls if forgets else n_calls)
        gradients.append({n: model.get_grad(n) for n in model.grad_names})
    for name in gradients[0]:
        np.testing.assert_allclose(gradients[1][name], gradients[0][name], rtol=1e-5)


def test_gradients_of_parts_of_a_batch_add_up_to_that_of_the_batch():
    found = []
    for parts in ([DOCS], [DOCS[:2], DOCS[2:]]):
        model = make_wrapper()
        for docs in parts:
            batch, backprop = model(docs, is_train=True)
            backprop(LayerGradients({0: np.ones_like(batch.vectors)}))
        found.append({n: model.get_grad(n) for n in model.grad_names})
    for name, gradient in found[0].items():
        np.testing.assert_allclose(found[1][name], gradient, rtol=1e-4, atol=1e-5)


def test_nothing_of_a_batch_stays_in_memory():
    model = make_wrapper()
    for is_train in (False, True):
        batch, backprop = model(DOCS, is_train=is_train)
        if is_train:
            backprop(LayerGradients({0: np.ones_like(batch.vectors)}))
        alive = weakref.ref(batch.vectors)
        del batch, backprop
        gc.collect()
        assert alive() is None


def test_threads_predict_at_the_same_time():
    model = make_wrapper()
    expected, found = model.predict(DOCS).vectors, []

    def predict():
        for _ in range(20):
            found.append(model.predict(DOCS).vectors)

    threads = [threading.Thread(target=predict) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert all((vectors == expected).all() for vectors in found)


class Tupled(torch.nn.Module):
    """Take types of segments, and return a tuple."""

    def __init__(self):
        super().__init__()
        self.inner = make_transformer().module
        self.types = None

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        self.types = token_type_ids
        return self.inner(input_ids, attention_mask), "more"


def test_a_module_may_give_a_tuple_and_take_segment_types():
    tokenizer = make_wordpiece()
    from tokenizers.processors import TemplateProcessing

    special = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = TemplateProcessing("$A:0 [SEP]:0 [CLS]:2", None, special)
    transformer = Transformer(Tupled(), tokenizer, WIDTH)
    batch = TransformerWrapper(transformer).initialize().predict([["cat", "sat"]])
    assert transformer.module.types.tolist() == [[0, 0, 0, 2]]
    assert batch.class_rows.tolist() == [3]
    np.testing.assert_array_equal(batch.class_vectors, batch.vectors[3:])


def test_a_model_without_weights_is_refused():
    model = TransformerWrapper(make_transformer())
    assert model.get_dim("nO") == WIDTH
    with pytest.raises(RuntimeError, match=r"has no transformer yet. Initialize"):
        model.predict(DOCS)


@pytest.mark.parametrize("name", [None, 3, "", b"bert"])
def test_what_names_no_transformer_is_refused(name):
    with pytest.raises(TypeError, match="name must be a folder, a name on the hub"):
        TransformerWrapper(name)


def test_settings_out_of_range_are_refused():
    for settings_, message in [
        ({"precision": "half"}, "precision must be one of float32.* got 'half'"),
        ({"on_truncate": "cut"}, "on_truncate must be one of error.* got 'cut'"),
        ({"max_batch_items": 0}, "max_batch_items must be 1 or more, got 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            TransformerWrapper(make_transformer(), **settings_)


def test_windows_that_are_longer_than_the_transformer_reads_are_refused():
    with pytest.raises(ValueError, match=r"window must be at most 6, .* got 7"):
        make_wrapper(strided_spans(7, 3), max_length=8)


def test_a_limit_without_room_for_text_is_refused():
    with pytest.raises(ValueError, match=r"more than the 2 special pieces .* got 2"):
        make_transformer(max_length=2)
