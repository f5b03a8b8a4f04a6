import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import Doc
from zoo.corpora import Corpus
from zoo.training._batchers import batch_by_padded, batch_by_sequence, batch_by_words
from zoo.training._batches import Batches, Place, split_by_words

from ..tiny import make_docs, save_docs


def sizes():
    """Return the sizes of batches, each greater than the one before."""
    return iter(range(3, 1000))


BATCHERS = {
    "words": lambda: batch_by_words(sizes()),
    "documents": lambda: batch_by_sequence(sizes()),
    "padded": lambda: batch_by_padded(sizes(), buffer=2),
    "constant": lambda: batch_by_sequence(4),
    # One that keeps a state and is not known to do so.
    "foreign": lambda: (lambda batcher: lambda docs: batcher(docs))(
        batch_by_words(sizes())
    ),
}


def draw(n, batches):
    """Draw some batches, with the place after each and whether it was the last."""
    found = []
    for batch in batches:
        found.append(([doc.words for doc in batch], batches.place, batches.is_last))
        if len(found) == n:
            break
    return found


@pytest.mark.parametrize("name", BATCHERS)
@pytest.mark.parametrize("max_epochs", [-1, 0, 4])
def test_batches_go_on_after_any_place(name, max_epochs, tmp_path):
    path = save_docs(tmp_path / "docs.jsonl", make_docs(20))

    def make(start=None):
        corpus = Corpus(path, shuffle_buffer=6)
        return Batches(
            corpus, BATCHERS[name](), max_epochs=max_epochs, seed=3, start=start
        )

    whole = draw(16, make())
    assert len({place.epoch for _, place, _ in whole}) > 1
    for i, (_, place, _) in enumerate(whole[:-1], start=1):
        assert draw(16 - i, make(place)) == whole[i:]


def test_last_batch_is_that_of_the_last_epoch():
    batches = Batches(lambda: make_docs(5), batch_by_sequence(2), max_epochs=2)
    found = []
    for _ in batches:
        found.append((batches.place.n_epochs, batches.is_last))
        if batches.is_last:
            break
    assert found[:5] == [(0, False), (0, False), (1, False), (1, False), (1, False)]
    assert found[5:] == [(2, True)]
    assert batches.words_per_epoch == sum(map(len, make_docs(5)))


@pytest.mark.parametrize(
    "place",
    [
        Place(0, 2, 0, 77, False),
        Place(0, 2, 0, 0, True),
        Place(0, 9, 0, 77, False),
        Place(3, 9, 0, 77, False),
    ],
    ids=["other words", "fewer words", "fewer batches", "of a later epoch"],
)
def test_other_documents_than_before_are_refused(place):
    batches = Batches(lambda: make_docs(8), batch_by_sequence(2), start=place)
    with pytest.raises(ValueError, match="not yield the documents that it yielded"):
        next(iter(batches))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 14))
def test_parts_are_runs_of_documents_of_about_as_many_words(lengths, n_parts):
    docs = [Doc(["a"] * n) for n in lengths]
    parts = split_by_words(docs, n_parts)
    assert [id(doc) for part in parts for doc in part] == [*map(id, docs)]
    assert len(parts) == min(n_parts, len(docs))
    assert all(parts)
    share = sum(lengths) / max(len(parts), 1)
    for part in parts:
        words = sum(map(len, part))
        # Each border is the document border that is nearest, where there is a choice.
        assert words <= share + max(lengths) or len(part) == 1


def test_parts_are_made_by_words_and_not_by_documents():
    docs = [Doc(["a"] * n) for n in (90, 10, 10, 10, 10, 10, 10, 10, 10, 10)]
    assert [len(part) for part in split_by_words(docs, 2)] == [1, 9]


def test_a_batcher_that_has_gone_too_far_cannot_go_back():
    batcher = batch_by_sequence(sizes())
    list(batcher(make_docs(12)))
    with pytest.raises(ValueError, match=r"has drawn 4 sizes .* needed after 1\. Make"):
        batcher.skip_to(1)
    batch_by_sequence(3).skip_to(0)
