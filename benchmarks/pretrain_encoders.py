"""Pretrain the encoders that come with zoo.

    python benchmarks/pretrain_encoders.py TEXTS.jsonl.gz FOLDER --teacher MINILM
        [--encoders hash_cnn_small hash_cnn_medium] [--steps N]

TEXTS is what collect_english.py wrote, MINILM the folder of all-MiniLM-L6-v2. The
script distills a table of the vectors of frequent words from the teacher. In a first
stage, which takes a minute, it teaches the embedding of each encoder single words
(teach_words.py); in a second, it trains the whole encoder to predict both the
characters of masked words and their vectors, in one run, for --steps updates. The
learning rate is constant and the weights that are saved are averages, so that
`FOLDER/NAME/model-last`, which is written every 250 updates, can be used at any time.
A run that was interrupted goes on from its checkpoint; with more --steps, one that has
ended does too. `write_encoders.py` makes the files of zoo/data/encoders.
"""

import argparse
import time
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from teach_words import count_neighbours, teach
from thinc.api import fix_random_seed

from zoo import Vectors, create_model, named_parameters, read_vectors, write_vectors
from zoo import _register_all as _names  # noqa: F401  Registers all names.
from zoo.config import parse_config
from zoo.models import model_config
from zoo.models.make_config import complete, make_config
from zoo.pipeline._encoder_weights import SavedEncoder, write_encoder
from zoo.pretraining.pretrain import run_pretraining
from zoo.transformers import distill

#: Settings of each encoder, besides those of its name, and updates.
ENCODERS: dict[str, dict[str, Any]] = {
    "hash_cnn_small": {"width": 64, "embed.rows": [4000, 250, 1500, 500]},
    "hash_cnn_medium": {"embed.rows": [12000, 500, 3000, 1000]},
}
#: Occurrences that a word needs for a vector of the teacher's.
MIN_COUNT = 3
#: Texts of which neighbours are counted.
N_TEXTS = 80_000
#: Width of the teacher's vectors after distillation.
VECTOR_WIDTH = 128
LEARNING_RATE = 0.002
SETTINGS: dict[str, Any] = {
    "held_out": 0.001,
    "mask_share": 0.35,
    "mask_random": 0.1,
    "mask_keep": 0.25,
    "dropout": 0.05,
    "max_epochs": -1,
    "n_save_every": 250,
}
OBJECTIVE = {
    "@objectives": "zoo.PretrainBoth.v1",
    "weight": 8.0,
    "first": {
        "@objectives": "zoo.PretrainCharacters.v1",
        "maxout_pieces": 3,
        "hidden_size": 192,
        "n_characters": 4,
    },
    "second": {
        "@objectives": "zoo.PretrainVectors.v1",
        "maxout_pieces": 3,
        "hidden_size": 192,
        "loss": "L2",
    },
}


def make_targets(texts: Path, teacher: Path, folder: Path) -> None:
    """Write what words are taught by: words, counts, and two vectors of each.

    The vectors of the teacher are also a table, for the second stage.
    """
    words, counts, neighbours = count_neighbours(texts, N_TEXTS, MIN_COUNT)
    print(f"{counts.sum():,} words, {len(words):,} different ones", flush=True)
    table = folder / "teacher.safetensors"
    if not table.exists():
        distilled = distill(words, str(teacher), VECTOR_WIDTH, name="teacher")
        data = distilled.matrix.take(np.arange(len(words)))
        data /= np.maximum(np.linalg.norm(data, axis=1, keepdims=True), 1e-6)
        write_vectors(Vectors(words, data, name="teacher"), table)
    vectors, known = read_vectors(table).get(words)
    T = np.concatenate([vectors, neighbours], axis=1)[known].astype("f")
    words = [word for word, is_known in zip(words, known, strict=True) if is_known]
    np.savez(folder / "targets.npz", words=words, counts=counts[known], T=T)


def teach_words(name: str, arguments: argparse.Namespace) -> None:
    """Teach the embedding of an encoder; its other layers stay as they are drawn."""
    output = arguments.folder / f"{name}-words"
    if output.exists():
        return
    began = time.process_time()
    fix_random_seed(0)
    model = create_model(name, **ENCODERS[name]).initialize()
    targets = np.load(arguments.folder / "targets.npz")
    embed = model.get_ref("embed")
    loss = teach(embed, targets["words"].tolist(), targets["counts"], targets["T"])
    print(f"{name}: the loss of words is {loss:.4f}, at first 2", flush=True)
    weights = {n: p.value for n, p in named_parameters(model).items()}
    config = make_run_config(name, arguments)
    write_encoder(output, SavedEncoder(config, "components.tok2vec.model", weights))
    clock = arguments.folder / f"{name}-words.cpu"
    clock.write_text(str(round(time.process_time() - began)))


def make_run_config(name: str, arguments: argparse.Namespace) -> Any:
    """Describe the run of one encoder."""
    config = make_config(["tok2vec", "tagger"])
    model = model_config(name, **ENCODERS[name])
    config["components"]["tok2vec"]["model"] = model
    listener = config["components"]["tagger"]["model"]["tok2vec"]
    listener["width"] = model["encode"]["width"]
    config = complete(config, pretraining=True)
    config["pretraining"] |= SETTINGS
    config["pretraining"]["max_steps"] = max(1, arguments.steps)
    config["pretraining"]["objective"] = OBJECTIVE
    config["pretraining"]["optimizer"] |= {
        "use_averages": True,
        "learn_rate": LEARNING_RATE,
    }
    config["pretraining"]["logger"]["progress_bar"] = False
    config["corpora"]["pretrain"]["shuffle_buffer"] = 20000
    config["corpora"]["pretrain"]["min_length"] = 3
    config["paths"]["raw_text"] = str(arguments.texts)
    config["paths"]["vectors"] = str(arguments.folder / "teacher.safetensors")
    config["paths"]["init_tok2vec"] = str(arguments.folder / f"{name}-words")
    return parse_config(complete(config, pretraining=True).to_str(interpolate=False))


def pretrain(name: str, arguments: argparse.Namespace) -> None:
    """Pretrain one encoder, or go on with it."""
    output = arguments.folder / name
    if not arguments.steps:
        return
    clock = Thread(
        target=keep_time, args=(arguments.folder / f"{name}.cpu",), daemon=True
    )
    clock.start()
    run_pretraining(make_run_config(name, arguments), output, resume=output.exists())


def keep_time(path: Path) -> None:
    """Add the processor's seconds of this process to those in a file, often."""
    before = float(path.read_text()) if path.exists() else 0.0
    began = time.process_time()
    while True:
        time.sleep(20)
        path.write_text(str(round(before + time.process_time() - began)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--encoders", nargs="*", choices=ENCODERS, default=ENCODERS)
    parser.add_argument("--steps", type=int, default=20_000)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if not (arguments.folder / "targets.npz").exists():
        make_targets(arguments.texts, arguments.teacher, arguments.folder)
        clock = arguments.folder / "targets.cpu"
        clock.write_text(str(round(time.process_time())))
    for name in arguments.encoders:
        teach_words(name, arguments)
        pretrain(name, arguments)


if __name__ == "__main__":
    main()
