"""Check that every name of spaCy's resolves, or has a sentence that says what to do."""

import pytest

import zoo
from zoo.config import parse_config
from zoo.config._validate import find_faults
from zoo.config.errors import is_absent

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

OWNERS = ("spacy", "spacy_legacy", "spacy_loggers", "srsly", "thinc")
KINDS = ["architectures", "augmenters", "batchers", "callbacks", "layers", "loggers"]
KINDS += ["misc", "optimizers", "readers", "schedules", "scorers", "tokenizers"]


@pytest.fixture(scope="module", autouse=True)
def populated():
    from spacy.pipeline.factories import register_factories
    from spacy.registrations import populate_registry

    populate_registry()
    register_factories()


def names_of(kind):
    """List the names of spaCy and spacy-legacy, and those that stand for older ones."""
    found = []
    for name, function in getattr(spacy.registry, kind).get_all().items():
        module = function.__module__.partition(".")[0]
        if module in OWNERS:
            found.append(name)
            if name.startswith("spacy-legacy."):
                found.append(name.replace("spacy-legacy", "spacy"))
    return sorted(found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_resolves_or_is_explained(kind):
    names = names_of(kind)
    assert len(names) >= 3
    for name in names:
        if zoo.registry.has(kind, name):
            continue
        (fault, *_) = find_faults({f"@{kind}": name}, "block")
        assert "It is spaCy's, and not in zoo: " in fault.message, name
        assert "--code" not in fault.message and "Did you mean" not in fault.message


def test_every_factory_resolves_or_is_explained():
    # Names with a dot are those of a language, which a config writes without it.
    # (`nlp.factory_names` lacks those that were registered after the language.)
    names = [name for name in spacy.registry.factories.get_all() if "." not in name]
    assert len(names) > 20
    for name in names:
        if zoo.registry.has("factories", name):
            continue
        assert is_absent(name), name
        text = (
            f'[nlp]\npipeline = ["x"]\n[components]\n[components.x]\nfactory = "{name}"'
        )
        with pytest.raises(
            zoo.ConfigError, match="It is spaCy's, and not in zoo: "
        ) as e:
            zoo.Pipeline.from_config(parse_config(text))
        assert len(e.value.faults) == 1
