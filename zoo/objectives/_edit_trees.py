"""Build, read and apply edit trees, which turn words into their lemmas."""

import json
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from .._lexical.strings_by_id import find_strings
from .._spacy_files import parse_json, read_plain, unpack, wrong

#: A pair of strings, the first of which is replaced by the second; or the lengths of
#: what stands before and after a middle that is kept, with a tree for either, or None
#: to leave it out.
Tree = tuple[str, str] | tuple[int, int, Any, Any]

_MATCH: Final = ("prefix_len", "suffix_len", "prefix_tree", "suffix_tree")
_NO_TREE: Final = 0xFFFFFFFF
#: Parts of the largest tree that is read.
_MAX_PARTS: Final = 1000


def build_tree(form: str, lemma: str) -> Tree:
    """Build the tree that turns a word into its lemma.

    The longest string that both share is kept, and what stands before and after it is
    treated alike; what shares nothing is replaced.

    Source:
        Chrupała (2008), *Towards a machine-learning architecture for lexical functional
        grammar parsing*, chapter 6; of several longest strings spaCy's choice, the
        first in the word, then the first in the lemma.
    """
    matcher = SequenceMatcher(None, form, lemma, autojunk=False)
    match = matcher.find_longest_match()
    if not match.size:
        return (form, lemma) if form or lemma else (0, 0, None, None)
    end, lemma_end = match.a + match.size, match.b + match.size
    before = after = None
    if match.a or match.b:
        before = build_tree(form[: match.a], lemma[: match.b])
    if end < len(form) or lemma_end < len(lemma):
        after = build_tree(form[end:], lemma[lemma_end:])
    return (match.a, len(form) - end, before, after)


@lru_cache(maxsize=1 << 16)
def label_of_pair(form: str, lemma: str) -> str:
    """Return the label of the tree that turns a word into its lemma."""
    return label_of_tree(build_tree(form, lemma))


def label_of_tree(tree: Tree) -> str:
    """Write a tree as JSON, in one way."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def read_label(label: str) -> Tree:
    """Read a tree that `label_of_tree` wrote; ValueError if it is none."""
    return _checked(parse_json(label.encode("utf8", "surrogatepass"), label), label)


def apply_tree(tree: Tree, form: str) -> str | None:
    """Turn a word into its lemma, or return None if the tree does not fit it."""
    if len(tree) == 2:
        return tree[1] if form == tree[0] else None
    n_before, n_after, before, after = tree
    end = len(form) - n_after
    if n_before > end:
        return None
    start = "" if before is None else apply_tree(before, form[:n_before])
    rest = "" if after is None else apply_tree(after, form[end:])
    if start is None or rest is None:
        return None
    return start + form[n_before:end] + rest


def read_spacy_labels(path: Path, strings: Iterable[str]) -> list[str]:
    """Read the trees that spaCy's files `cfg` and `trees` name, as labels.

    Args:
        path: The folder of the component.
        strings: All strings of the pipeline, those of ``vocab/strings.json``.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file is damaged, or a string is not among those of the pipeline.
    """
    config = parse_json(read_plain(path / "cfg"), str(path / "cfg"))
    message = unpack(read_plain(path / "trees"), str(path / "trees"))
    nodes = message.get("trees") if isinstance(message, dict) else None
    labels = config.get("labels") if isinstance(config, dict) else None
    if not isinstance(nodes, list) or not {*map(type, nodes)} <= {dict}:
        raise wrong(str(path / "trees"), "a list of trees", nodes)
    if not isinstance(labels, list) or not {*map(type, labels)} <= {int}:
        raise wrong(str(path / "cfg"), "a list of labels", labels)
    ids = {
        value
        for node in nodes
        for value in (node.get("orig"), node.get("subst"))
        if type(value) is int and 0 <= value < 2**64
    }
    names = dict(zip(ids, find_strings(ids, [*strings]), strict=True)) | {0: ""}
    trees = _join_nodes(nodes, names.get, str(path / "trees"))
    return _choose(trees, labels, str(path / "cfg"))


def labels_of_nodes(nodes: Any, numbers: Any, source: str) -> list[str]:
    """Return trees of the form that ``spacy init labels`` writes, as labels.

    Args:
        nodes: Parts of trees, with their strings.
        numbers: The numbers of the trees that are labels.
        source: Where they come from, for messages.

    Raises:
        ValueError: They have another form.
    """
    if not isinstance(nodes, list) or not {*map(type, nodes)} <= {dict}:
        raise wrong(source, "a list of trees", nodes)
    if not isinstance(numbers, list) or not {*map(type, numbers)} <= {int}:
        raise wrong(source, "a list of labels", numbers)

    def as_name(value: Any) -> str | None:
        return value if isinstance(value, str) else None

    return _choose(_join_nodes(nodes, as_name, source), numbers, source)


def _choose(trees: list[Tree], numbers: list[int], source: str) -> list[str]:
    """Return the labels of some of the trees."""
    if not all(0 <= number < len(trees) for number in numbers):
        raise wrong(source, f"labels below {len(trees)}", numbers)
    return [label_of_tree(trees[number]) for number in numbers]


def _join_nodes(
    nodes: Iterable[dict[str, Any]],
    name_of: Callable[[Any], str | None],
    source: str,
) -> list[Tree]:
    """Put the parts of trees into them; a part stands before what it is part of."""
    trees: list[Tree] = []
    sizes: list[int] = []
    for node in nodes:
        values = [node.get(key) for key in ("orig", "subst")]
        if "prefix_len" not in node:
            form, lemma = map(name_of, values)
            if form is None or lemma is None:
                raise wrong(source, "ids of known strings", values)
            trees.append((form, lemma))
            sizes.append(1)
            continue
        numbers: list[Any] = [node.get(key) for key in _MATCH]
        n_before, n_after, before, after = numbers
        parts = [part for part in (before, after) if part != _NO_TREE]
        if not all(isinstance(n, int) and n >= 0 for n in numbers) or not all(
            part < len(trees) for part in parts
        ):
            raise wrong(source, "lengths, and trees that stand before", node)
        sizes.append(1 + sum(sizes[part] for part in parts))
        if sizes[-1] > _MAX_PARTS:
            raise wrong(source, f"trees of at most {_MAX_PARTS} parts", sizes[-1])
        inner = [None if part == _NO_TREE else trees[part] for part in (before, after)]
        trees.append((n_before, n_after, inner[0], inner[1]))
    return trees


def _checked(tree: Any, label: str, depth: int = 0) -> Tree:
    """Build tuples of lists, and refuse what is no tree."""
    if isinstance(tree, list) and depth < _MAX_PARTS // 10:
        if len(tree) == 2 and all(isinstance(part, str) for part in tree):
            return (tree[0], tree[1])
        if len(tree) == 4 and all(type(n) is int and n >= 0 for n in tree[:2]):
            parts = (
                None if part is None else _checked(part, label, depth + 1)
                for part in tree[2:]
            )
            return (tree[0], tree[1], *parts)
    raise wrong("trainable_lemmatizer", "an edit tree as a label", label)
