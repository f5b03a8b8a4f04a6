"""Whole pipelines of spaCy give the same annotations, token by token, in zoo."""

import pytest

import zoo
from zoo._lexical.attributes import norm

from .spacy_packages import ENGLISH, FRENCH, need_package, read_french, read_treebank
from .spacy_packages import spoil as spoiled

spacy = pytest.importorskip("spacy")

pytestmark = pytest.mark.peer


def annotations_of_spacy(doc):
    return {
        "words": [token.text for token in doc],
        "spaces": [bool(token.whitespace_) for token in doc],
        "norms": [token.norm_ for token in doc],
        "tags": [token.tag_ for token in doc],
        "pos": [token.pos_ for token in doc],
        "morphs": [str(token.morph) for token in doc],
        "lemmas": [token.lemma_ for token in doc],
        "heads": [token.head.i for token in doc],
        "deps": [token.dep_ for token in doc],
        "sent_starts": [token.is_sent_start is True for token in doc],
        "ents": [(ent.start, ent.end, ent.label_) for ent in doc.ents],
    }


def annotations_of_zoo(doc):
    names = ("words", "spaces", "tags", "pos", "morphs", "lemmas", "heads", "deps")
    # Where there are no words, nothing need be known of them.
    found = {n: list(getattr(doc, n) or [None] * len(doc)) for n in names}
    found["norms"] = [
        norm(word) if own is None else own
        for word, own in zip(doc.words, doc.norms or [None] * len(doc), strict=True)
    ]
    found["sent_starts"] = [bool(begins) for begins in doc.sent_starts or []]
    found["ents"] = [tuple(ent) for ent in sorted(doc.ents)]
    return found


def texts_in(part):
    """Return documents, their sentences, and both with more white space in them."""
    docs = read_treebank(part)
    whole = ["\n\n".join(sentences) for sentences in docs]
    joined = [" ".join(sentences) for sentences in docs]
    single = [sentence for sentences in docs for sentence in sentences]
    spoilt = [spoiled(text, seed) for seed, text in enumerate(joined)]
    return [*whole, *single[::3], *spoilt, "", " ", "\n", "  a  \n\n"]


def compare(pipeline, nlp, texts):
    n_tokens = 0
    pairs = zip(pipeline.pipe(texts), nlp.pipe(texts), strict=True)
    for text, (ours, theirs) in zip(texts, pairs, strict=True):
        assert annotations_of_zoo(ours) == annotations_of_spacy(theirs), text
        assert ours.text == text
        n_tokens += len(ours)
    return n_tokens


@pytest.mark.parametrize("part", ["dev", "test"])
def test_the_small_english_pipeline_gives_spacys_annotations(part):
    name = need_package(ENGLISH)
    n_tokens = compare(zoo.load(name), spacy.load(name), texts_in(part))
    assert n_tokens > 50_000


def test_the_small_french_pipeline_gives_spacys_annotations():
    name = need_package(FRENCH)
    texts = read_french()
    spoilt = [spoiled(text, seed) for seed, text in enumerate(texts[::5])]
    paragraphs = [" ".join(texts[i : i + 8]) for i in range(0, len(texts), 16)]
    compare(zoo.load(name), spacy.load(name), [*texts, *spoilt, *paragraphs])


@pytest.mark.parametrize("name", [ENGLISH, FRENCH])
def test_a_folder_that_zoo_saves_predicts_the_same_without_spacys(name, tmp_path):
    pipeline = zoo.load(need_package(name))
    pipeline.to_disk(tmp_path / "zoo")
    loaded = zoo.load(tmp_path / "zoo")
    texts = [spoiled(text, 1) for text in read_french()[:50]]
    assert loaded(texts) == pipeline(texts)
    loaded.to_disk(tmp_path / "zoo")
    assert zoo.load(tmp_path / "zoo")(texts[:5]) == pipeline(texts[:5])


def test_documents_of_spacy_get_the_annotations_of_its_pipeline():
    name = need_package(ENGLISH)
    pipeline, nlp = zoo.load(name), spacy.load(name)
    for sentences in read_treebank("dev")[:10]:
        text = " ".join(sentences)
        (ours,) = pipeline([nlp.make_doc(text)])
        expected = annotations_of_spacy(nlp(text))
        assert annotations_of_zoo(ours) == expected
