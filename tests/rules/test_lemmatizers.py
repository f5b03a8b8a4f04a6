import pytest

from zoo._lexical.attributes import string_id
from zoo._spacy_files import pack
from zoo.doc import Doc
from zoo.rules import LookupLemmatizer, RuleLemmatizer, lemmatizer
from zoo.rules._lemma_tables import LemmaTables


def tables(**found):
    return LemmaTables(
        {
            name: {string_id(key): value for key, value in table.items()}
            for name, table in found.items()
        }
    )


TABLES = tables(
    lemma_rules={"noun": [["s", ""], ["ies", "y"]], "verb": [["ed", ""], ["ed", "e"]]},
    lemma_index={"noun": ["dog", "fly"], "verb": ["walk", "love"]},
    lemma_exc={"noun": {"mice": ["mouse"]}},
)


@pytest.mark.parametrize(
    ("word", "pos", "morph", "lemma"),
    [
        ("Dogs", "NOUN", "Number=Plur", "dog"),
        ("flies", "NOUN", "", "fly"),
        ("Mice", "NOUN", "", "mouse"),
        ("gizmos", "NOUN", "", "gizmo"),
        ("loved", "VERB", "Tense=Past", "love"),
        ("Ann", "PROPN", "", "Ann"),
        ("The", "DET", "", "the"),
        ("Dogs", "NOUN", "Number=Sing", "dogs"),
        ("Walked", "VERB", "VerbForm=Inf", "walked"),
        ("Red", "ADJ", "Degree=Pos", "red"),
        ("A4", "NOUN", "", "A4"),
        ("Odd", "", "", "odd"),
    ],
)
def test_english_lemmas(word, pos, morph, lemma):
    assert RuleLemmatizer("en", TABLES).lemma(word, pos, morph) == lemma


def test_lemmas_of_a_document_stay_unless_overwritten():
    doc = Doc(["dogs", "mice"], pos=["NOUN", "NOUN"], lemmas=["x", None])
    made = RuleLemmatizer("en", TABLES)
    made.annotate([doc])
    assert doc.lemmas == ["x", "mouse"]
    made.overwrite = True
    made.annotate([doc])
    assert doc.lemmas == ["dog", "mouse"]
    fresh = Doc(["Dogs"])
    made.annotate([fresh, Doc([])])
    assert fresh.lemmas == ["dogs"]  # The part of speech is unknown.


def test_words_are_looked_up():
    found = tables(lemma_lookup={"dogs": "dog", "mice": ["mouse", "mous"]})
    made = LookupLemmatizer("xx", found)
    assert [made.lemma(w) for w in ("dogs", "mice", "Dogs")] == ["dog", "mouse", "Dogs"]
    assert LookupLemmatizer("nl", found).lemma("Dogs") == "dog"


def test_tables_survive_as_files(tmp_path):
    made = RuleLemmatizer("en", TABLES)
    again = lemmatizer(lang="en", mode="rule")
    again.from_files(made.to_files())
    assert again.lemma("flies", "NOUN") == "fly"
    assert again.to_files() == made.to_files()
    (tmp_path / "lookups").mkdir()
    (tmp_path / "lookups/lookups.bin").write_bytes(made.to_files()["lookups.bin"])
    third = lemmatizer(lang="en", mode="rule")
    third.from_spacy(tmp_path)
    assert [*third.tables] == [*TABLES] and third.lemma("mice", "NOUN") == "mouse"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([1], "tables by their names"),
        ({"lemma_rules": 3}, "tables by their names"),
        ({"lemma_rules": {1: [["a"]]}}, "words or rules .* in lemma_rules"),
        ({"lemma_rules": {1: ["ab"]}}, "in lemma_rules"),
        ({"lemma_rules_groups": {1: [["a", "b"]]}}, "in lemma_rules_groups"),
        ({"lemma_exc": {1: {"a": "b"}}}, "in lemma_exc"),
        ({"lemma_exc": {1: ["a"]}}, "in lemma_exc"),
        ({"lemma_index": {1: [3]}}, "in lemma_index"),
        ({"lemma_lookup": {"a": "b"}}, "in lemma_lookup"),
    ],
)
def test_damaged_tables_are_refused(tmp_path, found, message):
    (tmp_path / "lookups").mkdir()
    (tmp_path / "lookups/lookups.bin").write_bytes(pack(found))
    with pytest.raises(ValueError, match=f"lookups.bin: expected .*{message}"):
        lemmatizer(mode="rule").from_spacy(tmp_path)


def test_what_is_not_supported_is_refused():
    with pytest.raises(ValueError, match=r"'rule' is not supported for .* 'ru'"):
        lemmatizer(lang="ru", mode="rule")
    with pytest.raises(ValueError, match=r"'pos_lookup' is supported for .*it, pl"):
        lemmatizer(lang="de", mode="pos_lookup")
    with pytest.raises(ValueError, match=r"mode must be 'rule', .*got 'rules'"):
        lemmatizer(mode="rules")
    with pytest.raises(ValueError, match=r"there is no file 'lookups.bin'"):
        lemmatizer().from_files({})
