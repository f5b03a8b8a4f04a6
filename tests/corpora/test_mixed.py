import random
from collections import Counter
from itertools import islice, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import make_docs, make_tiny_config, save_docs
from zoo import Doc
from zoo.config import ConfigError, parse_config
from zoo.corpora import Corpus, MixedCorpus
from zoo.corpora.mixed import mix
from zoo.doc import Span
from zoo.models.make_config import complete
from zoo.training._training_config import plan_training


def corpus_of(name, size):
    return lambda: (Doc([name, str(i)]) for i in range(size))


def words(docs):
    return [tuple(doc.words) for doc in docs]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.integers(0, 9))
def test_every_document_comes_once_and_each_corpus_keeps_its_order(sizes, seed):
    corpora = [corpus_of(str(i), size) for i, size in enumerate(sizes)]
    found = words(MixedCorpus(*corpora, seed=seed)())
    assert len(found) == sum(sizes)
    for i, corpus in enumerate(corpora):
        assert [pair for pair in found if pair[0] == str(i)] == words(corpus())


def test_seed_and_call_tell_the_order():
    def orders(seed):
        corpus = MixedCorpus(corpus_of("a", 20), corpus_of("b", 20), seed=seed)
        return [words(corpus()) for _ in range(2)]

    first = orders(0)
    assert first[0] != first[1]
    assert orders(0) == first
    assert orders(1)[0] != first[0]


def test_a_call_counts_though_nothing_is_read(tmp_path):
    path = save_docs(tmp_path / "a.jsonl", make_docs(20))
    found = []
    for n_before in (1, 1, 0):
        parts = [Corpus(path, shuffle_buffer=9), Corpus(path, shuffle_buffer=9)]
        corpus = MixedCorpus(*parts)
        for _ in range(n_before):
            corpus()
        found.append(words(corpus()))
    assert found[0] == found[1] != found[2]


def test_weights_are_how_often_a_corpus_is_drawn():
    streams = [repeat("a"), repeat("b")]
    drawn = islice(mix(streams, [3.0, 1.0], random.Random(0)), 4000)
    share = Counter(drawn)["a"] / 4000
    assert share == pytest.approx(0.75, abs=0.03)


def test_what_cannot_be_mixed_is_refused():
    with pytest.raises(ValueError, match="MixedCorpus: needs one corpus or more, got"):
        MixedCorpus()
    for weights in ([1.0], [1.0, 0.0], [1.0, -1.0], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="a positive number for each of the 2"):
            MixedCorpus(corpus_of("a", 1), corpus_of("b", 1), weights=weights)


CONFIG = """
[corpora]

[corpora.train]
@readers = "zoo.MixedCorpus.v1"
weights = [2, 1]

[corpora.train.*.tags]
@readers = "zoo.Corpus.v1"
path = {tags}

[corpora.train.*.entities]
@readers = "zoo.Corpus.v1"
path = {entities}
limit = 5
"""


def test_config_mixes_corpora_of_different_labels(tmp_path):
    tags = [Doc(doc.words, tags=doc.tags) for doc in make_docs()]
    entities = [Doc(["in", "Oslo"], ents=[Span(1, 2, "GPE")]) for _ in range(9)]
    paths = {
        "tags": f'"{save_docs(tmp_path / "a.conllu", tags)}"',
        "entities": f'"{save_docs(tmp_path / "b.iob", entities)}"',
    }
    config = make_tiny_config(["tok2vec", "tagger", "entity_tagger"])
    mixed = parse_config(CONFIG.format(**paths))["corpora"]["train"]
    config["corpora"] = {"train": mixed, "dev": mixed}
    config = complete(config)
    found = list(plan_training(config).train_corpus())
    assert len(found) == len(tags) + 5
    assert Counter(doc.tags is None for doc in found) == {False: len(tags), True: 5}
    config["corpora"]["train"]["*"]["tags"]["limit"] = -1
    with pytest.raises(ConfigError, match=r"corpora.train.\*.tags.*limit must be 0"):
        plan_training(config)
