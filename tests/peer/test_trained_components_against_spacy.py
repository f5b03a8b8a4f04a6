"""Every component that spaCy trains gives the same annotations when zoo runs it."""

import numpy as np
import pytest

import zoo

spacy = pytest.importorskip("spacy")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::UserWarning:spacy"),
    pytest.mark.filterwarnings("ignore::UserWarning:thinc"),
]

TEXTS = [
    "I like big dogs in London.",
    "She saw a cat near Paris yesterday.",
    "The dogs ran fast!",
    "Do you like New York? I do.",
]
MORE = [*TEXTS, "Apple likes dogs in London and New York.", "", "  \n New York dogs"]
ENTS = {"London": "B-GPE", "Paris": "B-GPE", "New": "B-GPE", "York": "I-GPE"}
PATTERNS = [
    {"label": "ORG", "pattern": "Apple"},
    {"label": "GPE", "pattern": [{"LOWER": "new"}, {"LOWER": "york"}]},
    {"label": "GPE", "pattern": "London", "id": "city"},
]
CNN = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": True,
    **{"width": 32, "depth": 2, "embed_size": 200, "window_size": 1},
    **{"maxout_pieces": 3, "subword_features": True},
}
TAGGER = {"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": CNN}}
#: Words that spaCy knows as symbols are among those with vectors.
WORDS = ["I", "like", "dogs", "London", "X", "number", "NOUN"]


def example(nlp, text, number):
    """Annotate a text by rules that a model can learn."""
    doc = nlp.make_doc(text)
    words = [token.text for token in doc]
    n = len(words)
    gold = spacy.tokens.Doc(
        nlp.vocab,
        words=words,
        spaces=[bool(token.whitespace_) for token in doc],
        tags=[f"T{len(word) % 4}" for word in words],
        pos=["NOUN" if len(word) > 3 else "VERB" for word in words],
        morphs=["Number=Sing" if len(w) % 2 else "Case=Nom|Number=Plur" for w in words],
        lemmas=[word.lower().rstrip("s") for word in words],
        heads=[max(0, i - 1) for i in range(n)],
        deps=["ROOT" if i == 0 else f"dep{i % 3}" for i in range(n)],
        sent_starts=[i == 0 for i in range(n)],
        ents=[ENTS.get(word, "O") for word in words],
    )
    gold.cats = {"A": float(number % 2), "B": float(1 - number % 2)}
    span = spacy.tokens.Span
    gold.spans["sc"] = [span(gold, 0, 1, "X"), span(gold, 1, 3, "Y")]
    return spacy.training.Example(doc, gold)


def train(*components):
    """Train a small pipeline: names of components, each perhaps with settings."""
    nlp = spacy.blank("en")
    draw = np.random.default_rng(0)
    for word in WORDS:
        nlp.vocab.set_vector(word, draw.normal(size=20).astype("f"))
    for name, settings in components:
        nlp.add_pipe(name, config=settings)
    examples = [example(nlp, text, i) for i, text in enumerate(TEXTS)]
    nlp.initialize(lambda: examples)
    for _ in range(10):
        nlp.update(examples)
    return nlp


def with_rulers():
    nlp = train(("tagger", {}))
    nlp.add_pipe("entity_ruler").add_patterns(PATTERNS)
    dogs = {"label": "ANIMAL", "pattern": [{"LOWER": {"REGEX": "^dog"}}]}
    nlp.add_pipe("span_ruler").add_patterns([dogs])
    return nlp


PIPELINES = {
    "shared encoder": lambda: train(
        ("tok2vec", {}), ("tagger", {}), ("morphologizer", {}), ("senter", {})
    ),
    "trees and entities": lambda: train(
        ("trainable_lemmatizer", {"min_tree_freq": 1}),
        ("parser", {"min_action_freq": 1}),
        ("ner", {}),
    ),
    "exclusive categories": lambda: train(("sentencizer", {}), ("textcat", {})),
    "categories": lambda: train(("textcat_multilabel", {})),
    "spans": lambda: train(("spancat", {})),
    "spans of one label": lambda: train(("spancat_singlelabel", {})),
    "rulers": with_rulers,
    "static vectors": lambda: train(("tagger", TAGGER)),
}


def annotations_of_spacy(doc):
    return {
        "words": [token.text for token in doc],
        "tags": [token.tag_ for token in doc],
        "pos": [token.pos_ for token in doc],
        "morphs": [str(token.morph) for token in doc],
        "lemmas": [token.lemma_ for token in doc],
        "heads": [token.head.i for token in doc],
        "deps": [token.dep_ for token in doc],
        "sent_starts": [token.is_sent_start is True for token in doc],
        "ents": [(ent.start, ent.end, ent.label_) for ent in doc.ents],
        "spans": {
            key: sorted((s.start, s.end, s.label_) for s in group)
            for key, group in doc.spans.items()
        },
        "cats": dict(doc.cats),
    }


def annotations_of_zoo(doc, names):
    found = {name: getattr(doc, name) for name in names}
    if found.get("ents") is not None:
        found["ents"] = [tuple(ent) for ent in sorted(found["ents"])]
    if found.get("sent_starts") is not None:
        found["sent_starts"] = [bool(begins) for begins in found["sent_starts"]]
    if found.get("spans") is not None:
        groups = found["spans"].items()
        found["spans"] = {k: sorted(tuple(s) for s in group) for k, group in groups}
    return found


@pytest.mark.parametrize("name", PIPELINES)
def test_a_trained_component_gives_spacys_annotations(name, tmp_path):
    nlp = PIPELINES[name]()
    nlp.to_disk(tmp_path / "spacys")
    pipeline = zoo.load(tmp_path / "spacys")
    written = {*pipeline.fields}
    assert written
    for ours, theirs in zip(pipeline(MORE), nlp.pipe(MORE), strict=True):
        expected = annotations_of_spacy(theirs)
        found = annotations_of_zoo(ours, {"words", *written})
        for field, values in found.items():
            if field == "cats":
                assert values == pytest.approx(expected["cats"], abs=1e-5)
            elif values is not None or expected[field]:
                assert values == expected[field], field
    pipeline.to_disk(tmp_path / "zoos")
    assert zoo.load(tmp_path / "zoos")(MORE) == pipeline(MORE)
