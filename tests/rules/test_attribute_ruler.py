import threading

import pytest

from zoo._spacy_files import pack
from zoo.doc import Doc
from zoo.rules import AttributeRuler, attribute_ruler


def ruler(*rules):
    made = attribute_ruler()
    for patterns, attrs, *index in rules:
        made.add(patterns, attrs, *index)
    return made


def annotated(made, doc):
    made.annotate([doc])
    return doc


RULES = [
    ([[{"TAG": "NN"}], [{"TAG": "NNS"}]], {"POS": "NOUN", "MORPH": "b=2|a=1"}),
    ([[{"LOWER": "got"}]], {"LEMMA": "get"}),
    ([[{"TAG": "TO"}, {"TAG": "VB"}]], {"MORPH": "VerbForm=Inf", "POS": "VERB"}, 1),
    ([[{"LOWER": "dogs"}]], {"POS": "X", "MORPH": "_"}),
]


def test_later_entries_win_attribute_by_attribute():
    doc = Doc(["got", "to", "run", "dogs"], tags=["VBD", "TO", "VB", "NNS"])
    annotated(ruler(*RULES), doc)
    assert doc.pos == [None, None, "VERB", "X"]
    assert doc.morphs == [None, None, "VerbForm=Inf", ""]
    assert doc.lemmas == ["get", None, None, None]
    assert doc.deps is None and doc.tags == ["VBD", "TO", "VB", "NNS"]


def test_patterns_see_the_document_as_it_was():
    first = ([[{"TAG": "A"}]], {"TAG": "B"})
    second = ([[{"TAG": "B"}]], {"POS": "NOUN"})
    doc = annotated(ruler(first, second), Doc(["a", "b"], tags=["A", "B"]))
    assert (doc.tags, doc.pos) == (["B", "B"], [None, "NOUN"])


def test_an_entry_of_two_tokens_and_one_of_one_come_in_their_order():
    one = ([[{"LOWER": "b"}]], {"POS": "ADJ", "LEMMA": "one"})
    two = ([[{"LOWER": "a"}, {"LOWER": "b"}]], {"POS": "NOUN"}, -1)
    assert annotated(ruler(one, two), Doc(["a", "b", "b"])).pos == [None, "NOUN", "ADJ"]
    doc = annotated(ruler(two, one), Doc(["a", "b"]))
    assert (doc.pos, doc.lemmas) == ([None, "ADJ"], [None, "one"])


def test_fields_are_those_that_entries_set():
    assert ruler(*RULES).fields == ("pos", "morphs", "lemmas")
    assert AttributeRuler().fields == ()
    assert annotated(ruler(*RULES), Doc([])) == Doc([])


def test_entries_survive_as_files(tmp_path):
    made = ruler(*RULES)
    again = attribute_ruler()
    again.from_files(made.to_files())
    assert again.rules == made.rules and again.fields == made.fields
    (tmp_path / "patterns").write_bytes(next(iter(made.to_files().values())))
    third = attribute_ruler()
    third.from_spacy(tmp_path)
    assert third.rules == made.rules


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xc1", "expected MessagePack"),
        (pack({"a": 1}), "a list of patterns, attrs and index"),
        (pack([{"patterns": [], "attrs": [], "index": 0}]), "a list of patterns"),
        (
            pack([{"patterns": [[{"_": {}}]], "attrs": {}, "index": 0}]),
            "patterns: attribute_ruler: custom attributes",
        ),
        (
            pack([{"patterns": [[{}]], "attrs": {"HEAD": "1"}, "index": 0}]),
            "attrs must be strings for TAG",
        ),
    ],
)
def test_damaged_entries_are_refused(tmp_path, content, message):
    (tmp_path / "patterns").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        attribute_ruler().from_spacy(tmp_path)


def test_missing_files_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="patterns"):
        attribute_ruler().from_spacy(tmp_path)
    with pytest.raises(ValueError, match=r"there is no file 'patterns.msgpack'"):
        attribute_ruler().from_files({})


def test_an_index_beyond_the_match_is_told():
    made = ruler(([[{"LOWER": "a"}, {"OP": "?"}]], {"POS": "X"}, 1))
    assert annotated(made, Doc(["b"])).pos is None
    with pytest.raises(
        ValueError, match="the index of entry 0 must be that of a token"
    ):
        annotated(made, Doc(["a", "b"]))
    with pytest.raises(ValueError, match="the index of entry 0"):
        annotated(ruler(([[{}]], {"POS": "X"}, -2)), Doc(["a"]))


def test_threads_may_share_a_ruler():
    made = ruler(*RULES)
    docs = [Doc([f"w{i}", "dogs"], tags=["NN", "NNS"]) for i in range(400)]
    parts = [docs[i::4] for i in range(4)]
    threads = [threading.Thread(target=made.annotate, args=(p,)) for p in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(doc.pos == ["NOUN", "X"] for doc in docs)


def test_words_without_a_norm_of_their_own_keep_the_common_one():
    made = ruler(([[{"LOWER": "cos"}]], {"NORM": "because"}))
    assert annotated(made, Doc(["cos", "so"])).norms == ["because", ""]
    doc = annotated(made, Doc(["cos", "ca"], norms=["cos", "can"]))
    assert doc.norms == ["because", "can"]


def test_a_list_of_values_holds_for_these_alone():
    made = ruler(
        ([[{"LOWER": {"IN": ["a", "b"]}, "TAG": {"IN": ["X", ""]}}]], {"POS": "NOUN"}),
        ([[{"LOWER": {"IN": []}}]], {"LEMMA": "never"}),
        ([[{"MORPH": {"IN": ["b=2|a=1", ""]}}]], {"DEP": "dep"}),
    )
    words, tags = ["A", "b", "a", "c"], ["X", "Y", None, "X"]
    doc = annotated(made, Doc(words, tags=tags, morphs=["a=1|b=2", "a=1", "", None]))
    assert doc.pos == ["NOUN", None, "NOUN", None]
    assert doc.deps == ["dep", None, "dep", None]
    assert doc.lemmas is None
