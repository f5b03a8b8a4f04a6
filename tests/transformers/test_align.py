"""Check the alignment of tokens with pieces, by their places in the text."""

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers

from tests.transformers.builders import make_transformer, make_wordpiece
from tests.transformers.hugging_face import gpt2_like, sentencepiece_like
from zoo.doc import Doc, DocSlice
from zoo.transformers._align import align
from zoo.transformers._encode import encode
from zoo.transformers._tokenize import (
    Pieces,
    find_special_pieces,
    own_copy,
    read_pieces,
    read_texts,
)
from zoo.transformers.spans import doc_spans, strided_spans

TOKENIZERS = {
    "wordpiece": own_copy(make_wordpiece()),
    "bytes": own_copy(gpt2_like()[0]),
    "unigram": own_copy(sentencepiece_like()[0]),
}
tokenizers = pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS)
#: From threads of users whose tokens lost their pieces.
NASTY = [
    *["cat", "", " ", "\n", "\n" * 9, "\u00a0", "\u3000", "\u0301", "\x00", "\u200b"],
    *["wörld", "e\u0301", "ﬁ", "ß", "İ", "北京", "👩‍👩‍👧", "a b", "``", "##s", "[CLS]"],
    "contact" * 9,
]


def align_slowly(texts, pieces):
    """Find the pieces of each token's place character by character."""
    found = []
    for start, end in zip(texts.starts, texts.ends, strict=True):
        chars = set(range(start, end))
        spans = zip(pieces.starts, pieces.ends, strict=True)
        found.append([i for i, (s, e) in enumerate(spans) if chars & set(range(s, e))])
    return found


def align_words(tokenizer, docs, get_spans=None):
    texts = read_texts(docs, get_spans or doc_spans())
    pieces = read_pieces(tokenizer, texts)
    return texts, pieces, *align(texts, pieces)


def rows_of(alignment):
    ends = np.cumsum(alignment.lengths)
    starts = ends - alignment.lengths
    data = alignment.dataXd.tolist()
    return [data[a:b] for a, b in zip(starts, ends, strict=True)]


documents = st.builds(
    lambda pairs: Doc([w for w, _ in pairs], spaces=[s for _, s in pairs]),
    st.lists(
        st.tuples(
            st.one_of(st.sampled_from(NASTY), st.text(max_size=3)), st.booleans()
        ),
        max_size=6,
    ),
)


@tokenizers
@given(st.lists(documents, max_size=3))
@example([Doc(NASTY)])
def test_tokens_have_the_pieces_that_they_share_characters_with(tokenizer, docs):
    texts, pieces, alignment, _ = align_words(tokenizer, docs)
    assert rows_of(alignment) == align_slowly(texts, pieces)


def clusters_of(text, token_starts):
    """Return the positions of each letter, with those of the marks upon it."""
    clusters = []
    for i, char in enumerate(text):
        is_mark = unicodedata.category(char)[0] == "M" or 0x1160 <= ord(char) <= 0x11FF
        if is_mark and i not in token_starts and clusters:
            clusters[-1].add(i)
        else:
            clusters.append({i})
    return clusters


@tokenizers
@given(st.lists(documents, max_size=3))
def test_what_is_bare_is_counted(tokenizer, docs):
    texts, pieces, alignment, coverage = align_words(tokenizer, docs)
    joined = "".join(texts.texts)
    words = [word for doc in docs for word in doc.words]
    covered = {
        i for s, e in zip(pieces.starts, pieces.ends, strict=True) for i in range(s, e)
    }
    visible = {i for i, c in enumerate(joined) if not c.isspace()}
    for cluster in clusters_of(joined, {*texts.starts.tolist()}):
        if covered & cluster & visible:
            covered |= cluster
    assert coverage.bare_chars == len(visible - covered)
    bare = [
        w for w, n in zip(words, alignment.lengths, strict=True) if w.strip() and not n
    ]
    assert coverage.bare_tokens == len(bare)


def test_characters_that_a_tokenizer_drops_are_reported():
    *_, alignment, coverage = align_words(
        TOKENIZERS["wordpiece"], [["cat", "\x00", "sat"]]
    )
    assert alignment.lengths.tolist() == [1, 0, 1]
    assert (coverage.bare_tokens, coverage.bare_chars, coverage.disordered) == (1, 1, 0)


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
@pytest.mark.parametrize("word", ["cafe\u0301", "\u1112\u1161\u11ab", "a\u0323\u0302b"])
def test_what_a_tokenizer_composes_is_not_bare(form, word):
    names = {"[UNK]": 0, **{name: i for i, name in enumerate("abcdefgh", 1)}}
    tokenizer = Tokenizer(models.BPE(names, [], unk_token="[UNK]"))
    tokenizer.normalizer = getattr(normalizers, form)()
    *_, coverage = align_words(tokenizer, [[word, "a"]])
    assert (coverage.bare_tokens, coverage.bare_chars, coverage.disordered) == (0, 0, 0)


def test_a_mark_that_is_a_token_of_its_own_is_bare_without_a_piece():
    *_, coverage = align_words(TOKENIZERS["wordpiece"], [["cat", "\u0301", "sat"]])
    assert (coverage.bare_tokens, coverage.bare_chars) == (1, 1)


def test_a_space_in_front_of_a_piece_does_not_bind_it_to_the_token_before():
    *_, alignment, _ = align_words(TOKENIZERS["bytes"], [["the", "zz", "q"]])
    pieces = [i for rows in rows_of(alignment) for i in rows]
    assert len(pieces) == len(set(pieces))


def test_words_without_a_space_between_them_may_share_a_piece():
    doc = Doc(["c", "at"], spaces=[False, False])
    *_, alignment, _ = align_words(TOKENIZERS["wordpiece"], [doc])
    assert rows_of(alignment) == [[0], [0]]


def slices(*bounds):
    return lambda docs: [[DocSlice(doc, *b) for b in bounds] for doc in docs]


def test_a_token_in_two_spans_has_the_pieces_of_where_it_stands_deeper():
    *_, alignment, _ = align_words(
        TOKENIZERS["wordpiece"], [list("abcdefgh")], slices((0, 5), (3, 8))
    )
    # Nine pieces: a b c d e, then d e f g h. The document's ends cut nothing.
    assert rows_of(alignment) == [[0], [1], [2], [3], [6], [7], [8], [9]]


def test_a_token_in_no_span_has_no_piece():
    *_, alignment, _ = align_words(
        TOKENIZERS["wordpiece"], [list("abcd")], slices((0, 1), (3, 4))
    )
    assert alignment.lengths.tolist() == [1, 0, 0, 1]


def test_the_space_behind_the_last_word_of_a_span_is_left_out():
    texts = read_texts([["the", "cat"], Doc(["x"], spaces=[True])], doc_spans())
    assert texts.texts == ["the cat", "x"]


def test_a_tokenizer_without_offsets_is_refused():
    texts = read_texts([["cat"]], doc_spans())
    pieces = Pieces(*(np.array([n]) for n in (7, 3, 3, 1)))
    with pytest.raises(ValueError, match="must say where in the text each piece"):
        align(texts, pieces)


def test_pieces_out_of_order_are_counted():
    texts = read_texts([["cat", "sat"]], doc_spans())
    pieces = Pieces(*map(np.array, ([7, 8], [4, 0], [7, 3], [2])))
    alignment, coverage = align(texts, pieces)
    assert coverage.disordered == 1
    assert rows_of(alignment) == [[1], [0]]


def test_getters_that_give_too_few_lists_or_outer_spans_are_refused():
    with pytest.raises(ValueError, match="one list of spans per document, got 0"):
        read_texts([["a"]], lambda docs: [])
    with pytest.raises(ValueError, match="within the 1 words of a document, got 0:2"):
        read_texts([["a"]], slices((0, 2)))


def test_special_pieces_are_found_around_the_text():
    special = find_special_pieces(make_wordpiece())
    assert (special.before, special.behind, special.class_row) == ((2,), (3,), 0)
    assert len(find_special_pieces(TOKENIZERS["bytes"])) == 0
    assert find_special_pieces(TOKENIZERS["bytes"]).class_row is None


def test_a_tokenizers_truncation_and_padding_are_not_taken_over():
    tokenizer = make_wordpiece()
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=32)
    transformer = make_transformer()
    transformer = type(transformer)(transformer.module, tokenizer, transformer.width)
    encoded = encode(transformer, strided_spans(), [["cat"] * 9])
    assert encoded.windows.lengths.tolist() == [11]
    assert tokenizer.truncation is not None
