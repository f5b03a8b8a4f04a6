"""Write the files of zoo/data/encoders from what pretrain_encoders.py left.

    python benchmarks/write_encoders.py FOLDER TEXTS.jsonl.gz [--scores SCORES.json]

Weights are rounded to float16. Prints how far that moves the vectors of some sentences.
SCORES.json has a mapping of scores for each name, as bench_encoders.py writes it.
"""

import argparse
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from pretrain_encoders import ENCODERS, LEARNING_RATE, OBJECTIVE, SETTINGS

from zoo import count_parameters, create_model, named_parameters
from zoo.models import model_config
from zoo.pipeline._encoder_weights import read_encoder
from zoo.pipeline._model_folder import checksum_of, pack_arrays
from zoo.pipeline._shipped_encoders import FOLDER

SENTENCES = [
    ["The", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "."],
    ["omg", "this", "is", "soooo", "good", "!!!", ":-)", "@mary", "#winning"],
]
LIMITS = [
    "English only; other languages get little more than from random weights.",
    "Much of the text is fiction of 1900 to 1965 and of US federal agencies, so the "
    "encoder shares their views, and knows few words of the last years.",
    "The vectors of tokens depend on four neighbours at most on either side for each "
    "word (two in hash-cnn-small), not on the whole sentence.",
]


def describe_data(texts: Path) -> list[str]:
    """Count texts and words of each source."""
    n_texts, n_words = Counter[str](), Counter[str]()
    with gzip.open(texts, "rt", encoding="utf8") as file:
        for line in file:
            row = json.loads(line)
            n_texts[row["source"]] += 1
            n_words[row["source"]] += row["text"].count(" ") + 1
    return [
        f"{s}: {n:,} texts, {n_words[s]:,} words" for s, n in sorted(n_texts.items())
    ]


def write(name: str, folder: Path, facts: dict[str, Any]) -> None:
    """Write the two files of an encoder."""
    saved = read_encoder(folder / name / "model-last")
    log = (folder / name / "log.jsonl").read_text("utf8").splitlines()
    last = json.loads(log[-1])
    seconds = float((folder / f"{name}.cpu").read_text())
    weights = {n: array.astype(np.float16) for n, array in saved.weights.items()}
    if not all(np.isfinite(array).all() for array in weights.values()):
        raise ValueError(f"{name}: a weight is too large for float16.")
    data, label = pack_arrays(weights), name.replace("_", "-")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{label}.safetensors").write_bytes(data)
    card = {
        "lang": "en",
        "model": model_config(name, **ENCODERS[name]),
        "n_parameters": sum(array.size for array in weights.values()),
        "sha256": checksum_of(data),
        "licence": "CC0-1.0",
        **facts,
        "training": {
            "objective": OBJECTIVE,
            "teacher": "all-MiniLM-L6-v2, Apache-2.0: a vector for each frequent word",
            "settings": {**SETTINGS, "learn_rate": LEARNING_RATE},
            "updates": last["step"],
            "words": last["words"],
            "validation_loss": round(last["scores"]["loss"], 3),
            "cpu_hours": round(seconds / 3600, 2),
            "command": "python benchmarks/pretrain_encoders.py TEXTS FOLDER "
            f"--teacher MINILM --encoders {name} --steps {last['step']}",
        },
        "limits": LIMITS,
    }
    text = json.dumps(card, indent=1, ensure_ascii=False)
    (FOLDER / f"{label}.json").write_text(text + "\n", encoding="utf8")
    print(f"{label}: {len(data):,} bytes, {compare(name, saved.weights)}")


def compare(name: str, weights: dict[str, Any]) -> str:
    """Return how far the rounding moves the vectors of some sentences."""
    model = create_model(name, pretrained=True)
    rounded = np.concatenate(model.predict(SENTENCES))
    for key, parameter in named_parameters(model).items():
        parameter.node.set_param(parameter.name, weights[key])
    exact = np.concatenate(model.predict(SENTENCES))
    assert count_parameters(model) > 0
    return f"vectors move by {np.abs(rounded - exact).max():.5f} at most"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--scores", type=Path)
    arguments = parser.parse_args()
    scores = json.loads(arguments.scores.read_text("utf8")) if arguments.scores else {}
    data = describe_data(arguments.texts)
    for name in ENCODERS:
        if (arguments.folder / name / "model-last").exists():
            facts = {"data": data, "scores": scores.get(name, {})}
            write(name, arguments.folder, facts)


if __name__ == "__main__":
    main()
