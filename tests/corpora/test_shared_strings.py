from zoo.corpora import _shared_strings, read_docs
from zoo.corpora._shared_strings import SharedStrings

from .strategies import save


def test_equal_strings_are_one_object():
    strings, first, second = SharedStrings(), "".join("ab"), "".join("ab")
    assert first is not second
    (kept,), (found, none) = strings.share([first]), strings.share((second, None))
    assert kept is found is first
    assert none is None


def test_a_bounded_number_is_kept(monkeypatch):
    monkeypatch.setattr(_shared_strings, "MAX_STRINGS", 10)
    strings = SharedStrings()
    for i in range(1000):
        assert strings.share([str(i)]) == [str(i)]
        assert len(strings._known) <= 11


def test_documents_of_a_file_share_words_and_labels(tmp_path):
    row = "1\tdogs\tdog\tNOUN\tNNS\tNumber=Plur\t0\troot\t_\t_\n\n"
    first, second = read_docs(save(tmp_path / "a.conllu", 2 * row))
    for name in ("words", "lemmas", "pos", "tags", "morphs", "deps"):
        assert getattr(first, name)[0] is getattr(second, name)[0], name
    first, second = read_docs(save(tmp_path / "a.iob", "dogs|O\ndogs|O\n"))
    assert first.words[0] is second.words[0]
