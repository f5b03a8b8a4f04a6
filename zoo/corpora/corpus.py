"""Name files of documents in a config."""

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from .._check_numbers import check_sizes
from .._registry import registry
from ..doc import Doc
from ..tokenizer import Tokenize
from ..tokenizer.tokenizer import default_tokenizer
from ._columns import Columns
from ._offsets import Misaligned, Overlapping, check_choice
from .formats import Source, find_files, read_docs, report_others
from .retokenize import retokenize
from .unread_annotation import Unread


@registry.readers("zoo.Corpus.v1")
class Corpus:
    """Read files of documents, from the start at each call.

    What the files hold and is not read is a warning, at the end of the first call
    alone. The attribute `unread` keeps it.

    Args:
        path: The file, a folder, or a list of both, in the formats that `read_docs`
            knows.
        limit: How many documents to read. 0 reads all.
        shuffle_buffer: Of how many documents at a time the order is drawn, for a
            corpus that is read anew in each epoch and does not fit in memory: each
            document that is yielded is drawn from that many, and the next one read
            takes its place. 0 keeps the order of the files.
        seed: Start of that drawing. With the same seed the n-th call has the same
            order each time; two calls of one corpus have different ones.
        tokenizer: Splits what is raw text into words. None takes that of the pipeline,
            if the corpus stands in a config, and else ``zoo.Tokenizer.v1``.
        retokenize: Whether it splits the text of documents too that have words, and
            annotation is carried over to the new words, as `retokenize` says. If not,
            documents keep the words of the file.
        misaligned: What becomes of spans of characters that are not spans of words:
            "error", "skip" them, their words being unknown, or "expand" them.
        overlapping: What becomes of entities that overlap: "error", or "longest" to
            keep the longest.
        columns: Which column of a table holds what, as "text=review,label=stars" in
            CSV and TSV, or "word=2,label=-1" in files of words and labels. None: the
            columns that `read_docs` reads.
        comments: What lines begin with that are passed over in files of words and
            labels, such as "# id". "": none are.
        format: The suffix of the format, such as ".conll", for files of any suffix.
            None: that of each file.

    Raises:
        ValueError: There is no path, a number is negative, or a suffix or an option is
            unknown: when the corpus is built, before anything is read.
        FileNotFoundError: A file is missing: then, too.
    """

    def __init__(
        self,
        path: Source | None,
        *,
        limit: int = 0,
        shuffle_buffer: int = 0,
        seed: int = 0,
        tokenizer: Tokenize | None = None,
        retokenize: bool = False,
        misaligned: Misaligned = "error",
        overlapping: Overlapping = "error",
        columns: Columns | None = None,
        comments: str = "",
        format: str | None = None,
    ) -> None:
        if path is None or not str(path):
            raise ValueError(f"Corpus: path must name a file or folder, got {path!r}.")
        check_sizes("Corpus", 0, limit=limit, shuffle_buffer=shuffle_buffer)
        check_choice("Corpus", "misaligned", Misaligned, misaligned)
        check_choice("Corpus", "overlapping", Overlapping, overlapping)
        self.path = path
        self.files = find_files(path, format)
        self.limit = limit
        self.shuffle_buffer = shuffle_buffer
        self.seed = seed
        self.epoch = 0
        self.retokenize = retokenize
        self.unread = Unread()
        self._has_warned = False
        self._options: dict[str, Any] = {
            "tokenizer": tokenizer or default_tokenizer(),
            "misaligned": misaligned,
            "overlapping": overlapping,
            "columns": columns,
            "comments": comments,
            "format": format,
        }

    @property
    def tokenizer(self) -> Tokenize:
        """What splits raw text into words."""
        found: Tokenize = self._options["tokenizer"]
        return found

    def __call__(self, epoch: int | None = None) -> Iterator[Doc]:
        """Read the documents.

        Args:
            epoch: Which order to draw, if there is a shuffle buffer. None takes that
                of `self.epoch`, which counts such calls, and can be set to begin
                elsewhere.
        """
        if epoch is None:
            epoch, self.epoch = self.epoch, self.epoch + 1
        docs = self._read()
        if not self.shuffle_buffer:
            return docs
        order = random.Random(f"{self.seed} {epoch}")
        return shuffle(docs, self.shuffle_buffer, order)

    def _read(self) -> Iterator[Doc]:
        unread = Unread()
        if self._options["format"] is None and not self._has_warned:
            report_others(self.path, unread)
        docs = read_docs(self.files, unread=unread, **self._options)
        if self.retokenize:
            docs = (retokenize(doc, self.tokenizer) for doc in docs)
        is_over = False
        try:
            yield from islice(docs, self.limit or None)
            is_over = True
        except GeneratorExit:
            is_over = True
            raise
        finally:
            del docs  # What was read of the last file is counted then.
            if is_over and not self._has_warned:
                self._has_warned, self.unread = True, unread
                unread.warn()


def shuffle(items: Iterable[Any], buffer: int, order: random.Random) -> Iterator[Any]:
    """Yield items in a random order, with at most `buffer` of them in memory."""
    rest = iter(items)
    held = list(islice(rest, buffer))
    for item in rest:
        place = order.randrange(len(held))
        item, held[place] = held[place], item
        yield item
    order.shuffle(held)
    yield from held
