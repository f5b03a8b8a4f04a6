"""Compare matchers, rulers and lemmatizers with spaCy's."""

# ruff: noqa: SIM905
# Split strings: these lists are data, and a quote around each word hides them.

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.doc import Doc, Span
from zoo.rules import (
    AttributeRuler,
    LookupLemmatizer,
    Matcher,
    RuleLemmatizer,
    entity_ruler,
    sentencizer,
    span_ruler,
)
from zoo.rules._automaton import read_operator
from zoo.rules._span_filters import keep_longest, prefer_existing, prefer_new
from zoo.tokenizer.adapters import WhitespaceTokenizer

from ..rules.strategies import WORDS, docs, patterns, tokens

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.peer

NLP = spacy.blank("xx")
THOROUGH = settings(deadline=None, max_examples=80)
KEYS = st.sampled_from(["A", "B", "C"])
#: Attributes of patterns that need no annotation.
BARE = tokens().filter(
    lambda spec: not {k.upper() for k in spec} & {"TAG", "POS", "MORPH", "LEMMA"}
)


def as_spacy(doc):
    """Make the document of spaCy's that has the same annotation."""
    made = spacy.tokens.Doc(
        NLP.vocab,
        words=doc.words,
        spaces=doc.spaces,
        tags=doc.tags and [tag or "" for tag in doc.tags],
        pos=doc.pos and [tag or "" for tag in doc.pos],
        lemmas=doc.lemmas and [lemma or "" for lemma in doc.lemmas],
        sent_starts=doc.sent_starts,
    )
    for token, morph in zip(made, doc.morphs or [None] * len(doc), strict=True):
        if morph is not None:
            token.set_morph(morph)
    if doc.words and doc.ents is not None:
        made.set_ents([spacy.tokens.Span(made, *span) for span in doc.ents])
    return made


def columns(doc):
    """Describe a document of either kind by what rules may have changed."""
    if isinstance(doc, Doc):
        fields = (doc.tags, doc.pos, doc.morphs, doc.lemmas)
        return [[v or "" for v in f or [""] * len(doc)] for f in fields]
    found = ([t.tag_, t.pos_, str(t.morph), t.lemma_] for t in doc)
    return [[*column] for column in zip(*found, strict=True)] or [[]] * 4


def has_tokens(pattern):
    return any(read_operator("test", spec) for spec in pattern)


@THOROUGH
@given(
    st.lists(
        st.tuples(
            KEYS,
            st.lists(patterns.filter(has_tokens), min_size=1, max_size=2),
            st.sampled_from([None, "FIRST", "LONGEST"]),
        ),
        min_size=1,
        max_size=3,
    ),
    docs(),
)
def test_matchers_agree_on_matches_and_on_their_order(rules, doc):
    theirs, ours = spacy.matcher.Matcher(NLP.vocab, validate=False), Matcher()
    for key, found, greedy in rules:
        theirs.add(key, found, greedy=greedy)
        ours.add(key, found, greedy=greedy)
    matches = theirs(as_spacy(doc), allow_missing=True)
    expected = [(start, end, NLP.vocab.strings[key]) for key, start, end in matches]
    assert [tuple(span) for span in ours(doc, allow_missing=True)] == expected


ATTRS = st.fixed_dictionaries(
    {},
    optional={
        "TAG": st.sampled_from(["N", "V"]),
        "POS": st.sampled_from(["NOUN", "VERB"]),
        "MORPH": st.sampled_from(["_", "B=2|A=1"]),
        "LEMMA": st.sampled_from(["a", "b"]),
    },
)


@THOROUGH
@given(
    st.lists(st.tuples(st.lists(patterns.filter(has_tokens), max_size=2), ATTRS)),
    docs(),
)
def test_attribute_rulers_agree(rules, doc):
    theirs, ours = NLP.create_pipe("attribute_ruler"), AttributeRuler()
    for found, attrs in rules:
        theirs.add(found, attrs)
        ours.add(found, attrs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # One without patterns warns.
        expected = theirs(as_spacy(doc))
    ours.annotate([doc])
    assert columns(doc) == columns(expected)


SPAN_PATTERNS = st.fixed_dictionaries(
    {
        "label": KEYS,
        "pattern": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(
            " ".join
        )
        | st.lists(BARE, min_size=1, max_size=3).filter(has_tokens),
    },
    optional={"id": st.sampled_from("xy")},
)
ATTRIBUTES = st.sampled_from([None, "ORTH", "LOWER", "SHAPE"])


def taught(theirs, ours, found):
    with NLP.select_pipes(disable=NLP.pipe_names):
        theirs.add_patterns(found)
    ours.tokenizer = WhitespaceTokenizer()
    ours.add_patterns(found)
    return theirs, ours


class SplitAtBlanks:
    """Split phrases at blanks, as the test does here."""

    def __call__(self, text):
        words = text.split()
        spaces = [True] * (len(words) - 1) + [False] * bool(words)
        return spacy.tokens.Doc(NLP.vocab, words=words, spaces=spaces)


NLP.tokenizer = SplitAtBlanks()


@THOROUGH
@given(
    st.lists(SPAN_PATTERNS, min_size=1, max_size=5), docs(), st.booleans(), ATTRIBUTES
)
def test_entity_rulers_agree(found, doc, overwrite, attribute):
    options = {"overwrite_ents": overwrite, "phrase_matcher_attr": attribute}
    theirs, ours = taught(
        NLP.create_pipe("entity_ruler", config=options), entity_ruler(**options), found
    )
    expected = [(e.start, e.end, e.label_) for e in theirs(as_spacy(doc)).ents]
    ours.annotate([doc])
    assert [tuple(span) for span in doc.ents] == expected


FILTERS = {
    "first_longest_spans_filter": keep_longest,
    "prioritize_new_ents_filter": prefer_new,
    "prioritize_existing_ents_filter": prefer_existing,
}


@THOROUGH
@given(
    st.lists(SPAN_PATTERNS, min_size=1, max_size=5),
    docs(),
    st.fixed_dictionaries(
        {
            "overwrite": st.booleans(),
            "annotate_ents": st.booleans(),
            "phrase_matcher_attr": ATTRIBUTES,
        }
    ),
    st.sampled_from([None, "first_longest_spans_filter"]),
    st.sampled_from(sorted(FILTERS)),
)
def test_span_rulers_agree(found, doc, options, filter_, ents_filter):
    theirs = NLP.create_pipe(
        "span_ruler",
        config={
            **options,
            "spans_filter": filter_ and {"@misc": f"spacy.{filter_}.v1"},
            "ents_filter": {"@misc": f"spacy.{ents_filter}.v1"},
        },
    )
    ours = span_ruler(
        **options, spans_filter=FILTERS.get(filter_), ents_filter=FILTERS[ents_filter]
    )
    theirs, ours = taught(theirs, ours, found)
    reference = as_spacy(doc)
    if doc.words:
        doc.spans = {"ruler": [Span(0, 1, "Z")]}
        reference.spans["ruler"] = [spacy.tokens.Span(reference, 0, 1, "Z")]
    theirs(reference)
    ours.annotate([doc])
    spans = [(s.start, s.end, s.label_) for s in reference.spans["ruler"]]
    assert [tuple(span) for span in doc.spans["ruler"]] == spans
    assert [tuple(e) for e in doc.ents] == [
        (e.start, e.end, e.label_) for e in reference.ents
    ]


@pytest.mark.parametrize("make", [entity_ruler, span_ruler])
def test_folders_of_rulers_are_read(tmp_path, make):
    theirs = NLP.create_pipe(make.__name__, config={"phrase_matcher_attr": "LOWER"})
    found = [
        {"label": "A", "pattern": "b A"},
        {"label": "B", "pattern": [{"TAG": "N"}]},
    ]
    theirs.add_patterns(found)
    theirs.to_disk(tmp_path / "ruler")
    ours = make(phrase_matcher_attr="LOWER")
    ours.from_spacy(tmp_path / "ruler")
    assert sorted(map(str, ours.patterns)) == sorted(map(str, found))


@THOROUGH
@given(docs(), st.booleans(), st.sampled_from([None, [";", "a"]]))
def test_sentencizers_agree(tmp_path_factory, doc, overwrite, ends):
    theirs = NLP.create_pipe(
        "sentencizer", config={"overwrite": overwrite, "punct_chars": ends}
    )
    folder = tmp_path_factory.mktemp("ruler")
    theirs.to_disk(folder / "sentencizer")
    ours = sentencizer()
    ours.from_spacy(folder / "sentencizer")
    reference = theirs(as_spacy(doc))
    ours.annotate([doc])
    assert doc.sent_starts == [token.is_sent_start for token in reference]


#: Words, and tables in which rules of all kinds meet them.
LEMMA_WORDS = """
    Dogs flies mice gizmos loved Ann the A4 l' un' d' gli niedobry najlepszy
    nienajlepszy nierobi jóvenes comía cómpramelo dámelo niños sueño 1.234,5 tres
    aquella está alcun wordt Gelopen d1s пеејќи куќи λόγοι de des chiens mangés
""".split()
ENDINGS = [["s", ""], ["ies", "y"], ["ed", "e"], ["es", ""], ["t", "en"], ["й", ""]]
ENDINGS += [["οι", "ος"], ["и", "а"], ["és", "er"], ["d1s", ""], ["1s", "!"]]
POS = (
    "adj adp adv aux cconj det intj noun num part pron propn punct sconj sym verb x "
    "space eol"
).split()
BY_POS = {pos: ENDINGS for pos in ("noun", "verb", "adj", "adv", "det", "pron", "num")}
SPANISH = {
    "noun_p": [["es", ""], ["s", ""]],
    "verb_i": [["ía", "er"], ["o", "ar"], ["a", "ar"]],
    "accents": [["ó", "o"], ["á", "a"], ["í", "i"]],
    "voc_alt_1": [["e", "i"], ["u", "o"]],
    "voc_alt_2": [["ue", "o"]],
    "adverbs": [["aquella", "aquel"]],
    "num": [["tres", "3"]],
    "det": [["un'", "uno"]],
    "pron": [["la", "lo"]],
    "det_and_pron_fixed": [["aquella", "aquel"]],
    "det_and_pron_general": [["a", "o"], ["s", ""]],
}
TABLES = {
    "lemma_rules": BY_POS,
    "lemma_index": {
        "noun": ["dog", "fly", "λόγος", "chien"],
        "verb": ["love", "manger"],
    },
    "lemma_exc": {
        "noun": {"mice": ["mouse", "mous"], "dogs": ["doggy"]},
        "verb": {"wordt": ["worden"], "dámelo": ["dar"]},
        "pron": {"me": ["yo"], "la": ["él"]},
    },
    "lemma_lookup": {"chiens": ["chien"], "Ann": ["Anna"], "gelopen": ["lopen"]},
}
SPANISH_TABLES = {
    **TABLES,
    "lemma_rules": {**BY_POS, **SPANISH},
    "lemma_rules_groups": {
        "noun": [["noun_p", ["Number=Plur"]]],
        "adj": [["noun_p", []]],
        "verb": [["verb_i", ["VerbForm=Fin"]], ["verb_i", []]],
    },
    "lemma_index": {"verb": ["comer", "soñar", "comprar"], "noun": ["joven", "niño"]},
}
#: Of the lookups of Dutch and others, values are strings.
PLAIN = {
    **TABLES,
    "lemma_lookup": {"chiens": "chien", "Ann": "Anna", "gelopen": "lopen"},
}
BY_POS_TABLES = {
    **{
        f"lemma_lookup_{pos}": {"gli": "il", "alcun": "alcun", "dobry": "dobra"}
        for pos in POS
    },
    "lemma_lookup_other": {"tres": "tre"},
    "lemma_lookup_adj": {"lepszy": "dobry", "dobry": "dobry", "alcun": "alcun"},
    "lemma_lookup_verb": {"robi": "robić"},
    "lemma_lookup_noun": {"dogs": "dog", "Ann": "Anna"},
    "lemma_lookup": {"de": "di"},
}
LEMMATIZERS = {
    **{(lang, "rule"): TABLES for lang in ("en", "sv", "fr", "ca", "el", "mk", "ht")},
    ("es", "rule"): SPANISH_TABLES,
    ("nl", "rule"): PLAIN,
    ("nl", "lookup"): PLAIN,
    ("de", "lookup"): PLAIN,
    ("it", "pos_lookup"): BY_POS_TABLES,
    ("pl", "pos_lookup"): BY_POS_TABLES,
}
MORPHS = ["", "Number=Sing", "Number=Plur", "VerbForm=Inf", "VerbForm=Fin|Tense=Pres"]
MORPHS += [
    "Number=Sing|Tense=Pres|VerbForm=Fin",
    "Degree=Pos",
    "PronType=Prs",
    "Case=A,B",
]


@pytest.mark.parametrize(("lang", "mode"), LEMMATIZERS, ids="-".join)
def test_lemmatizers_agree(tmp_path, lang, mode):
    nlp = spacy.blank(lang)
    theirs = nlp.create_pipe("lemmatizer", config={"mode": mode})
    lookups = spacy.lookups.Lookups()
    for name, table in LEMMATIZERS[lang, mode].items():
        lookups.add_table(name, table)
    theirs.initialize(lookups=lookups)
    theirs.to_disk(tmp_path)
    ours = (
        RuleLemmatizer(lang)
        if mode == "rule"
        else LookupLemmatizer(lang, by_pos=mode == "pos_lookup")
    )
    ours.from_spacy(tmp_path)
    for pos in [*map(str.upper, POS), ""]:
        for morph in MORPHS:
            words = LEMMA_WORDS
            doc = Doc(
                words, pos=[pos or None] * len(words), morphs=[morph] * len(words)
            )
            reference = spacy.tokens.Doc(nlp.vocab, words=words, pos=[pos] * len(words))
            for token in reference:
                token.set_morph(morph)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Without parts of speech it warns.
                theirs(reference)
            ours.annotate([doc])
            # spaCy has no id for a lemma of "".
            assert [lemma or "" for lemma in doc.lemmas] == [
                t.lemma_ for t in reference
            ]
