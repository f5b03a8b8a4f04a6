"""Check the structure of the tree: imports go down, and private modules are marked."""

import ast
import importlib
import re
import types
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

from .structure import (
    END,
    MODULES,
    NAMES,
    PAGE,
    ROOT,
    START,
    imports,
    name_of,
    package_graph,
    package_table,
)

#: The packages whose names users import; `zoo` itself is one.
PUBLIC = [
    "zoo",
    "zoo.config",
    "zoo.corpora",
    "zoo.layers",
    "zoo.models",
    "zoo.objectives",
    "zoo.pipeline",
    "zoo.pretraining",
    "zoo.rules",
    "zoo.testing",
    "zoo.tokenizer",
    "zoo.training",
    "zoo.transformers",
    "zoo.vectors",
]
#: Modules that users import by their own path, as the docs say.
BY_PATH = {"zoo.integrations.ray", "zoo.interop.spacy", "zoo.tokenizer.adapters"}
#: Modules that may import a package that may be missing, inside a function.
ON_DEMAND = {
    "pyarrow": {
        "corpora/_arrow_columns.py",
        "corpora/arrow.py",
        "integrations/ray.py",
    },
    "ray": {"integrations/ray.py"},
    "matplotlib": {"transformers/_plot_attention.py"},
    "hypothesis": {"testing/strategies.py"},
    "spacy": {"tokenizer/adapters.py", "_spacy_names/user_code.py"},
    "spacy_legacy": set(),
    "spacy_transformers": set(),
    "tokenizers": {
        "tokenizer/adapters.py",
        "transformers/_curated.py",
        "transformers/_hugging_face.py",
        "transformers/_sentencepiece.py",
        "transformers/_slow_tokenizer.py",
    },
    "torch": {"_optional.py", "fused_adam.py"},
    "transformers": {"_optional.py"},
}
#: Modules that other ones import only inside functions, and what they need.
COMPILED = {
    "_adam_kernel.py": {"numba"},
    "_lexical/hash_kernel.py": {"numba"},
    "_mask_kernel.py": {"numba", "llvmlite"},
    "layers/_gradient_kernels.py": {"numba", "llvmlite"},
    "layers/_kernels.py": {"numba", "llvmlite"},
    "layers/_train_kernels.py": {"numba", "llvmlite"},
    "_transitions/entity_kernel.py": {"numba"},
    "_transitions/parser_kernel.py": {"numba"},
    "_transitions/teacher_kernel.py": {"numba"},
}
#: Longest module, in lines.
MAX_LINES = 450


modules = pytest.mark.parametrize("path", MODULES, ids=name_of)
packages = pytest.mark.parametrize("package", PUBLIC)


def find_cycle(graph):
    """Return the nodes of a cycle; none if there is no cycle."""
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return error.args[1]
    return []


def test_a_cycle_is_found():
    assert set(find_cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}}) == []


def test_no_package_imports_itself_through_others():
    assert find_cycle(package_graph()) == []


def test_page_on_design_has_the_table_of_packages():
    text = PAGE.read_text(encoding="utf8")
    assert START + package_table() + END in text, "run python -m tests.structure"


def test_no_module_imports_itself_through_others():
    graph = {
        name: {t for t in imports(path) if t in NAMES} - {name}
        for name, path in NAMES.items()
        if path.stem != "__init__"
    }
    assert find_cycle(graph) == []


def test_a_file_name_means_one_thing():
    # A command of zoo stands in a file of its own name.
    stems = Counter(
        path.stem.lstrip("_")
        for path in MODULES
        if path.stem != "__init__" and path.parent.name != "_cli"
    )
    assert [stem for stem, count in stems.items() if count > 1] == []


@modules
def test_no_module_is_too_long_to_read(path):
    n_lines = len(path.read_text(encoding="utf8").splitlines())
    # Compiled code is cached by file, so that kernels cannot import others.
    is_compiled = str(path.relative_to(ROOT / "zoo")) in COMPILED
    assert n_lines <= (680 if is_compiled else MAX_LINES)


@modules
def test_only_the_package_itself_imports_names_from_it(path):
    if name_of(path) != "zoo":
        # What zoo/__init__.py defines itself is the version; all else is imported
        # from the module that defines it.
        assert "zoo" not in set(imports(path))


@modules
def test_what_may_be_missing_is_imported_only_where_it_may_be(path):
    roots = {target.split(".")[0] for target in imports(path)}
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
def test_compiled_modules_are_imported_only_when_they_are_used(path):
    name = str(path.relative_to(ROOT / "zoo"))
    tree = ast.parse(path.read_text(encoding="utf8"))
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            words = set(re.split(r"\W+", ast.unparse(node)))
            for module, needs in COMPILED.items():
                if name != module:
                    allowed = COMPILED.get(name, set())
                    assert not words & ({*needs, Path(module).stem} - allowed)


@modules
def test_only_one_module_touches_the_private_state_of_thinc(path):
    private = {
        *("_func", "_params", "_grads", "_shims", "_dims", "_refs", "_has_params"),
        *("_model", "_grad_scaler", "_radam_buffer", "_context_operators"),
    }
    touched = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
        if isinstance(node, ast.Attribute) and node.attr in private
    }
    assert path.stem == "_thinc_internals" or not touched


@modules
def test_a_layer_imports_its_siblings_and_never_the_package_of_layers(path):
    if path.parent.name == "layers" and path.stem != "__init__":
        assert "zoo.layers" not in set(imports(path))


@packages
def test_what_can_be_imported_from_a_package_is_its_all(package):
    module = importlib.import_module(package)
    found = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, types.ModuleType)
        and getattr(value, "__module__", "zoo") != "typing"
        and name != "TYPE_CHECKING"
    }
    lazy = set(getattr(module, "_MODULES", getattr(module, "_LAZY", ())))
    assert found | lazy == {name for name in module.__all__ if name[0] != "_"}


def test_every_package_is_public_or_marked_as_private():
    found = {name for name, path in NAMES.items() if path.stem == "__init__"}
    public = {name for name in found if "._" not in name}
    assert public - {"zoo.integrations", "zoo.interop"} == set(PUBLIC)
    listed = {f"zoo.{name}" for name in importlib.import_module("zoo")._PACKAGES}
    assert listed == set(PUBLIC) - {"zoo"}


@modules
def test_a_module_that_defines_no_public_name_is_marked_as_private(path):
    name = name_of(path)
    if path.stem.startswith("__") or "._" in name.rpartition(".")[0]:
        return  # It is a package, or stands in a private one.
    if str(path.relative_to(ROOT / "zoo")) in COMPILED and find_spec("numba") is None:
        return
    package = importlib.import_module(name.rpartition(".")[0])
    exported = [*package.__all__] if hasattr(package, "__all__") else []
    exported += importlib.import_module("zoo").__all__
    defined = {
        public
        for public in exported
        if getattr(vars(importlib.import_module(name)).get(public), "__module__", name)
        == name
        and public in vars(importlib.import_module(name))
    }
    is_private = path.stem.startswith("_")
    assert is_private or defined or name in BY_PATH, "begin its name with _"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: path.stem
)
def test_no_test_file_is_imported(path):
    # What several files need stands in a module that is named for it.
    stems = {step for target in imports(path) for step in target.split(".")}
    assert [stem for stem in stems if stem.startswith("test_")] == []
