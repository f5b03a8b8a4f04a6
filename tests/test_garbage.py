import gc
import weakref

import pytest

from zoo._garbage import collector_paused, present_objects_spared


def test_collector_is_paused_in_the_block_alone():
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_objects_of_the_time_before_are_spared_in_the_block_alone():
    before = gc.get_freeze_count()
    with pytest.raises(KeyError), present_objects_spared():
        assert gc.get_freeze_count() > before
        with present_objects_spared():  # Ends with the outer one.
            pass
        assert gc.get_freeze_count() > before
        raise KeyError
    assert gc.get_freeze_count() == before


def test_cycles_made_in_the_block_are_freed():
    class Node:
        pass

    with present_objects_spared():
        node = Node()
        node.itself, there = node, weakref.ref(node)
        del node
        gc.collect()
        assert there() is None
