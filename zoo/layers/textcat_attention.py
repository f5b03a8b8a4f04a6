"""Score categories by a network over vectors that are pooled by attention."""

from thinc.api import Gelu, Linear, Logistic, Model, Softmax, residual
from thinc.types import Floats2d

from .._registry import layer
from .._types import Docs
from .attention_pool import AttentionPool
from .maxout_norm import MaxoutNorm
from .textcat_reduce import forward


@layer("zoo.TextCatAttention.v1", task="classification")
def TextCatAttention(
    tok2vec: Model[Docs, list[Floats2d]],
    exclusive_classes: bool,
    nO: int | None = None,
) -> Model[Docs, Floats2d]:
    """Score each document for each of nO categories, from vectors of its tokens.

    Pools the token vectors by attention to p, with a GELU layer for the keys, then
    computes ``a(W (p + m(p)) + b)``, where m is a maxout with a norm, and a is the
    softmax or the logistic function. A document without words has a p of zeros.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        Floats2d, (n_docs, nO), each from 0 to 1. Its gradient is scores minus truth, as
        for `TextCatReduce`.
    Layers:
        tok2vec, attention_layer, maxout_layer and output_layer with W, (nO, width), and
        b, (nO,). All are references.

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        exclusive_classes: Whether a document has exactly one category. If so, a is the
            softmax, otherwise the logistic function.
        nO: Number of categories. If None, the sample output sets it.

    Raises:
        ValueError: At initialization, the width of tok2vec is still not known.

    Source:
        Yang et al. (2016), https://aclanthology.org/N16-1174, for the attention; as
        spaCy's TextCatParametricAttention.
    """
    attention, maxout = AttentionPool(keys=Gelu()), MaxoutNorm()
    output = Softmax(nO) if exclusive_classes else Linear(nO)
    activation = [] if exclusive_classes else [Logistic()]
    return Model(
        "textcat_attention",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[tok2vec, attention, residual(maxout), output, *activation],
        refs={
            "tok2vec": tok2vec,
            "attention_layer": attention,
            "maxout_layer": maxout,
            "output_layer": output,
        },
        attrs={"multi_label": not exclusive_classes},
    )


def init(
    model: Model[Docs, Floats2d], X: Docs | None = None, Y: Floats2d | None = None
) -> None:
    tok2vec, output = model.get_ref("tok2vec"), model.get_ref("output_layer")
    tok2vec.initialize(X=X)
    width = tok2vec.maybe_get_dim("nO") if tok2vec.has_dim("nO") else None
    if width is None:  # A listener to a transformer knows it only now.
        raise ValueError(
            "TextCatAttention: tok2vec must know its width, got one that does not. "
            "Set its nO."
        )
    attention, maxout = model.get_ref("attention_layer"), model.get_ref("maxout_layer")
    if Y is not None:
        output.set_dim("nO", Y.shape[1])
    for node, dims in (
        (attention, ["nO"]),
        (maxout, ["nO", "nI"]),
        (output, ["nI"]),
    ):
        for dim in dims:
            node.set_dim(dim, width)
        node.initialize()
    model.set_dim("nO", output.get_dim("nO"))
