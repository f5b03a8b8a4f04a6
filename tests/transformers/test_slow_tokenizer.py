"""Check tokenizers that are built anew from those written in Python."""

import json

import pytest

from tests.transformers.builders import make_wordpiece
from tests.transformers.hugging_face import PLACES, SIZES, transformers
from zoo.doc import Doc
from zoo.transformers import TransformerWrapper, doc_spans
from zoo.transformers._slow_tokenizer import convert_slow

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")

PARTS = [
    *["t@@", "h@@", "th@@", "e", "the", "c@@", "k", "ck"],
    *["m@@", "s", "ms", "d@@", "u@@", "a", "w@@", "i@@"],
]
PAIRS = {
    "vocab.txt": "\n".join(f"{part} 1" for part in PARTS),
    "bpe.codes": "t h 9\nth e</w> 8\nc k</w> 7\nm s</w> 5\n",
}
PROTEIN = [*"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>"]
NAMES = [*make_wordpiece().get_vocab()]
NUMBERS = json.dumps({name: i for i, name in enumerate(NAMES)})
#: Of each tokenizer: its files.
TOKENIZERS = {
    "ByT5Tokenizer": {},
    "EsmTokenizer": {
        "vocab.txt": "\n".join(["<cls>", "<pad>", "<eos>", "<unk>", *PROTEIN])
    },
    "PhobertTokenizer": PAIRS,
    "BertweetTokenizer": PAIRS,
    "RoCBertTokenizer": {
        "vocab.txt": "\n".join(NAMES),
        "word_shape.json": NUMBERS,
        "word_pronunciation.json": NUMBERS,
    },
}
TEXTS = [
    "the duck swims",
    "LAGV MKT xx LLA",
    "décembre «cafe\u0301»\nend  two\n",
    "鸭子 \U0001f986 [MASK] <mask>",
]


def write_files(folder, kind, files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind}))
    return folder


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_what_is_built_cuts_the_same_pieces_and_knows_their_places(kind, tmp_path):
    folder = write_files(tmp_path, kind, TOKENIZERS[kind])
    slow = getattr(transformers, kind).from_pretrained(folder)
    if slow.is_fast:
        pytest.skip("this version of transformers has it fast")
    built = convert_slow(slow)
    for text in TEXTS:
        encoding = built.encode(text)
        assert encoding.ids == slow(text)["input_ids"]
        assert max(end for _, end in encoding.offsets) >= len(text.rstrip())


def test_a_model_of_bytes_is_read(tmp_path):
    settings = {**SIZES, **PLACES, "vocab_size": 384}
    config = transformers.BertConfig(**settings)
    transformers.BertModel(config).save_pretrained(tmp_path)
    write_files(tmp_path, "ByT5Tokenizer", {})
    model = TransformerWrapper(str(tmp_path), doc_spans()).initialize()
    batch = model.predict([Doc(["aß", "鸭"])])
    assert batch.alignment.lengths.tolist() == [3, 3]
    assert batch.ids.tolist() == [b + 3 for b in "aß 鸭".encode()] + [1]


def test_merges_that_the_vocabulary_lacks_are_not_built(tmp_path):
    """The result of such a merge is unknown, as are others, which it must not match."""
    files = {**PAIRS, "vocab.txt": PAIRS["vocab.txt"].replace("th@@ 1\n", "")}
    folder = write_files(tmp_path, "PhobertTokenizer", files)
    assert convert_slow(transformers.PhobertTokenizer.from_pretrained(folder)) is None


class Backwards:
    """A tokenizer of no known kind."""

    vocab_size = 128
    all_special_tokens = ()

    def get_vocab(self):
        return {chr(i): i for i in range(self.vocab_size)}

    def __call__(self, text):
        return {"input_ids": [ord(char) for char in reversed(text)]}


def test_one_of_no_known_kind_is_not_built():
    assert convert_slow(Backwards()) is None


def test_one_of_more_than_a_million_pieces_is_not_tried(monkeypatch):
    monkeypatch.setattr(Backwards, "vocab_size", 1_114_112)
    monkeypatch.setattr(Backwards, "__call__", lambda *_: pytest.fail("it is tried"))
    assert convert_slow(Backwards()) is None


def test_one_that_lacks_a_package_is_not_built(monkeypatch):
    def fail(*_):
        raise ImportError("fugashi")

    monkeypatch.setattr(Backwards, "__call__", fail)
    assert convert_slow(Backwards()) is None
