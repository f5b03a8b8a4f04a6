import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import Doc
from zoo.objectives.mask import MASK, Masking

WORDS = ["the", "the", "the", "cat"]
WORD_LISTS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=6)


def make_docs(n=200, length=100, seed=0):
    draw = np.random.default_rng(seed)
    return [Doc([f"w{i}" for i in draw.integers(1000, size=length)]) for _ in range(n)]


def changes(docs, masked):
    """List old and new word of each chosen token."""
    old = [word for doc in docs for word in doc.words]
    new = [word for doc in masked.docs for word in doc.words]
    unchosen = set(range(len(old))) - set(masked.tokens.tolist())
    assert all(old[i] == new[i] for i in unchosen)
    return [(old[i], new[i]) for i in masked.tokens.tolist()]


def test_words_are_chosen_and_replaced_in_the_shares_that_are_set():
    docs = make_docs()
    pairs = changes(docs, Masking()(docs, WORDS, seed=1))
    # Four standard deviations of 20,000 tokens, and of 3,000 that are chosen.
    assert len(pairs) / 20_000 == pytest.approx(0.15, abs=0.010)
    kinds = ["mask" if n == MASK else "keep" if n == o else "random" for o, n in pairs]
    shares = {kind: kinds.count(kind) / len(kinds) for kind in kinds}
    assert shares["mask"] == pytest.approx(0.8, abs=0.03)
    assert shares["random"] == pytest.approx(0.1, abs=0.022)
    assert shares["keep"] == pytest.approx(0.1, abs=0.022)


def test_random_words_come_by_their_frequency_in_the_corpus():
    docs = make_docs(n=40)
    pairs = changes(docs, Masking(share=1.0, random=1.0, keep=0.0)(docs, WORDS, seed=2))
    found = [new for _, new in pairs]
    assert set(found) == {"the", "cat"}
    assert found.count("the") / len(found) == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"random": 0.0, "keep": 0.0}, {MASK}),
        ({"random": 0.0, "keep": 1.0}, {"dog"}),
        ({"random": 1.0, "keep": 0.0}, {"the", "cat"}),
    ],
)
def test_shares_of_none_and_all_hold_exactly(settings, expected):
    docs = [Doc(["dog"] * 50)]
    masked = Masking(share=1.0, **settings)(docs, WORDS, seed=3)
    assert set(masked.docs[0].words) == expected
    assert masked.tokens.tolist() == list(range(50))


@given(WORD_LISTS, st.integers(0, 2**64 - 1))
@settings(max_examples=30)
def test_a_document_alone_is_masked_as_in_the_batch(texts, seed):
    docs = [Doc(words) for words in texts]
    masking = Masking(share=0.5)
    whole = masking(docs, WORDS, seed)
    start = 0
    for doc, masked in zip(docs, whole.docs, strict=True):
        alone = masking([doc], WORDS, seed)
        assert alone.docs[0].words == masked.words
        inside = (whole.tokens >= start) & (whole.tokens < start + len(doc))
        assert alone.tokens.tolist() == (whole.tokens[inside] - start).tolist()
        start += len(doc)


def test_seeds_and_documents_lead_to_other_masks():
    doc, other = Doc(["a"] * 200), Doc(["a"] * 199 + ["b"])
    first = Masking()([doc], WORDS, 1).tokens.tolist()
    assert Masking()([doc], WORDS, 1).tokens.tolist() == first
    assert Masking()([doc], WORDS, 2).tokens.tolist() != first
    assert Masking()([other], WORDS, 1).tokens.tolist() != first


def test_the_documents_stay_as_they_are_and_keep_spaces():
    doc = Doc(
        ["ca", "n't"], spaces=[False, True], norms=["can", "not"], tags=["A", "B"]
    )
    before = doc.copy()
    masked = Masking(share=1.0, random=0.0, keep=0.0)([doc], WORDS, 0).docs[0]
    assert doc == before
    assert (masked.words, masked.spaces) == ([MASK, MASK], [False, True])
    assert (masked.norms, masked.tags) == (["", ""], None)
    kept = Masking(share=1.0, random=0.0, keep=1.0)([doc], WORDS, 0).docs[0]
    assert (kept.words, kept.norms) == (doc.words, doc.norms)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=r"share must be above 0 and at most 1, got"):
        Masking(share=share)


@pytest.mark.parametrize(
    ("random", "keep", "message"),
    [
        (-0.1, 0.1, "random must be 0 to 1, got -0.1"),
        (0.1, -0.1, "keep must be 0 to 1, got -0.1"),
        (0.6, 0.5, "random and keep must be at most 1 together, got 0.6 and 0.5"),
    ],
)
def test_shares_that_exceed_one_or_are_negative_are_refused(random, keep, message):
    with pytest.raises(ValueError, match=message):
        Masking(random=random, keep=keep)
