import gzip
import os
from itertools import islice

import pytest

from zoo.corpora import Corpus, Unread, Unwritten, read_docs, write_docs
from zoo.corpora.formats import FORMATS
from zoo.doc import TOKEN_FIELDS, Doc, Span
from zoo.tokenizer.adapters import WhitespaceTokenizer

from .strategies import save

DOCS = [Doc(["a", "b"], cats={"x": 1.0}), Doc(["c"], cats={"y": 1.0})]


PACKED = [
    s + gz for s, f in FORMATS.items() for gz in ("", ".gz"[: 3 * (not f.is_packed)])
]


@pytest.mark.parametrize("suffix", sorted(set(PACKED)))
def test_every_format_is_written_and_read(tmp_path, suffix):
    path = tmp_path / f"en.dev{suffix}"
    write_docs(iter(DOCS), path, unwritten=Unwritten())
    assert [doc.words for doc in read_docs(path, unread=Unread())] == [
        ["a", "b"],
        ["c"],
    ]
    assert path.read_bytes().startswith(b"\x1f\x8b") == suffix.endswith(".gz")
    # Documents may come from the file that they replace.
    write_docs(read_docs(str(path), unread=Unread()), str(path))
    assert [doc.words for doc in read_docs(path, unread=Unread())] == [
        ["a", "b"],
        ["c"],
    ]
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", FORMATS)
def test_documents_share_their_strings(tmp_path, suffix):
    tags = {"tags": ["Noun"], "pos": ["NOUN"], "deps": ["root"], "cats": {"x": 1.0}}
    path = tmp_path / f"twice{suffix}"
    docs = [Doc(["two-words"], heads=[0], **tags)] * 2
    write_docs(docs, path, unwritten=Unwritten())
    first, second = read_docs(path, unread=Unread())
    assert first.words[0] is second.words[0]
    for field in ("tags", "pos", "deps"):
        if getattr(first, field) is not None:
            assert getattr(first, field)[0] is getattr(second, field)[0]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_holds_the_fields_that_it_names(tmp_path, suffix):
    full = Doc(
        ["Ann", "sleeps"],
        spaces=[False, True],
        norms=["anne", "sleep"],
        sent_starts=[True, False],
        tags=["N", "V"],
        pos=["NOUN", "VERB"],
        heads=[1, 1],
        deps=["s", "r"],
        ents=[Span(0, 1, "P")],
        cats={"x": 1.0},
    )
    path = tmp_path / f"a{suffix}"
    write_docs([full], path, unwritten=Unwritten())
    (found,) = read_docs(path)
    for name in (*TOKEN_FIELDS, "ents", "cats"):
        held = name in FORMATS[suffix].fields
        if suffix not in (".csv", ".txt"):  # Their words are split anew.
            expected = getattr(full, name) if held else None
            assert getattr(found, name) == expected, name
    assert found.text == full.text or "spaces" not in FORMATS[suffix].fields


def test_case_of_a_suffix_does_not_matter(tmp_path):
    path = tmp_path / "A.TSV.GZ"
    path.write_bytes(gzip.compress(b"a\tb\n"))
    assert [doc.words for doc in read_docs(path)] == [["a"]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.conllx", "got .conllx. Did you mean .conllu?"),
        ("a.json.gz", "got .json. Did you mean .jsonl?"),
        ("a.bin", "got .bin."),
        ("a.gz", "got none.$"),
        ("a", "got none.$"),
    ],
)
def test_an_unknown_suffix_is_refused_at_once(tmp_path, name, message):
    path = save(tmp_path / name, "")
    known = f"the suffix must be one of {', '.join(FORMATS)}, all but tables with or wi"
    known += "thout .gz"
    with pytest.raises(ValueError, match=f"{name}: {known}, {message}"):
        read_docs(path)
    with pytest.raises(ValueError, match=f"{name}: {known}, {message}"):
        write_docs(DOCS, path)
    assert path.read_text() == ""


def test_folders_and_lists_are_read_in_order(tmp_path):
    (tmp_path / "b" / ".cache").mkdir(parents=True)
    for name in ("b/2.tsv", "b/1.tsv", "a.tsv", "c.tsv", "b/.cache/x.tsv", ".d.tsv"):
        save(tmp_path / name, f"{name}\tx\n")
    save(tmp_path / "b" / "notes.md", "not read")

    def read(path):
        return [doc.words[0] for doc in read_docs(path)]

    assert read(tmp_path) == ["a.tsv", "b/1.tsv", "b/2.tsv", "c.tsv"]
    assert read([tmp_path / "c.tsv", str(tmp_path / "b")]) == [
        "c.tsv",
        "b/1.tsv",
        "b/2.tsv",
    ]
    assert [*map(len, islice(read_docs(tmp_path), 2))] == [1, 1]
    with pytest.raises(FileNotFoundError, match=r"no\.tsv does"):
        read_docs([tmp_path / "a.tsv", tmp_path / "no.tsv"])


def test_a_folder_or_list_without_files_is_refused_at_once(tmp_path):
    save(tmp_path / "a.md", "")
    with pytest.raises(ValueError, match="the folder must hold a file with one of"):
        read_docs(tmp_path)
    with pytest.raises(ValueError, match="A list of files must name at least one"):
        read_docs([])


def test_options_reach_the_formats_that_take_them(tmp_path):
    save(tmp_path / "a.bio", "x\tI-A\n")
    save(tmp_path / "b.jsonl", '{"text": "a,b", "entities": [[0, 1, "X"]]}\n')
    save(tmp_path / "c.txt", "a,b c\n")
    white = WhitespaceTokenizer()
    with pytest.warns(UserWarning, match=r"b.jsonl: 1 entity that does not begin"):
        docs = [*read_docs(tmp_path, tokenizer=white, misaligned="skip")]
    assert [doc.words for doc in docs] == [["x"], ["a,b"], ["a,b", "c"]]
    assert [doc.ents for doc in docs] == [[Span(0, 1, "A")], None, None]
    with pytest.raises(ValueError, match="line 1: entities: a span must begin and end"):
        [*read_docs(tmp_path, tokenizer=white)]
    with pytest.raises(ValueError, match="line 1: expected a label that can follow O"):
        [*read_docs(tmp_path, strict=True)]


def test_a_missing_file_is_refused_at_once(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a.tsv does not exist."):
        read_docs(tmp_path / "a.tsv")


def test_a_document_that_cannot_be_written_leaves_the_file_as_it_was(tmp_path):
    path = save(tmp_path / "a.tsv", "a\tb\n")
    with pytest.raises(ValueError, match="write_tsv"):
        write_docs([*DOCS, Doc([])], path)
    assert path.read_text() == "a\tb\n"
    assert os.listdir(tmp_path) == ["a.tsv"]


def test_documents_of_other_kinds_are_written(tmp_path):
    write_docs([["a", "b"], DOCS[1]], tmp_path / "a.jsonl")
    assert [*read_docs(tmp_path / "a.jsonl")] == [Doc(["a", "b"]), DOCS[1]]
    with pytest.raises(TypeError, match=r"A document must be a zoo\.Doc, a list"):
        write_docs(["a b"], tmp_path / "b.jsonl")
    assert not (tmp_path / "b.jsonl").exists()


def test_a_format_may_be_named_for_any_file(tmp_path):
    save(tmp_path / "a.txt", "Rome B-X\n")
    save(tmp_path / "b.data", "Ann O\n")
    expected = [Doc(["Rome"], ents=[Span(0, 1, "X")]), Doc(["Ann"], ents=[])]
    assert [*read_docs(tmp_path, format=".conll")] == expected
    assert [*read_docs(tmp_path / "b.data", format=".conll")] == expected[1:]
    assert [*Corpus(tmp_path, format=".conll")()] == expected
    with pytest.raises(
        ValueError, match=r"suffix must be one of .* got .connl. Did you"
    ):
        read_docs(tmp_path, format=".connl")


def test_options_that_do_not_exist_are_refused_at_once(tmp_path):
    path = save(tmp_path / "a.txt", "a\n")
    with pytest.raises(ValueError, match="read_docs: misaligned must be one of error"):
        read_docs(path, misaligned="drop")
    with pytest.raises(ValueError, match="Corpus: overlapping must be one of error, l"):
        Corpus(path, overlapping="first")


PARTIAL = "Rome B-X\nfell _\n"


def test_a_warning_is_given_once_for_each_file(tmp_path):
    files = [save(tmp_path / name, PARTIAL * 2) for name in ("a.bio", "b.bio", "c.bio")]
    with pytest.warns(UserWarning) as caught:
        assert len([*read_docs(files)]) == 3
    assert [str(found.message).partition(":")[0] for found in caught] == [
        str(path) for path in files
    ]


def test_a_warning_is_given_where_reading_stops(tmp_path):
    path = save(tmp_path / "a.bio", f"{PARTIAL}\n" * 9)
    docs = read_docs(path)
    next(docs)
    with pytest.warns(UserWarning, match="1 word without a label of an entity, the fi"):
        docs.close()
    with pytest.warns(UserWarning, match="2 words without a label of an entity"):
        assert len([*Corpus(path, limit=2)()]) == 2


def test_a_corpus_warns_once(tmp_path):
    corpus = Corpus(save(tmp_path / "a.bio", PARTIAL))
    with pytest.warns(UserWarning, match="1 word without a label"):
        assert len([*corpus()]) == 1
    assert len([*corpus()]) == 1
    assert len(corpus.unread.describe()) == 1


def test_what_was_not_read_can_be_collected(tmp_path):
    unread = Unread()
    path = save(tmp_path / "a.bio", PARTIAL)
    assert len([*read_docs([path, path], unread=unread)]) == 2
    assert unread.describe() == [
        f"{path}: 2 words without a label of an entity, the first in line 2. Such a "
        f"word is unknown, not outside of entities: nothing is learned from it, and it "
        f"is not scored."
    ]


def test_files_of_a_folder_with_a_suffix_like_that_of_a_format_are_said(tmp_path):
    save(tmp_path / "a.bio", "x\tO\n")
    for name in ("b.json", "notes.md", "stats.xml", ".c.conllx"):
        save(tmp_path / name, "x")
    message = r": 1 file whose suffix is like that of a format, the first in b\.json\. "
    with pytest.warns(UserWarning, match=message):
        assert len([*read_docs([tmp_path])]) == 1
    corpus = Corpus(tmp_path)
    with pytest.warns(UserWarning, match=message):
        assert len([*corpus()]) == 1
    assert len([*corpus()]) == 1
    assert len([*read_docs(tmp_path / "b.json", format=".txt")]) == 1
