"""Name tables of documents, Parquet and Arrow files, in a config."""

from .._registry import registry
from ..tokenizer import Tokenize
from ._offsets import Misaligned, Overlapping
from .corpus import Corpus
from .formats import Source


@registry.readers("zoo.Parquet.v1")
def parquet_corpus(
    path: Source | None,
    *,
    text: str | None = None,
    words: str | None = None,
    tags: str | None = None,
    pos: str | None = None,
    ents: str | None = None,
    bio: str | None = None,
    cats: str | None = None,
    label: str | None = None,
    limit: int = 0,
    shuffle_buffer: int = 0,
    seed: int = 0,
    tokenizer: Tokenize | None = None,
    misaligned: Misaligned = "error",
    overlapping: Overlapping = "error",
) -> Corpus:
    """Read tables of documents, one for each row, from the start at each call.

    It is a `Corpus` with a setting for each column. Some thousand rows at a time are in
    memory. A folder that `datasets` saved to disk is such a table, and so is one of
    Parquet files.

    Args:
        path: The file, a folder, or a list of both: ``.parquet`` or ``.arrow``.
        text: The column of raw text. None: that of its name, as for all columns.
        words: The column of lists of words; None: "tokens".
        tags: The column of lists of fine-grained tags.
        pos: The column of lists of coarse tags.
        ents: The column of lists of entities, as `read_parquet` says.
        bio: The column of lists of labels such as B-PER.
        cats: The column of scores by category.
        label: The column of one category.
        limit: As for `Corpus`.
        shuffle_buffer: As for `Corpus`.
        seed: As for `Corpus`.
        tokenizer: As for `Corpus`.
        misaligned: As for `Corpus`.
        overlapping: As for `Corpus`.

    Returns:
        The corpus.

    Raises:
        ValueError: There is no path, a number is negative, or a suffix or an option is
            unknown.
        FileNotFoundError: A file is missing.
    """
    columns = {
        "text": text,
        "tokens": words,
        "tags": tags,
        "pos": pos,
        "ents": ents,
        "bio": bio,
        "cats": cats,
        "label": label,
    }
    return Corpus(
        path,
        limit=limit,
        shuffle_buffer=shuffle_buffer,
        seed=seed,
        tokenizer=tokenizer,
        misaligned=misaligned,
        overlapping=overlapping,
        columns={role: name for role, name in columns.items() if name is not None},
    )
