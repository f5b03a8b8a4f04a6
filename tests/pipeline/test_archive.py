import stat
import tempfile
import zipfile

import numpy as np
import pytest

import zoo
from zoo.pipeline import _archive
from zoo.pipeline._archive import write_archive
from zoo.pipeline._load import inspect
from zoo.vectors import Vectors

from ..tiny import TAGS, make_docs, make_tiny_config, make_tiny_pipeline, scores_of


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "pets.zip"
    write_archive(make_tiny_pipeline(("tok2vec", "tagger", "textcat")), path)
    return path


def extend(archive, target, name, data=b"x", mode=stat.S_IFREG | 0o644):
    """Copy an archive, and add a member to it."""
    target.write_bytes(archive.read_bytes())
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(target, "a") as file:
        file.writestr(member, data)
    return target


def shorten(archive, target, name):
    """Copy an archive, but for a member."""
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(target, "w") as file:
        for member in whole.infolist():
            if member.filename != name:
                file.writestr(member, whole.read(member))
    return target


def test_archive_is_loaded_with_the_bits_of_the_pipeline(archive):
    expected = scores_of(make_tiny_pipeline(("tok2vec", "tagger", "textcat")))
    for loaded in (zoo.load(archive), zoo.load(str(archive)), inspect(archive)):
        found = scores_of(loaded)
        assert all(np.array_equal(expected[name], found[name]) for name in expected)
    assert [*zoo.load(archive, exclude=["textcat"]).components] == ["tok2vec", "tagger"]


def test_one_pipeline_gives_one_archive(archive, tmp_path):
    write_archive(zoo.load(archive), tmp_path / "pets.zip")
    assert (tmp_path / "pets.zip").read_bytes() == archive.read_bytes()


def test_archive_of_a_table_of_zeros_is_loaded_too(tmp_path):
    config = make_tiny_config(("tok2vec", "textcat"))
    config["components"]["textcat"]["model"]["length"] = 500_000
    pipeline = zoo.Pipeline.from_config(config)
    pipeline.initialize(make_docs())
    write_archive(pipeline, tmp_path / "pets.zip")
    expected, found = scores_of(pipeline), scores_of(zoo.load(tmp_path / "pets.zip"))
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def test_archive_holds_a_card_beside_the_folder(archive):
    with zipfile.ZipFile(archive) as file:
        names = set(file.namelist())
        card = file.read("README.md").decode()
    assert {"README.md", "pets/config.cfg", "pets/meta.json"} < names
    assert 'zoo.load("pets.zip")' in card
    assert (
        "| tagger | tagger | 3 outputs: `NN`, `RB`, `VB`; listens to tok2vec |" in card
    )
    assert "## Scores" not in card


def test_card_lists_the_scores_of_the_evaluation(tmp_path):
    pipeline = make_tiny_pipeline()
    pipeline.scores = pipeline.evaluate(make_docs()) | {"tag_acc": 0.5}
    write_archive(pipeline, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        assert "| tag_acc | 50.00 |" in file.read("README.md").decode()


def test_labels_cannot_break_the_card(tmp_path):
    docs = [zoo.Doc(["a", "b"], tags=["x|`\x1b", "y"])]
    write_archive(make_tiny_pipeline(docs=docs), tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        assert r"`x\|'\x1b`" in file.read("README.md").decode()


def test_word_vectors_are_in_the_archive(tmp_path):
    config = make_tiny_config()
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = True
    pipeline = zoo.Pipeline.from_config(config)
    table = Vectors([*TAGS], np.eye(len(TAGS), 4, dtype="f"), name="table")
    pipeline.initialize(make_docs(), vectors=table)
    write_archive(pipeline, tmp_path / "a.zip")
    loaded = zoo.load(tmp_path / "a.zip")
    assert loaded.vectors.checksum == table.checksum
    assert not pipeline.holds_vectors
    expected, found = scores_of(pipeline), scores_of(loaded)
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def test_packed_folder_without_another_around_it_is_loaded(archive, tmp_path):
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path)
    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as file:
        for path in (tmp_path / "pets").iterdir():
            file.write(path, path.name)
    assert zoo.load(tmp_path / "flat.zip").fields == zoo.load(archive).fields


def test_archive_of_another_suffix_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.zip, got '\.tar'"):
        write_archive(make_tiny_pipeline(), tmp_path / "a.tar")


@pytest.mark.parametrize("name", ["../a", "/a", "pets/../../a", "C:a", "pets\\a"])
def test_paths_that_lead_outside_are_refused(archive, tmp_path, name):
    changed = extend(archive, tmp_path / "a.zip", name)
    with pytest.raises(ValueError, match="must hold files by plain paths"):
        zoo.load(changed)


def test_links_are_refused(archive, tmp_path):
    mode = stat.S_IFLNK | 0o777
    changed = extend(archive, tmp_path / "a.zip", "pets/a", b"/etc/hostname", mode)
    with pytest.raises(ValueError, match="must hold files by plain paths"):
        zoo.load(changed)


def test_size_is_bounded_by_that_of_the_archive(archive, tmp_path):
    changed = extend(archive, tmp_path / "a.zip", "pets/a", bytes(10_000_000))
    with pytest.raises(ValueError, match="more than 50 times the archive's"):
        zoo.load(changed)


def test_two_pipelines_are_not_one(archive, tmp_path):
    changed = extend(archive, tmp_path / "a.zip", "other/config.cfg")
    changed = extend(changed, tmp_path / "b.zip", "other/meta.json")
    with pytest.raises(ValueError, match="of one pipeline, got other, pets"):
        zoo.load(changed)


def test_archive_without_a_pipeline_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.txt", "x")
    with pytest.raises(ValueError, match=r"got no config\.cfg beside a meta\.json"):
        zoo.load(tmp_path / "a.zip")


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_damaged_archive_is_refused(archive, tmp_path, at):
    data = bytearray(archive.read_bytes())
    (tmp_path / "short.zip").write_bytes(data[: int(at * len(data))])
    with pytest.raises(ValueError, match=r"short\.zip is not a whole archive"):
        zoo.load(tmp_path / "short.zip")
    with zipfile.ZipFile(archive) as file:
        largest = max(file.infolist(), key=lambda member: member.compress_size)
    data[largest.header_offset + 100 + int(at * largest.compress_size / 2)] ^= 255
    (tmp_path / "flipped.zip").write_bytes(data)
    with pytest.raises(ValueError, match=r"flipped\.zip is not a whole archive"):
        zoo.load(tmp_path / "flipped.zip")


@pytest.mark.parametrize("kind", ["S_IFIFO", "S_IFCHR", "S_IFBLK", "S_IFSOCK"])
def test_special_files_are_refused(archive, tmp_path, kind):
    mode = getattr(stat, kind) | 0o666
    changed = extend(archive, tmp_path / "a.zip", "pets/a", b"", mode)
    with pytest.raises(
        ValueError, match=r"a\.zip: an archive must hold files by plain"
    ):
        zoo.load(changed)


def test_two_files_of_one_name_are_refused(archive, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        changed = extend(archive, tmp_path / "a.zip", "pets/config.cfg")
    with pytest.raises(ValueError, match=r"a\.zip: there are two files 'pets/config"):
        zoo.load(changed)


def test_a_file_where_a_folder_should_be_is_refused(archive, tmp_path):
    changed = extend(archive, tmp_path / "a.zip", "pets/config.cfg/a")
    with pytest.raises(OSError, match=r"a\.zip cannot be unpacked"):
        zoo.load(changed)


def test_kinds_of_packing_that_take_memory_are_refused(archive, tmp_path):
    changed = tmp_path / "a.zip"
    changed.write_bytes(archive.read_bytes())
    with zipfile.ZipFile(changed, "a") as file:
        file.writestr("pets/a", b"x", zipfile.ZIP_BZIP2)
    with pytest.raises(ValueError, match=r"must be stored or deflated, got 'pets/a'"):
        zoo.load(changed)


def test_number_of_files_is_bounded(archive, monkeypatch):
    monkeypatch.setattr(_archive, "_MOST_FILES", 3)
    with pytest.raises(ValueError, match=r"pets\.zip: an archive must hold at most 3"):
        zoo.load(archive)


def test_files_are_named_within_the_archive(archive, tmp_path):
    changed = shorten(archive, tmp_path / "a.zip", "pets/tagger.safetensors")
    with pytest.raises(ValueError, match=r"a\.zip/pets") as error:
        zoo.load(changed)
    assert tempfile.gettempdir() not in str(error.value).replace(str(tmp_path), "")


def test_an_archive_in_an_archive_is_not_unpacked(archive, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.write(archive, "pets.zip")
    with pytest.raises(ValueError, match=r"got no config\.cfg beside a meta\.json"):
        zoo.load(tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["pets.tar", "pets.tar.gz", "pets"])
def test_archives_of_other_suffixes_are_not_read(archive, tmp_path, name):
    (tmp_path / name).write_bytes(archive.read_bytes())
    with pytest.raises((ValueError, OSError), match=rf"{name}"):
        zoo.load(tmp_path / name)


def test_nothing_is_left_of_an_archive_that_is_refused(archive, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    changed = shorten(archive, tmp_path / "a.zip", "pets/tagger.safetensors")
    with pytest.raises(ValueError, match="tagger"):
        zoo.load(changed)
    assert not [*(tmp_path / "temporary").iterdir()]
