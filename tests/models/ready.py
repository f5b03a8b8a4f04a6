"""Make ready-made models with weights, whatever they need."""

import numpy as np

from zoo.layers import set_vectors
from zoo.models import create_model, model_card
from zoo.parameters import named_parameters
from zoo.vectors import Vectors

DOCS = [["Snow", "fell", "."], [], ["Ducks"]]


def make_model(name, n_labels=3, width=100, **settings):
    """Make a model with weights, with a small table of vectors where it needs one."""
    model = create_model(name, **settings)
    card = model_card(name)
    if "vectors" in card.needs:
        table = Vectors(["Snow", "Ducks"], np.eye(2, width, dtype="f"))
        set_vectors(model, table)
    Y = None
    if card.task == "tagging":
        Y = [np.zeros((len(doc), n_labels), "f") for doc in DOCS]
    if card.task == "classification":
        Y = np.zeros((len(DOCS), n_labels), "f")
    return model.initialize(X=DOCS, Y=Y)


def make_ready(name, **options):
    """Give the parameters of such a model, by name."""
    parameters = named_parameters(make_model(name, **options))
    return {key: p.value for key, p in parameters.items() if p.value is not None}
