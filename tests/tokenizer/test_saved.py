"""Split text by rules as spaCy saves them."""

import pickle
import re
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo._lexical.attributes import string_id
from zoo._spacy_files import pack, unpack
from zoo.doc import Doc
from zoo.tokenizer import SavedTokenizer
from zoo.tokenizer._saved_rules import TokenizerRules

RULES = TokenizerRules(
    prefix=r"^[(\"$:]|^-",
    suffix=r"[)\".,!:;]$|(?<=[0-9])km$|'s$",
    infix=r"[/:]|-",
    word=r"[A-Z]\.[A-Z]\.$|half-baked$",
    url=r"www\.\S+$",
    exceptions={
        "don't": (("do", None), ("n't", "not")),
        ":-)": ((":-)", None),),
        ":)": ((":)", None),),
        "w/o": (("w/o", "without"),),
        "a.m.": (("a.m.", None),),
        "10a.m.": (("10", None), ("a.m.", None)),
        "New York": (("New York", None),),
        " ": ((" ", None),),
        "\n": (("\n", None),),
    },
    norms={string_id("colour"): "color", string_id("X"): "ex"},
)
TOKENIZER = SavedTokenizer.from_rules(RULES)
PIECES = st.sampled_from(
    [
        *("don't", ":-)", "w/o", "10a.m.", "a.m.", "New York", "colour", "X", "U.S."),
        *("a-b", "half-baked", "www.x.y", "(", ")", '"', "$", "5km", "it's", "-", "/"),
        *(":", ".", ";", " ", "  ", "\n", " \n ", "\t", "\u2003", "é", "漢", "😀"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("(don't!)", ["(", "do", "n't", "!", ")"]),
        ("half-baked a-b U.S.", ["half-baked", "a", "-", "b", "U.S."]),
        ("see www.a-b/c.", ["see", "www.a-b/c", "."]),
        ("5km. it's", ["5", "km", ".", "it", "'s"]),
        ("nice:-)", ["nice", ":-)"]),
        ("w/o x", ["w/o", "x"]),
        ("xw/o", ["xw", "/", "o"]),
        ("(10a.m.)", ["(", "10", "a.m.", ")"]),
        ("don't-10a.m.", ["don't", "-", "10", "a.m."]),
        ("in New York", ["in", "New York"]),
        (" a  b\nc ", [" ", "a", " ", "b", "\n", "c"]),
        ("-", ["-"]),
        ('"("', ['"', "(", '"']),
    ],
)
def test_text_is_split(text, words):
    doc = TOKENIZER(text)
    assert doc.words == words
    assert doc.text == text


def test_norms_are_those_of_exceptions_and_of_the_table():
    assert TOKENIZER("don't w/o").norms == ["do", "not", "without"]
    assert TOKENIZER("colour X Dog").norms == ["color", "ex", "dog"]
    assert TOKENIZER("Dog -").norms is None


def test_documents_that_come_split_get_the_norms_of_the_table():
    docs = [Doc(["colour", "Dog"]), Doc(["Dog"]), Doc(["colour"], norms=["hue"])]
    for doc in docs:
        TOKENIZER.add_norms(doc)
    assert [doc.norms for doc in docs] == [["color", "dog"], None, ["hue"]]


def slow_split(text):
    """Split as spaCy's documentation says, a chunk of text after another."""
    words, spaces = [], []
    for chunk in re.findall(r"\S+|\s+", text):
        if chunk.isspace() and words and not words[-1].isspace() and chunk[0] == " ":
            spaces[-1], chunk = True, chunk[1:]
        found = slow_chunk(chunk) if chunk else []
        words += found
        spaces += [False] * len(found)
    return words, spaces


def slow_chunk(chunk):
    exceptions, front, back = RULES.exceptions, [], []
    while chunk and chunk not in exceptions and not re.match(RULES.word, chunk):
        prefix = re.search(RULES.prefix, chunk)
        start = prefix.end() - prefix.start() if prefix else 0
        if prefix and chunk[start:] in exceptions:
            front.append(chunk[:start])
            chunk = chunk[start:]
            break
        suffix = re.search(RULES.suffix, chunk[start:])
        size = suffix.end() - suffix.start() if suffix else 0
        if suffix and chunk[: len(chunk) - size] in exceptions:
            back.insert(0, chunk[len(chunk) - size :])
            chunk = chunk[: len(chunk) - size]
            break
        if not prefix and not suffix:
            break
        size = size if start + size <= len(chunk) else 0
        front += [chunk[:start]] if start else []
        back = [chunk[len(chunk) - size :], *back] if size else back
        chunk = chunk[start : len(chunk) - size]
    if chunk in exceptions:
        core = [word for word, _ in exceptions[chunk]]
    elif not chunk or re.match(RULES.word, chunk) or re.match(RULES.url, chunk):
        core = [chunk] if chunk else []
    else:
        places = [m.span() for m in re.finditer(RULES.infix, chunk) if m.start()]
        bounds = [0, *(place for span in places for place in span), len(chunk)]
        core = [chunk[a:b] for a, b in pairwise(bounds) if a < b]
    return [*front, *core, *back]


@settings(deadline=None)
@given(TEXTS)
def test_texts_without_split_exceptions_are_split_as_by_a_slow_way(text):
    doc = TOKENIZER(text)
    assert doc.text == text
    words, spaces = slow_split(text)
    joined = "".join(w + " " * s for w, s in zip(words, spaces, strict=True))
    assert joined == text
    # The rules look for these again after the split, which the slow way does not.
    found_again = (":-)", ":)", "w/o", "a.m.", "New York")
    if not any(exception in text for exception in found_again):
        assert (doc.words, doc.spaces) == (words, spaces)


@settings(deadline=None)
@given(TEXTS)
def test_what_is_remembered_changes_nothing(text):
    assert SavedTokenizer.from_rules(RULES)(text) == TOKENIZER(text) == TOKENIZER(text)


def test_a_tokenizer_survives_bytes_files_and_pickle(tmp_path):
    text = "don't (w/o) colour:-) 10a.m."
    expected = TOKENIZER(text)
    assert SavedTokenizer().from_bytes(TOKENIZER.to_bytes())(text) == expected
    TOKENIZER.to_disk(tmp_path / "saved")
    assert SavedTokenizer(tmp_path / "saved")(text) == expected
    assert pickle.loads(pickle.dumps(TOKENIZER))(text) == expected
    again = SavedTokenizer(tmp_path / "saved")
    assert again.rules == RULES and again.to_bytes() == TOKENIZER.to_bytes()


def test_the_folder_of_a_pipeline_is_read(tmp_path):
    message = unpack(TOKENIZER.to_bytes(), "x")
    norms = message.pop("lexeme_norm")
    (tmp_path / "tokenizer").write_bytes(pack(message))
    assert SavedTokenizer(tmp_path)("colour").norms is None
    (tmp_path / "vocab").mkdir()
    (tmp_path / "vocab/lookups.bin").write_bytes(pack({"lexeme_norm": norms}))
    assert SavedTokenizer(tmp_path)("colour").norms == ["color"]
    (tmp_path / "vocab/lookups.bin").write_bytes(b"")
    assert SavedTokenizer(tmp_path)("colour").norms is None


def test_a_tokenizer_without_rules_splits_at_white_space():
    assert SavedTokenizer()("a-b  (c)").words == ["a-b", " ", "(c)"]
    assert SavedTokenizer()("") == Doc([], [])


def test_few_chunks_are_remembered(monkeypatch):
    monkeypatch.setattr("zoo.tokenizer.saved.CACHE_SIZE", 3)
    made = SavedTokenizer.from_rules(RULES)
    text = "a b c d e (f) don't " + "x" * 100
    assert made(text) == TOKENIZER(text)
    assert len(made._chunks) <= 3
    assert len(made._norms) <= 3


def test_threads_may_share_a_tokenizer():
    made = SavedTokenizer.from_rules(RULES)
    texts = [f"don't w{i} (w/o) colour:-) 10a.m." for i in range(200)]
    found = {}

    def work(part):
        found[part] = [made(text) for text in texts]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [TOKENIZER(text) for text in texts]
    assert all(docs == expected for docs in found.values())


def test_the_pattern_of_words_is_compiled_when_it_is_needed():
    made = SavedTokenizer.from_rules(TokenizerRules(prefix="^-", word="a-b$"))
    assert made("x y").words == ["x", "y"]
    assert "match" not in made.rules._word.__dict__
    assert made("a-b -c").words == ["a-b", "-", "c"]
    assert "match" in made.rules._word.__dict__


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prefix_search": 3}, "a pattern as prefix_search"),
        ({"prefix_search": "("}, "a pattern is none that Python's `re` knows"),
        ({"exceptions": 3}, "a map of exceptions"),
        ({"exceptions": {"ab": [{65: "a"}]}}, "exceptions with their words"),
        ({"exceptions": {"a": [{65: "a", 1: "b"}]}}, "exceptions with their words"),
        ({"exceptions": {"": []}}, "exceptions with their words"),
        ({"lexeme_norm": {"a": "b"}}, "norms by ids of words"),
    ],
)
def test_damaged_rules_are_refused(tmp_path, changes, message):
    data = pack({**unpack(TOKENIZER.to_bytes(), "x"), **changes})
    (tmp_path / "saved").write_bytes(data)
    with pytest.raises(ValueError, match=f"saved: .*{message}"):
        SavedTokenizer(tmp_path / "saved")


def test_what_is_no_tokenizer_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*tokenizer"):
        SavedTokenizer(tmp_path)
    with pytest.raises(ValueError, match="expected MessagePack"):
        SavedTokenizer().from_bytes(b"\xc1")
    with pytest.raises(ValueError, match="expected a map"):
        SavedTokenizer().from_bytes(pack([1]))
    with pytest.raises(ValueError, match="expected a tokenizer of spaCy 3"):
        SavedTokenizer().from_bytes(pack({"a": 1}))


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="the folder of a spaCy pipeline"):
        SavedTokenizer(tmp_path / "none")
