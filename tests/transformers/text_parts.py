"""Save tiny models of Hugging Face's that have a part for text, and compare them."""

import numpy as np
from thinc.api import Model

import zoo
from tests.transformers.builders import make_wordpiece, torch
from tests.transformers.hugging_face import SIZES, transformers
from zoo.models.make_config import make_config
from zoo.transformers import TransformerWrapper, doc_spans

WORDS = ["the", "cat", "sat", "on", "mats"]
N_IDS = make_wordpiece().get_vocab_size()
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 2}
GEMMA = {**SIZES, "num_key_value_heads": 2, "head_dim": 8, "vocab_size": N_IDS}
SIGHT = {**SIZES, "image_size": 28, "patch_size": 14}
LLAMA = {**SIZES, "num_key_value_heads": 2, "vocab_size": N_IDS}


def save(folder, module):
    """Write a module with random weights and a tokenizer, and return the folder."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for parameter in module.parameters():
            parameter.data += 0.05 * torch.randn_like(parameter)
    module.save_pretrained(folder)
    save_tokenizer(folder)
    return str(folder)


def save_tokenizer(folder):
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=make_wordpiece(), pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(folder)


def save_kind(folder, kind, model="Model", **settings):
    """Write a random model of a kind, by the settings of its config."""
    config = getattr(transformers, f"{kind}Config")(**settings)
    return save_config(folder, kind, config, model)


def save_config(folder, kind, config, model="Model"):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = getattr(transformers, f"{kind}{model}")(config)
    return save(folder, module)


def wrap(folder, **settings) -> Model:
    return TransformerWrapper(str(folder), doc_spans(), **settings).initialize()


def make_pipeline(folder):
    config = make_config(["transformer", "tagger"])
    config["components"]["transformer"]["model"] = {
        "@architectures": "zoo.TransformerWrapper.v1",
        "name": str(folder),
        "get_spans": {"@span_getters": "zoo.doc_spans.v1"},
    }
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize([zoo.Doc(["duck", "swim"], tags=["NOUN", "VERB"])])
    return pipeline


def vectors_of(pipeline):
    return pipeline.components["transformer"].model.predict([WORDS]).vectors


def check_saves(folder, target):
    """Check that a pipeline of a transformer is the same after it is saved."""
    pipeline = make_pipeline(folder)
    pipeline.to_disk(target)
    found = vectors_of(zoo.load(target))
    np.testing.assert_array_equal(found, vectors_of(pipeline))


def check_equals_bare(folder, module):
    batch = wrap(folder).predict([WORDS])
    with torch.no_grad():
        ids = torch.tensor(batch.ids[None].astype("i8"))
        expected = module.eval()(input_ids=ids).last_hidden_state[0].numpy()
    np.testing.assert_allclose(batch.vectors, expected, atol=1e-5)
