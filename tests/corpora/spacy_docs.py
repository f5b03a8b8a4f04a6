"""Make documents that a .spacy file can store."""

from hypothesis import strategies as st

from zoo._lexical.attributes import norm
from zoo.corpora import spacy_binary
from zoo.doc import Doc, Span

from .strategies import full_docs

LABELS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=4)
TAGS = st.sampled_from([*spacy_binary.COARSE_TAGS, None])
DOCS = [
    Doc(
        ["Ann", "ca", "n't", "sleep", "."],
        spaces=[True, False, True, False, False],
        norms=["ann", "can", "not", "sleep", "."],
        sent_starts=[True, False, False, False, False],
        tags=["NNP", "MD", "RB", "VB", "."],
        pos=["PROPN", "AUX", "PART", "VERB", "PUNCT"],
        heads=[3, 3, 3, 3, 3],
        deps=["nsubj", "aux", "neg", "ROOT", "punct"],
        ents=[Span(0, 1, "PERSON")],
        cats={"sad": 0.75},
        morphs=["Number=Sing", "VerbForm=Fin", "", "VerbForm=Inf", None],
        lemmas=["Ann", "can", "not", "sleep", "."],
        spans={"sc": [Span(0, 3, "A"), Span(1, 3, "B")], "none": []},
    ),
    Doc([]),
    Doc(["X", "agent"], ents=[]),
]


def normal(doc):
    """Return a document as it is read back: without what spaCy's files cannot store."""
    n = len(doc)
    heads = doc.heads or [None] * n
    labels = doc.deps or [None] * n
    pairs = zip(heads, labels, strict=True)
    deps = [None if head is None else dep or "dep" for head, dep in pairs]
    starts = doc.sent_starts
    own = [*map(norm, doc.words)]
    return Doc(
        doc.words,
        spaces=doc.spaces,
        norms=None if doc.norms in (None, own) else doc.norms,
        sent_starts=starts if starts and {*starts[1:]} - {None} else None,
        tags=known(doc.tags),
        pos=known(doc.pos),
        morphs=known(doc.morphs),
        lemmas=known([lemma or None for lemma in doc.lemmas or ()]),
        heads=known(doc.heads),
        deps=deps if {*deps} - {None, "dep"} else None,
        ents=None if not n or doc.ents is None else sorted(doc.ents),
        spans=doc.spans or None,
        cats=doc.cats or None,
    )


def known(values):
    return values if {*(values or ())} - {None} else None


@st.composite
def holdable_docs(draw):
    """Draw a document that spaCy's files can hold, but for what `normal` takes off."""
    doc = draw(full_docs())
    n = len(doc)
    doc.words = [word or "a" for word in doc.words]
    doc.norms = doc.norms and [norm or "a" for norm in doc.norms]
    doc.tags = doc.tags and [tag or None for tag in doc.tags]
    doc.deps = doc.deps and [dep or None for dep in doc.deps]
    doc.pos = draw(st.none() | st.lists(TAGS, min_size=n, max_size=n))
    morphs = st.sampled_from([None, "", "Number=Sing", "Case=Acc,Dat|Number=Plur"])
    doc.morphs = draw(st.none() | st.lists(morphs, min_size=n, max_size=n))
    doc.ents = doc.ents and [span._replace(label=draw(LABELS)) for span in doc.ents]
    doc.user_data = {}
    return doc
