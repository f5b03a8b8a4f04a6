"""Run the examples on transformers with a tiny one, as no test reads from the network.

The titles are those of the page *Embeddings, Transformers and Transfer Learning*, and
of the post *spaCy meets Transformers* of 2019.
"""

import numpy as np
import pytest

import zoo
from tests.transformers.hugging_face import save_tiny
from zoo._cli.options import import_file
from zoo.layers import reduce
from zoo.transformers import PoolPieces, TransformerBatch, TransformerWrapper, doc_spans

from ..tiny import make_docs, make_settings
from .excerpts import LISTENER, TRANSFORMER, draft, early, parse

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(save_tiny(tmp_path_factory.mktemp("bert"), "bert"))


def in_our_form(text, folder):
    """Name the folder, and what has another name or is not there in zoo."""
    for theirs, ours in {
        "bert-base-cased": folder,
        "annotation_setter]": "set_extra_annotations]",
        "set_extra_set_extra_annotations": "set_extra_annotations",
        '"doc_spans.v1"': '"zoo.doc_spans.v1"',
        'factory = "ner"': 'factory = "tagger"',
        "spacy.TransitionBasedParser.v1": "spacy.Tagger.v2",
        "spacy.TransitionBasedParser.v3": "spacy.Tagger.v2",
        "spacy-transformers.Tok2VecListener": "spacy-transformers.TransformerListener",
    }.items():
        text = text.replace(theirs, ours)
    parsers = ("state_type", "extra_state", "hidden_w", "maxout_", "use_upper", "nr_f")
    lines = text.splitlines()
    return "\n".join(line for line in lines if not line.startswith(parsers))


def build(text, code=None, **nlp):
    config = parse(text)
    config["nlp"] = {"pipeline": list(config["components"]), **nlp}
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    return pipeline


@pytest.mark.parametrize(
    "version", [str, early, draft], ids=["now", "nightly", "draft"]
)
def test_training_usage_makes_a_head_and_a_transformer_learn(folder, version):
    pipeline = build(in_our_form(version(TRANSFORMER + LISTENER), folder))
    assert list(pipeline.components) == ["transformer", "ner"]
    optimizer = make_settings().optimizer
    losses = [pipeline.update(make_docs(), optimizer=optimizer) for _ in range(4)]
    assert losses[-1]["ner"].total < losses[0]["ner"].total


def test_python_equivalent_is_the_same_transformer(folder):
    ours = TransformerWrapper(
        folder, get_spans=doc_spans(), tokenizer_config={"use_fast": True}
    )
    pipeline = build(in_our_form(TRANSFORMER, folder))
    theirs = pipeline.components["transformer"].model
    docs = [["some", "text"], ["some", "other", "text"]]
    batches = [m.predict(docs) for m in (ours.initialize(), theirs)]
    np.testing.assert_array_equal(batches[0].vectors, batches[1].vectors)
    assert batches[0].n_tokens.tolist() == [2, 3]


def test_setter_gets_documents_and_their_data(folder):
    def custom_annotation_setter(docs, trf_data):
        doc_data = list(trf_data.doc_data)
        for doc, data in zip(docs, doc_data, strict=True):
            doc.user_data["custom_attr"] = data

    pipeline = build(in_our_form(TRANSFORMER, folder), lang="en")
    pipeline.components["transformer"].set_extra_annotations = custom_annotation_setter
    (doc,) = pipeline(["This is a text"])
    assert isinstance(doc.user_data["custom_attr"], TransformerBatch)
    assert doc.user_data["custom_attr"].n_tokens.tolist() == [4]


CODE = '''
from zoo import registry

@registry.span_getters("custom_sent_spans")
def configure_custom_sent_spans(max_length: int):
    """Read sentences by themselves, long ones in parts."""
    def get_custom_sent_spans(docs):
        spans = []
        for doc in docs:
            spans.append([])
            for sent in doc.sents:
                start = 0
                end = max_length
                while end <= len(sent):
                    spans[-1].append(sent[start:end])
                    start += max_length
                    end += max_length
                if start < len(sent):
                    spans[-1].append(sent[start:len(sent)])
        return spans

    return get_custom_sent_spans
'''
CUSTOM_SPANS = """
[components.transformer.model.get_spans]
@span_getters = "custom_sent_spans"
max_length = 25
"""


def test_customizing_the_settings_reads_spans_of_ones_own(folder, tmp_path):
    (tmp_path / "code.py").write_text(CODE)
    import_file(tmp_path / "code.py")
    text = in_our_form(TRANSFORMER, folder)
    start = text.index("[components.transformer.model.get_spans]")
    end = text.index("[components.transformer.set_extra")
    text = text[:start] + CUSTOM_SPANS + text[end:]
    config = parse(text)
    wrapper = zoo.registry.resolve(config["components"])["transformer"]["model"]
    doc = zoo.Doc(["cat"] * 60, sent_starts=[i in (0, 10) for i in range(60)])
    batch = wrapper.initialize().predict([doc])
    # A sentence of 10 words, and one of 50 in two parts; each between two marks.
    assert batch.n_rows.tolist() == [12, 27, 27]


def test_post_of_2019_sums_pieces_so_that_nothing_is_lost(folder):
    wrapper = TransformerWrapper(folder, get_spans=doc_spans()).initialize()
    doc = zoo.tokenize("Here is some text to encode.")
    batch = wrapper.predict([doc])
    pool = PoolPieces(reduce(["sum"]), share_pieces=True).initialize(X=batch)
    (vectors,) = pool.predict(batch)
    assert vectors.shape == (7, batch.vectors.shape[1])  # Always one row per token.
    assert len(batch.piece_rows) > 7  # The raw output has one row per piece.
    pieces = batch.vectors[batch.piece_rows]
    np.testing.assert_allclose(vectors.sum(axis=0), pieces.sum(axis=0), atol=1e-4)
