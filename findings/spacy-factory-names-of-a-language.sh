#!/usr/bin/env bash
# The factories that a blank spaCy pipeline lists.
#
# Guess: spacy.blank("en").factory_names lists every component that add_pipe knows, some
#   thirty with "tagger", "parser" and "ner".
# Fact (spaCy 3.8.18): in a new process it lists four, "en.lemmatizer" and three that
#   merge tokens, while add_pipe("tagger") works; of the same pipeline,
#   spacy.Language.factories and spacy.registry.factories hold all of them.
# Why: each registration stores all that is registered so far as the attribute
#   `factories` of the class that it is made for. Importing English registers its own
#   lemmatizer on the class English before the built-in components, which are registered
#   later and on Language, and so the class keeps the short list (spacy/language.py,
#   Language.factory; spacy/pipeline/factories.py).
# So: zoo's test that every factory of spaCy's resolves or is explained reads the
#   registry. Whoever checks `name in nlp.factory_names` before add_pipe should ask
#   nlp.has_factory(name), which is right.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet spacy==3.8.18
"$folder/venv/bin/python" - <<'PYTHON'
import spacy

nlp = spacy.blank("en")
listed = sorted(nlp.factory_names)
known = [name for name in spacy.registry.factories.get_all() if "." not in name]
print("listed:", listed)
print("registered:", len(known))
assert listed == [
    "en.lemmatizer", "merge_entities", "merge_noun_chunks", "merge_subtokens",
], listed
assert len(known) > 20 and "tagger" in known
assert nlp.has_factory("tagger")
nlp.add_pipe("tagger")
assert nlp.pipe_names == ["tagger"] and "tagger" not in nlp.factory_names
PYTHON
