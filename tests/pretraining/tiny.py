"""Make small pretrainings, which run in a moment."""

from thinc.api import fix_random_seed

from zoo import Doc, layers
from zoo.objectives import PretrainCharacters
from zoo.pretraining import Pretraining

from ..tiny import make_docs, make_tiny_config

#: A corpus of which some documents are held out, with a share of 0.3.
TEXTS = [Doc(doc.words, norms=doc.words) for doc in make_docs(30)]


def make_encoder(width=8, depth=1):
    embed = layers.MultiHashEmbed(width, rows=[50, 50, 50, 50])
    encode = layers.MaxoutWindowEncoder(width, depth=depth)
    return layers.Tok2Vec(embed, encode)


def make_objective():
    return PretrainCharacters(hidden_size=6, maxout_pieces=2, n_characters=2)


def make_learner(objective=None, encoder=None, docs=TEXTS, seed=0, **settings):
    learner = Pretraining(
        encoder or make_encoder(), objective or make_objective(), seed=seed, **settings
    )
    fix_random_seed(seed)
    learner.initialize(docs)
    return learner


def make_config(raw_text=None, pipeline=("tok2vec", "tagger"), **pretraining):
    """Make a complete config; `pretraining` goes into its section."""
    config = make_tiny_config(pipeline, pretraining=True)
    config["paths"]["raw_text"] = raw_text
    config["corpora"]["pretrain"]["min_length"] = 1
    section = config["pretraining"]
    section["batcher"]["size"] = 20
    section["objective"].update(hidden_size=6, maxout_pieces=2, n_characters=2)
    short = {"logger": None, "held_out": 0.3, "max_epochs": 2, **pretraining}
    section.update(short)
    return config
