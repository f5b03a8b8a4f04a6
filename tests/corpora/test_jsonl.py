import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zoo.corpora import Unread, read_conllu, read_jsonl, split_words, write_jsonl
from zoo.doc import Doc, Span
from zoo.tokenizer.adapters import WhitespaceTokenizer

from .strategies import full_docs, on_files, save, written

#: Labels that are drawn may be any text.
pytestmark = pytest.mark.filterwarnings("ignore:.*or relation is '_' or ''")


def read(path, *objects):
    text = "".join(json.dumps(found) + "\n" for found in objects)
    return list(read_jsonl(save(path / "sample.jsonl", text)))


def test_keys_become_fields(tmp_path):
    fields = {
        "spaces": [True, False],
        "norms": ["we", "will"],
        "sent_starts": [True, None],
        "tags": ["PRP", None],
        "pos": [None, None],
        "heads": [1, None],
        "deps": ["nsubj", "root"],
    }
    [doc] = read(
        tmp_path,
        {"tokens": ["We", "'ll"], "cats": {"a": 1}, "ents": [[0, 1, "X"]], **fields},
    )
    assert doc.words == ["We", "'ll"]
    assert {name: getattr(doc, name) for name in fields} == fields
    assert doc.cats == {"a": 1.0}
    assert isinstance(doc.cats["a"], float)
    assert doc.ents == [Span(0, 1, "X")]
    assert doc.user_data == {}


def test_a_text_is_split_and_kept(tmp_path):
    [doc] = read(tmp_path, {"text": " so it\n goes ", "tags": None})
    assert doc.words == ["so", "it", "goes"]
    assert doc.spaces == [True, True, True]
    assert doc.tags is None
    assert doc.user_data == {"text": " so it\n goes "}


def test_other_keys_are_kept(tmp_path):
    source = {"tokens": ["a"], "text": "a", "id": 7, "meta": {"x": [None, 1.5]}}
    [doc] = read(tmp_path, source)
    assert doc.user_data == {"text": "a", "id": 7, "meta": {"x": [None, 1.5]}}
    assert json.loads(written(write_jsonl, [doc])) == source


def test_spans_stand_in_for_missing_ents(tmp_path):
    with pytest.warns(UserWarning, match="1 key with entities beside another"):
        one, both = read(
            tmp_path,
            {"tokens": ["a"], "spans": [[0, 1, "X"]]},
            {"tokens": ["a"], "ents": [], "spans": [[0, 1, "X"]]},
        )
    assert one.ents == [Span(0, 1, "X")]
    assert both.ents == []
    assert both.user_data == {"spans": [[0, 1, "X"]]}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines_are_passed_over(tmp_path, end):
    text = end.join(['{"tokens": []}', "", "  ", '{"text": ""}'])
    docs = list(read_jsonl(save(tmp_path / "a.jsonl", text)))
    assert [doc.words for doc in docs] == [[], []]


@on_files
@given(st.lists(full_docs(), max_size=3))
@example([Doc(["a\u2028b", "\x85", "\r", "\n", ""])])
def test_what_is_written_is_read_again(tmp_path, docs):
    path = save(tmp_path / "a.jsonl", written(write_jsonl, docs))
    assert list(read_jsonl(path)) == docs


def test_lines_of_conllu_are_not_written(tmp_path):
    path = save(tmp_path / "a.conllu", "1\ta" + "\t_" * 8 + "\n")
    assert json.loads(written(write_jsonl, read_conllu(path))) == {
        "tokens": ["a"],
        "spaces": [True],
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "a', "Unterminated string starting at character 10."),
        ('{"tokens": [}', "expected a JSON object, got what is not JSON: .* 13."),
        ('["a"]', r'expected a JSON object, got \["a"\].'),
        ("{}", r"expected a list 'tokens' or a string 'text', got \[\]."),
        ('{"a": 1}', r"expected a list 'tokens' or a string 'text', got \[\"a\"\]."),
        ('{"text": 1}', "expected a list 'tokens' or a string 'text', got 1."),
        ('{"tokens": "a"}', 'tokens: expected a list of strings, got "a".'),
        ('{"tokens": ["a", 1]}', r"tokens: .* strings, got \[\"a\", 1\]."),
        ('{"tokens": ["\\ud800"]}', r"expected characters .* got \\ud800, half"),
        ('{"tokens": ["a"], "tags": "b"}', "tags: .* strings or null, got"),
        ('{"tokens": ["a"], "tags": [1]}', r"tags: .* strings or null, got \[1\]."),
        (
            '{"tokens": ["a"], "norms": [null]}',
            "norms: expected a list of strings, got",
        ),
        ('{"tokens": ["a"], "spaces": [1]}', "spaces: .* true or false, got"),
        ('{"tokens": ["a"], "heads": [true]}', "heads: .* integers or null, got"),
        ('{"tokens": ["a"], "heads": [1]}', "heads: .* of a word, 0 to 0, got 1."),
        ('{"tokens": ["a"], "heads": [-1]}', "heads: .* of a word, 0 to 0, got -1."),
        ('{"tokens": ["a"], "deps": []}', "Doc: deps needs one value per word, got 0"),
        ('{"tokens": [], "cats": ["x"]}', r"cats: expected an object, got \[\"x\"\]."),
        ('{"tokens": [], "cats": {"x": "1"}}', "cats: .* 0 to 1, got \"1\" for 'x'."),
        ('{"tokens": [], "cats": {"x": NaN}}', "cats: .* 0 to 1, got NaN for 'x'."),
        ('{"tokens": [], "cats": {"x": 1.5}}', "cats: .* 0 to 1, got 1.5 for 'x'."),
        ('{"tokens": ["a"], "ents": {}}', "ents: expected a list, got {}."),
        ('{"tokens": ["a"], "ents": [[0, 1]]}', r"ents: .* these keys, got \[0, 1\]."),
        ('{"tokens": ["a"], "ents": [[0, 2, "X"]]}', "Doc: a span must lie within"),
        ('{"text": ' + "1" * 99 + "}", r"got 1{57}\.\.\."),
    ],
)
def test_a_malformed_line_is_refused(tmp_path, line, message):
    path = save(tmp_path / "sample.jsonl", '{"text": "fine"}\n' + line)
    with pytest.raises(ValueError, match=f"sample.jsonl, line 2: .*{message}"):
        list(read_jsonl(path))


def test_user_data_that_is_not_json_is_refused():
    docs = [Doc([]), Doc([], user_data={"x": {1}})]
    with pytest.raises(TypeError, match=r"write_jsonl: .* document 2: .* set is not"):
        written(write_jsonl, docs)


def test_fields_come_before_user_data_of_the_same_name():
    doc = Doc(["a"], user_data={"tokens": ["b"], "tags": ["c"]})
    assert json.loads(written(write_jsonl, [doc])) == {"tokens": ["a"]}


@given(st.text())
def test_split_words_keeps_all_but_the_kind_of_space(text):
    words, spaces = split_words(text)
    assert Doc(words, spaces=spaces).text == " ".join(
        [*words, ""] if spaces and spaces[-1] else words
    )
    assert "".join(words) == "".join(text.split())
    assert all(word and not word.isspace() for word in words)
    assert bool(spaces and spaces[-1]) == bool(words and text[-1].isspace())


TEXT = '"text": "Ann  lives (in New York)."'


@pytest.mark.parametrize(
    "spans",
    [
        '"spans": [{"start": 0, "end": 3, "label": "P"}, {"start": 15, "end": 23, '
        '"label": "L", "token_start": 9}]',
        '"entities": [[15, 23, "L"], [0, 3, "P"]]',
        '"spans": null, "entities": [[15, 23, "L"], '
        '{"start": 0, "end": 3, "label": "P"}]',
    ],
)
def test_spans_of_characters_are_aligned(tmp_path, spans):
    (doc,) = read_jsonl(save(tmp_path / "a.jsonl", f"{{{TEXT}, {spans}}}"))
    assert doc.words == ["Ann", "lives", "(", "in", "New", "York", ")", "."]
    assert doc.ents == [Span(0, 1, "P"), Span(4, 6, "L")]
    assert doc.user_data["text"] == "Ann  lives (in New York)."


def test_characters_are_counted_in_the_text_or_the_words(tmp_path):
    line = '{%s"tokens": ["a", "b"], "spaces": [false, true], "entities": [[%s, "X"]]}'
    for text, span in (('"text": "a   b", ', "4, 5"), ("", "1, 2")):
        (doc,) = read_jsonl(save(tmp_path / "a.jsonl", line % (text, span)))
        assert doc.ents == [Span(1, 2, "X")]
    path = save(tmp_path / "a.jsonl", line % ('"text": "a c", ', "0, 1"))
    with pytest.raises(ValueError, match="line 1: entities: expected the word 'b' at"):
        [*read_jsonl(path)]


@pytest.mark.parametrize(
    ("misaligned", "expected"), [("skip", []), ("expand", [Span(4, 6, "L")])]
)
def test_misaligned_spans_are_refused_or_not(tmp_path, misaligned, expected):
    line = f'{{{TEXT}, "entities": [[16, 23, "L"]]}}'
    path = save(tmp_path / "a.jsonl", line)
    with pytest.raises(ValueError, match=r"line 1: entities: .* got 16:23 \(L\) among"):
        [*read_jsonl(path)]
    unread = Unread()
    (doc,) = read_jsonl(path, misaligned=misaligned, unread=unread)
    assert doc.ents == expected
    if misaligned == "skip":
        assert doc.ents_known == [True] * 4 + [False] * 2 + [True] * 2
        (said,) = unread.describe()
        assert "1 entity that does not begin and end with a word" in said
    else:
        assert (doc.ents_known, unread.found) == (None, {})
    with pytest.raises(
        ValueError, match="misaligned must be one of error, skip, expand"
    ):
        [*read_jsonl(path, misaligned="drop")]


def test_a_tokenizer_splits_text(tmp_path):
    path = save(tmp_path / "a.jsonl", '{"text": "can\'t"}')
    (doc,) = read_jsonl(path)
    assert (doc.words, doc.norms) == (["ca", "n't"], ["can", "not"])
    (doc,) = read_jsonl(path, tokenizer=WhitespaceTokenizer())
    assert doc.words == ["can't"]


def test_json_nested_too_deeply_is_refused(tmp_path):
    path = save(tmp_path / "a.jsonl", "[" * 100_000)
    with pytest.raises(ValueError, match="line 1: expected JSON, got lists nested"):
        [*read_jsonl(path)]


def test_groups_of_spans_stand_beside_entities(tmp_path):
    line = (
        '{"tokens": ["a", "b"], "spans": {"x": [[0, 2, "L"], [1, 2, "M"]]}, "ents": []}'
    )
    (doc,) = read_jsonl(save(tmp_path / "a.jsonl", line))
    assert doc.spans == {"x": [Span(0, 2, "L"), Span(1, 2, "M")]}
    assert doc.ents == []


def test_a_span_of_a_group_that_is_none_is_refused(tmp_path):
    line = '{"text": "a b", "spans": {"x": [[0, "L"]]}}'
    with pytest.raises(ValueError, match="spans, 'x': expected lists of"):
        list(read_jsonl(save(tmp_path / "a.jsonl", line)))


@pytest.mark.parametrize(
    "fields", ['"ents": [[0, 7, "P"]]', '"spans": {"x": [[0, 7, "P"]]}']
)
def test_words_are_not_counted_in_a_text(tmp_path, fields):
    line = '{"text": "Ann Lee and Bob met in Rome today after a long trip .", %s}'
    path = save(tmp_path / "a.jsonl", line % fields)
    with pytest.raises(ValueError, match=r"line 1: .*count words, .* call the key"):
        [*read_jsonl(path)]


def test_true_and_false_are_scores(tmp_path):
    (doc,) = read(tmp_path, {"text": "hi", "cats": {"A": True, "B": False}})
    assert doc.cats == {"A": 1.0, "B": 0.0}
    assert {*map(type, doc.cats.values())} == {float}


def test_words_of_prodigy_are_read(tmp_path):
    tokens = [
        {"text": "We", "start": 0, "end": 2, "id": 0, "ws": False},
        {"text": "'ll", "start": 2, "end": 5, "id": 1, "ws": True},
        {"text": "go", "start": 6, "end": 8, "id": 2, "ws": False},
    ]
    spans = [{"start": 6, "end": 8, "token_start": 2, "token_end": 2, "label": "X"}]
    source = {"text": "We'll go", "tokens": tokens, "spans": spans, "answer": "accept"}
    (doc,) = read(tmp_path, source)
    assert (doc.words, doc.spaces) == (["We", "'ll", "go"], [False, True, False])
    assert doc.ents == [Span(2, 3, "X")]
    (doc,) = read(tmp_path, {"tokens": [{"text": "a"}, {"text": "b"}]})
    assert (doc.words, doc.spaces) == (["a", "b"], None)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"label": [[0, 3, "PER"]]},
            "1 key 'label' that looks like entities .* 'entities'",
        ),
        (
            {"labels": [{"start_offset": 0, "end_offset": 3}]},
            "1 key 'labels' .*'start', 'end'",
        ),
        (
            {"label": "sports"},
            "1 key 'label' that looks like categories .* \"cats\": {",
        ),
        ({"label": 1}, "1 key 'label' that looks like categories"),
        ({"accept": ["a", "b", "c"]}, "1 key 'accept' that looks like categories"),
        (
            {"ner_tags": ["B-PER", "O"]},
            "1 key 'ner_tags' that looks like labels of entities .* in words",
        ),
        ({"ner_tags": ["1", "0"]}, "1 key 'ner_tags' that looks like labels of words"),
        ({"bio": ["B-PER", "O"]}, "1 key 'bio' that looks like labels of entities"),
        ({"lemma": ["ann", "sing"]}, "1 key 'lemma' .* like the field 'lemmas' and"),
        ({"Tags": ["N", "V"]}, "1 key 'Tags' that looks like the field 'tags' and was"),
        ({"dep": ["x", None]}, "1 key 'dep' that looks like the field 'deps' and was"),
        ({"lemas": ["ann", "sing"]}, "1 key 'lemas' .* field 'lemmas' .* Call it 'le"),
        ({"cat": {"x": 1}}, "1 key 'cat' that looks like the field 'cats'"),
        ({"annotations": [[1]]}, "1 key 'annotations' that looks like annotation"),
        ({"found": [[0, 3, "PER"]]}, "1 key 'found' that looks like entities"),
        ({"gold_label": "x"}, "1 key 'gold_label' that looks like categories"),
        ({"labelText": "x"}, "1 key 'labelText' that looks like categories"),
        ({"topics": ["x"]}, "1 key 'topics' that looks like categories"),
        ({"rating": 5}, "1 key 'rating' that looks like categories"),
        ({"POS": ["N", "V"]}, "1 key 'POS' that looks like the field 'pos'"),
        ({"part_of_speech": ["N", "V"]}, "1 key 'part_of_speech' .* labels of words"),
        (
            {"chunk-tags": [1, None]},
            "1 key 'chunk-tags' that looks like labels of words",
        ),
        (
            {"named_entities": [{"text": "Ann", "type": "PER"}]},
            "1 key 'named_entities' that looks like annotation",
        ),
        ({"answer": "reject"}, "1 document with the answer 'reject'"),
    ],
)
def test_keys_that_look_like_annotation_are_named(tmp_path, fields, message):
    with pytest.warns(UserWarning, match=f"sample.jsonl: {message}") as caught:
        read(tmp_path, {"text": "Ann sings", **fields})
    assert len(caught) == 1
    assert ", the first in line 1. " in str(caught[0].message)


def test_blank_labels_of_words_are_read_and_said(tmp_path):
    fields = {"tags": ["N", "_"], "pos": ["", None], "deps": ["a", "-"]}
    message = (
        "2 words whose tag, part of speech or relation is '_' or '', .* Write null"
    )
    with pytest.warns(UserWarning, match=message):
        (doc,) = read(tmp_path, {"tokens": ["Ann", "sings"], **fields})
    assert {name: getattr(doc, name) for name in fields} == fields


def test_several_keys_are_told_in_the_plural(tmp_path):
    message = "2 keys 'label' that look like categories and were not read"
    documents = [{"text": "Ann sings", "label": "music"}] * 2
    with pytest.warns(UserWarning, match=message):
        read(tmp_path, *documents)


@pytest.mark.parametrize(
    "fields", [{"meta": {"label": 1}}, {"id": 3}, {"label": None}, {"answer": "accept"}]
)
def test_other_keys_are_not_named(tmp_path, fields):
    assert read(tmp_path, {"text": "Ann sings", **fields})


def test_entities_that_overlap_are_refused_or_the_longest_is_kept(tmp_path):
    ents = [[0, 3, "A"], [0, 3, "A"], [2, 4, "B"], [4, 5, "C"]]
    path = save(tmp_path / "a.jsonl", json.dumps({"tokens": [*"abcde"], "ents": ents}))
    with pytest.raises(ValueError, match="line 1: spans must not overlap, got 0:3"):
        [*read_jsonl(path)]
    with pytest.raises(ValueError, match="overlapping must be one of error, longest"):
        [*read_jsonl(path, overlapping="first")]
    unread = Unread()
    (doc,) = read_jsonl(path, overlapping="longest", unread=unread)
    assert doc.ents == [Span(0, 3, "A"), Span(4, 5, "C")]
    assert doc.ents_known == [True, True, True, False, True]
    assert "2 entities that repeat or overlap a longer one" in unread.describe()[0]


def test_entities_known_of_some_words_come_back(tmp_path):
    doc = Doc(["a", "b"], ents=[Span(0, 1, "X")], ents_known=[True, False])
    path = save(tmp_path / "a.jsonl", written(write_jsonl, [doc]))
    assert [*read_jsonl(path)] == [doc]


def test_labels_of_the_only_word_are_no_categories(tmp_path):
    for key in ("tag", "xpos"):
        with pytest.warns(UserWarning, match=f"key '{key}' .* like the field 'tags'"):
            read(tmp_path, {"tokens": ["Ann"], key: ["N"]})
    with pytest.warns(UserWarning, match="key 'label' that looks like categories"):
        read(tmp_path, {"tokens": ["Ann"], "label": ["music"]})
