"""Make ready-made models with weights, whatever they need."""

from tempfile import TemporaryDirectory

import numpy as np

from zoo._parameters import named_parameters
from zoo.layers import set_vectors
from zoo.models import create_model, model_card
from zoo.vectors import Vectors

DOCS = [["Snow", "fell", "."], [], ["Ducks"]]


def make_model(name, n_labels=3, width=100, **settings):
    """Make a model with weights: of random vectors and of a tiny transformer."""
    card = model_card(name)
    if "transformers" not in card.needs:
        return initialize(create_model(name, **settings), card, n_labels, width)
    from tests.transformers.hugging_face import save_tiny

    with TemporaryDirectory() as folder:
        model = create_model(name, weights=str(save_tiny(folder, "bert")), **settings)
        return initialize(model, card, n_labels, width)


def initialize(model, card, n_labels, width):
    if "vectors" in card.needs:
        set_vectors(model, Vectors(["Snow", "Ducks"], np.eye(2, width, dtype="f")))
    Y = None
    if card.task == "tagging":
        Y = [np.zeros((len(doc), n_labels), "f") for doc in DOCS]
    if card.task == "classification":
        Y = np.zeros((len(DOCS), n_labels), "f")
    return model.initialize(X=DOCS, Y=Y)


def count_parameters(name, **options):
    """Count the weights of such a model."""
    parameters = named_parameters(make_model(name, **options)).values()
    return sum(p.value.size for p in parameters if p.value is not None)
