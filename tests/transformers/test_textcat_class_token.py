"""Check the classifier of class tokens: the mean of windows, and gradients."""

import numpy as np
import pytest

from tests.transformers.builders import (
    DOCS,
    TinyModule,
    make_transformer,
    make_wordpiece,
)
from zoo.doc import Doc
from zoo.testing import check_layer
from zoo.transformers import (
    TextCatClassToken,
    Transformer,
    TransformerWrapper,
    sent_spans,
    strided_spans,
)


def make_textcat(get_spans=None, *, exclusive_classes=True):
    wrapper = TransformerWrapper(make_transformer(), get_spans or strided_spans(5, 3))
    model = TextCatClassToken(wrapper, exclusive_classes, nO=3).initialize()
    linear = model.get_ref("output_layer")
    draw = np.random.default_rng(0)
    for name in ("W", "b"):
        values = draw.normal(size=linear.get_param(name).shape)
        linear.set_param(name, values.astype("f"))
    return model


def score_slowly(model, batch, i):
    """Score the windows of a document, each by itself, and take their mean."""
    linear = model.get_ref("output_layer")
    W, b = linear.get_param("W"), linear.get_param("b")
    class_vectors = batch.class_vectors[batch.window_docs == i]
    scores = []
    for vector in class_vectors if len(class_vectors) else [0 * W[0]]:
        x = W @ vector + b
        one = np.exp(x) / np.exp(x).sum()
        scores.append(1 / (1 + np.exp(-x)) if model.attrs["multi_label"] else one)
    return np.mean(scores, axis=0)


@pytest.mark.parametrize("exclusive_classes", [True, False])
def test_a_document_has_the_mean_of_its_windows_scores(exclusive_classes):
    model = make_textcat(exclusive_classes=exclusive_classes)
    batch = model.get_ref("transformer").predict(DOCS)
    assert np.bincount(batch.window_docs, minlength=len(DOCS)).tolist() == [3, 0, 2, 1]
    expected = [score_slowly(model, batch, i) for i in range(len(DOCS))]
    np.testing.assert_allclose(model.predict(DOCS), expected, atol=1e-6)


def test_a_document_has_the_mean_of_its_sentences_scores():
    model = make_textcat(sent_spans())
    both = Doc(["cat", "sat", "mat"], sent_starts=[True, None, True])
    parts = [Doc(["cat", "sat"], sent_starts=[True, None])]
    parts.append(Doc(["mat"], sent_starts=[True]))
    (found,) = model.predict([both])
    np.testing.assert_allclose(found, model.predict(parts).mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.sum(), 1.0, atol=1e-6)


@pytest.mark.parametrize("exclusive_classes", [True, False])
def test_gradients_through_the_mean_of_windows(exclusive_classes):
    model = make_textcat(exclusive_classes=exclusive_classes)
    check_layer(model, DOCS, cross_entropy=exclusive_classes)


def test_a_tokenizer_without_a_class_token_is_refused():
    tokenizer = make_wordpiece()
    bare = type(tokenizer)(tokenizer.model)
    bare.pre_tokenizer = tokenizer.pre_tokenizer
    wrapper = TransformerWrapper(Transformer(TinyModule(), bare, 8))
    model = TextCatClassToken(wrapper, True, nO=2).initialize()
    with pytest.raises(ValueError, match="must add a class token, got one that adds n"):
        model.predict([["cat"]])
