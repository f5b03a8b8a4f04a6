"""Build the corpora that a config names, and check them and their labels."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._name_some import name_some
from .._registry import registry
from ..config import Fault, follow, nearest
from ..config._blocks import build
from ..config._validate import find_faults, show
from ..doc import TOKEN_FIELDS, Doc
from ..tokenizer import Tokenize
from ..tokenizer.tokenizer import tokenizer_in_scope
from .learner import Corpus

Values = Mapping[str, Any]


def corpus_paths(values: Values, settings: Iterable[str]) -> dict[str, str]:
    """Return the sections of the corpora that settings name, by setting.

    Args:
        values: The config, with its variables interpolated.
        settings: Paths of the settings, such as "training.dev_corpus".
    """
    paths = {setting: follow(values, setting) for setting in settings}
    return {name: path for name, path in paths.items() if isinstance(path, str)}


def corpus_faults(
    values: Values, settings: Iterable[str], *, need_all: bool = False
) -> list[Fault]:
    """Find the errors of the corpora that settings name, before they are built.

    Args:
        values: The config, with its variables interpolated.
        settings: Paths of the settings.
        need_all: Whether values that have a default must be there too.
    """
    paths = corpus_paths(values, settings)
    faults = []
    for setting, path in paths.items():
        if not isinstance(follow(values, path), Mapping) and not shared(values, path):
            section = path.rpartition(".")[0]
            block = follow(values, section)
            names = block if isinstance(block, Mapping) else ()
            known = [f"{section}.{name}" for name in names]
            message = f"there is no section [{path}].{nearest(path, known)}"
            faults.append(Fault(setting, message))
    blocks = (shared(values, path) or path for path in paths.values())
    for path in dict.fromkeys(blocks):
        faults += find_faults(follow(values, path), path, need_all=need_all)
    return faults


def shared(values: Values, path: str) -> str:
    """Return the section of a block that makes several corpora at once, or "".

    Such a block returns them by name: with @readers in [corpora], "corpora.train" is
    what it returns for "train".
    """
    section = path.rpartition(".")[0]
    block = follow(values, section) if section else None
    return section if isinstance(block, Mapping) and registry.is_promise(block) else ""


def find_unnamed_files(
    values: Values, config: Values, settings: Iterable[str]
) -> Iterator[Fault]:
    """Find the corpora whose path is null, and explain how to name the file.

    Args:
        values: The config, with its variables interpolated.
        config: The config as it was read, with the variables that stand for the files.
        settings: Paths of the settings.
    """
    paths = corpus_paths(values, settings).values()
    for path in dict.fromkeys(shared(values, path) or path for path in paths):
        yield from _find_unnamed(follow(values, path), config, path)


def build_corpora(
    values: Values, settings: Iterable[str], tokenizer: Tokenize, faults: list[Fault]
) -> dict[str, Corpus]:
    """Build the corpora that settings name, by setting; none of them is read.

    Args:
        values: The config, with its variables interpolated.
        settings: Paths of the settings.
        tokenizer: Splits raw text, unless a corpus names one of its own.
        faults: The errors so far; those of corpora that cannot be built are added.
    """
    built, several = {}, dict[str, Any]()
    with tokenizer_in_scope(tokenizer):
        for setting, path in corpus_paths(values, settings).items():
            section, _, name = path.rpartition(".")
            if shared(values, path):
                if section not in several:
                    several[section] = build(follow(values, section), section, faults)
                corpus = _choose(several[section], name, section, setting, faults)
            else:
                corpus = build(follow(values, path), path, faults)
            if corpus is not None and not callable(corpus):
                faults.append(Fault(path, "expected a reader (@readers)."))
            built[setting] = corpus
    return built


def _choose(
    readers: Any, name: str, section: str, setting: str, faults: list[Fault]
) -> Any:
    """Return one of several readers, or None with a new fault if there is none."""
    if readers is None:
        return None
    if not isinstance(readers, Mapping):
        message = f"expected readers by name, such as {name!r}, got {show(readers)}."
        faults.append(Fault(section, message))
    elif name not in readers:
        hint = nearest(name, readers) or f" There are: {', '.join(readers)}."
        faults.append(Fault(setting, f"there is no corpus {name!r}.{hint}"))
    return readers.get(name) if isinstance(readers, Mapping) else None


def _find_unnamed(block: Any, config: Values, path: str) -> Iterator[Fault]:
    """Check a corpus, and those within it."""
    if not isinstance(block, Mapping):
        return
    if registry.is_promise(block) and block.get("path", "") is None:
        source = str(follow(config, f"{path}.path"))
        is_variable = source.startswith("${") and source.endswith("}")
        option = source[2:-1].replace(":", ".") if is_variable else f"{path}.path"
        yield Fault(f"{path}.path", f"no file is named. Pass --{option} FILE.")
    for name, child in block.items():
        yield from _find_unnamed(child, config, f"{path}.{name}")


def warn_of_labels(
    fields: Sequence[str], train: Iterable[Doc], dev: Iterable[Doc]
) -> None:
    """Warn of what cannot be learned, or counts as an error whatever is learned.

    Args:
        fields: The fields of documents that are learned.
        train: The training corpus.
        dev: The development corpus.
    """
    n_docs = n_bare = n_coarse = 0
    learned: dict[str, set[str]] = {field: set() for field in fields}
    for doc in train:
        n_docs += 1
        n_bare += all(getattr(doc, field) is None for field in fields)
        n_coarse += doc.pos is not None
        for field in fields:
            learned[field] |= _labels(doc, field)
    if n_bare:
        warnings.warn(
            f"training: {n_bare:,} of the {n_docs:,} documents of the training corpus "
            f"have no labels for any component, so that nothing is learned from them.",
            stacklevel=3,
        )
    if "tags" in fields and n_coarse and not learned["tags"]:
        warnings.warn(
            f"training: no document of the training corpus has 'tags' (XPOS in "
            f"CoNLL-U), and {n_coarse:,} have 'pos' (UPOS). To learn these, predict "
            f"the field 'pos'.",
            stacklevel=3,
        )
    for field in fields:
        lost = set().union(*(_labels(doc, field) for doc in dev)) - learned[field]
        if lost:
            warnings.warn(
                f"training: the development corpus has labels in '{field}' that the "
                f"training corpus lacks, and that are thus never predicted: "
                f"{name_some(sorted(lost))}.",
                stacklevel=3,
            )


def _labels(doc: Doc, field: str) -> set[str]:
    """Return the labels in a field of a document: of words, of spans, or its own."""
    values = getattr(doc, field) or ()
    if field not in TOKEN_FIELDS:
        values = [getattr(value, "label", value) for value in values]
    return {label for label in set(values) if isinstance(label, str)}
