"""Read from the sources which module and which package of zoo imports which.

`python -m tests.structure` writes the table of packages into docs/design.md.
"""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "zoo").rglob("*.py"))
PAGE = ROOT / "docs" / "design.md"
START, END = "<!-- packages: start -->\n", "<!-- packages: end -->"


def name_of(path):
    """Return the dotted name of a module."""
    steps = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(steps[:-1] if steps[-1] == "__init__" else steps)


NAMES = {name_of(path): path for path in MODULES}


def imports(path):
    """List the modules that a module imports, TYPE_CHECKING included.

    What it gives to `require` is imported too.
    """
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            base += node.module.split(".") if node.module else []
            # `from . import a, b` names modules; `from .a import b` may.
            for alias in node.names:
                name = ".".join([*base, alias.name])
                yield name if name in NAMES else ".".join(base)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "require":
            yield ast.literal_eval(node.args[0])


def package_of(name):
    """Return what stands directly in zoo: a package, or a module of its own."""
    return name.split(".")[1]


def package_graph():
    """Return which packages, and modules directly in zoo, import which others."""
    # zoo/__init__.py imports from all, and only when a name is used.
    graph = {package_of(name): set() for name in NAMES if name != "zoo"}
    for name, path in NAMES.items():
        if name != "zoo":
            targets = {t for t in imports(path) if t.startswith("zoo.")}
            graph[package_of(name)] |= {package_of(target) for target in targets}
    for package, targets in graph.items():
        targets.discard(package)
    return graph


def package_table():
    """Return a table of the packages, each below those that it imports."""
    graph = package_graph()
    sorter, rows = TopologicalSorter(graph), []
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        sorter.done(*ready)
        rows += [name for name in ready if (ROOT / "zoo" / name).is_dir()]
    lines = ["| package | purpose | imports |", "| --- | --- | --- |"]
    for name in rows:
        text = (ROOT / "zoo" / name / "__init__.py").read_text(encoding="utf8")
        purpose = ast.get_docstring(ast.parse(text)).splitlines()[0].rstrip(".")
        packages = [t for t in sorted(graph[name]) if (ROOT / "zoo" / t).is_dir()]
        shown = ", ".join(f"`{target}`" for target in packages)
        lines.append(f"| `{name}` | {purpose} | {shown} |")
    return "\n".join(lines) + "\n"


def write_table():
    """Write the table into its page."""
    text = PAGE.read_text(encoding="utf8")
    before, rest = text.split(START)
    PAGE.write_text(
        before + START + package_table() + END + rest.split(END)[1], encoding="utf8"
    )


if __name__ == "__main__":
    write_table()
