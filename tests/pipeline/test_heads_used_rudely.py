"""Use heads with what corpora hold at worst: no words, no labels, very many labels."""

import numpy as np
import pytest
from thinc.api import Adam, fix_random_seed

import zoo
from zoo import Doc
from zoo.doc import Span
from zoo.models.make_config import complete
from zoo.pipeline.add_labels import add_labels
from zoo.training.run_training import run_training

from ..tiny import make_tiny_config, named_parameters, save_docs

#: Heads, and annotation that has nothing of what they learn.
HEADS = {
    "entity_tagger": {"ents": []},
    "morphologizer": {"morphs": None, "pos": None},
    "ner": {"ents": []},
    "parser": {"heads": None, "deps": None},
    "senter": {"sent_starts": None},
    "spancat": {"spans": {"sc": []}},
    "spancat_singlelabel": {"spans": {"sc": []}},
    "textcat_multilabel": {"cats": {}},
    "trainable_lemmatizer": {"lemmas": None},
}
heads = pytest.mark.parametrize("head", HEADS)


def make_doc(words="a b c d", **fields):
    words = words.split(" ") if words else []
    n = len(words)
    span = [Span(0, 1, "X")] if n else []
    found = {
        "pos": ["NOUN"] * n,
        "morphs": ["Number=Sing"] * n,
        "lemmas": words,
        "heads": [0] * n,
        "deps": ["ROOT", *["dep"] * n][:n],
        "sent_starts": [True, *[False] * n][:n],
        "ents": span,
        "spans": {"sc": span},
        "cats": {"a": 1.0, "b": 0.0},
    }
    return Doc(words, **found | fields)


def make_config(*names):
    config = make_tiny_config(["tok2vec", *names])
    for name, setting in (
        ("parser", "min_action_freq"),
        ("trainable_lemmatizer", "min_tree_freq"),
    ):
        if name in names:
            config["components"][name][setting] = 1
    return config


def make_pipeline(head, docs):
    pipeline = zoo.Pipeline.from_config(make_config(head))
    fix_random_seed(0)
    pipeline.initialize(docs)
    return pipeline


@heads
def test_a_corpus_without_labels_is_refused(head):
    for docs in ([Doc([])], [make_doc(**HEADS[head])]):
        with pytest.raises(ValueError, match=f"label for the component '{head}'"):
            make_pipeline(head, docs)


@heads
@pytest.mark.filterwarnings("ignore:textcat_multilabel. no document lacks")
def test_batches_may_lack_words_and_labels(head):
    none = make_doc("a b", **HEADS[head])
    pipeline = make_pipeline(head, [make_doc(), Doc([]), Doc(["x"]), none])
    optimizer = Adam(0.01)
    spaces = make_doc("\n  \t", ents=[], spans={"sc": []})
    batches = ([Doc([])], [Doc([]), make_doc()], [Doc(["x"])], [none], [spaces], [])
    for batch in batches:
        for loss in pipeline.update(batch, optimizer=optimizer).values():
            assert np.isfinite(float(loss.total))
    texts = [*pipeline([Doc([]), Doc(["a"]), Doc([]), Doc([" "])])]
    assert [len(doc) for doc in texts] == [0, 1, 0, 1]
    assert [*pipeline([])] == []
    pipeline.evaluate([Doc([])])
    pipeline.evaluate([])


@pytest.mark.parametrize("head", ["ner", "entity_tagger", "parser", "spancat"])
def test_a_label_that_is_added_after_loading_is_learned(head, tmp_path):
    make_pipeline(head, [make_doc()]).to_disk(tmp_path / "a")
    pipeline = add_labels(zoo.load(tmp_path / "a"), head, ["NEW"])
    span = [Span(1, 2, "NEW")]
    tree = {"heads": [1, 1, 1, 1], "deps": ["NEW", "ROOT", "NEW", "NEW"]}
    doc = make_doc(ents=span, spans={"sc": span}, **tree)
    optimizer = Adam(0.05)
    for _ in range(60):
        pipeline.update([doc], optimizer=optimizer)
    pipeline.to_disk(tmp_path / "b")
    (found,) = zoo.load(tmp_path / "b")([Doc(doc.words)])
    field = {"parser": "deps", "spancat": "spans"}.get(head, "ents")
    assert getattr(found, field) == getattr(doc, field)


@pytest.mark.parametrize("head", ["ner", "parser", "spancat"])
def test_hundreds_of_labels_are_learned_from(head):
    docs = [
        make_doc(
            f"w{i} v",
            ents=[Span(0, 1, f"L{i}")],
            spans={"sc": [Span(0, 1, f"L{i}")]},
            deps=["ROOT", f"d{i}"],
        )
        for i in range(300)
    ]
    pipeline = make_pipeline(head, docs)
    assert len(pipeline.components[head].objective.labels) >= 300
    losses = pipeline.update(docs[:8], optimizer=Adam(0.01))
    assert np.isfinite(float(losses[head].total))
    assert len([*pipeline([Doc(["w1", "v"])])]) == 1


def test_all_heads_are_resumed_to_the_bit(tmp_path):
    names = [n for n in HEADS if n not in ("entity_tagger", "spancat_singlelabel")]
    other = make_doc("c d", cats={"a": 0.0, "b": 1.0})
    path = save_docs(tmp_path / "a.spacy", [make_doc(), make_doc("a b"), other])

    def train(folder, n_steps, **settings):
        config = make_config(*names)
        config["paths"] |= {"train": path, "dev": path}
        steps = {"max_steps": n_steps, "eval_frequency": 2, "dropout": 0.2}
        config["training"] |= steps
        fix_random_seed(0)
        run_training(complete(config), tmp_path / folder, **settings)
        pipeline = zoo.load(tmp_path / folder / "model-last")
        return {
            (name, key): parameter.value
            for name, part in pipeline.components.items()
            for key, parameter in named_parameters(part.model).items()
        }

    expected = train("whole", 4)
    train("parts", 2)
    found = train("parts", 4, resume=True)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=str(name))
