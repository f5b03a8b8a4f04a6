"""Compare what zoo and spaCy predict with one of spaCy's pipelines, token by token.

``python benchmarks/compare_pipelines.py PACKAGE CORPUS...`` prints a table of the
tokens that differ, by field and by kind of text. A corpus is CoNLL-U, of which the raw
text is read, or a file of texts, one a line; either may be compressed (.gz). Each is
read as sentences, as whole documents, and as documents with blanks doubled and newlines
put in.
"""

import argparse
import gzip
import random
from pathlib import Path

import spacy

import zoo
from zoo._lexical.attributes import norm

FIELDS = (
    *("words", "spaces", "norms", "tags", "pos", "morphs", "lemmas"),
    *("heads", "deps", "sent_starts", "ents"),
)
#: Lines of a file without documents that are read as one.
LINES = 12


def read_corpus(path):
    """Return the sentences of each document."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf8") as file:
        lines = [line.rstrip("\n") for line in file]
    if ".conllu" not in path.name:
        texts = [line for line in lines if line]
        return [texts[i : i + LINES] for i in range(0, len(texts), LINES)]
    docs = []
    for line in lines:
        if line.startswith("# newdoc") or not docs:
            docs.append([])
        if line.startswith("# text = "):
            docs[-1].append(line.removeprefix("# text = "))
    return [doc for doc in docs if doc]


def disturb(text, draw):
    """Double one blank in ten, and make a newline of one in twenty."""
    kinds = {0: "  ", 1: "  ", 2: "\n"}
    pairs = ((char, draw.randrange(20)) for char in text)
    return "".join(kinds.get(n, " ") if char == " " else char for char, n in pairs)


def spacy_fields(doc):
    """Return the annotations of a document of spaCy, field by field."""
    return {
        "words": [t.text for t in doc],
        "spaces": [bool(t.whitespace_) for t in doc],
        "norms": [t.norm_ for t in doc],
        "tags": [t.tag_ for t in doc],
        "pos": [t.pos_ for t in doc],
        "morphs": [str(t.morph) for t in doc],
        "lemmas": [t.lemma_ for t in doc],
        "heads": [t.head.i for t in doc],
        "deps": [t.dep_ for t in doc],
        "sent_starts": [bool(t.is_sent_start) for t in doc],
        "ents": [f"{t.ent_iob_}-{t.ent_type_}" for t in doc],
    }


def zoo_fields(doc):
    """Return the same of a document of zoo."""
    n = len(doc)
    ents = ["O-"] * n
    for start, end, label in doc.ents or []:
        ents[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
    found = {name: getattr(doc, name) for name in FIELDS if name != "ents"}
    found = {k: [""] * n if v is None else list(v) for k, v in found.items()}
    norms = zip(doc.words, doc.norms or [None] * n, strict=True)
    found["norms"] = [norm(word) if own is None else own for word, own in norms]
    found["pos"] = [value or "" for value in found["pos"]]
    found["tags"] = [value or "" for value in found["tags"]]
    return found | {"ents": ents}


def compare(nlp, pipeline, texts, counts):
    """Count tokens, and those that differ, by field; return the number of tokens."""
    n_tokens = 0
    found = zip(nlp.pipe(texts), pipeline.pipe(texts), texts, strict=True)
    for theirs, ours, text in found:
        wanted, got = spacy_fields(theirs), zoo_fields(ours)
        n_tokens += len(wanted["words"])
        if wanted["words"] != got["words"]:
            counts["words"] += len(wanted["words"])
            print(f"other words: {text!r:.100}")
            continue
        for name in FIELDS:
            pairs = zip(wanted[name], got[name], strict=True)
            counts[name] += sum(a != b for a, b in pairs)
    return n_tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", help="a package of spaCy's, or a folder")
    parser.add_argument("corpora", nargs="+", type=Path)
    arguments = parser.parse_args()
    nlp, pipeline = spacy.load(arguments.package), zoo.load(arguments.package)
    print("| corpus | text | tokens |", " | ".join(FIELDS), "|")
    print("| --- |" + " ---: |" * (len(FIELDS) + 2))
    for path in arguments.corpora:
        docs, draw = read_corpus(path), random.Random(0)
        whole = [" ".join(doc) for doc in docs]
        kinds = {
            "sentences": [sentence for doc in docs for sentence in doc],
            "documents": whole,
            "disturbed": [disturb(text, draw) for text in whole],
        }
        for kind, texts in kinds.items():
            counts = dict.fromkeys(FIELDS, 0)
            n_tokens = compare(nlp, pipeline, texts, counts)
            shown = " | ".join(str(counts[name]) for name in FIELDS)
            print(f"| {path.name} | {kind} | {n_tokens:,} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
