import pytest

from zoo.doc import Doc
from zoo.rules import sentencizer

WORDS = ["Why", "?", '"', "So", ";", "it", "goes", "."]


def starts(doc, **settings):
    sentencizer(**settings).annotate([doc])
    return [i for i, start in enumerate(doc.sent_starts) if start]


def test_sentences_end_with_their_punctuation():
    assert starts(Doc(WORDS)) == [0, 3]
    assert starts(Doc(WORDS), punct_chars=[";"]) == [0, 5]
    assert starts(Doc([])) == []


def test_known_starts_stay_unless_overwritten():
    known = [True, None, None, False, None, True, None, None]
    assert starts(Doc(WORDS, sent_starts=[*known])) == [0, 5]
    assert starts(Doc(WORDS, sent_starts=[*known]), overwrite=True) == [0, 3]


def test_settings_survive_as_files(tmp_path):
    made = sentencizer(punct_chars=[";"], overwrite=True)
    again = sentencizer()
    again.from_files(made.to_files())
    assert (again.punct_chars, again.overwrite) == ({";"}, True)
    (tmp_path / "sentencizer.json").write_bytes(made.to_files()["sentencizer.json"])
    third = sentencizer()
    third.from_spacy(tmp_path / "sentencizer")
    assert third.punct_chars == {";"}


def test_damaged_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"sentencizer.json"):
        sentencizer().from_spacy(tmp_path / "sentencizer")
    (tmp_path / "sentencizer.json").write_text('{"punct_chars": 3}')
    with pytest.raises(ValueError, match=r"json: expected punct_chars and overwrite"):
        sentencizer().from_spacy(tmp_path / "sentencizer")
