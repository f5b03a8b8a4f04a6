from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.objectives.entities import documents
from zoo.objectives._biluo import PARTS, tag_names, write_tags
from zoo.objectives._crf import marginals, span_probabilities, viterbi

TYPES = ["x", "y"]
moderate = settings(max_examples=40)


def is_legal(tags, names):
    """Check by the definition of BILUO whether tags are whole entities."""
    before = "O"
    for name in (*(names[tag] for tag in tags), "O"):
        is_open = before[0] in "BI"
        if is_open != (name[0] in "IL") or (is_open and name[2:] != before[2:]):
            return False
        before = name
    return True


def weigh_slowly(scores, n_types):
    """Go through all legal taggings of one document, with the score of each."""
    names = tag_names(TYPES[:n_types])
    for tags in product(range(len(names)), repeat=len(scores)):
        if is_legal(tags, names):
            yield tags, sum(float(scores[i, tag]) for i, tag in enumerate(tags))


def draw_scores(lengths, n_types, seed, scale=2.0):
    shape = (sum(lengths), 1 + len(PARTS) * n_types)
    return np.random.default_rng(seed).normal(size=shape) * scale


def parts(array, lengths):
    return np.split(array, np.cumsum(lengths)[:-1]) if lengths else []


batches = st.tuples(
    st.lists(st.integers(0, 3), max_size=4), st.integers(1, 2), st.integers(0, 999)
)


@moderate
@given(batches)
def test_best_tags_are_those_of_a_search_through_all(batch):
    lengths, n_types, seed = batch
    scores = draw_scores(lengths, n_types, seed)
    tags = viterbi(scores, np.array(lengths, dtype="i8"))
    assert tags.shape == (sum(lengths),)
    for S, found in zip(parts(scores, lengths), parts(tags, lengths), strict=True):
        best, _ = max(weigh_slowly(S, n_types), key=lambda way: way[1])
        assert tuple(found) == best


@moderate
@given(batches)
def test_marginals_are_those_of_a_sum_over_all(batch):
    lengths, n_types, seed = batch
    scores = draw_scores(lengths, n_types, seed)
    sums, chances = marginals(scores, np.array(lengths, dtype="i8"))
    assert (sums.shape, chances.shape) == ((len(lengths),), scores.shape)
    triples = zip(parts(scores, lengths), parts(chances, lengths), sums, strict=True)
    for S, found, total in triples:
        ways = list(weigh_slowly(S, n_types))
        expected = np.zeros_like(S)
        for tags, score in ways:
            expected[np.arange(len(tags)), list(tags)] += np.exp(score - total)
        assert total == pytest.approx(np.log(sum(np.exp(s) for _, s in ways)))
        np.testing.assert_allclose(found, expected, atol=1e-12)


@moderate
@given(st.integers(1, 4), st.integers(1, 2), st.integers(0, 999), st.data())
def test_probability_of_a_span_is_its_share_of_all_taggings(n, n_types, seed, data):
    scores = draw_scores([n], n_types, seed)
    ways = list(weigh_slowly(scores, n_types))
    tags, _ = data.draw(st.sampled_from(ways))
    start = data.draw(st.integers(0, n - 1))
    end = data.draw(st.integers(start + 1, n))
    span = tags[start:end]
    [found] = span_probabilities(scores, np.array(tags), [(start, end)])
    sums = [np.exp(score) for _, score in ways]
    inside = [np.exp(score) for way, score in ways if way[start:end] == span]
    assert found == pytest.approx(sum(inside) / sum(sums))


def test_chances_are_the_gradient_of_the_sum():
    lengths = np.array([4, 1, 0, 3])
    scores = draw_scores(lengths, 2, seed=0)
    step, chances = 1e-5, marginals(scores, lengths)[1]
    for place in np.ndindex(scores.shape):
        move = np.zeros_like(scores)
        move[place] = step
        slope = (
            marginals(scores + move, lengths)[0] - marginals(scores - move, lengths)[0]
        )
        assert slope.sum() / (2 * step) == pytest.approx(chances[place], abs=1e-8)


@given(documents(TYPES))
def test_certain_tags_are_found_and_have_all_of_the_chance(doc):
    truth = np.array(write_tags(doc, TYPES.index), dtype="i8")
    scores = np.zeros((len(doc), 9), dtype="f")
    scores[np.arange(len(doc)), truth] = 1000.0
    lengths = np.array([len(doc)])
    np.testing.assert_array_equal(viterbi(scores, lengths), truth)
    sums, chances = marginals(scores, lengths)
    assert sums[0] == pytest.approx(1000 * len(doc))
    np.testing.assert_allclose(chances, scores / 1000, atol=1e-12)


@given(st.lists(st.integers(0, 9), max_size=5), st.integers(0, 9))
def test_tags_are_legal_whatever_the_scores(lengths, seed):
    draw = np.random.default_rng(seed)
    # Few different scores, so that many ways are equal.
    scores = draw.integers(-1, 2, size=(sum(lengths), 9)) * draw.choice([0, 1, 1e30])
    tags = viterbi(scores.astype("f"), np.array(lengths, dtype="i8"))
    names = tag_names(TYPES)
    assert all(is_legal(part.tolist(), names) for part in parts(tags, lengths))


@given(st.lists(st.integers(0, 5), max_size=5), st.integers(0, 99))
def test_documents_do_not_see_each_other(lengths, seed):
    scores = draw_scores(lengths, 2, seed)
    sizes = np.array(lengths, dtype="i8")
    tags, (sums, chances) = viterbi(scores, sizes), marginals(scores, sizes)
    for i, S in enumerate(parts(scores, lengths)):
        alone = np.array([len(S)])
        np.testing.assert_array_equal(parts(tags, lengths)[i], viterbi(S, alone))
        total, own = marginals(S, alone)
        np.testing.assert_allclose(sums[i], total[0], rtol=1e-12)
        np.testing.assert_allclose(parts(chances, lengths)[i], own, atol=1e-12)


def test_scores_are_left_as_they_are():
    scores, lengths = draw_scores([3, 2], 2, seed=0).astype("f"), np.array([3, 2])
    before = scores.copy()
    viterbi(scores, lengths), marginals(scores, lengths)
    np.testing.assert_array_equal(scores, before)
