from zoo._name_some import name_some


def test_few_names_are_all_named():
    assert name_some([]) == ""
    assert name_some(["a", "b"], n_named=2) == "a, b"


def test_of_many_names_the_first_are_named():
    assert name_some({"a": 1, "b": 2, "c": 3}, n_named=2) == "a, b, …"
