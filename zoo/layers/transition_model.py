"""Score the moves of a parser or entity recognizer, state by state."""

from collections.abc import Callable
from typing import Any, Literal, cast

import numpy as np
from thinc.api import Linear, Model, zero_init
from thinc.initializers import normal_init
from thinc.types import Floats2d

from .._arrays import as_thinc, on_device
from .._registry import layer
from .._transitions.score_gradient import (
    ScoreGradient,
    WeightGradients,
    backprop_scores,
)
from .._transitions.scorer import ScorerWeights, StateScorer
from .._types import Array, Docs
from .._watched_parameters import derive_from_all, weights_of
from ._linear import predict_linear, train_linear
from .containers import join_rows, split_rows

#: Features of a state by its type, and if `extra_state_tokens` is set.
N_FEATURES = {"parser": (8, 13), "ner": (3, 6)}

Transitions = Model[Docs, StateScorer]


@layer("zoo.TransitionModel.v1", task="tagging")
def TransitionModel(
    tok2vec: Model[Docs, list[Floats2d]],
    state_type: Literal["parser", "ner"],
    *,
    extra_state_tokens: bool = False,
    hidden_width: int = 64,
    maxout_pieces: int = 2,
    use_upper: bool = True,
    nO: int | None = None,
    hidden_dropout: float | None = None,
    last_for_missing: bool = False,
    linear_prediction: bool = False,
    learn_ends: bool = True,
) -> Transitions:
    """Score the moves of a transition system, such as a parser, state by state.

    Computes ``U maxout(sum_f(W_f y_f) + b) + c`` for a state, where ``y_f`` is the
    token that is its feature f, ``y = P x + q`` for a token vector x, and ``pad_f``
    stands for ``W_f y_f`` where the state has no such token. The moves themselves are
    made by the objective of the component: `DependencyParser` or `EntityRecognizer`.

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        state_type: What the tokens of a state are: "parser" or "ner".
        extra_state_tokens: Whether a state has 13 tokens instead of 8 in a parser, and
            6 instead of 3 in an entity recognizer.
        hidden_width: Width of the projected tokens, and of the hidden vector.
        maxout_pieces: Pieces of maxout. A piece that is alone goes through a ReLU.
        use_upper: Whether there is an output layer. If not, the hidden vector holds the
            scores: nH is nO.
        nO: Number of moves. If None, the sample output sets it at initialization.
        hidden_dropout: Chance of zeroing a number of the hidden vector in training, 0
            to 1, whatever dropout the training has. If None, it is that of the
            training. Without an output layer there is no such dropout.
        last_for_missing: Whether, in the gradient of W, the last token of the batch
            stands for features that have none, as in spaCy, where that is an error.
        linear_prediction: Whether a piece that is alone has no ReLU in prediction, as
            in spaCy, though it has one in training.
        learn_ends: Whether a parser learns from documents to their ends. If not, walks
            through them are over after as many moves as the parts of longer ones have,
            as in spaCy, though a document takes up to two moves a word.

    Raises:
        ValueError: There is another state_type, or a hidden_dropout out of range.

    Input:
        List of documents: zoo Docs, lists of words or spaCy Docs.

    Output:
        `StateScorer`, which scores states of these documents on the host. The gradient
        that comes back is a `ScoreGradient` of such scores.

    Layers:
        tok2vec; project with P, (hidden_width, width), and q; features with W, (nF, nH,
        nP, hidden_width), b, (nH, nP), and pad, (1, nF, nH, nP); and output_layer with
        U, (nO, nH), and c, if `use_upper` is set. All are references.

    Source:
        Kiperwasser and Goldberg (2016), https://arxiv.org/abs/1603.04351, for the
        features; Chen and Manning (2014) for tables computed beforehand; as in spaCy.
    """
    if state_type not in N_FEATURES:
        raise ValueError(
            f"TransitionModel: state_type must be 'parser' or 'ner', got "
            f"{state_type!r}."
        )
    if hidden_dropout is not None and not 0 <= hidden_dropout <= 1:
        raise ValueError(
            f"TransitionModel: hidden_dropout must be 0 to 1, got {hidden_dropout}."
        )
    width = tok2vec.maybe_get_dim("nO") if tok2vec.has_dim("nO") else None
    project = Linear(hidden_width, width)
    nF = N_FEATURES[state_type][extra_state_tokens]
    nH = hidden_width if use_upper else nO
    features = _state_features(nH, hidden_width, nF, maxout_pieces)
    layers: list[Model[Any, Any]] = [tok2vec, project, features]
    names = ["tok2vec", "project", "features"]
    if use_upper:
        layers.append(Linear(nO, hidden_width, init_W=zero_init))
        names.append("output_layer")
    return Model(
        "transition_model",
        forward,
        init=init,
        dims={"nO": nO},
        layers=layers,
        refs=dict(zip(names, layers, strict=True)),
        attrs={
            "state_type": state_type,
            "hidden_dropout": hidden_dropout,
            "last_for_missing": last_for_missing,
            "linear_prediction": linear_prediction,
            "learn_ends": learn_ends,
        },
    )


def forward(
    model: Transitions, docs: Docs, is_train: bool
) -> tuple[StateScorer, Callable[[ScoreGradient], Docs]]:
    tok2vec, project = model.layers[:2]
    ops = model.ops
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    X = join_rows(ops, vectors, project.get_dim("nI"))
    if is_train:
        Y, backprop_project = train_linear(project, X)
    else:
        Y = predict_linear(project, X)
    lengths = np.array([*map(len, docs)], dtype=np.intp)
    weights = _scorer_weights(model, is_train)
    rate = _dropout_rate(model) if is_train else 0.0
    scorer = StateScorer(
        vectors=ops.to_numpy(as_thinc(Y)),
        lengths=lengths,
        weights=weights,
        docs=docs,
        dropout=rate,
        learn_ends=model.attrs["learn_ends"],
    )

    def backprop(gradient: ScoreGradient) -> Docs:
        is_wrong = model.attrs["last_for_missing"]
        found = backprop_scores(
            weights, scorer.vectors, gradient, last_for_missing=is_wrong
        )
        if not len(X):
            return cast(Docs, backprop_tok2vec(vectors))
        _add_gradients(model, found)
        dX = backprop_project(on_device(ops, found.vectors))
        parts = split_rows(dX, map(len, vectors))
        return cast(Docs, backprop_tok2vec(parts))

    return scorer, backprop


def init(model: Transitions, X: Docs | None = None, Y: Floats2d | None = None) -> None:
    tok2vec, project, features, *output = model.layers
    tok2vec.initialize(X=X)
    if project.maybe_get_dim("nI") is None and tok2vec.has_dim("nO"):
        project.set_dim("nI", tok2vec.get_dim("nO"))
    project.initialize()
    last = output[0] if output else features
    if Y is not None:
        last.set_dim("nO", Y.shape[1])
    features.initialize()
    for layer_ in output:
        layer_.initialize()
    model.set_dim("nO", last.get_dim("nO"))


def _dropout_rate(model: Transitions) -> float:
    if not model.has_ref("output_layer"):
        return 0.0
    fixed = model.attrs["hidden_dropout"]
    rate = model.get_ref("features").attrs["dropout_rate"] if fixed is None else fixed
    return float(rate)


def _scorer_weights(model: Transitions, is_train: bool) -> ScorerWeights:
    """Return the weights of the steps; in prediction, laid out once while they last."""
    to_numpy: Any = model.ops.to_numpy
    names = ("features", "output_layer")
    nodes = [model.get_ref(name) for name in names if model.has_ref(name)]
    is_rectified = is_train or not model.attrs["linear_prediction"]
    if is_train:  # They are about to change.
        given = [{n: to_numpy(k.get_param(n)) for n in k.param_names} for k in nodes]
        return _lay_out(given, is_rectified)
    weights = [weights_of(node) for node in nodes]

    def lay_out() -> ScorerWeights:
        arrays = [w.arrays.items() for w in weights]
        copies = [{n: to_numpy(a).copy() for n, a in items} for items in arrays]
        return _lay_out(copies, is_rectified)

    return derive_from_all(weights, ("scorer", is_rectified), lay_out)


def _lay_out(given: list[dict[str, Array]], is_rectified: bool) -> ScorerWeights:
    """Lay out weights so that the pieces of a feature lie one after the other.

    Args:
        given: The parameters of the features, and of the output layer if there is one.
        is_rectified: Whether a piece that is alone goes through a ReLU.
    """
    W, b, pad = (given[0][name] for name in ("W", "b", "pad"))
    U, c = (given[1]["W"], given[1]["b"]) if len(given) > 1 else (None, None)
    nF, nH, nP, nI = W.shape
    return ScorerWeights(
        W=np.ascontiguousarray(W.transpose(0, 3, 2, 1)).reshape(nF, nI, nP * nH),
        b=np.ascontiguousarray(b.T).reshape(nP * nH),
        pad=np.ascontiguousarray(pad[0].transpose(0, 2, 1)).reshape(nF, nP * nH),
        U=U,
        c=c,
        nP=nP,
        is_rectified=is_rectified,
    )


def _add_gradients(model: Transitions, found: WeightGradients) -> None:
    features = model.get_ref("features")
    nF, nH, nP, nI = (features.get_dim(name) for name in ("nF", "nO", "nP", "nI"))
    dW = found.W.reshape(nF, nI, nP, nH).transpose(0, 3, 2, 1)
    d_pad = found.pad.reshape(1, nF, nP, nH).transpose(0, 1, 3, 2)
    db = found.b.reshape(nP, nH).T
    gradients: dict[str, Array] = {"W": dW, "b": db, "pad": d_pad}
    for name, gradient in gradients.items():
        _add(features, name, np.ascontiguousarray(gradient))
    if found.U is not None and found.c is not None:
        output = model.get_ref("output_layer")
        _add(output, "W", found.U)
        _add(output, "b", found.c)


def _add(node: Model[Any, Any], name: str, gradient: Array) -> None:
    node.inc_grad(name, as_thinc(on_device(node.ops, gradient)))


def _state_features(
    nO: int | None, nI: int, nF: int, nP: int
) -> Model[Floats2d, Floats2d]:
    """Create the layer with the weights of tokens as features of a state."""
    return Model(
        "state_features",
        _run_alone,
        init=_init_features,
        dims={"nO": nO, "nI": nI, "nF": nF, "nP": nP},
        # As in spaCy's files, pad has a first dimension that is 1.
        params={"W": None, "b": None, "pad": None},
        attrs={"dropout_rate": 0.0},
    )


def _run_alone(
    model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    raise RuntimeError(
        "state_features: runs as a part of a TransitionModel alone. Call that."
    )


def _init_features(
    model: Model[Floats2d, Floats2d], X: Floats2d | None = None, Y: Any = None
) -> None:
    """Draw weights as large as spaCy's, with the same bias for all hidden units.

    spaCy scales W until hidden units have variance 1, then lowers b until their mean is
    0, in states of a kind of its own: a fifth of them add up ``5 * nF`` random vectors,
    and the others none. A feature without a token adds a number of variance 1. With one
    piece, spaCy goes on to scale and lower, as ReLU leaves no mean of 0.
    """
    nO, nI, nF, nP = (model.get_dim(name) for name in ("nO", "nI", "nF", "nP"))
    ops = model.ops
    mean, square = _moments_of_maximum(nP)
    deviation = (square / 5 - (mean / 5) ** 2) ** -0.5
    # What Thinc calls the mean is the standard deviation.
    W = normal_init(ops, (nF, nO, nP, nI), mean=deviation * (5 * nF * nI) ** -0.5)
    model.set_param("W", W)
    model.set_param("b", ops.alloc2f(nO, nP) - deviation * mean / 5)
    model.set_param("pad", normal_init(ops, (1, nF, nO, nP), mean=1.0))


def _moments_of_maximum(nP: int) -> tuple[float, float]:
    """Return the means of the largest of nP standard normal numbers, and of its square.

    Of one number alone, those of what ReLU leaves of it.
    """
    grid: Array = np.linspace(-10, 10, 20_001)
    density = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
    below = (np.cumsum(density) - density / 2) * 0.001
    weights = nP * density * below ** (nP - 1) * 0.001
    kept = np.maximum(grid, 0) if nP == 1 else grid
    return float((kept * weights).sum()), float((kept**2 * weights).sum())
