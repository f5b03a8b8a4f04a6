"""Check lexical attributes and their keys against plain Python."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.lexical.references import slow_hash
from zoo._lexical.attributes import (
    ATTRIBUTES,
    FLAGS,
    VALUES,
    _compute_values,
    feature_keys,
    feature_names,
    string_id,
    string_ids,
)
from zoo._lexical.symbols import BASE_NORMS, SYMBOLS
from zoo.doc import Doc

# Any characters: emoji, combining marks, right to left, lone surrogates.
WORDS = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["", "X", "agent", "_", "Aux", "\ud800", "👩‍👩‍👧", "e\u0301", "שלום", "İ", "ǅ", "€"]
)
NORMS = st.text(max_size=3)
BOUNDED = settings(deadline=None, max_examples=60)


def slow_id(string):
    if string in SYMBOLS:
        return SYMBOLS[string]
    return slow_hash(string.encode("utf-8", "surrogatepass"))


def slow_shape(word):
    shape = ""
    for character in word:
        mapped = character
        if character.isdigit():
            mapped = "d"
        if character.isalpha():
            mapped = "X" if character.isupper() else "x"
        if not shape.endswith(mapped * 4):
            shape += mapped
    return "LONG" if len(word) >= 100 else shape


def slow_key(word, name, norm=None):
    if name == "SPACY":
        return 1  # Nothing is known of spaces.
    if name in FLAGS:
        return int(word != "" and FLAGS[name](word))
    if name == "LENGTH":
        return len(word)
    if name == "NORM" and norm:
        return slow_id(norm)
    return slow_id(slow_shape(word) if name == "SHAPE" else VALUES[name](word))


def test_there_are_457_symbols():
    assert sorted(SYMBOLS.values()) == list(range(457))
    known = {"": 0, "IS_CURRENCY": 18, "FLAG63": 63, "ORTH": 65, "LANG": 83}
    known |= {"X": 101, "DEPRECATED001": 104, "DEPRECATED276": 379, "PERSON": 380}
    known |= {"agent": 401, "aux": 405, "root": 449, "IDX": 455, "_": 456}
    assert known.items() <= SYMBOLS.items()


def test_there_are_45_base_norms():
    assert len(BASE_NORMS) == 45
    known = {"'S": "'s", "''": '"', "…": "...", "——": "-", "US$": "$", "€": "$"}
    assert known.items() <= BASE_NORMS.items()


def test_known_ids():
    words = ["coffee", "NORM", "", "naïve", "[MASK]", "agent", "Xxxxx", "日本語"]
    assert string_ids(words).tolist() == [
        3197928453018144401,
        67,
        0,
        16224804062388677344,
        15103474525200787402,
        401,
        16072095006890171862,
        1998301522555383300,
    ]


def test_ids_of_no_strings():
    ids = string_ids([])
    assert ids.shape == (0,) and ids.dtype == np.uint64


@BOUNDED
@given(st.lists(WORDS))
def test_ids_equal_the_slow_ones(strings):
    assert string_ids(strings).tolist() == [slow_id(s) for s in strings]


def test_a_lone_surrogate_has_an_id():
    # spaCy raises UnicodeEncodeError here.
    assert string_ids(["\ud800"]).tolist() == [slow_hash(b"\xed\xa0\x80")]


def test_what_is_not_a_string_is_refused():
    with pytest.raises(TypeError, match=r"A word must be a string, got b'a' \(bytes"):
        string_ids(["a", b"a"])
    with pytest.raises(TypeError, match=r"A word must be a string, got 3 \(int\)"):
        feature_keys([["a", 3]], ["ORTH"])
    with pytest.raises(TypeError, match=r"A word must be a string, got 3 \(int\)"):
        feature_keys([["a", 3]], ["IS_ALPHA"])


@pytest.mark.parametrize(
    "word, norm, prefix, suffix, shape",
    [
        ("McDonald", "mcdonald", "M", "ald", "XxXxxxx"),
        ("US$", "$", "U", "US$", "XX$"),
        ("İ", "i̇", "İ", "İ", "X"),
        ("ǅ", "ǆ", "ǅ", "ǅ", "x"),
        ("٣", "٣", "٣", "٣", "d"),
        ("日本語", "日本語", "日", "日本語", "xxx"),
        ("aaaaaab", "aaaaaab", "a", "aab", "xxxx"),
        ("--------", "--------", "-", "---", "----"),
        ("\n" * 6, "\n" * 6, "\n", "\n" * 3, "\n" * 4),
        ("a" * 100, "a" * 100, "a", "aaa", "LONG"),
        ("", "", "", "", ""),
    ],
)
def test_attributes_of_a_word(word, norm, prefix, suffix, shape):
    names = ("NORM", "PREFIX", "SUFFIX", "SHAPE")
    assert [VALUES[name](word) for name in names] == [norm, prefix, suffix, shape]


@given(st.text(st.characters(), max_size=110))
@example("A1-" * 33)
@example("A1-a" * 25)
def test_shape_equals_the_slow_one(word):
    assert VALUES["SHAPE"](word) == slow_shape(word)


@pytest.mark.parametrize(
    "name, holds, not_so",
    [
        ("IS_PUNCT", ["?!", "—", "«"], ["", "a.", "$", "<"]),
        ("IS_CURRENCY", ["$", "€£"], ["", "$5", "USD"]),
        ("IS_BRACKET", ["(", "}"], ["", "()", "«"]),
        ("IS_QUOTE", ["''", "»", '"'], ["", "'''"]),
        ("IS_LEFT_PUNCT", ["(", "``", "'"], ["", ")", "''"]),
        ("IS_RIGHT_PUNCT", [")", "''", "'"], ["", "(", "``"]),
        ("LIKE_NUM", ["10", "+1,000.5", "1/2", "²"], ["", "ten", "1/2/3", "/2", "++1"]),
        ("LIKE_EMAIL", ["a.b@c.de", "a@b.c?"], ["", "a@b", "a@.c", "ä@b.cd"]),
        (
            "LIKE_URL",
            [
                "http://",
                "www.x",
                "a.com",
                "a.de:80",
                "9.8.7.6",
                "x.y/z.w/",
                "ab://c.dé",
            ],
            ["", "www.", "a.", ".com", "a@b.com", "10.0.0.1", "a.B", "a_.abc", "1.5"],
        ),
        ("IS_STOP", [], ["", "the"]),
        ("IS_TITLE", ["Title"], ["", "tItle"]),
    ],
)
def test_flags(name, holds, not_so):
    keys, index = feature_keys([holds, not_so], [name])
    expected = [1] * len(holds) + [0] * len(not_so)
    assert keys[index, 0].tolist() == expected


def test_like_url_is_quick_on_hostile_words():
    for word in ("a." * 50_000 + "1", "a" * 50_000 + "://" + "b" * 50_000 + ".c"):
        assert not FLAGS["LIKE_URL"](word)


@BOUNDED
@given(st.lists(st.lists(WORDS)))
@example([])
@example([[], []])
@example([["a" * 129, "b", "B" * 129, "A1" * 60]])
def test_keys_of_all_attributes(docs):
    keys, index = feature_keys(docs, ATTRIBUTES)
    tokens = [word for doc in docs for word in doc]
    assert keys.dtype == np.uint64 and index.dtype == np.int32
    assert keys.shape == (len(set(tokens)), len(ATTRIBUTES))
    assert index.shape == (len(tokens),)
    expected = [[slow_key(word, name) for name in ATTRIBUTES] for word in tokens]
    assert keys[index].tolist() == expected


@BOUNDED
@given(st.lists(st.tuples(st.booleans(), st.lists(st.tuples(WORDS, NORMS)))))
def test_norms_of_documents_override(batch):
    docs, tokens = [], []
    for has_norms, pairs in batch:
        words = [word for word, _ in pairs]
        norms = [norm if has_norms else None for _, norm in pairs]
        docs.append(Doc(words, norms=norms) if has_norms else words)
        tokens.extend(zip(words, norms, strict=True))
    keys, index = feature_keys(docs, ["NORM", "ORTH", "NORM"])
    assert len(keys) <= len(set(tokens))
    assert sorted(set(index.tolist())) == list(range(len(keys)))
    expected = [
        [slow_key(w, "NORM", norm), slow_id(w), slow_key(w, "NORM", norm)]
        for w, norm in tokens
    ]
    assert keys[index].tolist() == expected


def test_norms_make_words_distinct_only_if_asked_for():
    docs = [Doc(["'s", "'s", "'s"], norms=["us", "", "is"])]
    assert len(feature_keys(docs, ["ORTH"])[0]) == 1
    keys, index = feature_keys(docs, ["NORM"])
    assert keys[index, 0].tolist() == string_ids(["us", "'s", "is"]).tolist()


@BOUNDED
@given(
    st.lists(st.tuples(st.booleans(), st.lists(st.tuples(WORDS, NORMS, st.booleans()))))
)
@example([])
@example([(True, [("", "", False), ("", "", True)]), (False, [("", "", True)])])
def test_a_word_with_a_space_differs_from_one_without(batch):
    docs, expected = [], []
    for is_known, tokens in batch:
        words = [word for word, _, _ in tokens]
        norms = [norm for _, norm, _ in tokens]
        spaces = [space for _, _, space in tokens] if is_known else None
        docs.append(Doc(words, norms=norms, spaces=spaces))
        expected += [
            [int(space or not is_known), slow_key(word, "NORM", norm), len(word)]
            for word, norm, space in tokens
        ]
    keys, index = feature_keys(docs, ["SPACY", "NORM", "LENGTH"])
    assert keys.dtype == np.uint64 and index.dtype == np.int32
    assert sorted({*index.tolist()}) == [*range(len(keys))]
    assert keys[index].tolist() == expected
    assert len(keys) <= 2 * len(feature_keys(docs, ["NORM"])[0])


def test_slices_have_the_spaces_of_their_document():
    doc = Doc(["a", "a", "a"], spaces=[True, False, True])
    keys, index = feature_keys([doc[1:]], ["SPACY"])
    assert keys[index].tolist() == [[0], [1]]


class TheirDoc:
    """Look as a spaCy Doc does."""

    vocab = None

    def __init__(self, tokens):
        self.tokens = [SimpleNamespace(text=t, norm_=norm) for t, norm in tokens]

    def __iter__(self):
        return iter(self.tokens)


def test_a_document_of_spacy_is_known_by_its_shape():
    doc = TheirDoc([("ca", "can"), ("n't", "not"), ("Go", "")])
    keys, index = feature_keys([doc], ["NORM", "LENGTH"])
    assert keys[index, 0].tolist() == string_ids(["can", "not", "go"]).tolist()
    assert keys[index, 1].tolist() == [2, 3, 2]


def test_names_in_any_case_and_numbers_of_spacy():
    assert feature_names(["norm", "Prefix", 68, 71, 1]) == [
        "NORM",
        "PREFIX",
        "SHAPE",
        "LENGTH",
        "IS_ALPHA",
    ]
    assert feature_names([SYMBOLS[name] for name in ATTRIBUTES]) == list(ATTRIBUTES)


def test_an_unknown_name_is_refused():
    with pytest.raises(
        ValueError, match=r"LENGTH.* got 'PREFXI'. Did you mean PREFIX\?"
    ):
        feature_names(["PREFXI"])
    with pytest.raises(ValueError, match=r"IS_ALPHA, .* got 9999\.$"):
        feature_names([9999])
    with pytest.raises(TypeError, match=r"the string 'NORM'. Write \['NORM'\]"):
        feature_names("NORM")


@pytest.mark.slow
def test_new_words_for_ever_leave_the_memory_flat():
    tracemalloc.start()
    try:
        for start in range(0, 400_000, 20_000):
            doc = [f"word{i}" for i in range(start, start + 20_000)]
            feature_keys([doc], ["NORM", "SHAPE"])
            del doc
            # 2 ** 17 words of some 200 bytes.
            assert tracemalloc.get_traced_memory()[0] < 40e6
    finally:
        tracemalloc.stop()


@BOUNDED
@given(st.text() | st.sampled_from(["", "X", "number", "\ud800"]))
def test_the_id_of_one_string_is_that_of_many(string):
    assert string_id(string) == string_ids([string])[0]


@given(st.lists(st.text(max_size=12), unique=True, max_size=20))
def test_keys_of_few_words_are_those_among_many(words):
    many = [*words, *(f"more{i}" for i in range(20))]
    assert np.array_equal(_compute_values(words), _compute_values(many)[: len(words)])


def test_keys_of_a_batch_that_has_changed_in_place_are_new():
    """Keys of the last batch are kept, for encoders that read the same documents."""
    docs = [Doc(["a", "b"], [True, False], ["x", "y"]), Doc(["a"])]
    names = ["NORM", "ORTH", "SPACY"]
    first, index = feature_keys(docs, names)
    assert feature_keys(docs, names)[0] is first
    assert not first.flags.writeable and not index.flags.writeable
    changes = [
        lambda: docs[0].words.__setitem__(0, "c"),
        lambda: docs[0].norms.__setitem__(1, "z"),
        lambda: docs[0].spaces.__setitem__(1, True),
    ]
    for change in changes:
        before = feature_keys(docs, names)
        change()
        after = feature_keys(docs, names)
        assert before[0][before[1]].tolist() != after[0][after[1]].tolist()


def test_words_and_spaces_may_be_arrays():
    arrays = Doc(np.array(["a", "b"]), np.array([True, False]))
    lists = Doc(["a", "b"], [True, False])
    for _ in range(2):
        found = [feature_keys([doc], ["NORM", "SPACY"]) for doc in (arrays, lists)]
        assert found[0][0].tolist() == found[1][0].tolist()
