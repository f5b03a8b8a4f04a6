"""Run the code and the commands of every page, check its configs, follow its links."""

import importlib.util
import io
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import catalogue
import numpy as np
import pytest
import srsly
from thinc.api import Config, Model, fix_random_seed

import zoo
from zoo._cli import main
from zoo.config import interpolate, parse_config
from zoo.interop.spacy import spacy_tree
from zoo.layers import (
    Listener,
    MaxoutWindowEncoder,
    MultiHashEmbed,
    Tagger,
    Tok2Vec,
    Upstream,
)
from zoo.models.make_config import complete, make_config
from zoo.pipeline import Pipeline
from zoo.tokenizer import SavedTokenizer
from zoo.training import TrainingSettings
from zoo.training.run_training import run_training
from zoo.vectors import Vectors, write_vectors

ROOT = Path(__file__).parents[1]
#: Pages for readers of the repository, which the site includes.
OUTSIDE = ["README.md", "CHANGELOG.md", "SECURITY.md", "benchmarks/README.md"]
PAGES = [*(ROOT / name for name in OUTSIDE), *sorted(ROOT.glob("docs/*.md"))]
#: A page of the site that is a file outside of docs.
INCLUDE = re.compile(r'--8<-- "(.+)"\n')
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
#: A line that stands for any number of lines of output.
ELLIPSIS = "…"
#: What a block begins with that is the content of a file.
FILE = re.compile(r"# (\w+\.(?:py|cfg))\n")
#: The module that the functions of a page seem to stand in.
PAGE_MODULE = "page"
#: What the names begin with that pages register.
PAGE_PREFIX = "acme."
#: Commands of the pages that take too long for a test.
SLOW = ("zoo demo",)
#: Makes a training short, where a page does not show what it prints.
CUT = " --training.max_steps 20"
#: Commands that print what differs from one processor to the next: how fast it is, and
#: the scores of models that were trained, as sums of float32 end in other digits.
MEASURING = ("zoo evaluate ", "zoo pretrain ", "zoo train ")
#: What of it differs: numbers with decimals, the row of the best one, words per second.
MEASURED = re.compile(r"\d+\.\d+( best)?|[\d,]+(?= words/s| +-?\d+\.\d+( best)?$)")


class Block(NamedTuple):
    """A fenced block of a page."""

    kind: str
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(text: str) -> list[Block]:
    return [Block(*found) for found in BLOCK.findall(text)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder that looks like the root of a clone."""
    (tmp_path / "zoo").mkdir()
    data = Path(zoo.__file__).parent / "data"
    (tmp_path / "zoo" / "data").symlink_to(data, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    fix_random_seed(0)
    yield tmp_path
    for path in list(catalogue.REGISTRY):
        if path[-1].startswith(PAGE_PREFIX):
            del catalogue.REGISTRY[path]
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_runs_from_top_to_bottom(page: Path, folder: Path) -> None:
    write_spacy_pipeline(folder / "en_small")
    write_vectors(make_table(), folder / "words.vec")
    write_vectors(make_table(), folder / "en_vectors")
    names: dict[str, Any] = {"__name__": PAGE_MODULE}
    printed = ""
    for kind, text in blocks_of(page.read_text(encoding="utf8")):
        file = FILE.match(text)
        if file is not None:
            (folder / file[1]).write_text(text, encoding="utf8")
        if kind == "python" and file is None:
            output = io.StringIO()
            with redirect_stdout(output):
                exec(compile(text, str(page), "exec"), names)
            printed = output.getvalue()
        elif kind == "text":
            assert_shown(printed, text)
        elif kind == "ini":
            check_config(text)
        elif kind == "console":
            run_commands(text)


def run_commands(text: str) -> None:
    """Run the `zoo` commands of a console, and compare what they print."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    for part in parts:
        command, _, shown = part.replace("\\\n", " ").partition("\n")
        if command.startswith("zoo ") and not command.startswith(SLOW):
            if command.startswith("zoo train ") and not shown:
                command += CUT
            code, printed = run_command(command)
            assert code == (1 if "error: " in shown else 0), printed
            if shown and command.startswith(MEASURING):
                assert_shown(mask_measured(printed), mask_measured(shown))
            elif shown:
                assert_shown(printed, shown)


def run_command(command: str) -> tuple[Any, str]:
    """Run a command in this process; give its exit code and all it printed."""
    output, arguments = io.StringIO(), sys.argv
    sys.argv = shlex.split(command, comments=True)
    try:
        with redirect_stdout(output), redirect_stderr(output):
            main()
    except SystemExit as end:
        return end.code or 0, output.getvalue()
    finally:
        sys.argv = arguments
    return 0, output.getvalue()


def assert_shown(printed: str, shown: str) -> None:
    """Compare output with what a page shows, but for empty lines and ends of lines."""
    parts = [
        r"(?:.*\n)*" if line == ELLIPSIS else re.escape(line) + r"\n"
        for line in filled_lines(shown)
    ]
    found = "".join(f"{line}\n" for line in filled_lines(printed))
    if not re.fullmatch("".join(parts), found):
        pytest.fail(f"The page shows:\n{shown}\nIt should show:\n{printed}")


def filled_lines(text: str) -> list[str]:
    lines = (line.rstrip() for line in text.splitlines())
    return [line for line in lines if line]


def mask_measured(text: str) -> str:
    """Put `#` for what a processor measures, and one space between columns."""
    lines = (MEASURED.sub("#", line) for line in text.splitlines())
    return "".join(" ".join(line.split()) + "\n" for line in lines)


def check_config(text: str) -> None:
    """Build all that a config or an excerpt of one describes."""
    config = parse_config(text)
    values = interpolate(config)
    if "nlp" in values and "training" in values:
        full = complete(config)
        full["training"] |= {"max_steps": 2, "logger": None}
        run_training(full, Path(mkdtemp(dir=".")))
        return
    settings = values.pop("training", None)
    if settings is not None:
        check_settings(settings)
    components = values.pop("components", None)
    if components is not None:
        nlp = values.pop("nlp", {"pipeline": list(components), "batch_size": 8})
        Pipeline.from_config(Config({"nlp": nlp, "components": components}))
    zoo.registry.resolve(values)


def check_settings(settings: dict[str, Any]) -> None:
    """Check [training], of which an excerpt need not hold all."""
    base = interpolate(make_config(["tok2vec"]))["training"]
    known = zoo.registry.resolve({"training": {**base, **settings}})["training"]
    TrainingSettings(**known)


def make_table() -> Vectors:
    """Make vectors of a few words that the corpus has."""
    words = ["the", "a", ".", "snow", "rain", "wind", "fell", "night"]
    data = np.random.default_rng(0).normal(size=(len(words), 4))
    return Vectors(words, data.round(4), name="words")


def write_spacy_pipeline(folder: Path) -> None:
    """Write a folder as spaCy writes a pipeline, with the weights of models of ours."""
    embed = MultiHashEmbed(32, rows=[100, 50, 50, 50])
    encoder = Tok2Vec(embed, MaxoutWindowEncoder(32, depth=2)).initialize()
    tagger = Tagger(Listener(Upstream("tok2vec", encoder)), 2).initialize()
    write_spacy_weights(folder / "tok2vec", encoder)
    write_spacy_weights(folder / "tagger", tagger)
    srsly.write_json(folder / "tagger" / "cfg", {"labels": ["NOUN", "VERB"]})
    (folder / "config.cfg").write_text(SPACY_CONFIG, encoding="utf8")
    SavedTokenizer().to_disk(folder / "tokenizer")


def write_spacy_weights(folder: Path, model: Model[Any, Any]) -> None:
    columns = [n.attrs["features"] for n in model.walk() if "features" in n.attrs]
    stored: dict[str, list[Any]] = {"nodes": [], "attrs": [], "params": []}
    for node in spacy_tree(model).walk():
        attrs = {}
        if node.name == "extract_features":
            attrs["columns"] = srsly.msgpack_dumps(columns[0])
        source: Any = node.source
        names = node.params.items()
        stored["nodes"].append({"name": node.name})
        stored["attrs"].append(attrs)
        stored["params"].append({name: source.get_param(ours) for name, ours in names})
    folder.mkdir(parents=True)
    (folder / "model").write_bytes(srsly.msgpack_dumps(stored))


SPACY_CONFIG = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger"]

[nlp.tokenizer]
@tokenizers = "spacy.Tokenizer.v1"

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
width = 32
depth = 2
embed_size = 100
window_size = 1
maxout_pieces = 3
subword_features = true
pretrained_vectors = null

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"
nO = null

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 32
"""


@pytest.mark.parametrize(
    ("printed", "shown"), [("(5, 17)", "(5, 18)"), ("1.5", "1.6"), ("a  b", "a b")]
)
def test_a_page_that_shows_something_else_is_found(printed: str, shown: str) -> None:
    assert_shown(f"\n{printed}\n", f"{printed} \n")
    with pytest.raises(pytest.fail.Exception, match="It should show"):
        assert_shown(f"{printed}\n", f"{shown}\n")


def test_only_what_a_processor_measures_is_masked() -> None:
    row = "       1        20    2.4447     45.94     2,368   -0.2567 best"
    assert mask_measured(row) == "1 20 # # # -#\n"
    assert mask_measured("speed   975 words/s") == "speed # words/s\n"
    same = "Read 2,240 texts. 0 of more than 500 words were split.\n"
    assert mask_measured(same) == same


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf8"))
    for link in LINK.findall(text):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if target.parent.name == "reference":
            assert target.name in load_script("reference").pages()
            continue
        assert target.exists(), f"{name_of(page)}: {link} leads nowhere"
        if anchor:
            assert anchor in anchors_of(target), f"{name_of(page)}: {link}"


def anchors_of(page: Path) -> set[str]:
    text = page.read_text(encoding="utf8")
    included = INCLUDE.fullmatch(text)
    if included is not None:
        text = (ROOT / included[1]).read_text(encoding="utf8")
    text = BLOCK.sub("", text)
    titles = (re.sub(r"[^\w\- ]", "", title) for title in HEADING.findall(text))
    return {title.lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_what_it_holds(page: Path) -> None:
    kinds = {block.kind for block in blocks_of(page.read_text(encoding="utf8"))}
    assert kinds <= {"console", "ini", "json", "python", "sh", "text", "toml", "tree"}


def test_every_page_is_in_the_navigation() -> None:
    nav = read_toml("zensical.toml")["project"]["nav"]
    linked = {page for part in nav for page in pages_of(part)}
    written = {path.name for path in (ROOT / "docs").glob("*.md")}
    generated = {f"reference/{name}" for name in load_script("reference").pages()}
    assert linked == written | generated


def pages_of(part: Any) -> list[str]:
    """List the files that a part of the navigation names."""
    if isinstance(part, str):
        return [part]
    parts = part.values() if isinstance(part, dict) else part
    return [page for inner in parts for page in pages_of(inner)]


def test_a_page_of_reference_has_every_public_name() -> None:
    pages = load_script("reference").pages()
    assert "::: zoo.layers.reduce.reduce\n" in pages["layers.md"]
    names = set(re.findall(r"^\| `(.+?)` \|", pages["names.md"], re.MULTILINE))
    for kind in zoo.registry.kinds():
        registered = {*zoo.registry.registered(kind)}
        assert {n for n in registered if n.startswith("zoo.")} <= names


@pytest.mark.parametrize("name", ["docs/index.md", "README.md"])
def test_every_extra_is_described(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf8")
    extras = read_toml("pyproject.toml")["project"]["optional-dependencies"]
    assert {name for name in extras if f"`{name}`" not in page} == set()


def read_toml(name: str) -> dict[str, Any]:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has none")
    return dict(tomllib.loads((ROOT / name).read_text(encoding="utf8")))


def load_script(name: str) -> Any:
    """Import a file of scripts, which is no package."""
    path = ROOT / "scripts" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_layer_of_ours_stands_on_the_page_of_layers() -> None:
    page = (ROOT / "docs" / "layers.md").read_text(encoding="utf8")
    found = {**zoo.registry.layers.get_all(), **zoo.registry.architectures.get_all()}
    names = {name for name in found if name.startswith("zoo.")}
    assert names
    assert {name for name in names if f"`{name}`" not in page} == set()
