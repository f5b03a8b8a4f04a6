import pytest
from hypothesis import given, settings

from zoo.doc import Doc, Span
from zoo.rules import Matcher
from zoo.rules._automaton import read_operator
from zoo.rules._predicates import compile_token
from zoo.rules._token_values import read_values, source_of, value_of_word

from .strategies import docs, patterns

WORDS = ["The", "old", "old", "house", "burns", "."]
DOC = Doc(
    WORDS,
    spaces=[True, True, True, True, False, False],
    tags=["DT", "JJ", "JJ", "NN", "VBZ", "."],
    morphs=["", "Degree=Pos", "Degree=Pos", "Number=Sing", "Number=Sing", ""],
)


def find(*found, doc=DOC, greedy=None, **settings):
    matcher = Matcher(**settings)
    matcher.add("X", found, greedy=greedy)
    return [doc.words[start:end] for start, end, _ in matcher(doc)]


def values_at(doc, name):
    source = source_of(name)
    values = [*read_values(doc, source)]
    return [*map(value_of_word(name), values)] if source == "WORD" else values


def slow_matches(pattern, doc):
    """Find where a pattern matches, by trying all ways from each token on."""
    steps = []
    for spec in pattern:
        conditions = compile_token("test", spec)
        fits = [
            all(test(values_at(doc, name)[i]) for name, test, _ in conditions)
            for i in range(len(doc))
        ]
        steps += [(kind, fits) for kind in read_operator("test", spec)]

    def ends(step, place):
        if step == len(steps):
            return {place}
        kind, fits = steps[step]
        held = place < len(doc) and fits[place]
        found = set()
        if kind in "?*":
            found |= ends(step + 1, place)
        if kind == "*" and held:
            found |= ends(step, place + 1)
        if (kind in "1?" and held) or (kind == "!" and place < len(doc) and not held):
            found |= ends(step + 1, place + 1)
        return found

    spans = {(start, end) for start in range(len(doc)) for end in ends(0, start)}
    return {(start, end) for start, end in spans if start < end}


@settings(deadline=None, max_examples=150)
@given(patterns, docs(max_words=5))
def test_matches_are_those_of_all_ways(pattern, doc):
    if not any(read_operator("test", spec) for spec in pattern):
        return
    matcher = Matcher()
    matcher.add("X", [pattern])
    found = matcher(doc, allow_missing=True)
    assert len(found) == len({*found})
    assert {(s.start, s.end) for s in found} == slow_matches(pattern, doc)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ([{"LOWER": "the"}], [["The"]]),
        ([{"TAG": "JJ", "OP": "+"}, {"TAG": "NN"}], [WORDS[2:4], WORDS[1:4]]),
        ([{"MORPH": {"IS_SUPERSET": ["Number=Sing"]}}], [["house"], ["burns"]]),
        ([{"SPACY": False}], [["burns"], ["."]]),
        ([{"LENGTH": {">": 4}}], [["house"], ["burns"]]),
        ([{"ORTH": {"REGEX": "^o"}}, {}], [WORDS[1:3], WORDS[2:4]]),
        ([{"IS_SENT_START": True}], [["The"]]),
        ([{"TAG": "DT"}, {"OP": "{2}"}, {"TAG": "NN"}], [WORDS[:4]]),
    ],
)
def test_patterns_match(pattern, expected):
    assert find(pattern) == expected


def test_greedy_matches_do_not_overlap():
    pattern = [{"TAG": "JJ", "OP": "*"}, {"TAG": {"IN": ["JJ", "NN"]}}]
    assert find(pattern, greedy="LONGEST") == [WORDS[1:4]]
    assert find(pattern, greedy="FIRST") == [WORDS[1:4]]
    # A key that is found by two patterns is found once.
    assert find([{"LOWER": "old"}], [{"TAG": "JJ"}], greedy="FIRST") == [["old"]] * 2


def test_english_numbers_are_known_in_english():
    doc = Doc(["ten", "21st", "+1,000", "the", "Second"])
    pattern = [{"LIKE_NUM": True}]
    found = [["ten"], ["21st"], ["+1,000"], ["Second"]]
    assert find(pattern, doc=doc, lang="en") == found
    assert find(pattern, doc=doc) == [["+1,000"]]


def test_patterns_can_be_added_after_a_use():
    matcher = Matcher()
    matcher.add("A", [[{"LOWER": "old"}]])
    assert len(matcher(DOC)) == 2 and "A" in matcher and len(matcher) == 1
    matcher.add("B", [[{"LOWER": "house"}]])
    assert matcher(DOC)[-1] == Span(3, 4, "B")
    assert Matcher()(DOC) == [] and matcher(Doc([])) == []


def test_what_a_document_lacks_is_told():
    matcher = Matcher()
    matcher.add("A", [[{"DEP": "nsubj"}]])
    with pytest.raises(ValueError, match="patterns with DEP need documents with deps"):
        matcher(DOC)
    assert matcher(DOC, allow_missing=True) == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ([], "a pattern must have a token"),
        ("old", "a pattern must be a list of maps"),
        (["old"], "each token of a pattern must be a map"),
        ([{"OP": "{0}"}], "a pattern must have a token"),
        ([{"OP": "{2,1}"}], r"OP must be one of .*got '\{2,1\}'"),
        ([{"OP": "{1,100000}"}], "at most 1000"),
        ([{"OP": 3}], "OP must be one of"),
        ([{"FUZZ": "a"}], "the attribute 'FUZZ' is not supported"),
        ([{"IS_STOP": True}], "the attribute 'IS_STOP' is not supported"),
        ([{"_": {"x": 1}}], "custom attributes"),
        (
            [{"LOWER": {"FUZZY": "a"}}],
            "the predicate 'FUZZY' of LOWER is not supported",
        ),
        ([{"LOWER": 3}], "LOWER must have a string"),
        ([{"LENGTH": "3"}], "LENGTH must have a number"),
        ([{"LOWER": {">": 3}}], "> compares numbers, got LOWER"),
        ([{"LENGTH": {">": "3"}}], "> compares numbers, got LENGTH"),
        ([{"LENGTH": {"REGEX": "3"}}], "REGEX needs an attribute of strings"),
        ([{"LOWER": {"REGEX": "("}}], "must be a pattern for Python's `re`"),
        ([{"LOWER": {"REGEX": {"==": ["a"]}}}], "may hold IN or NOT_IN"),
        ([{"LOWER": {"IN": "abc"}}], "IN of LOWER must be a list"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(pattern, message):
    with pytest.raises(ValueError, match=f"Matcher: .*{message}"):
        Matcher().add("A", [pattern])


def test_flags_of_other_languages_are_refused():
    with pytest.raises(ValueError, match="'LIKE_NUM' is known in English"):
        Matcher("de").add("A", [[{"LIKE_NUM": True}]])
    with pytest.raises(ValueError, match="greedy must be FIRST, LONGEST or None"):
        Matcher().add("A", [[{}]], greedy="SHORTEST")
