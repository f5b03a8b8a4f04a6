"""Register the transition-based models of spaCy under their names."""

from typing import Any, Literal

from thinc.api import Model
from thinc.types import Floats2d

from .. import layers
from .._registry import registry
from .._types import Docs

Encoder = Model[Docs, list[Floats2d]]


@registry.architectures("spacy.TransitionBasedParser.v2")
@registry.architectures("spacy.TransitionBasedParser.v1")
@registry.architectures("spacy-legacy.TransitionBasedParser.v1")
def transition_based_parser(
    tok2vec: Encoder,
    state_type: Literal["parser", "ner"],
    extra_state_tokens: bool = False,
    hidden_width: int = 64,
    maxout_pieces: int = 2,
    use_upper: bool = True,
    nO: int | None = None,
) -> Any:
    """Score the moves of a parser or entity recognizer, as `zoo.TransitionModel.v1`.

    It is trained as spaCy's is: with a dropout of 0.1 in the hidden vector whatever
    the training says, with a gradient in which the last token of the batch stands for
    those that are missing, with walks that end before documents do, and, with one
    maxout piece, a ReLU in training alone.
    """
    return layers.TransitionModel(
        tok2vec,
        state_type,
        extra_state_tokens=extra_state_tokens,
        hidden_width=hidden_width,
        maxout_pieces=maxout_pieces,
        use_upper=use_upper,
        nO=nO,
        hidden_dropout=0.1,
        last_for_missing=True,
        linear_prediction=True,
        learn_ends=False,
    )


@registry.scorers("spacy.parser_scorer.v1")
@registry.scorers("spacy.ner_scorer.v1")
def parser_scorer() -> None:
    """Stand for the figures that a component gives without a scorer: spaCy's."""
