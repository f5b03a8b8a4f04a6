import os
import sys

from ..tiny import make_tiny_config


def test_demo_trains_and_shows_what_it_learned(zoo_cli, monkeypatch):
    def make_small(names):
        config = make_tiny_config(names, max_steps=2)
        return config

    # In the package, the function takes the name of its module.
    module = sys.modules["zoo.models.make_config"]
    monkeypatch.setattr(module, "make_config", make_small)
    code, out, err = zoo_cli("demo", "--output", "demo")
    assert code == 0, err
    assert "sentences that it has not seen" in out
    assert "\n  tags  " in out
    assert "model-best" in os.listdir("demo")
    assert zoo_cli("demo", "--output", "demo")[0] == 1
