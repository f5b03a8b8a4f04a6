import sys

import pytest

from zoo._optional import require, run_file


def test_a_module_is_imported_and_its_package_is_given():
    assert require("email.policy", "A test") is sys.modules["email"]
    assert "email.policy" in sys.modules


@pytest.mark.parametrize(
    ("extra", "what"), [(None, r"acme"), ("acme_extra", r"thinc-zoo\[acme_extra\]")]
)
def test_a_missing_package_is_told_with_what_to_install(extra, what):
    message = rf"A test needs the package acme, .* `pip install {what}`\."
    with pytest.raises(ImportError, match=message):
        require("acme.part", "A test", extra)


def test_a_missing_module_of_a_package_is_told_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "email.policy", None)
    with pytest.raises(ImportError, match="A test needs the package email"):
        require("email.policy", "A test")


def test_a_module_that_was_imported_and_is_gone_is_told_as_missing(monkeypatch):
    require("email.policy", "A test")
    monkeypatch.setitem(sys.modules, "email", None)
    with pytest.raises(ImportError, match="A test needs the package email"):
        require("email.policy", "A test")


def test_a_file_is_run_as_a_module(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    (tmp_path / "code.py").write_text("found = __name__")
    assert run_file("acme_code", tmp_path / "code.py")
    assert sys.modules["acme_code"].found == "acme_code"
    (tmp_path / "code.txt").write_text("found = __name__")
    assert not run_file("acme_text", tmp_path / "code.txt")
    assert "acme_text" not in sys.modules
