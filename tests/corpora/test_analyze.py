from zoo.corpora._analyze import LONG, RARE, analyze, share_of_labels
from zoo.doc import Doc, Span
from zoo.tokenizer import Tokenizer, tokenize


def test_documents_words_and_labels_are_counted():
    train = [
        Doc(["a", "b", "a"], tags=["X", None, "Y"], ents=[Span(0, 2, "P")]),
        Doc(["c"], cats={"yes": 1.0, "no": 0.0}),
        Doc(["c"]),
        Doc([]),
    ]
    found = analyze(train, [Doc(["a", "d"]), Doc(["c"]), Doc([])])
    facts = found.train
    sizes = facts.n_docs, facts.n_words, facts.n_empty, facts.n_repeated, facts.longest
    assert sizes == (4, 5, 1, 1, 3)
    assert facts.words == {"a": 2, "c": 2, "b": 1}
    assert facts.labels == {
        "tags": {"X": 1, "Y": 1},
        "ents": {"P": 1},
        "cats": {"yes": 1},
    }
    assert facts.annotated == {"tags": 1, "ents": 1, "cats": 1}
    assert found.n_shared == 1
    assert found.unknown == 1 / 3


def warnings(train, dev):
    return " ".join(analyze(train, dev).warnings)


def corpus(label, start=0, number=200):
    words = ([str(i // 9), f"w{i}"] for i in range(start, start + number))
    return [Doc(pair, cats={label: 1.0, "other": 1.0}) for pair in words]


def test_a_sound_corpus_gets_no_warning():
    dev = [Doc(["1", "2", "w3"], cats={"a": 1.0, "other": 1.0})]
    assert warnings(corpus("a"), dev) == ""


def test_labels_that_the_development_corpus_lacks_are_named():
    said = "cats: 1 label of the training corpus that the development corpus lacks"
    assert said in warnings(corpus("a"), [Doc(["1", "2", "w3"], cats={"a": 1.0})])
    assert said not in warnings(corpus("a"), [Doc(["1", "2", "w3"])])


def test_labels_that_cannot_be_learned_are_named():
    train = corpus("a") + corpus("rare", 200, RARE - 1)
    found = warnings(train, [Doc(["1"], cats={"lost": 1.0, "a": 1.0})])
    assert "cats: 1 label with fewer than 10 examples to learn from: rare." in found
    assert "cats: 1 label of the development corpus that the training corpus" in found
    assert "lost." in found
    many = [Doc(["1"], cats={f"l{i}": 1.0 for i in range(20)})]
    assert "20 labels of the dev" in warnings(corpus("a"), many)
    assert "l15 and 12 more." in warnings(corpus("a"), many)


def test_a_label_that_outweighs_all_others_is_named():
    train = [Doc([str(i)], tags=["O"]) for i in range(300)]
    train[0].tags = ["X"]
    assert "tags: 100% of all labels are 'O'" in warnings(train, [Doc(["1"])])


def test_overlap_repetition_and_length_are_told():
    train = corpus("a") + corpus("a")[:50]
    dev = [*train[:3], Doc(["x"] * (LONG + 1)), Doc([])]
    found = warnings(train, dev)
    assert "50 documents of the training corpus repeat an earlier one (20%)" in found
    assert "3 documents of the development corpus (60.0%) with the words of a" in found
    assert "1 document of the development corpus with more than 2,000 words" in found
    assert "1 document of the development corpus without words." in found
    assert "100% of the words of the development corpus are not in the" in found
    assert "2 documents of the development corpus without cats" in found


def test_corpora_with_nothing_in_them_are_told():
    found = warnings([], [])
    assert "The training corpus holds no documents." in found
    assert "The development corpus holds no documents." in found
    found = warnings([Doc(["a"])], [Doc(["a"])])
    assert "The training corpus holds only 1 document;" in found
    assert "The training corpus has no labels: none of tags, pos," in found
    assert "ents: the training corpus has not one label." in warnings(
        [Doc(["a"], ents=[])], [Doc(["b"])]
    )


def test_shares_are_in_order():
    assert share_of_labels({"b": 1, "a": 1, "c": 2}) == [
        ("c", 2, 0.5),
        ("a", 1, 0.25),
        ("b", 1, 0.25),
    ]
    assert share_of_labels({}) == []


def test_words_that_the_tokenizer_does_not_split_off_are_named():
    words = ["L'", "herbe", "est", "verte"] * 5
    train = [Doc(words, spaces=[word != "L'" for word in words])] * 20
    found = analyze(train, [], tokenizer=Tokenizer("xx")).warnings
    (said,) = [text for text in found if "tokenizer" in text]
    assert "50% of the words of the training corpus are not split off" in said
    assert "L', herbe" in said
    same = [Tokenizer("xx")("So it goes. (Or not.)")] * 20
    assert "tokenizer" not in " ".join(analyze(same, [], tokenizer=tokenize).warnings)
    assert "tokenizer" not in " ".join(analyze(train, []).warnings)


def test_a_tokenizer_that_changes_the_text_is_not_compared():
    found = analyze(corpus("a"), [], tokenizer=lambda text: Doc(["another"]))
    assert "tokenizer" not in " ".join(found.warnings)


def test_categories_that_no_document_lacks_are_named():
    train = [Doc([str(i)], cats={"AB"[i % 2]: 1.0}) for i in range(20)]
    found = " ".join(analyze(train, [], multilabel=True).warnings)
    assert "cats: no training document lacks 2 categories, which a model then" in found
    assert "no training document lacks" not in " ".join(analyze(train, []).warnings)
    train[0].cats = {"A": 0.0, "B": 0.0}
    found = " ".join(analyze(train, [], multilabel=True).warnings)
    assert "no training document lacks" not in found


def test_words_of_unknown_entities_are_counted():
    train = [Doc(["a", "b"], ents=[], ents_known=[True, False])] * 3
    found = " ".join(analyze(train, train).warnings)
    assert "3 words of the training corpus whose entities are unknown" in found
    assert "beside others: nothing is learned from them." in found
