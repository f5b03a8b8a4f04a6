"""Try every config in a folder: does zoo build all that it describes?

    python benchmarks/project_configs.py FOLDER [--code]

The data of the projects is not needed: what a config names and is not there, such as a
corpus or a trained pipeline, is replaced by a small one of this script. What a config
describes is built as `zoo train` builds it, and not trained. With --code, the files of
a project that register loggers, readers or data are run first, as `zoo train --code`
runs them; they need spaCy. Prints what each config gets, and how many resolve.
"""

import argparse
import json
import os
import re
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import zoo
from zoo._optional import run_file
from zoo.config import ConfigError, interpolate
from zoo.models.make_config import make_config
from zoo.training._spacy_config import complete_config
from zoo.training._training_config import plan_training, training_schemas

#: Readers of corpora in the package ml_datasets, which downloads them.
DATASETS = ("imdb_sentiment", "dbpedia", "cmu_movies")
#: What code that can be run for a config registers.
REGISTERS = re.compile(r"registry\.(loggers|readers|misc)\(")
#: Settings of layers that need a table of vectors.
SWITCHES = (
    "include_static_vectors",
    "also_use_static_vectors",
    "pretrained_vectors",
    "use_static_vectors",
)
#: Names of components that tell their factory.
FACTORIES = ("ner", "parser", "senter", "tagger", "morphologizer", "textcat")
RULES = ("attribute_ruler", "entity_ruler", "lemmatizer", "sentencizer")
CORPUS = """\
# newdoc id = 1
1\tDucks\tduck\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t_\tNER=B-BIRD
2\tswim\tswim\tVERB\tVBP\tTense=Pres\t0\troot\t_\tNER=O

1\tSnow\tsnow\tNOUN\tNN\tNumber=Sing\t2\tnsubj\t_\tNER=O
2\tfalls\tfall\tVERB\tVBZ\tTense=Pres\t0\troot\t_\tNER=O

"""


class StandIns:
    """What stands for files that a project downloads or makes.

    Args:
        folder: Where they are written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = folder / "corpus.conllu"
        self.corpus.write_text(CORPUS, encoding="utf8")
        self.json = folder / "variants.json"
        self.json.write_text('{"single": [], "paired": []}')
        self.vectors = folder / "vectors.safetensors"
        table = zoo.Vectors(["ducks", "swim"], np.eye(2, 8, dtype="f"))
        zoo.vectors.write_vectors(table, self.vectors)
        for name in DATASETS:
            zoo.registry.readers(f"ml_datasets.{name}.v1")(self.read)

    def read(self, path: str = "", **settings: float | None) -> Any:
        """Make two readers of the small corpus, as ml_datasets has them."""
        return {n: zoo.corpora.Corpus(self.corpus) for n in ("train", "dev")}

    def put_into(self, config: Any) -> None:
        """Replace in a config what is not there."""
        values = interpolate(config)
        for path, value in walk(values):
            if not (value is None or isinstance(value, str)):
                continue
            if isinstance(value, str) and os.path.exists(value):
                continue
            section, name = path[0], path[-1]
            if section == "corpora" and name == "path":
                is_json = "variants" in path[-2]
                put(config, path, self.json if is_json else self.corpus)
            elif path == ("initialize", "vectors") and value:
                put(config, path, self.vectors)
            elif path == ("initialize", "init_tok2vec"):
                put(config, path, None)
        named = (values.get("initialize") or {}).get("vectors")
        if not named and any(path[-1] in SWITCHES and v for path, v in walk(values)):
            put(config, ("initialize", "vectors"), self.vectors)
        sources = {
            name: block["source"]
            for name, block in (values.get("components") or {}).items()
            if isinstance(block, Mapping) and "source" in block
        }
        for name, source in sources.items():
            if not (source and os.path.exists(source)):
                wanted = [n for n in sources if sources[n] == source]
                if values["components"][name].get("replace_listeners"):
                    wanted.append("tok2vec")
                trained = self.train(wanted)
                if trained is not None:
                    put(config, ("components", name, "source"), trained)
                    put(config, ("components", name, "component"), kind(name))

    def train(self, names: list[str]) -> Path | None:
        """Save a small pipeline that has components like these; None if it cannot."""
        kinds = list(dict.fromkeys(map(kind, names)))
        shared = "tok2vec" in kinds
        heads = [name for name in kinds if name in FACTORIES]
        rules = [name for name in kinds if name in RULES]
        if {*kinds} - {*heads, *rules, "tok2vec"}:
            return None
        heads = heads or ["tagger"]
        path = self.folder / "-".join(kinds)
        if not path.exists():
            config = make_config(heads, shared=shared)
            for name in rules:
                config["nlp"]["pipeline"].append(name)
                config["components"][name] = {"factory": name}
            pipeline = zoo.Pipeline.from_config(config)
            docs = [doc for _ in "ab" for doc in zoo.corpora.Corpus(self.corpus)()]
            for i, doc in enumerate(docs):
                doc.cats = {"A": float(i == 0), "B": float(i != 0)}
                doc.sent_starts = [True, *[False] * (len(doc) - 1)]
            pipeline.initialize(docs)
            pipeline.to_disk(path)
        return path


def kind(name: str) -> str:
    """Return the factory that the name of a component tells."""
    return next((f for f in FACTORIES if name.startswith(f)), name)


def walk(block: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Yield the path of every value in a config, and the value."""
    for name, value in block.items():
        if isinstance(value, Mapping):
            yield from walk(value, (*path, name))
        else:
            yield (*path, name), value


def put(config: Any, path: tuple[str, ...], value: Any) -> None:
    """Put a value into a config."""
    for name in path[:-1]:
        config = config[name]
    config[path[-1]] = None if value is None else str(value)


def run_code(path: Path) -> None:
    """Run the code of the project of a config, as --code does."""
    scripts = path.parents[1] / "scripts"
    scripts = scripts if scripts.exists() else path.parents[2] / "scripts"
    for file in sorted(scripts.glob("*.py")):
        if REGISTERS.search(file.read_text(encoding="utf8")):
            try:
                run_file(f"code_of_{path.parents[1].name}_{file.stem}", file)
            except Exception as error:
                print(f"    {file.name} cannot be run: {error!r}")


def check(path: Path, stand_ins: StandIns) -> list[str]:
    """Return what keeps a config from being built."""
    try:
        config = complete_config(zoo.load_config(path), training_schemas)
        stand_ins.put_into(config)
        # Without [training], it is a config for `spacy assemble`.
        build = plan_training if "training" in config else zoo.Pipeline.from_config
        build(config)
    except ConfigError as error:
        return [f"{fault.path}: {fault.message}" for fault in error.faults]
    except (OSError, ValueError, ImportError) as error:
        return [str(error)]
    return []


def main() -> None:
    """Try the configs, and print what happens."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--code", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder
    warnings.simplefilter("ignore")
    found: Counter[bool] = Counter()
    with tempfile.TemporaryDirectory() as made:
        stand_ins = StandIns(Path(made))
        for path in sorted(folder.rglob("*.cfg")):
            if arguments.code:
                run_code(path)
            problems = check(path, stand_ins)
            found[not problems] += 1
            print(f"{path.relative_to(folder)}: {problems[0] if problems else 'ok'}")
            for problem in problems[1:]:
                print(f"    {problem}")
    print(json.dumps({"configs": found.total(), "resolve": found[True]}))


if __name__ == "__main__":
    main()
