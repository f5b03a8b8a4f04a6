"""Draw documents that every file format can hold, or one of them."""

import io

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from zoo._lexical.feats import normal_feats
from zoo.doc import Doc, Span

#: A test may write over the same file for each example.
on_files = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
#: Any text without what ends a column or a line.
PRINTABLE = st.characters(codec="utf-8", exclude_characters="\t\n\r")
CELLS = st.text(PRINTABLE, min_size=1, max_size=5)
LABELS = CELLS.filter(lambda label: label != "_")


@st.composite
def docs(draw, words=CELLS, labels=LABELS, max_words=6):
    """Draw a document with some of its fields, and None for some of the values."""
    found = draw(st.lists(words, max_size=max_words))
    n = len(found)

    def per_word(values):
        return draw(st.none() | st.lists(values, min_size=n, max_size=n))

    return Doc(
        found,
        spaces=per_word(st.booleans()),
        tags=per_word(st.none() | labels),
        pos=per_word(st.none() | labels),
        morphs=known_morphs(per_word(labels | st.just(""))),
        lemmas=known_lemmas(found, per_word(st.none() | labels)),
        heads=per_word(st.none() | st.integers(0, max(n - 1, 0))),
        deps=per_word(st.none() | labels),
    )


def known_morphs(morphs):
    """Make features that CoNLL-U can store: not all of a document's are empty."""
    morphs = [normal_feats(morph) for morph in morphs or ()]
    return morphs if any(morphs) else None


def known_lemmas(words, lemmas):
    """Make lemmas that CoNLL-U can store: that of the underscore is itself."""
    if not any(lemmas or ()):
        return None
    pairs = zip(words, lemmas, strict=True)
    return ["_" if word == "_" else lemma for word, lemma in pairs]


@st.composite
def full_docs(draw):
    """Draw a document that may have any field, with any text in it."""
    text = st.text(st.characters(codec="utf-8"), max_size=4)
    doc = draw(docs(words=text, labels=text))
    n = len(doc)
    doc.norms = draw(st.none() | st.lists(text, min_size=n, max_size=n))
    starts = st.lists(st.none() | st.booleans(), min_size=n, max_size=n)
    doc.sent_starts = draw(st.none() | starts)
    doc.cats = draw(st.none() | st.dictionaries(text, st.floats(0, 1), max_size=3))
    ends = st.lists(st.integers(0, n), max_size=4, unique=True).map(sorted)
    bounds = draw(ends)
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    doc.ents = draw(
        st.sampled_from([None, [Span(*pair, draw(text)) for pair in pairs]])
    )
    spans = st.lists(st.builds(Span, st.just(0), st.integers(1, n), text), max_size=3)
    groups = st.dictionaries(text, spans if n else st.just([]), max_size=2)
    doc.spans = draw(st.none() | groups)
    doc.user_data = draw(st.dictionaries(st.just("id") | st.just("extra"), text))
    return doc


def written(write, docs):
    """Return the text that a function writes."""
    file = io.StringIO(newline="")
    write(docs, file)
    return file.getvalue()


def save(path, text):
    """Write a text to a file as it is, line ends too."""
    path.write_text(text, encoding="utf8", newline="")
    return path
