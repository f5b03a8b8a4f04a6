import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo._lexical import feats as feats_module
from zoo._lexical.feats import join_feats, normal_feats, split_feats


@pytest.mark.parametrize(
    ("feats", "normal"),
    [
        ("", ""),
        ("_", ""),
        ("Number=Sing|Case=Dat,Acc", "Case=Acc,Dat|Number=Sing"),
        ("A=1|A=2", "A=2"),
        ("odd|A=", "A=|odd"),
    ],
)
def test_features_are_sorted(feats, normal):
    assert normal_feats(feats) == normal


@given(st.text("ab=|,_"))
def test_a_normal_form_stays(feats):
    assert normal_feats(normal_feats(feats)) == normal_feats(feats)


def test_features_are_split_and_joined():
    assert split_feats("B=2,1|A=3|C") == {"B": "1,2", "A": "3", "C": None}
    assert join_feats({"B": "1", "A": "2"}) == "A=2|B=1"
    assert split_feats(None) == {}


def test_a_bounded_number_of_features_is_kept(monkeypatch):
    monkeypatch.setattr(feats_module, "MAX_FEATS", 3)
    found = feats_module.NormalFeats()
    for i in range(100):
        assert found[f"B={i}|A=1"] == f"A=1|B={i}"
        assert len(found) <= 3
