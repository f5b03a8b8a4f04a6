"""Make small pipelines with transformers, from configs as spaCy has them."""

from thinc.api import Adam, fix_random_seed

import zoo
from tests.tiny import make_docs
from zoo.config import parse_config
from zoo.transformers.wrapper import is_wrapper

SPACY = """
[nlp]
pipeline = ["transformer", "tagger", "textcat"]

[components]

[components.transformer]
factory = "transformer"
max_batch_items = 50

[components.transformer.model]
@architectures = "spacy-transformers.TransformerModel.v3"
name = "{folder}"
tokenizer_config = {{"use_fast": true}}
transformer_config = {{"output_attentions": true}}
mixed_precision = false
grad_scaler_config = {{"init_scale": 32768}}

[components.transformer.model.get_spans]
@span_getters = "spacy-transformers.strided_spans.v1"
window = 20
stride = 12

[components.transformer.set_extra_annotations]
@annotation_setters = "spacy-transformers.null_annotation_setter.v1"

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy-transformers.TransformerListener.v1"
grad_factor = 0.5
upstream = "transformer"

[components.tagger.model.tok2vec.pooling]
@layers = "reduce_max.v1"

[components.textcat]
factory = "textcat"

[components.textcat.model]
@architectures = "zoo.TextCatClassToken.v1"
exclusive_classes = true

[components.textcat.model.transformer]
@architectures = "zoo.Listener.v1"
upstream = "transformer"
"""


TAGGER = """
[nlp]
pipeline = ["tagger"]

[components]

[components.tagger]
factory = "tagger"
"""


OWN = (
    TAGGER
    + """
[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy-transformers.Tok2VecTransformer.{version}"
name = "{folder}"
tokenizer_config = {{}}

[components.tagger.model.tok2vec.get_spans]
@span_getters = "spacy-transformers.doc_spans.v1"

[components.tagger.model.tok2vec.pooling]
@layers = "reduce_mean.v1"
"""
)


def make_pipeline(text, seed=0, **values):
    pipeline = zoo.Pipeline.from_config(parse_config(text.format(**values)))
    fix_random_seed(seed)
    pipeline.initialize(make_docs())
    return pipeline


def wrapper_of(pipeline, component="transformer"):
    (node,) = filter(is_wrapper, pipeline.models[component].walk())
    return node


def train(pipeline, n=25, **settings):
    optimizer = Adam(0.01)
    return [
        sum(
            float(loss.total)
            for loss in pipeline.update(
                make_docs(), optimizer=optimizer, **settings
            ).values()
        )
        for _ in range(n)
    ]
