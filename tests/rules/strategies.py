"""Draw documents, and patterns that match some of their tokens."""

from hypothesis import strategies as st

from zoo.doc import Doc, Span

WORDS = ["a", "A", "b", "1", "12", ".", ",", "Ab", "bb"]
TAGS = ["N", "V", "D", ""]
POS = ["NOUN", "VERB", ""]
MORPHS = [None, "", "Number=Sing", "Case=Acc,Dat|Number=Plur", "A=1"]
FEATURES = ["Case=Acc", "Case=Dat", "Number=Sing", "Number=Plur", "A=1"]
#: Values of attributes that are strings.
VALUES = {
    "ORTH": WORDS,
    "TEXT": WORDS,
    "LOWER": WORDS,
    "NORM": WORDS,
    "lower": WORDS,
    "TAG": TAGS,
    "POS": POS,
    "LEMMA": ["a", "b", ""],
    "SHAPE": ["x", "X", "d", "dd", "xx"],
    "ENT_TYPE": ["P", "Q", ""],
    "MORPH": [*MORPHS[1:], "Number=Plur|Case=Dat,Acc", "_"],
}
FLAGS = ["IS_ALPHA", "IS_PUNCT", "IS_DIGIT", "SPACY", "IS_SENT_START", "LIKE_NUM"]
OPERATORS = ["!", "?", "*", "+", "{2}", "{1,2}", "{,2}", "{1,}", "1", "{0,1}"]
SETS = ["IN", "NOT_IN", "IS_SUBSET", "IS_SUPERSET", "INTERSECTS"]


@st.composite
def docs(draw, max_words=8):
    """Draw a document with all fields that patterns ask for."""
    words = draw(st.lists(st.sampled_from(WORDS), max_size=max_words))
    n = len(words)

    def column(values):
        return draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))

    starts = column([True, False, None])
    if starts:
        starts[0] = draw(st.booleans())
    bounds = sorted(draw(st.sets(st.integers(0, n), max_size=4)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return Doc(
        words,
        spaces=column([True, False]),
        tags=[tag or None for tag in column(TAGS)],
        pos=[tag or None for tag in column(POS)],
        lemmas=[lemma or None for lemma in column(VALUES["LEMMA"])],
        morphs=column(MORPHS),
        sent_starts=starts,
        ents=[Span(*pair, draw(st.sampled_from("PQ"))) for pair in pairs],
    )


def _predicates(name):
    values = st.lists(st.sampled_from(VALUES[name]), max_size=3)
    found = [
        st.builds(lambda p, v: {p: v}, st.sampled_from(SETS), values),
        st.sampled_from(["a", "^.$", "[A-Z]", "^$", "Sing"]).map(
            lambda r: {"REGEX": r}
        ),
    ]
    if name == "MORPH":
        features = st.lists(st.sampled_from(FEATURES), max_size=4)
        found.append(st.builds(lambda p, v: {p: v}, st.sampled_from(SETS), features))
    else:
        nested = st.sampled_from(["IN", "NOT_IN"])
        found.append(nested.map(lambda p: {"REGEX": {p: ["a", "b"]}}))
    return st.one_of(*found)


def _strings(name):
    return st.sampled_from(VALUES[name]) | _predicates(name)


_LENGTHS = st.sampled_from(
    [1, 2, {">=": 2}, {"<": 2}, {"!=": 1}, {"IN": [1, 3]}, {"NOT_IN": [1]}, {"==": 2}]
)
_CONDITIONS = st.one_of(
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda n: st.tuples(st.just(n), _strings(n))
    ),
    st.tuples(st.sampled_from(FLAGS), st.sampled_from([True, False, 1, 0])),
    st.tuples(st.just("LENGTH"), _LENGTHS),
)


@st.composite
def tokens(draw):
    """Draw one token of a pattern."""
    spec = dict(draw(st.lists(_CONDITIONS, max_size=2)))
    if draw(st.booleans()):
        spec["OP"] = draw(st.sampled_from(OPERATORS))
    return spec


patterns = st.lists(tokens(), min_size=1, max_size=4)
