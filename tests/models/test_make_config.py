import itertools

import catalogue
import pytest
from thinc.api import Config

import zoo
from zoo import Doc
from zoo.config import ConfigError, format_config, parse_config
from zoo.models._fit_corpus import CorpusSize
from zoo.models.create import model_config
from zoo.models.make_config import complete, make_config
from zoo.pipeline._usual_models import component_names
from zoo.pretraining._pretraining_config import pretraining_faults
from zoo.training._training_config import training_faults

from ..tiny import make_docs

HEADS = ["tagger", "pos", "entity_tagger", "textcat", "textcat_multilabel"]
HEADS += ["parser", "ner", "morphologizer", "senter", "trainable_lemmatizer"]
HEADS += ["spancat", "spancat_singlelabel"]
PIPELINES = [[name] for name in HEADS] + [
    ["tok2vec", *pair] for pair in itertools.combinations(HEADS[:4], 2)
]


def test_there_is_a_template_for_each_component():
    assert component_names() == sorted([*HEADS, "tok2vec", "transformer"])


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda names: ",".join(names))
def test_made_config_is_complete_and_builds(pipeline):
    config = make_config(pipeline, lang="de")
    assert config["nlp"]["lang"] == "de"
    assert config["nlp"]["pipeline"] == pipeline
    faults = training_faults(config.interpolate(), config, need_all=True)
    assert [fault.path for fault in faults] == [
        "corpora.train.path",
        "corpora.dev.path",
    ]
    built = zoo.Pipeline.from_config(config)
    assert list(built.components) == pipeline
    shared = built.components[pipeline[0]].upstream is not None
    assert shared == ("tok2vec" in pipeline)


@pytest.mark.parametrize("pipeline", [["tagger", "pos"], ["tok2vec", "tagger", "pos"]])
def test_encoder_is_shared_or_each_head_has_its_own(pipeline):
    config = make_config(pipeline, shared=True)
    assert config["nlp"]["pipeline"] == ["tok2vec", "tagger", "pos"]
    assert config == make_config(["tok2vec", "tagger", "pos"])
    config = make_config(pipeline, shared=False)
    assert config["nlp"]["pipeline"] == ["tagger", "pos"]
    assert config == make_config(["tagger", "pos"])


def test_a_transformer_is_an_encoder_to_share():
    config = make_config(["transformer", "pos"])
    assert make_config(["transformer", "pos"], shared=True) == config
    with pytest.raises(ValueError, match="one encoder, got tok2vec and transformer"):
        make_config(["tok2vec", "transformer", "tagger"])
    with pytest.raises(ValueError, match="share a transformer, got it in a pipeline"):
        make_config(["transformer", "pos"], shared=False)


@pytest.mark.parametrize(
    ("pipeline", "component", "layer"),
    [(["tok2vec", "pos"], "tok2vec", ""), (["pos", "tagger"], "pos", "tok2vec")],
)
def test_section_for_pretraining_names_the_encoder(pipeline, component, layer):
    config = make_config(pipeline, pretraining=True)
    section = config["pretraining"]
    assert (section["component"], section["layer"]) == (component, layer)
    faults = pretraining_faults(config.interpolate(), config)
    assert not faults
    assert not make_config(pipeline).get("pretraining")
    with pytest.raises(ValueError, match="only an encoder of words is pretrained, got"):
        make_config(["transformer", *pipeline[-1:]], pretraining=True)


def test_without_heads_there_is_nothing_to_share():
    assert make_config(["tok2vec"], shared=True) == make_config(["tok2vec"])
    for shared in (True, False):
        with pytest.raises(ValueError, match="must have at least one component"):
            make_config([], shared=shared)
    with pytest.raises(ValueError, match="must have at least one component"):
        make_config(["tok2vec"], shared=False)


@pytest.mark.parametrize("pipeline", [["tok2vec", "tagger"], ["pos"]])
def test_one_setting_changes_all_widths(pipeline):
    config = make_config(pipeline)
    component = config["components"][pipeline[0]]["model"]
    component.get("tok2vec", component)["encode"]["width"] = 64
    built = zoo.Pipeline.from_config(config)
    for component in built.components.values():
        for node in component.model.walk():
            if node.name in ("tok2vec", "listener"):
                assert node.get_dim("nO") == 64


def test_made_config_survives_writing_and_completing():
    config = make_config(["tok2vec", "tagger"])
    assert parse_config(format_config(config)) == config
    assert complete(config) == config


def test_unknown_component_is_refused():
    with pytest.raises(ValueError, match=r"no template for the component 'tager'. Did"):
        make_config(["tok2vec", "tager"])
    with pytest.raises(ValueError, match="must have at least one component"):
        make_config([])


SHORT = """
[nlp]
pipeline = ["tagger"]

[components]

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "zoo.Tagger.v1"

[components.tagger.model.tok2vec]
@architectures = "zoo.Tok2Vec.v1"

[components.tagger.model.tok2vec.embed]
@architectures = "zoo.MultiHashEmbed.v1"
width = ${vars.width}

[components.tagger.model.tok2vec.encode]
@architectures = "zoo.MaxoutWindowEncoder.v1"
width = ${vars.width}

[training]
max_epochs = 3

[training.batcher]
@batchers = "zoo.batch_by_sequence.v1"
size = 8

[training.optimizer]
@optimizers = "SGD.v1"
learn_rate = 0.1

[vars]
width = 32
"""


def test_short_config_is_completed_and_keeps_what_it_says():
    short = parse_config(SHORT)
    filled = complete(short)
    encoder = filled["components"]["tagger"]["model"]["tok2vec"]
    assert encoder["embed"]["width"] == "${vars.width}"
    assert encoder["encode"]["depth"] == 4
    assert filled["training"]["max_epochs"] == 3
    assert filled["training"]["max_steps"] == 20000
    assert filled["training"]["batcher"] == {
        "@batchers": "zoo.batch_by_sequence.v1",
        "size": 8,
        "get_length": None,
    }
    assert filled["training"]["optimizer"]["use_averages"] is True  # SGD's default.
    assert "beta1" not in filled["training"]["optimizer"]
    assert filled["components"]["tagger"]["scorer"] is None
    assert filled["nlp"]["batch_size"] == 256
    faults = training_faults(filled.interpolate(), filled, need_all=True)
    assert {fault.path for fault in faults} == {
        "corpora.train.path",
        "corpora.dev.path",
    }
    assert short == parse_config(SHORT)


def test_completing_refuses_faults():
    config = parse_config(SHORT, {"training.max_epoch": 3, "nlp.pipelin": []})
    with pytest.raises(ConfigError, match=r"(?s)2 errors.*nlp.pipelin.*max_epoch"):
        complete(config)


def built(config):
    return zoo.Pipeline.from_config(config)


@pytest.mark.parametrize("name", zoo.list_models(task="encoding", needs=[]))
@pytest.mark.parametrize("pipeline", [["tok2vec", "tagger", "textcat"], ["pos"]])
def test_ready_made_encoder_takes_the_place_of_that_of_the_templates(name, pipeline):
    config = make_config(pipeline, model=name)
    assert config["nlp"]["pipeline"] == pipeline
    component = config["components"][pipeline[0]]["model"]
    encoder = component if "tok2vec" in pipeline else component["tok2vec"]
    assert encoder == model_config(name)
    pipe = built(config)
    docs = make_docs()
    pipe.initialize(docs)
    assert pipe(["dogs run"])[0].words == ["dogs", "run"]


@pytest.mark.parametrize(
    ("name", "names", "made"),
    [
        ("tagger_cnn", None, ["tagger"]),
        ("textcat_bow", None, ["textcat"]),
        ("textcat_cnn", ["textcat_multilabel"], ["textcat_multilabel"]),
        ("tagger_cnn", ["tok2vec", "tagger", "pos"], ["tagger", "pos"]),
        ("tagger_cnn", ["tok2vec", "tagger", "entity_tagger"], None),
        ("hash_cnn_small", None, ["tok2vec", "tagger"]),
        (None, None, ["tok2vec", "tagger"]),
    ],
)
def test_ready_made_model_serves_the_components_it_can(name, names, made):
    config = make_config(names, model=name)
    assert config["nlp"]["pipeline"] == (made or names)
    for component in config["nlp"]["pipeline"]:
        model = config["components"][component]["model"]
        if name and component in ("tagger", "pos", "textcat", "textcat_multilabel"):
            is_exclusive = {"exclusive_classes": component == "textcat"}
            kept = is_exclusive if "exclusive_classes" in model else {}
            if name != "hash_cnn_small":
                assert model == model_config(name) | kept
    assert list(built(config).components) == config["nlp"]["pipeline"]


@pytest.mark.parametrize("name", zoo.list_models(task="classification"))
@pytest.mark.parametrize("head", ["textcat", "textcat_multilabel"])
def test_ready_made_classifiers_are_exclusive_as_their_component_is(name, head):
    model = built(make_config([head], model=name)).components[head].model
    assert model.attrs["multi_label"] == (head == "textcat_multilabel")


def test_ready_made_transformer_brings_its_training_along():
    config = make_config(["tok2vec", "textcat"], model="transformer")
    fitted = make_config(["transformer", "textcat"])
    assert config["training"] == fitted["training"]
    assert config["components"]["tok2vec"]["factory"] == "tok2vec"


@pytest.mark.parametrize(
    ("name", "names", "message"),
    [
        ("textcat_bow", ["tok2vec", "tagger"], "is for textcat and textcat_multilabe"),
        ("hash_cnn_small", ["transformer", "tagger"], "cannot be used beside a trans"),
        ("textcat_bo", None, "no model 'textcat_bo'. Did you mean 'textcat_bow'"),
    ],
)
def test_model_that_a_pipeline_cannot_use_is_refused(name, names, message):
    with pytest.raises(ValueError, match=message):
        make_config(names, model=name)


@pytest.mark.parametrize(
    ("fields", "is_exclusive", "names"),
    [
        ({"tags": 2, "cats": 1}, True, ["tok2vec", "tagger", "textcat"]),
        ({"pos": 1, "ents": 1}, True, ["tok2vec", "pos", "entity_tagger"]),
        ({"cats": 1}, False, ["textcat_multilabel"]),
        ({"cats": 0}, True, ["tok2vec", "tagger"]),
    ],
)
def test_components_are_those_that_a_corpus_has_annotation_for(
    fields, is_exclusive, names
):
    size = CorpusSize(100, 1000, 20, fields, is_exclusive)
    assert make_config(size=size)["nlp"]["pipeline"] == names
    assert make_config(["pos"], size=size)["nlp"]["pipeline"] == ["pos"]


SHORT_COMPONENTS = """
[nlp]
pipeline = ["tok2vec", "tags", "textcat", "parser", "ner", "senter"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tags]
factory = "tagger"

[components.textcat]
factory = "textcat"

[components.parser]
factory = "parser"

[components.ner]
factory = "ner"

[components.senter]
factory = "senter"
"""


def test_component_without_a_model_gets_the_usual_one():
    config = parse_config(SHORT_COMPONENTS)
    completed = complete(config)
    assert "model" not in config["components"]["tags"]
    for name, template in {"tags": "tagger", "textcat": "textcat"}.items():
        usual = make_config([template])["components"][template]["model"]
        found = completed["components"][name]["model"]
        width = f"${{components.{name}.model.tok2vec.encode.width}}"
        if "tok2vec" in found:
            assert found["tok2vec"]["embed"].pop("width") == width
            del usual["tok2vec"]["embed"]["width"]
        assert found == usual
    encoder = completed["components"]["tok2vec"]["model"]
    assert (
        encoder == make_config(["tok2vec", "tagger"])["components"]["tok2vec"]["model"]
    )
    assert [*built(completed).components] == config["nlp"]["pipeline"]


def test_every_factory_with_a_model_has_a_usual_one():
    rules = {"attribute_ruler", "entity_ruler", "lemmatizer", "sentencizer"}
    for factory in {*zoo.registry.names("factories")} - {*rules, "span_ruler"}:
        if "." in factory or not factory.islower():  # Not one of another package.
            continue
        config = {"nlp": {"pipeline": ["x"]}, "components": {"x": {"factory": factory}}}
        assert "x" in built(Config(config)).components


def test_component_without_a_usual_model_is_an_error(monkeypatch):
    # What a test registers is gone after it: a page of the docs shows the whole list.
    monkeypatch.setattr(catalogue, "REGISTRY", {**catalogue.REGISTRY})

    @zoo.registry.factories("test.modelless")
    def modelless():
        return zoo.registry.factories.get("tagger")()

    config = {"nlp": {"pipeline": ["x"]}}
    config["components"] = {"x": {"factory": "test.modelless"}}
    with pytest.raises(ConfigError, match=r"x\.model: expected a model"):
        built(Config(config))


def test_a_pretrained_config_has_the_encoder_and_names_its_weights():
    config = make_config(["tagger", "textcat"], pretrained=True)
    assert config["nlp"]["pipeline"] == ["tok2vec", "tagger", "textcat"]
    assert config["paths"]["init_tok2vec"] == "zoo:hash-cnn-medium"
    small = make_config(["tagger"], model="hash_cnn_small", pretrained=True)
    assert small["paths"]["init_tok2vec"] == "zoo:hash-cnn-small"
    assert small["components"]["tok2vec"]["model"]["encode"]["width"] == 64


@pytest.mark.parametrize("head", ["textcat", "textcat_multilabel"])
def test_classifiers_that_share_no_encoder_read_words_alone(head):
    config = make_config(["tok2vec", head])
    model = config["components"][head]["model"]
    assert config["nlp"]["pipeline"] == [head]
    assert model["@architectures"] == "zoo.TextCatBOW.v1"
    assert model["exclusive_classes"] == (head == "textcat")
    assert not model["no_output_layer"] and not config["paths"]["vectors"]
    assert make_config([head]) == make_config([head], shared=True) == config


@pytest.mark.parametrize(
    ("pipeline", "settings", "layer"),
    [
        (["tok2vec", "tagger", "textcat"], {}, "zoo.Listener.v1"),
        (["textcat"], {"model": "char_cnn"}, "zoo.Tok2Vec.v1"),
        (["textcat"], {"pretraining": True}, "zoo.Tok2Vec.v1"),
        (
            ["tok2vec", "textcat"],
            {"model": "hash-cnn-small", "pretrained": True},
            "zoo.Listener.v1",
        ),
    ],
)
def test_classifiers_read_an_encoder_that_is_shared_or_asked_for(
    pipeline, settings, layer
):
    config = make_config(pipeline, **settings)
    assert config["nlp"]["pipeline"] == pipeline
    model = config["components"]["textcat"]["model"]
    assert model["@architectures"] == "zoo.TextCatAverage.v1"
    assert model["tok2vec"]["@architectures"] == layer
    assert not config["paths"]["vectors"]


@pytest.mark.parametrize("others", [[], ["tok2vec", "tagger"]])
def test_pretrained_classifiers_read_the_word_vectors_of_zoo(others):
    config = make_config([*others, "textcat"], pretrained=True)
    assert config["nlp"]["pipeline"] == [*others, "textcat"]
    assert config["paths"]["vectors"] == "zoo:english-words"
    assert bool(config["paths"]["init_tok2vec"]) == bool(others)
    pipe, docs = built(config), make_docs()
    pipe.initialize(docs, vectors=zoo.read_vectors("zoo:english-words"))
    assert pipe(["dogs run"])[0].words == ["dogs", "run"]


@pytest.mark.parametrize(
    ("pipeline", "has_averages"),
    [
        (["tagger"], True),
        (["tok2vec", "ner", "pos"], True),
        (["parser"], True),
        (["ner"], False),
        (["transformer", "tagger"], False),
    ],
)
def test_averages_are_kept_where_they_are_better(pipeline, has_averages):
    optimizer = make_config(pipeline)["training"]["optimizer"]
    assert optimizer["use_averages"] == has_averages


@pytest.mark.parametrize(
    ("lang", "words"), [("en", ["Er", "war", "spät"]), ("de", ["He", "was", "late"])]
)
def test_warns_of_pretrained_weights_for_another_language(lang, words):
    size = CorpusSize.of([Doc(words, tags=["A"] * 3)])
    with pytest.warns(UserWarning, match="that come with zoo know English"):
        make_config(["tagger"], lang=lang, size=size, pretrained=True)
    make_config(["tagger"], lang=lang, size=size)  # No warning.


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shared": False}, "a pretrained encoder is shared"),
        ({"model": "char_cnn"}, "no pretrained encoder 'char_cnn'"),
        ({"pipeline": ["transformer", "tagger"]}, "share one encoder, got|beside a tr"),
    ],
)
def test_a_config_that_cannot_be_pretrained_is_refused(settings, message):
    settings = {"pipeline": ["tagger"], **settings}
    with pytest.raises(ValueError, match=message):
        make_config(pretrained=True, **settings)
