"""List what the settings of Thinc's optimizers and schedules mean."""

from typing import Final

#: By the name of the function. Thinc's own have none, or one that breaks off.
SUMMARIES: Final = {
    "thinc.layers.softmax.Softmax_v2": "Compute probabilities: softmax(W x + b).",
    "thinc.optimizers.Adam": "Take steps by running means of gradients and squares.",
    "thinc.optimizers.RAdam": "Take steps as Adam does, with a cautious start.",
    "thinc.optimizers.SGD": "Take steps along the gradient.",
    "thinc.schedules.constant": "Return the same value at each step.",
    "thinc.schedules.constant_then": "Return one value, then those of a schedule.",
    "thinc.schedules.decaying": "Return values that fall as 1 / (1 + decay * step).",
    "thinc.schedules.compounding": "Multiply the value by a factor at each step.",
    "thinc.schedules.warmup_linear": "Rise from 0 in a line, and fall to 0 in another.",
    "thinc.schedules.slanted_triangular": "Rise in a line and fall in a longer one.",
    "thinc.schedules.cyclic_triangular": "Rise and fall in lines, over and over.",
}
#: A setting means the same in every function of Thinc that has it.
SETTINGS: Final = {
    # Optimizers.
    "learn_rate": "Learning rate: a number or a schedule.",
    "L2": "How much each weight is drawn to zero.",
    "L2_is_weight_decay": "Whether L2 shrinks the weights directly, as in AdamW, "
    "instead of being added to the gradient.",
    "grad_clip": "Largest norm of the gradient of a parameter; longer ones are "
    "scaled down to it. 0: no limit.",
    "use_averages": "Whether to keep a running average of each parameter, by which "
    "the pipeline is evaluated and saved.",
    "beta1": "Share of the running mean of gradients that each step keeps, 0 to 1.",
    "beta2": "Share of the running mean of squares that each step keeps, 0 to 1.",
    "eps": "Added to the root of the mean square, against division by zero.",
    # Schedules.
    "rate": "The value.",
    "steps": "Steps that have the first value.",
    "schedule": "The values after the first steps.",
    "base_rate": "The first value.",
    "decay": "How fast the values fall as 1 / (1 + decay * step). No effect in "
    "slanted_triangular.",
    "t": "The step to begin at.",
    "start": "The first value.",
    "stop": "The last value, which is kept from then on.",
    "compound": "The factor from one step to the next.",
    "initial_rate": "The largest value, at the end of the warm-up.",
    "warmup_steps": "Steps in which the value rises from 0.",
    "total_steps": "Steps of rise and fall; from then on the value is 0.",
    "max_rate": "The largest value.",
    "num_steps": "Steps of rise and fall.",
    "cut_frac": "Share of the steps that is the rise, 0 to 1.",
    "ratio": "How many times smaller than the largest the smallest value is.",
    "min_lr": "The smallest value.",
    "max_lr": "The largest value.",
    "period": "Steps of a rise; a fall has as many.",
    # Layers.
    "nI": "Width of the input. Null: that of the sample input.",
    "nO": "Width of the output. Null: that of the sample output.",
    "init_W": "Draws the initial weights.",
    "init_b": "Sets the initial biases.",
    "normalize_outputs": "Whether predictions are probabilities.",
    "temperature": "What W x + b is divided by.",
}
