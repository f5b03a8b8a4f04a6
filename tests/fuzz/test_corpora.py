"""Damage corpora: each is read, or an error names the file, and most often the line."""

import gzip
import json
import warnings
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import Doc, Span
from zoo.corpora import Unread, Unwritten, formats, read_docs, write_docs

from .damage import altered_json, check, damages

#: Tables are left out: another package reads them.
FORMATS = [s for s, found in formats.FORMATS.items() if not found.is_packed]
DOCS = [
    Doc(
        ["Peter", "ca", "n't", "run", ".", "Ä"],
        spaces=[True, False, True, False, True, False],
        norms=["peter", "can", "not", "run", ".", "ä"],
        sent_starts=[True, False, False, None, False, True],
        tags=["NNP", "MD", "RB", "VB", ".", None],
        pos=["PROPN", "AUX", "PART", "VERB", "PUNCT", "X"],
        heads=[3, 3, 3, 3, 3, 5],
        deps=["nsubj", "aux", "neg", "root", "punct", "root"],
        ents=[Span(0, 1, "PER"), Span(3, 6, "MISC")],
        cats={"a": 1.0, "b": 0.25},
    ),
    Doc(["Yes"], ents=[], cats={"b": 1.0}),
    Doc(["New", "York"], ents=[Span(0, 2, "LOC")], cats={"a": 1.0}),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    found = {}
    for suffix in FORMATS:
        for name in (f"x{suffix}", f"x{suffix}.gz"):
            path = folder / name
            write_docs(map(Doc.copy, DOCS), path, unwritten=Unwritten())
            assert len(list(read_docs(path, unread=Unread()))) >= 3
            found[name] = path
    return found


def read(path):
    """Read all, and look at what was read, as everything else relies on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for doc in read_docs(path):
            assert all(isinstance(word, str) for word in doc.words)
            doc.copy()
            assert isinstance(doc.text, str)


def try_out(path, data):
    target = path.with_name(f"damaged-{path.name}")
    target.write_bytes(data)
    check(lambda: read(target), str(target))


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=90)
@given(damage=damages())
def test_damaged_files(files, suffix, damage):
    path = files[f"x{suffix}"]
    try_out(path, damage(path.read_bytes()))


@pytest.mark.parametrize("suffix", [".conllu", ".jsonl", ".spacy"])
@settings(max_examples=40)
@given(damage=damages())
def test_damaged_archives(files, suffix, damage):
    path = files[f"x{suffix}.gz"]
    try_out(path, damage(path.read_bytes()))


@settings(max_examples=120)
@given(damage=damages())
def test_damage_inside_of_spacys_format(files, damage):
    data = zlib.decompress(files["x.spacy"].read_bytes())
    try_out(files["x.spacy"], zlib.compress(damage(data)))


@settings(max_examples=120)
@given(data=st.data())
def test_any_values_in_lines_of_json(files, data):
    lines = files["x.jsonl"].read_bytes().splitlines()
    altered = data.draw(altered_json(lines[0]))
    try_out(files["x.jsonl"], b"\n".join([altered, *lines[1:]]))


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".spacy"])
def test_archives_that_unpack_to_far_too_much_are_refused(files, suffix):
    """One line of 80 MB without an end, in 80 kB."""
    path = files[f"x{suffix}.gz"].with_name(f"bomb{suffix}.gz")
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(80):
            file.write(bytes(1 << 20))
    assert not check(lambda: read(path), str(path))


def test_values_nested_deeply_are_refused(files):
    value = "[" * 100_000 + "]" * 100_000
    for text in (value, json.dumps({"tokens": ["a"]})[:-1] + f', "cats": {value}}}'):
        try_out(files["x.jsonl"], text.encode())
