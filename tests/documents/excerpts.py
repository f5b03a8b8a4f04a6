"""List the configs of spaCy's documentation, and those that zoo cannot build.

The page is *Embeddings, Transformers and Transfer Learning*, as it is now and as it was
in the nightlies before spaCy 3.0. Excerpts are as short as they are there: spaCy itself
refuses some of them, for lack of arguments.
"""

import re
from typing import Any, NamedTuple

from zoo import _register_all as builtins
from zoo.config import parse_config

registry = builtins.registry


class Excerpt(NamedTuple):
    """A config block of the page: the title of its section, and what it says."""

    title: str
    text: str


SHARED = """
[components.tok2vec]
factory = "tok2vec"
[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"
[components.tok2vec.model.embed]
@architectures = "spacy.MultiHashEmbed.v2"
[components.tok2vec.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
[components.ner]
factory = "ner"
[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v3"
[components.ner.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
"""
INDEPENDENT = """
[components.ner]
factory = "ner"
[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v3"
[components.ner.model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"
[components.ner.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
[components.ner.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
"""
TRANSFORMER = """
[components.transformer]
factory = "transformer"
max_batch_items = 4096
[components.transformer.model]
@architectures = "spacy-transformers.TransformerModel.v3"
name = "bert-base-cased"
tokenizer_config = {"use_fast": true}
[components.transformer.model.get_spans]
@span_getters = "spacy-transformers.doc_spans.v1"
[components.transformer.set_extra_annotations]
@annotation_setters = "spacy-transformers.null_annotation_setter.v1"
"""
LISTENER = """
[components.ner]
factory = "ner"
[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v3"
state_type = "ner"
extra_state_tokens = false
hidden_width = 128
maxout_pieces = 3
use_upper = false
[components.ner.model.tok2vec]
@architectures = "spacy-transformers.TransformerListener.v1"
grad_factor = 1.0
[components.ner.model.tok2vec.pooling]
@layers = "reduce_mean.v1"
"""
VECTORS = """
[tagger.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 128
attrs = ["LOWER","PREFIX","SUFFIX","SHAPE"]
rows = [5000,2500,2500,2500]
include_static_vectors = true
"""
EARLY_VECTORS = """
[tagger.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v1"
width = 128
rows = 7000
also_embed_subwords = true
also_use_static_vectors = true
"""


LAYERS = {
    "tok2vec": """
[pretraining]
component = "tok2vec"
layer = ""
""",
    "textcat": """
[pretraining]
component = "textcat"
layer = "tok2vec"
""",
}
INIT_TOK2VEC = """
[paths]
init_tok2vec = "pretrain/model4.bin"

[initialize]
init_tok2vec = ${paths.init_tok2vec}
"""
CHARACTERS = """
[pretraining.objective]
@architectures = "spacy.PretrainCharacters.v1"
maxout_pieces = 3
hidden_size = 300
n_characters = 4
"""
COSINE = """
[pretraining.objective]
@architectures = "spacy.PretrainVectors.v1"
maxout_pieces = 3
hidden_size = 300
loss = "cosine"
"""


def early(text: str) -> str:
    """Return an excerpt as the nightlies had it."""
    for now, then in {
        r"(Tok2Vec|MultiHashEmbed|MaxoutWindowEncoder)\.v2": r"\1.v1",
        r"TransitionBasedParser\.v3": "TransitionBasedParser.v1",
        r"TransformerModel\.v3": "TransformerModel.v1",
        r"set_extra_annotations": "annotation_setter",
        r'state_type = "ner"\nextra_state_tokens = false': "nr_feature_tokens = 3",
    }.items():
        text = re.sub(now, then, text)
    return text


def draft(text: str) -> str:
    """Return an excerpt as the first draft of the page had it."""
    text = early(text).replace("spacy-transformers.doc_spans", "doc_spans")
    return text.replace("TransformerListener", "Tok2VecListener")


EXCERPTS = [
    Excerpt("Shared", SHARED),
    Excerpt("Shared, nightly", early(SHARED)),
    Excerpt("Independent", INDEPENDENT),
    Excerpt("Independent, nightly", early(INDEPENDENT)),
    Excerpt("Training usage", TRANSFORMER),
    Excerpt("Training usage, nightly", early(TRANSFORMER)),
    Excerpt("Training usage, draft", draft(TRANSFORMER)),
    Excerpt("Customizing the model implementations", LISTENER),
    Excerpt("Customizing the model implementations, nightly", early(LISTENER)),
    Excerpt("Customizing the model implementations, draft", draft(LISTENER)),
    Excerpt("Using word vectors in your models", VECTORS),
    Excerpt("Using word vectors in your models, nightly", EARLY_VECTORS),
    Excerpt("Pretraining objectives, characters", CHARACTERS),
    Excerpt("Pretraining objectives, vectors", COSINE),
]

#: What zoo has no function for, and why. An excerpt that names none of it is built as
#: it is; of the others, zoo's form is built.
REASONS = {
    "architectures spacy-transformers.Tok2VecListener.v1": "nor this",
    "span_getters doc_spans.v1": "nor this",
    "architectures spacy.PretrainCharacters.v1": "zoo's is one of @objectives",
    "architectures spacy.PretrainVectors.v1": "zoo's is one of @objectives",
    "setting annotation_setter": "spaCy 3.0 called it `set_extra_annotations`",
}
#: What else the documents show and no test here runs, and why.
NOT_RUN = {
    "Setup and installation": "it installs packages",
    "set_gpu_allocator, require_gpu": "it needs a GPU",
    "spacy download en_core_web_trf": "it needs the network; zoo reads local folders",
    "default_config_pretraining.cfg": "a macro of the site; `zoo init fill-config "
    "--pretraining` writes zoo's section",
    "trf_data.tensors[-1]": "the summary of a window in spaCy, and no token vectors; "
    "zoo has both by name, `pooled` and `vectors`",
    "pieces of BERT, GPT-2, XLNet and XLM": "their vocabularies are not in the tests",
    "similarities of Apple": "figures of one pretrained model",
    "trf_wordpiecer, trf_tok2vec, trf_textcat": "the components of the first "
    "spacy-transformers; `transformer` and `textcat` do their work",
}


def parse(text: str) -> dict[str, Any]:
    """Read an excerpt, which need not hold the sections that its own stand in."""
    known: set[str] = set()
    lines = []
    for line in text.splitlines():
        if line.startswith("["):
            *parents, _ = line.strip("[]").split(".")
            paths = [".".join(parents[: i + 1]) for i in range(len(parents))]
            lines += [f"[{path}]" for path in paths if path not in known]
            known |= {*paths, line.strip("[]")}
        lines.append(line)
    return parse_config("\n".join(lines))


def missing(block: Any) -> set[str]:
    """List the functions that an excerpt names and zoo does not have."""
    if not isinstance(block, dict):
        return set()
    named = {(k[1:], v) for k, v in block.items() if k.startswith("@")}
    if "factory" in block:
        named.add(("factories", block["factory"]))
    kinds = registry.kinds()
    own = {f"{k} {n}" for k, n in named if k not in kinds or not registry.has(k, n)}
    own |= {f"setting {name}" for name in block if f"setting {name}" in REASONS}
    return own.union(*(missing(child) for child in block.values()))


BUILT = [e for e in EXCERPTS if not missing(parse(e.text))]
NOT_BUILT = [e for e in EXCERPTS if missing(parse(e.text))]
