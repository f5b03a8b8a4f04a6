"""Score the tags of entities for each token."""

from collections.abc import Callable

from thinc.api import Linear, Model, zero_init
from thinc.types import Floats2d

from .._registry import layer
from .._types import Docs
from .containers import join_rows, split_rows
from .tagger import TokenScores, init, score_tokens


@layer("zoo.EntityTagger.v1", task="tagging")
def EntityTagger(
    tok2vec: Model[Docs, list[Floats2d]], nO: int | None = None
) -> Model[Docs, list[Floats2d]]:
    """Score each token for each of nO tags, from its vector.

    Computes ``W x + b``, in training and in prediction. The objective `Entities`
    defines what the scores of a document mean together.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.
    Output:
        List of Floats2d, (n_tokens, nO) per document.
    Layers:
        tok2vec, and output_layer with W, (nO, width), and b, (nO,). Both are
        references.

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        nO: Number of tags. If None, the sample output sets it at initialization.
    """
    width = tok2vec.maybe_get_dim("nO") if tok2vec.has_dim("nO") else None
    linear = Linear(nO, width, init_W=zero_init)
    return Model(
        "entity_tagger",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[tok2vec, linear],
        refs={"tok2vec": tok2vec, "output_layer": linear},
    )


def forward(
    model: Model[Docs, TokenScores], docs: Docs, is_train: bool
) -> tuple[TokenScores, Callable[[TokenScores], Docs]]:
    rows, sizes, backprop = score_tokens(model, docs, is_train)

    def backprop_parts(dY: TokenScores) -> Docs:
        return backprop(join_rows(model.ops, dY, rows.shape[1]))

    return split_rows(rows, sizes), backprop_parts
