import pytest
from thinc.api import Adam

from zoo.pretraining import PretrainingSettings
from zoo.training._batchers import batch_by_words
from zoo.training._batches import Place

from .tiny import make_objective


def make(**settings):
    return PretrainingSettings(
        objective=make_objective(),
        optimizer=Adam(),
        batcher=batch_by_words(100),
        **settings,
    )


def evaluations(settings, n_steps=12, per_epoch=4):
    """List the updates after which there is an evaluation."""
    places = [Place(i // per_epoch, ends_epoch=i % per_epoch == 3) for i in range(12)]
    return [i + 1 for i in range(n_steps) if settings.is_due(i + 1, places[i])]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [4, 8, 12]),
        ({"n_save_epoch": 2}, [8]),
        ({"n_save_every": 5}, [5, 10]),
        ({"n_save_every": 5, "n_save_epoch": 3}, [5, 10, 12]),
    ],
)
def test_evaluations_follow_updates_and_epochs(settings, expected):
    assert evaluations(make(**settings)) == expected


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("n_save_every", 0, "must be 1 or more, or null, got 0"),
        ("n_save_epoch", 0, "must be 1 or more, or null, got 0"),
        ("held_out", 0.0, "must be above 0 and below 1, got 0.0"),
        ("held_out", 1, "must be above 0 and below 1, got 1"),
        ("mask_share", 0.0, "mask_share must be above 0 and at most 1, got 0.0"),
        ("mask_random", 2, "mask_random must be 0 to 1, got 2"),
        ("mask_keep", -1, "mask_keep must be 0 to 1, got -1"),
        ("mask_random", 0.95, "mask_random must be at most 1 .*, got 0.95 and 0.1"),
        ("dropout", 1.5, "must be 0 or more and below 1, got 1.5"),
        ("max_epochs", -2, "must be -1 or more, got -2"),
    ],
)
def test_a_value_out_of_range_is_refused(name, value, problem):
    with pytest.raises(ValueError, match=rf"pretraining: .*{problem}"):
        make(**{name: value})


def test_masking_is_as_it_is_set():
    masking = make(mask_share=0.3, mask_random=0.0, mask_keep=0.2).masking
    assert (masking.share, masking.random, masking.keep) == (0.3, 0.0, 0.2)
