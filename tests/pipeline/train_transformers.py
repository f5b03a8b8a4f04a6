"""Train tiny transformer pipelines with spaCy, and save what they predict.

Run in an environment with spacy 3.8, spacy-transformers 1.4, numpy 2.2, sentencepiece
and spacy-curated-transformers 0.3:
``python tests/pipeline/train_transformers.py tests/pipeline/data``.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import spacy
import torch
import transformers
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config
from tokenizers import (
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

OUT = Path(sys.argv[1]).resolve()
SENTENCES = [
    (
        "Mia saw Omar in Oslo .",
        "NAME VERB NAME PREP NAME STOP",
        [1, 1, 1, 1, 3, 1],
        [(0, 1, "PER"), (2, 3, "PER"), (4, 5, "LOC")],
    ),
    (
        "Two ducks can't swim , can they ?",
        "NUM NOUN VERB VERB STOP VERB NOUN STOP",
        [1, 3, 3, 3, 3, 3, 5, 3],
        [],
    ),
    (
        "Unbelievably heavy snow fell on Quito !",
        "ADV ADJ NOUN VERB PREP NAME STOP",
        [1, 2, 3, 3, 3, 4, 3],
        [(5, 6, "LOC")],
    ),
    (
        "We read New York maps",
        "NOUN VERB NAME NAME NOUN",
        [1, 1, 3, 4, 1],
        [(2, 4, "LOC")],
    ),
    (
        "Élodie's café-bar opened .",
        "NAME NOUN VERB STOP",
        [1, 2, 2, 2],
        [(0, 1, "PER")],
    ),
]
TEXTS = [
    "Mia saw two ducks in New York.",
    "",
    "  Omar can't read\n\nÉlodie's  maps!",
    "Snow",
    "\n",
    "In Oslo, we saw heavy snow and ducks that swim in Quito; Mia and Omar read maps "
    "of the café-bar in New York , and they can't believe it opened , can they ? "
    "Unbelievably heavy snow fell on Oslo and Mia .",
    "東京 ducks \U0001f986 Straße naïve don’t \uff2d\uff29\uff21 e-mail",
]
CORPUS = [text for text, *_ in SENTENCES] + TEXTS


def examples(nlp):
    found = []
    for text, tags, heads, ents in SENTENCES:
        words = text.split()
        doc = Doc(nlp.vocab, words=words)
        deps = ["ROOT" if h == i else "dep" for i, h in enumerate(heads)]
        gold = Doc(nlp.vocab, words=words, tags=tags.split(), heads=heads, deps=deps)
        gold.ents = [spacy.tokens.Span(gold, *ent) for ent in ents]
        found.append(Example(doc, gold))
    return found


def make_bert(folder):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=special)
    tokenizer.train_from_iterator(
        [t.replace("\U0001f986", "") for t in CORPUS], trainer
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = dict(
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        mask_token="[MASK]",
    )
    fast = transformers.BertTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=64, **names
    )
    config = transformers.BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=64,
    )
    save(folder, fast, transformers.BertModel(config))
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda pair: pair[1])
    (folder / "vocab.txt").write_text(
        "".join(f"{w}\n" for w, _ in vocab), encoding="utf8"
    )


def make_roberta(folder):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    fast = transformers.RobertaTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=64
    )
    config = transformers.RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=66,
        type_vocab_size=1,
    )
    save(folder, fast, transformers.RobertaModel(config))
    tokenizer.model.save(str(folder))


def make_sentencepiece(folder):
    import sentencepiece

    rules = folder / "rules.tsv"  # Small, unlike those of NFKC: full width letters.
    pairs = [(0xFF21 + i, 0x41 + i) for i in range(26)] + [(0x2019, 0x27)]
    rules.write_text("".join(f"{a:X}\t{b:X}\n" for a, b in pairs))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([t for t in CORPUS if t.strip()] * 4),
        model_prefix=str(folder / "spm"),
        vocab_size=100,
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_tsv=str(rules),
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(
        model_file=str(folder / "spm.model")
    )
    return processor.get_piece_size() + 1


def save(folder, tokenizer, module):
    tokenizer.save_pretrained(folder)
    for parameter in module.parameters():
        if parameter.ndim == 2:
            torch.nn.init.normal_(parameter, std=0.2)
    module.save_pretrained(folder)


BPE = """
[initialize.components.transformer.piecer_loader]
@model_loaders = "spacy-curated-transformers.ByteBpeLoader.v1"
vocab_path = "tiny-roberta/vocab.json"
merges_path = "tiny-roberta/merges.txt"
"""
WORDPIECE = """
[initialize.components.transformer.piecer_loader]
@model_loaders = "spacy-curated-transformers.WordpieceLoader.v1"
path = "tiny-bert/vocab.txt"
lowercase = true
strip_accents = true
"""
HEAD = """
[nlp]
lang = "xx"
pipeline = {names}

[components]
"""
TRF = """
[components.transformer]
factory = "transformer"
max_batch_items = 4096

[components.transformer.model]
@architectures = "spacy-transformers.TransformerModel.v3"
name = "{name}"
mixed_precision = false

[components.transformer.model.get_spans]
@span_getters = "spacy-transformers.strided_spans.v1"
window = 16
stride = 12

[components.transformer.model.grad_scaler_config]

[components.transformer.model.tokenizer_config]
use_fast = true

[components.transformer.model.transformer_config]
"""
LISTENER = """
@architectures = "spacy-transformers.TransformerListener.v1"
grad_factor = 1.0
pooling = {{"@layers": "reduce_mean.v1"}}
upstream = "*"
"""
OWN = """
@architectures = "spacy-transformers.Tok2VecTransformer.v3"
name = "{name}"
pooling = {{"@layers": "reduce_mean.v1"}}
grad_factor = 1.0
mixed_precision = false
tokenizer_config = {{"use_fast": true}}
transformer_config = {{}}
grad_scaler_config = {{}}

[components.tagger.model.tok2vec.get_spans]
@span_getters = "spacy-transformers.strided_spans.v1"
window = 16
stride = 12
"""
CURATED_LISTENER = """
@architectures = "spacy-curated-transformers.LastTransformerLayerListener.v1"
width = 16
upstream = "transformer"
pooling = {{"@layers": "reduce_mean.v1"}}
grad_factor = 1.0
"""
TAGGER = """
[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"
nO = null
normalize = false

[components.tagger.model.tok2vec]
"""
PARSER = """
[components.{kind}]
factory = "{kind}"
{extra}

[components.{kind}.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "{kind}"
extra_state_tokens = false
hidden_width = 8
maxout_pieces = 2
use_upper = false
nO = null

[components.{kind}.model.tok2vec]
"""
CURATED = """
[components.transformer]
factory = "curated_transformer"
all_layer_outputs = false
frozen = false

[components.transformer.model]
@architectures = "spacy-curated-transformers.{kind}Transformer.v1"
vocab_size = {vocab}
hidden_width = 16
intermediate_width = 24
num_attention_heads = 2
num_hidden_layers = 2
max_position_embeddings = {positions}
model_max_length = 64
padding_idx = {pad}
type_vocab_size = {types}
layer_norm_eps = 0.00001

[components.transformer.model.piece_encoder]
@architectures = "spacy-curated-transformers.{encoder}.v1"

[components.transformer.model.with_spans]
@architectures = "spacy-curated-transformers.WithStridedSpans.v1"
stride = 12
window = 16

[initialize]

[initialize.components]

[initialize.components.transformer]

{loader}
"""


def build(name, text):
    spacy.util.fix_random_seed(0)
    nlp = spacy.util.load_model_from_config(Config().from_str(text), auto_fill=True)
    for node in (
        nlp.get_pipe("transformer").model.walk() if "Sentencepiece" in text else ()
    ):
        if node.name == "sentencepiece_encoder":
            from curated_tokenizers import SentencePieceProcessor

            node.attrs["sentencepiece_processor"] = SentencePieceProcessor.from_file(
                "tiny-roberta/spm.model"
            )
    data = examples(nlp)
    optimizer = nlp.initialize(lambda: data)
    optimizer.learn_rate = 0.004
    for _ in range(120):
        nlp.update(data, sgd=optimizer, drop=0.1)
    nlp.config["initialize"] = {}
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    nlp.to_disk(folder)
    nlp = spacy.load(folder)
    docs = []
    for text in TEXTS:
        try:
            doc = nlp(text)
        except ValueError:  # Some versions cannot read whitespace alone.
            continue
        held = {"text": text, "words": [t.text for t in doc]}
        held["tags"] = [t.tag_ for t in doc]
        if "ner" in nlp.pipe_names:
            held["ents"] = [[e.start, e.end, e.label_] for e in doc.ents]
        if "parser" in nlp.pipe_names:
            held["heads"] = [t.head.i for t in doc]
            held["deps"] = [t.dep_ for t in doc]
        tok2vec = nlp.get_pipe("tagger").model.get_ref("tok2vec")
        vectors = tok2vec.predict([doc])[0] if len(doc) else []
        held["vectors"] = [[round(float(x), 5) for x in row] for row in vectors]
        docs.append(held)
    (OUT / f"{name}.json").write_text(
        json.dumps(docs, ensure_ascii=False, separators=(",", ":")) + "\n",
        encoding="utf8",
    )


def main():
    spacy.util.fix_random_seed(0)
    os.chdir(tempfile.mkdtemp())
    bert, roberta = Path("tiny-bert"), Path("tiny-roberta")
    for folder in (bert, roberta):
        folder.mkdir(parents=True, exist_ok=True)
    make_bert(bert)
    make_roberta(roberta)
    OUT.mkdir(parents=True, exist_ok=True)
    build(
        "trf_bert",
        HEAD.format(names='["transformer","tagger","ner"]')
        + TRF.format(name=bert)
        + TAGGER
        + LISTENER.format()
        + PARSER.format(kind="ner", extra="")
        + LISTENER.format(),
    )
    build(
        "trf_roberta",
        HEAD.format(names='["tagger"]') + TAGGER + OWN.format(name=roberta),
    )
    build(
        "curated_roberta",
        HEAD.format(names='["transformer","tagger","parser"]')
        + CURATED.format(
            kind="Roberta",
            encoder="ByteBpeEncoder",
            vocab=340,
            positions=66,
            pad=1,
            types=1,
            loader=BPE,
        )
        + TAGGER
        + CURATED_LISTENER.format()
        + PARSER.format(kind="parser", extra="min_action_freq = 1")
        + CURATED_LISTENER.format(),
    )
    n_bert = len((bert / "vocab.txt").read_text().splitlines())
    build(
        "curated_bert",
        HEAD.format(names='["transformer","tagger"]')
        + CURATED.format(
            kind="Bert",
            encoder="BertWordpieceEncoder",
            vocab=n_bert,
            positions=64,
            pad=0,
            types=2,
            loader=WORDPIECE,
        )
        + TAGGER
        + CURATED_LISTENER.format(),
    )
    n_xlmr = make_sentencepiece(roberta)
    build(
        "curated_xlmr",
        HEAD.format(names='["transformer","tagger"]')
        + CURATED.format(
            kind="Xlmr",
            encoder="XlmrSentencepieceEncoder",
            vocab=n_xlmr,
            positions=66,
            pad=1,
            types=1,
            loader="",
        )
        + TAGGER
        + CURATED_LISTENER.format(),
    )


main()
