"""Train the components of a pipeline on batches of documents."""

from thinc.api import Optimizer, set_dropout_rate

from ..doc import Doc
from ..fused_adam import finish_updates
from ..layers.feature_extractor import reads_annotation
from ..layers.listener import grad_factor_of
from ..objectives import Loss
from ._components import Components
from ._share_encoders import listeners_of


def add_gradients_of_batch(
    components: Components, batch: list[Doc], dropout: float
) -> dict[str, Loss]:
    """Add the gradients of a batch to those that every parameter holds.

    Args:
        components: Those that are frozen or disabled learn nothing.
        batch: Documents with labels.
        dropout: Probability of zeroing an activation, 0 to 1.

    Returns:
        The loss of every head that learned, by component.
    """
    inputs, losses = batch, {}
    # What is read is what was predicted, never the truth.
    if components.annotating or any(reads_annotation(c.model) for c in components):
        inputs = components.unannotated(batch)
    for component in components:
        set_dropout_rate(component.model, dropout)
    frozen = components.frozen_by
    heads = [(c, o) for c, o in components.heads if c.name not in frozen]
    objectives = {component.name: objective for component, objective in heads}
    with components.running(inputs, [c for c, _ in heads], is_train=True):
        for component in components:
            name = component.name
            if name in objectives:
                scores, backprop = component.model(inputs, is_train=True)
                loss = objectives[name].loss(component.model.ops, batch, scores)
                backprop(loss.gradient)
                losses[name] = loss
            if name in components.annotating and component.writes:
                with components.running(inputs, [component]):
                    component.annotate(inputs)
    components.taught |= losses.keys()
    return losses


def apply_gradients(components: Components, optimizer: Optimizer) -> None:
    """Change the weights of the components that hold gradients.

    An optimizer would go on to move the others, by their momentum and weight decay.

    Args:
        components: Those in `taught` are changed; then it is empty.
        optimizer: Changes the weights.
    """
    taught = [c.model for c in components if c.name in components.taught]
    finish_updates(taught, optimizer)
    components.taught.clear()


def step_schedules(components: Components, steps: int) -> None:
    """Step the schedules of listeners, as so many updates do."""
    for component in components:
        for listener, _ in listeners_of(component):
            for _ in range(steps):
                grad_factor_of(listener).step()
