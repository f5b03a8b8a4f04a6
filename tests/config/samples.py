"""Share a small config, and read the errors of one."""

TEXT = """
[paths]
train = "a.conllu"

[training]
max_epochs = 1
corpus = ${paths.train}

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.1
"""


def faults_of(error):
    return dict(error.value.faults)
