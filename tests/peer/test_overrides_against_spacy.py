"""Read overrides and corpora as spaCy does (spacy/cli/_util.py, training/corpus.py)."""

import json

import pytest

from zoo._register_all import registry
from zoo.config import parse_overrides
from zoo.corpora import write_docs
from zoo.doc import Doc

from ..config.override_forms import FORMS

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer


#: zoo reads these as a config file is read; spaCy takes them for strings.
PYTHON_LITERALS = ("True", "None")


@pytest.mark.parametrize(
    ("arguments", "value"),
    [form for form in FORMS if not "".join(form[0]).endswith(PYTHON_LITERALS)],
)
def test_overrides_have_spacys_values(arguments, value):
    from spacy.cli._util import _parse_overrides

    assert _parse_overrides([*arguments]) == parse_overrides(arguments)


def lengths(read, *args):
    examples = list(read(*args))
    return [len(getattr(example, "reference", example)) for example in examples]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"max_length": 5},
        {"max_length": 6},
        {"max_length": 3},
        {"gold_preproc": True},
        {"limit": 2},
    ],
)
def test_corpora_are_cut_up_as_by_spacy(settings, tmp_path):
    starts = [True, False, False, True, False]
    docs = [
        Doc([*"abcde"], [True] * 5, sent_starts=starts),
        Doc([*"abcd"], [True] * 4, sent_starts=[True, False, False, False]),
        Doc(["a"], [True], sent_starts=[True]),
    ]
    path = tmp_path / "docs.spacy"
    write_docs(docs, path)
    peer = spacy.registry.readers.get("spacy.Corpus.v1")
    ours = registry.readers.get("spacy.Corpus.v1")
    settings = {"max_length": 0, "gold_preproc": False, "limit": 0, **settings}
    expected = lengths(peer(path, **settings, augmenter=None), spacy.blank("xx"))
    assert lengths(ours(path, **settings)) == expected


@pytest.mark.parametrize("settings", [{}, {"min_length": 2}, {"max_length": 3}])
@pytest.mark.parametrize("name", ["JsonlCorpus", "PlainTextCorpus"])
def test_texts_of_some_lengths_are_read_as_by_spacy(name, settings, tmp_path):
    lines = ["a b c", "a", "a b", "a b c d"]
    path = tmp_path / "a.txt"
    if name == "JsonlCorpus":
        path = tmp_path / "a.jsonl"
        lines = [json.dumps({"text": line}) for line in lines]
    path.write_text("\n".join(lines) + "\n")
    settings = {"min_length": 0, "max_length": 0, **settings}
    peer, ours = (
        found.readers.get(f"spacy.{name}.v1")(path, **settings)
        for found in (spacy.registry, registry)
    )
    assert lengths(ours) == lengths(peer, spacy.blank("xx"))
