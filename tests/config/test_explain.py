import pytest

from zoo import _register_all as builtins
from zoo.config import interpolate, parse_config
from zoo.config._explain import Explanation, explain
from zoo.models.make_config import complete, make_config
from zoo.pipeline._usual_models import component_names
from zoo.pretraining._pretraining_config import pretraining_schemas

registry = builtins.registry
CONFIGS = {name: [name] for name in component_names()}
CONFIGS["all"] = [name for name in component_names() if name != "transformer"]
CONFIGS["transformer"] = ["transformer", "tagger"]
CONFIGS["shared"] = ["tok2vec", "tagger", "textcat"]


def walk(block, path=""):
    for name, value in block.items():
        yield f"{path}{name}"
        if isinstance(value, dict):
            yield from walk(value, f"{path}{name}.")


def explained(config, path):
    return explain(config, path, pretraining_schemas(interpolate(config)))


@pytest.mark.parametrize("name", CONFIGS)
def test_every_setting_of_every_template_is_explained(name):
    config = complete(make_config(CONFIGS[name]), pretraining=True)
    schemas = pretraining_schemas(interpolate(config))
    for path in walk(config):
        found = explain(config, path, schemas)
        assert found.meaning.endswith("."), path
        assert "does not tell" not in found.meaning, path
        assert (found.value is None) == bool(found.settings) or found.type, path


@pytest.fixture(scope="module")
def config():
    return make_config(CONFIGS["all"])


def test_setting_is_explained_by_the_docstring_that_owns_it(config):
    found = explained(config, "components.tok2vec.model.encode.maxout_pieces")
    assert found == Explanation(
        meaning="Linear pieces, of which each unit takes the largest.",
        owner="zoo.layers.window_encoder.MaxoutWindowEncoder",
        type="a whole number",
        default="3",
        value="3",
    )


def test_variable_is_shown_as_it_is_written(config):
    found = explained(config, "components.tok2vec.model.embed.width")
    assert found.value == '"${components.tok2vec.model.encode.width}"'
    assert found.default == "96"


def test_setting_without_a_default_has_none(config):
    found = explained(config, "components.textcat.model.linear_model.exclusive_classes")
    assert (found.default, found.value) == (None, "true")


@pytest.mark.parametrize(
    ("path", "user"),
    [
        ("paths.train", "corpora.train.path"),
        ("system.seed", "training.seed"),
        ("paths.vectors", "initialize.vectors"),
    ],
)
def test_what_others_refer_to_means_what_they_mean(config, path, user):
    meaning = explained(config, user).meaning
    assert explained(config, path).meaning == f"Stands for {user}: {meaning}"


def test_names_of_functions_come_with_the_others_of_their_kind(config):
    path = "components.tok2vec.model.encode.@architectures"
    found = explained(config, path)
    assert found.meaning.startswith("zoo.MaxoutWindowEncoder.v1: Add context to token")
    assert found.type == "the name of a function in 'architectures'"
    assert found.names["zoo.MishWindowEncoder.v1"].startswith("Add context")
    assert "zoo.MaxoutWindowEncoder.v1" not in found.names
    factories = explained(config, "components.tagger.factory").names
    assert "textcat" in factories and "tagger" not in factories


def test_sections_tell_what_they_make_and_hold(config):
    found = explained(config, "training.optimizer")
    assert found.meaning.startswith("Changes the weights.")
    assert "thinc.optimizers.Adam: Take steps by running means" in found.meaning
    assert "learn_rate" in found.settings
    assert "max_steps" in explained(config, "training").settings
    assert (
        "pos_tagger: Predict the coarse" in explained(config, "components.pos").meaning
    )


OWN = """
[nlp]
pipeline = ["tagger"]

[components]

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[components.tagger.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"

[components.tagger.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
window_size = ${sizes.window}

[initialize]
lookups = null
vocab_data = null

[sizes]
window = 2
unused = 1

[sizes.more]
nothing = 0

[training.score_weights]
tag_acc = 1.0
"""


@pytest.fixture(scope="module")
def own():
    return complete(parse_config(OWN.replace("[training.", "[training]\n\n[training.")))


@pytest.mark.parametrize(
    ("path", "meaning"),
    [
        ("components.tagger.model.tok2vec.embed.attrs", "What is called `features`"),
        ("components.tagger.model.tok2vec.embed.rows", "Rows of each table"),
        ("components.tagger.model.tok2vec.embed.width", "Width of each table and"),
        ("components.tagger.model.normalize", "Whether predictions are probabilities"),
        ("initialize.lookups", "Without effect, and warned of: norms come"),
        ("initialize.vocab_data", "Must be null or empty, as there is no vocabulary"),
        ("training.score_weights.tag_acc", "How much each score counts in the choice"),
        ("sizes", "Values for other settings to refer to."),
        ("sizes.window", "Stands for components.tagger.model.tok2vec.encode.window_"),
        ("sizes.unused", "Values for other settings to refer to."),
        ("sizes.more.nothing", "Values for other settings to refer to."),
    ],
)
def test_settings_of_other_configs_are_explained(own, path, meaning):
    assert explained(own, path).meaning.startswith(meaning)


def test_a_function_whose_docstring_says_nothing():
    @registry.callbacks("test.silent.v1")
    def silent(rate: float = 1.0, *layers):
        """Say nothing."""

    block = {"@callbacks": "test.silent.v1", "rate": 2, "*": {"x": 1}}
    config = {"training": {"before_update": block}}
    found = explain(config, "training.before_update.rate", {})
    assert found.meaning == "Its docstring does not tell."
    assert (found.type, found.default, found.value) == ("a number", "1.0", "2")
    assert explain(config, "training.before_update.*.x", {}).value == "1"


def test_unknown_path_is_refused_with_the_nearest(config):
    with pytest.raises(ValueError, match=r"'training.dropuot'.* mean 'training.dropo"):
        explained(config, "training.dropuot")


def test_section_that_is_open_explains_what_it_knows_and_what_others_refer_to(config):
    found = explained(config, "system.deterministic")
    assert found.meaning.startswith("Whether sums on a GPU")
    assert found.type == "true or false"
    assert explained(config, "system.seed").meaning.startswith("Stands for training.se")


def test_a_name_without_its_section_is_told_where_it_is():
    config = {"training": {"dropout": 0.1}, "x": {"dropout": 0.2, "y": 1}}
    with pytest.raises(ValueError, match=r"There is training\.dropout, x\.dropout\."):
        explain(config, "dropout", {})
