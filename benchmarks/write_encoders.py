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
from pretrain_encoders import ENCODERS, LEARNING_RATE, N_TEXTS, OBJECTIVE, SETTINGS
from teach_words import BATCH, UPDATES

from zoo import count_parameters, create_model, named_parameters
from zoo.models import model_config
from zoo.pipeline._encoder_weights import read_encoder
from zoo.pipeline._model_folder import checksum_of, pack_arrays
from zoo.pipeline._shipped_encoders import FOLDER

SENTENCES = [
    ["The", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "."],
    ["omg", "this", "is", "soooo", "good", "!!!", ":-)", "@mary", "#winning"],
]
#: The sources of collect_english.py, by the beginning of their labels.
SOURCES = {
    "standardebooks": "Standard Ebooks, 30 books and collections of stories by authors "
    "from O. Henry to Philip K. Dick: public domain in the USA, edition CC0 1.0",
    "english.jsonl": "Project Gutenberg, four books: public domain in the USA",
    "GSA+": "digital.gov, GSA: CC0 1.0",
    "18F+": "18F's blog and handbook: CC0 1.0",
    "annygakh+common-voice": "Mozilla Common Voice, English sentences: CC0 1.0",
    "state_union": "State of the Union addresses, 1945 to 2006: US government",
    "inaugural": "inaugural addresses of US presidents: US government",
    "jargon": "the Jargon File 4.4.7: public domain",
    "train.jsonl": "zoo's everyday corpus: CC0 1.0",
}
LIMITS = [
    "English only: other languages get little more than from random weights.",
    "Half of the text is fiction of 1895 to 1965, and the rest mostly of US federal "
    "agencies. The encoder shares their views, and knows few words of the last years.",
    "The vector of a token depends on as many neighbours to either side as the encoder "
    "is deep, and not on the whole sentence.",
]


def describe_data(texts: Path) -> list[str]:
    """Count texts and words of each source."""
    n_texts, n_words = Counter[str](), Counter[str]()
    with gzip.open(texts, "rt", encoding="utf8") as file:
        for line in file:
            row = json.loads(line)
            label = row["source"]
            key = next((k for k in SOURCES if label.startswith(k)), "standardebooks")
            n_texts[key] += 1
            n_words[key] += row["text"].count(" ") + 1
    return [
        f"{SOURCES[key]}; {n_texts[key]:,} texts with {n_words[key]:,} words"
        for key in SOURCES
        if n_texts[key]
    ]


def write(name: str, folder: Path, facts: dict[str, Any]) -> None:
    """Write the two files of an encoder."""
    run, n_updates, loss = folder / name, 0, None
    if (run / "model-last").exists():
        saved = read_encoder(run / "model-last")
        last = json.loads((run / "log.jsonl").read_text("utf8").splitlines()[-1])
        n_updates, loss = last["step"], round(last["scores"]["loss"], 3)
    else:
        saved = read_encoder(folder / f"{name}-words")
    clocks = ("targets.cpu", f"{name}-words.cpu", f"{name}.cpu")
    files = [folder / clock for clock in clocks if (folder / clock).exists()]
    seconds = sum(float(file.read_text()) for file in files)
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
            "teacher": "all-MiniLM-L6-v2, Apache-2.0: a vector for each frequent word",
            "words": f"{UPDATES} updates of {BATCH} words: vectors of the teacher and "
            f"of neighbours in {N_TEXTS:,} texts",
            "objective": OBJECTIVE if n_updates else None,
            "settings": {**SETTINGS, "learn_rate": LEARNING_RATE},
            "updates": n_updates,
            "validation_loss": loss,
            "cpu_hours": round(seconds / 3600, 3),
            "command": "python benchmarks/pretrain_encoders.py TEXTS FOLDER "
            f"--teacher MINILM --encoders {name} --steps {n_updates}",
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
        if (arguments.folder / f"{name}-words").exists():
            facts = {"data": data, "scores": scores.get(name.replace("_", "-"), {})}
            write(name, arguments.folder, facts)


if __name__ == "__main__":
    main()
