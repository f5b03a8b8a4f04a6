"""Register the transition-based models of spaCy under their names."""

from typing import Any, Literal

from thinc.api import Model
from thinc.types import Floats2d

from .. import layers
from .._registry import registry
from .._types import Docs

Encoder = Model[Docs, list[Floats2d]]


@registry.architectures("spacy.TransitionBasedParser.v2")
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

    Args:
        tok2vec: From documents to token vectors, (n_tokens, width).
        state_type: What the tokens of a state are: "parser" or "ner".
        extra_state_tokens: Whether a state has 13 tokens instead of 8 in a parser, and
            6 instead of 3 in an entity recognizer.
        hidden_width: Width of the projected tokens, and of the hidden vector.
        maxout_pieces: Maxout pieces of a hidden unit.
        use_upper: Whether there is an output layer above the hidden vector.
        nO: Number of moves. Null: inferred from the labels.
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


@registry.architectures("spacy.TransitionBasedParser.v1")
@registry.architectures("spacy-legacy.TransitionBasedParser.v1")
def transition_based_parser_v1(
    tok2vec: Encoder,
    state_type: Literal["parser", "ner"] = "ner",
    extra_state_tokens: bool = False,
    hidden_width: int = 64,
    maxout_pieces: int = 2,
    use_upper: bool = True,
    nO: int | None = None,
    nr_feature_tokens: Literal[3, 6, 8, 13] | None = None,
) -> Any:
    """Score the moves of a parser or entity recognizer, as v2 does.

    It has two forms: that of v2, and that of the nightlies before spaCy 3.0. The other
    settings are those of `spacy.TransitionBasedParser.v2`.

    Args:
        nr_feature_tokens: The tokens of a state: 3 or 6 of an entity recognizer, 8 or
            13 of a parser. It chooses the form of the nightlies, in the place of
            state_type and extra_state_tokens.
    """
    if nr_feature_tokens is not None:
        state_type = "ner" if nr_feature_tokens < 8 else "parser"
        extra_state_tokens = nr_feature_tokens in (6, 13)
    sizes = extra_state_tokens, hidden_width, maxout_pieces, use_upper, nO
    return transition_based_parser(tok2vec, state_type, *sizes)


@registry.architectures("spacy.TransitionBasedParser.v3")
def transition_based_parser_v3(
    tok2vec: Encoder,
    state_type: Literal["parser", "ner"] = "ner",
    extra_state_tokens: bool = False,
    hidden_width: int = 64,
    maxout_pieces: int = 2,
    use_upper: bool = True,
    nO: int | None = None,
) -> Any:
    """Score the moves of a parser or entity recognizer, as v2 does.

    spaCy's documentation has this name, but no release of spaCy. Its short blocks
    leave out state_type, and are for entity recognizers. The settings are those of
    `spacy.TransitionBasedParser.v2`.
    """
    sizes = extra_state_tokens, hidden_width, maxout_pieces, use_upper, nO
    return transition_based_parser(tok2vec, state_type, *sizes)


@registry.scorers("spacy.parser_scorer.v1")
@registry.scorers("spacy.ner_scorer.v1")
def parser_scorer() -> None:
    """Return None: without a scorer, a component computes spaCy's scores."""
