"""Hold every module to the floor it stands on: imports only ever go down."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    {
        "about",
        "config",
        "docs",
        "files",
        "lexical",
        "packages",
        "ranges",
        "registries",
        "schedules",
        "threads",
        "tokenizer",
        "types",
    },
    {
        "freezing",
        "layers",
        "optimizing",
        "parameters",
        "scoring",
        "testing",
        "transformers",
        "vectors",
        "wrapped_modules",
    },
    {
        "interop.spacy",
        "interop.spacy_trees",
        "interop.torch_states",
        "models",
        "objectives",
    },
    {"batching", "corpora", "pipeline"},
    {"pretraining", "training"},
]
ABOVE = {"__init__", "__main__", "builtins", "cli", "configs", "demo", "interop"}
MODULES = sorted((ROOT / "zoo").rglob("*.py"))
#: What some modules may import, as paths under zoo, when a function of theirs is used.
ON_DEMAND = {
    "matplotlib": {"training/plots.py", "transformers/drawing.py"},
    "hypothesis": {"testing/strategies.py"},
    "spacy": {"tokenizer/adapters.py"},
    "spacy_legacy": set(),
    "spacy_transformers": set(),
    "tokenizers": {"tokenizer/adapters.py", "transformers/packages.py"},
    "torch": {
        "interop/torch_states.py",
        "layers/torch_lstm.py",
        "optimizing.py",
        "training/torch_workers.py",
        "transformers/packages.py",
    },
    "transformers": {"transformers/packages.py"},
}
modules = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(ROOT))
)


def floor(steps):
    """Give the floor of a module, of which the first steps under zoo are given."""
    names = {steps[0], ".".join(steps[:2])}
    return next((i for i, known in enumerate(FLOORS) if names & known), len(FLOORS))


def imports(path):
    """List what a module imports, as steps from the root; in TYPE_CHECKING too.

    What it gives to `require` is imported too.
    """
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            base += node.module.split(".") if node.module else []
            # `from . import a, b` names modules; `from .a import b` may.
            yield from ([*base, alias.name] for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "require":
            yield ast.literal_eval(node.args[0]).split(".")


@modules
def test_module_imports_only_from_its_floor_and_below(path):
    own = path.relative_to(ROOT).with_suffix("").parts[1:]
    assert floor(own) < len(FLOORS) or own[0] in ABOVE, "give it a floor"
    for target in imports(path):
        if target[0] == "zoo" and len(target) > 1:
            # What zoo/__init__.py defines itself, such as __version__, is on floor 0.
            is_name = not any(
                (ROOT / "zoo" / f"{target[1]}{end}").exists() for end in (".py", "/")
            )
            assert is_name or floor(target[1:]) <= floor(own), ".".join(target)


@modules
def test_nothing_below_the_top_is_imported_from_the_package_itself(path):
    own = path.relative_to(ROOT).with_suffix("").parts[1]
    if own not in ABOVE:
        names = {t[1] for t in imports(path) if t[0] == "zoo" and len(t) == 2}
        found = {p.stem for p in (ROOT / "zoo").iterdir()}
        assert names <= found, "import from the module that defines it"


@modules
def test_what_may_be_missing_is_imported_only_where_it_may_be(path):
    roots = {target[0] for target in imports(path)}
    for name, allowed in ON_DEMAND.items():
        assert name not in roots or str(path.relative_to(ROOT / "zoo")) in allowed
    tree = ast.parse(path.read_text(encoding="utf8"))
    for node in tree.body:  # Never at the top, as there it would be needed at once.
        is_own = isinstance(node, ast.ImportFrom) and node.level > 0
        if isinstance(node, ast.Import | ast.ImportFrom) and not is_own:
            name = (
                node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            )
            assert (name or "").split(".")[0] not in ON_DEMAND, ast.unparse(node)


@modules
def test_a_layer_imports_its_siblings_and_never_the_package_of_layers(path):
    if path.parent.name == "layers" and path.stem != "__init__":
        for target in imports(path):
            assert (
                target[:2] != ["zoo", "layers"]
                or (path.parent / f"{target[2]}.py").exists()
            ), ".".join(target)


def test_every_floor_is_in_use():
    steps = [path.relative_to(ROOT).with_suffix("").parts[1:] for path in MODULES]
    known = {".".join(part[:n]) for part in steps for n in (1, 2)}
    assert set.union(*FLOORS, ABOVE) <= known
