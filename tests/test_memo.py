from zoo._memo import Memo


def test_results_are_computed_once_until_there_are_too_many():
    computed = []
    memo = Memo(lambda key: computed.append(key) or key.upper(), size=2)
    assert [memo[key] for key in "abab"] == ["A", "B", "A", "B"]
    assert computed == ["a", "b"]
    assert memo["c"] == "C"
    assert dict(memo) == {"c": "C"}
    assert memo["a"] == "A"
    assert computed == ["a", "b", "c", "a"]


def test_long_keys_are_not_remembered():
    memo = Memo(len, longest=2)
    assert [memo[key] for key in ("ab", "abc")] == [2, 3]
    assert dict(memo) == {"ab": 2}
