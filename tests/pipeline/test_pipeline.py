import numpy as np
import pytest
from thinc.api import Adam

import zoo
from zoo import Doc
from zoo._parameters import named_parameters
from zoo.config import ConfigError
from zoo.tokenizer import tokenize

from ..tiny import (
    make_docs,
    make_tiny_config,
    make_tiny_pipeline,
    make_trained_pipeline,
    weights_of,
)

SHARED = ("tok2vec", "tagger", "textcat")
OWN = ("tagger", "textcat")


@pytest.mark.parametrize("names", [SHARED, OWN])
def test_updates_lower_the_loss(names):
    pipeline, docs, optimizer = make_tiny_pipeline(names), make_docs(), Adam(0.01)
    losses = [pipeline.update(docs, optimizer=optimizer) for _ in range(20)]
    for name in ("tagger", "textcat"):
        assert losses[-1][name].total < losses[0][name].total


def test_documents_of_every_kind_are_annotated_alike():
    pipeline = make_trained_pipeline()
    words = [["dogs", "run"], [], ["unseen", "fast", "cats"]]
    expected = pipeline(Doc(list(w)) for w in words)
    for docs in (words, [tuple(w) for w in words], iter(words)):
        assert pipeline(docs) == expected
    assert expected[0].tags == ["NN", "VB"]
    assert expected[1].tags == []
    assert set(expected[2].cats) == {"pets", "other"}


def test_zoo_docs_are_annotated_in_place_and_labels_kept_unless_overwritten():
    pipeline = make_trained_pipeline()
    doc = Doc(["dogs", "run"], tags=["X", None])
    assert pipeline([doc])[0] is doc
    assert doc.tags == ["X", "VB"]
    pipeline.components["tagger"].objective.overwrite = True
    pipeline([doc])
    assert doc.tags == ["NN", "VB"]


def test_stream_is_annotated_a_batch_at_a_time():
    pipeline, seen = make_trained_pipeline(), []
    stream = pipeline.pipe(
        (seen.append(i) or ["dogs"] for i in range(10)), batch_size=3
    )
    next(stream)
    assert len(seen) == 3
    assert len(list(stream)) == 9


def test_batches_do_not_change_predictions():
    pipeline = make_trained_pipeline()
    docs = [doc.words for doc in make_docs()]
    assert [d.tags for d in pipeline(docs)] == [
        d.tags for d in pipeline.pipe(docs, batch_size=1)
    ]


def test_disabled_component_is_kept_and_does_not_run():
    pipeline = make_trained_pipeline()
    pipeline.disabled.add("textcat")
    before = weights_of(pipeline)
    [doc] = pipeline([["dogs"]])
    assert doc.cats is None
    assert list(pipeline.predict([["dogs"]])) == ["tagger"]
    assert list(pipeline.update(make_docs(), optimizer=Adam(0.1))) == ["tagger"]
    after = weights_of(pipeline)
    assert all((before[n] == after[n]).all() for n in before if "textcat" in n)
    assert "cats_score" not in pipeline.evaluate(make_docs())


def test_component_that_is_disabled_from_the_start_needs_no_labels(tmp_path):
    config = make_tiny_config(SHARED)
    config["nlp"]["disabled"] = ["textcat"]
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize([Doc(["a"], tags=["X"])])
    pipeline.to_disk(tmp_path / "model")
    assert zoo.load(tmp_path / "model")([["a"]])[0].tags == ["X"]


def test_evaluation_gives_spacys_scores_and_leaves_documents_alone():
    docs = make_docs()
    scores = make_trained_pipeline(steps=40).evaluate(docs)
    assert scores["tag_acc"] == scores["cats_macro_f"] == 1.0
    assert scores["tag_per_type"]["NN"] == {"p": 1.0, "r": 1.0, "f": 1.0}
    assert scores["speed"] > 0
    assert docs == make_docs()


def test_scores_of_all_heads_weigh_alike():
    pipeline = make_tiny_pipeline(SHARED)
    assert pipeline.score_weights() == {"tag_acc": 0.5, "cats_score": 0.5}
    assert {"tag_acc", "tag_per_type", "cats_macro_f"} <= set(pipeline.score_names())
    assert pipeline.fields == ["tags", "cats"]


def test_documents_without_labels_give_no_gradient():
    labelled = make_docs()
    bare = [doc.copy(annotations=False) for doc in make_docs(5, seed=1)]
    gradients = []
    for docs in (labelled, labelled + bare):
        pipeline = make_tiny_pipeline(OWN, labelled)
        losses = pipeline.update(docs)
        assert losses["tagger"].count == sum(map(len, labelled))
        assert losses["textcat"].count == len(labelled)
        gradients.append(
            {
                f"{name}.{key}": parameter.node.get_grad(parameter.name)
                for name in OWN
                for key, parameter in named_parameters(
                    pipeline.components[name].model
                ).items()
            }
        )
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(gradient, gradients[1][name], atol=1e-5)


@pytest.mark.parametrize(
    ("docs", "message"),
    [
        ([], "there are no documents to initialize it with"),
        ([Doc(["a"])], r"none of the documents has a label for .* 'tagger' \(tagger\)"),
        ([Doc(["a"], tags=[None])], "none of the documents has a label"),
        ([Doc(["a"], pos=["X"])], r"has a label .* They have 'pos' \(UPOS in"),
    ],
)
def test_initialization_needs_labels(docs, message):
    pipeline = zoo.Pipeline.from_config(make_tiny_config())
    with pytest.raises(ValueError, match=message):
        pipeline.initialize(docs)


def test_initialization_goes_through_documents_without_words():
    docs = [Doc([], tags=[])] * 11 + make_docs()
    pipeline = zoo.Pipeline.from_config(make_tiny_config(SHARED))
    pipeline.initialize(iter(docs))
    assert pipeline([["dogs"]])[0].tags


def test_width_of_a_model_must_be_the_number_of_labels():
    config = make_tiny_config()
    config["components"]["tagger"]["model"]["nO"] = 7
    pipeline = zoo.Pipeline.from_config(config)
    with pytest.raises(
        ValueError, match=r"got 7 outputs and 3 labels\. Set components"
    ):
        pipeline.initialize(make_docs())


def test_documents_that_hold_no_labels_are_refused_where_labels_are_needed():
    pipeline = make_tiny_pipeline()
    for method in (pipeline.update, pipeline.evaluate, pipeline.initialize):
        with pytest.raises(TypeError, match=r"must be of the type zoo\.Doc, got list"):
            method([["a", "b"]])


def test_texts_are_split_by_the_tokenizer_of_the_pipeline():
    pipeline = make_trained_pipeline()
    assert pipeline(["dogs can't run.", ["dogs"], ""]) == pipeline(
        [tokenize("dogs can't run."), Doc(["dogs"]), Doc([], spaces=[])]
    )
    config = make_tiny_config()
    config["nlp"]["tokenizer"] = {"@tokenizers": "zoo.WhitespaceTokenizer.v1"}
    pipeline = zoo.Pipeline.from_config(config)
    assert pipeline.tokenizer("dogs can't run.").words == ["dogs", "can't", "run."]
    config["nlp"].update(tokenizer=None, lang="xx")
    pipeline = zoo.Pipeline.from_config(config)
    assert pipeline.tokenizer("dogs can't run.").words == ["dogs", "can't", "run", "."]
    config["nlp"]["tokenizer"] = {"@schedules": "constant.v1", "rate": 0.1}
    with pytest.raises(ConfigError, match=r"nlp\.tokenizer: expected a block that nam"):
        zoo.Pipeline.from_config(config)


def test_one_text_or_document_is_not_taken_for_many():
    for docs, kind in (("dogs run", "str"), (Doc(["dogs"]), "Doc")):
        with pytest.raises(TypeError, match=f"got one of the type {kind}. Put it"):
            make_tiny_pipeline()(docs)


def test_batches_of_texts_are_refused_where_scores_are_wanted():
    with pytest.raises(TypeError, match="Split a text into words first"):
        make_tiny_pipeline().predict(["dogs run"])


def test_batch_size_must_be_one_or_more():
    with pytest.raises(ValueError, match="batch_size must be 1 or more, got 0"):
        make_tiny_pipeline().pipe([["a"]], batch_size=0)
    for number in (0, -2):
        with pytest.raises(ValueError, match=f"or more, or -1, got {number}"):
            make_tiny_pipeline().pipe([["a"]], n_process=number)


def test_config_may_leave_defaults_out():
    config = make_tiny_config()
    config["nlp"] = {"pipeline": ["tok2vec", "tagger"]}
    assert zoo.Pipeline.from_config(config).batch_size == 256
    config["nlp"]["pipeline"] = ["tok2vec", "tagr"]
    with pytest.raises(
        ConfigError, match=r"components\.tagr: .* Did you mean 'tagger'"
    ):
        zoo.Pipeline.from_config(config)


def test_names_of_no_component_are_refused():
    pipeline = make_tiny_pipeline()
    message = r"Pipeline\.annotating: .* 'tokvec'\. Did you mean 'tok2vec'\?"
    with pytest.raises(ValueError, match=message):
        pipeline.annotating = ["tokvec"]
    message = r"Pipeline\.disabled: .* 'taggers'\. Did you mean 'tagger'\?"
    with pytest.raises(ValueError, match=message):
        pipeline.disabled = {"taggers"}
    pipeline.disabled.add("taggers")
    with pytest.raises(ValueError, match=message):
        pipeline(["dogs run"])


def test_chance_of_dropout_out_of_range_is_refused():
    with pytest.raises(ValueError, match="update: dropout must be 0 to 1, got 5"):
        make_tiny_pipeline().update(make_docs(), dropout=5)


@pytest.mark.parametrize("n_process", [1, 2])
def test_pairs_keep_what_belongs_to_each_text(n_process):
    pipeline = make_trained_pipeline()
    texts = ["dogs run", ["cats"], Doc(["dogs", "sleep"]), ""]
    pairs = [(text, {"id": i}) for i, text in enumerate(texts)]
    settings = {"batch_size": 2, "n_process": n_process}
    found = list(pipeline.pipe(iter(pairs), as_tuples=True, **settings))
    assert [context for _, context in found] == [{"id": i} for i in range(4)]
    alone = [make_trained_pipeline().pipe(texts, batch_size=2)]
    assert [doc for doc, _ in found] == [doc for stream in alone for doc in stream]


def test_pairs_and_lists_of_something_else_are_refused():
    pipeline = make_trained_pipeline()
    for wrong in ([("text", {"id": 1})], [["a", None]], [("a", 3)]):
        with pytest.raises(TypeError, match=r"holds a .*pipe\(pairs, as_tuples=True\)"):
            pipeline(wrong)
    for wrong in (["text"], [("a", 1, 2)], [None]):
        with pytest.raises(TypeError, match="each item must be a pair"):
            list(pipeline.pipe(wrong, as_tuples=True))
    with pytest.raises(TypeError, match="got one of the type str"):
        pipeline.pipe("text", as_tuples=True)
    with pytest.raises(TypeError, match="got NoneType"):
        pipeline([None])


def test_a_pipeline_prints_what_it_is():
    pipeline = make_trained_pipeline()
    pipeline.disabled = {"textcat"}
    text = repr(pipeline)
    assert text.startswith("zoo.Pipeline: 3 components, ")
    assert "shared encoder of width 8" in text
    assert "3 labels (NN, RB, VB); listens to tok2vec" in text
    assert "2 labels (other, pets); listens to tok2vec; disabled" in text
    pipeline.components["tagger"].objective.set_labels(["<b>", "x\n", "VB"])
    assert "&lt;b&gt;" in pipeline._repr_html_()
    assert "<b>" not in pipeline._repr_html_()
    assert "'x\\n'" in repr(pipeline)


@pytest.mark.parametrize("names", [SHARED, OWN])
def test_vectors_of_tokens_are_those_of_the_encoder(names):
    pipeline = make_trained_pipeline(names)
    docs = [["dogs", "run"], [], Doc(["cats"])]
    found = pipeline.token_vectors(docs)
    encoder = pipeline.components[names[0]].model
    if names == OWN:
        encoder = encoder.get_ref("tok2vec")
    for vectors, expected in zip(found, encoder.predict(docs), strict=True):
        np.testing.assert_array_equal(vectors, expected)
    of_head = pipeline.token_vectors(docs, "tagger")
    assert [v.shape for v in of_head] == [(2, 8), (0, 8), (1, 8)]
    with pytest.raises(ValueError, match=r"there is no component 'tager'\. Did you"):
        pipeline.token_vectors(docs, "tager")


def test_settings_that_are_changed_in_python_are_saved(tmp_path):
    pipeline = make_trained_pipeline()
    pipeline.components["tagger"].objective.overwrite = True
    pipeline.to_disk(tmp_path / "model")
    loaded = zoo.load(tmp_path / "model")
    assert loaded.components["tagger"].objective.overwrite is True
    assert pipeline.config["components"]["tagger"]["overwrite"] is False  # It stays.
    before = (tmp_path / "model" / "config.cfg").read_text()
    loaded.to_disk(tmp_path / "model")
    assert (tmp_path / "model" / "config.cfg").read_text() == before
