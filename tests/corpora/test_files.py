import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.corpora import _files as files
from zoo.corpora import read_docs
from zoo.corpora._files import (
    read_blocks,
    read_lines,
    replace_text_file,
    unpack_once,
)

from .strategies import on_files, save

LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")))


@on_files
@given(LINES, st.sampled_from(["a.txt", "a.txt.gz"]), st.integers(1, 40))
def test_lines_survive_blocks_of_any_size(tmp_path, lines, name, block):
    with replace_text_file(tmp_path / name) as file:
        file.write("".join(line + "\n" for line in lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BLOCK", max(block, 3))
        found = list(read_lines(tmp_path / name))
    if lines:
        lines[0] = lines[0].removeprefix("\ufeff")
    assert found == lines


def test_a_last_line_needs_no_end(tmp_path):
    assert [*read_lines(save(tmp_path / "a", "b\n\nc"))] == ["b", "", "c"]


def test_only_a_line_feed_ends_a_line(tmp_path):
    text = "a\rb\x0b\x0c\x1c\x85\u2028c"
    assert [*read_lines(save(tmp_path / "a", text + "\r\n"))] == [text + "\r"]


@pytest.mark.parametrize("block", [3, 1000])
def test_bytes_that_are_not_utf8_are_refused(tmp_path, monkeypatch, block):
    monkeypatch.setattr(files, "BLOCK", block)
    path = tmp_path / "a.tsv"
    path.write_bytes("ä\nöö\nu\xfc".encode()[:-2] + b"\xfc\nx")
    with pytest.raises(
        ValueError, match=r"a.tsv, line 3: expected UTF-8, .* byte 0xfc"
    ):
        list(read_lines(path))
    path.write_bytes(b"a\nb\xff")
    with pytest.raises(
        ValueError, match=r"a.tsv, line 2: expected UTF-8, .* byte 0xff"
    ):
        list(read_lines(path))


def test_what_is_not_whole_gzip_is_refused(tmp_path):
    path = tmp_path / "a.tsv.gz"
    packed = gzip.compress(os.urandom(5000))
    for wrong in (b"a\tb\n", packed[:-4000], packed[:100] + b"xxxx" + packed[104:]):
        path.write_bytes(wrong)
        with pytest.raises(ValueError, match=r"a.tsv.gz: expected a whole gzip file"):
            list(read_lines(path))


def test_a_missing_file_is_named_with_the_nearest(tmp_path, monkeypatch):
    save(tmp_path / "train.conllu.gz", "")
    match = (
        rf"train.conllu does not exist. Did you mean 'train.conllu.gz' in {tmp_path}"
    )
    with pytest.raises(FileNotFoundError, match=match):
        next(read_lines(tmp_path / "train.conllu"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=match):
        next(read_lines("train.conllu"))


def test_a_missing_file_is_named_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    match = f"^x.tsv does not exist. No file in {tmp_path} has a name like it.$"
    with pytest.raises(FileNotFoundError, match=match):
        next(read_lines("x.tsv"))
    match = f"^a/b/x.tsv does not exist. Of its folders, the last .* is {tmp_path}.$"
    with pytest.raises(FileNotFoundError, match=match):
        next(read_lines("a/b/x.tsv"))


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(
        IsADirectoryError, match=r"is a folder. Pass the path of a file"
    ):
        next(read_lines(tmp_path))
    with (
        pytest.raises(IsADirectoryError, match=r"is a folder. Pass the path of a file"),
        replace_text_file(tmp_path),
    ):
        raise AssertionError("It should not have been opened.")


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_a_failure_leaves_the_file_as_it_was(tmp_path, name):
    path = save(tmp_path / name, "before")
    with pytest.raises(KeyboardInterrupt), replace_text_file(path) as file:
        file.write("after" * 100000)
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == [name]
    assert path.read_text() == "before"


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_a_failure_leaves_no_new_file(tmp_path, name):
    with pytest.raises(UnicodeEncodeError), replace_text_file(tmp_path / name) as file:
        file.write("\ud800")
    assert os.listdir(tmp_path) == []


def test_a_file_is_replaced_at_the_end_through_a_link(tmp_path):
    path, link = save(tmp_path / "a.txt", "before"), tmp_path / "link.txt"
    link.symlink_to(path)
    with replace_text_file(link) as file:
        file.write("after\r\n")
        assert path.read_text() == "before"
    assert path.read_bytes() == b"after\r\n"
    assert link.is_symlink()


def test_the_same_text_packs_to_the_same_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        with replace_text_file(tmp_path / name) as file:
            file.write("text")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"text"


def test_missing_folders_are_made(tmp_path):
    with replace_text_file(tmp_path / "new" / "deep" / "a.txt.gz") as file:
        file.write("text")
    assert [*read_lines(tmp_path / "new" / "deep" / "a.txt.gz")] == ["text"]


def test_the_name_of_a_link_tells_whether_to_pack(tmp_path):
    path, link = save(tmp_path / "a", "before"), tmp_path / "link.gz"
    link.symlink_to(path)
    with replace_text_file(link) as file:
        file.write("after")
    assert [*read_lines(link)] == ["after"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["a.conllu", "a.jsonl", "a.spacy", "a.txt.gz"])
def test_named_pipe_is_refused_instead_of_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match=f"{name} is a named pipe, which may wait"):
        list(read_docs(tmp_path / name))


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="pipes have no paths here")
def test_a_pipe_without_a_name_is_read_once(tmp_path):
    end, start = os.pipe()
    row = "1\tdogs\tdog\tNOUN\tNNS\t_\t0\troot\t_\t_\n"
    os.write(start, row.encode())
    os.close(start)
    try:
        (doc,) = read_docs(f"/dev/fd/{end}", format=".conllu")
    finally:
        os.close(end)
    assert doc.words == ["dogs"]


def test_a_packed_file_is_unpacked_once(tmp_path, monkeypatch):
    with replace_text_file(tmp_path / "a.gz") as file:
        file.write("a\n" * 1000)
    opener = unpack_once(tmp_path / "a.gz")
    monkeypatch.setattr(files, "_open_to_read", None)
    assert [*read_lines(tmp_path / "a.gz", opener)] == ["a"] * 1000
    assert b"".join(read_blocks(tmp_path / "a.gz", opener)) == b"a\n" * 1000


def test_a_large_packed_file_is_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BLOCK", 10)
    with replace_text_file(tmp_path / "a.gz") as file:
        file.write("a\n" * 1000)
    opener = unpack_once(tmp_path / "a.gz")
    assert isinstance(opener(), gzip.GzipFile)
    assert [*read_lines(tmp_path / "a.gz", opener)] == ["a"] * 1000
