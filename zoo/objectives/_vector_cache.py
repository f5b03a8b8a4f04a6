"""Cache the token vectors of documents in a folder."""

import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._atomic import replace_file
from ..doc import Doc

#: Computes the vectors of the tokens of each document, (n_tokens, width).
Vectorize = Callable[[Sequence[Doc]], Sequence[Any]]
#: The type of the stored numbers.
DTYPE = np.dtype("<f2")
#: The file with the vectors of the probe.
META = "probe.json"
_OWN_FILE = re.compile(r"probe\.json|[0-9a-f]{32}\.(vectors|index)")
#: A document whose vectors identify the function.
PROBE = Doc(["Each", "model", "gives", "other", "vectors", "."])
#: Largest difference in these vectors, as a share of the largest number.
TOLERANCE = 0.01
#: An entry of an index: the document, its first row in the file, its rows.
ENTRY = np.dtype([("key", "S32"), ("start", "<i8"), ("length", "<i4")])


class VectorCache:
    """Compute the token vectors of documents with a function, each document once.

    The vectors are stored as float16 in files of a folder, which are mapped instead of
    read into memory. A vector is rounded the first time too, so that a run that reads
    it from the folder is bitwise identical to the run that wrote it. Each process adds
    files of its own, so that several can share a folder.

    Args:
        vectorize: Computes the vectors of the tokens of each document.
        folder: The folder, which is created. It has the vectors of one function.

    Raises:
        ValueError: The folder has the vectors of another function, which differ for
            `PROBE`.
        FileExistsError: There is something else than such a folder.
    """

    def __init__(self, vectorize: Vectorize, folder: str | Path) -> None:
        self.vectorize = vectorize
        self.folder = Path(folder)
        if os.path.lexists(self.folder) and not is_cache(self.folder):
            raise FileExistsError(
                f"VectorCache: {self.folder} exists and is no cache of vectors. Give "
                f"the path of a new folder."
            )
        probe = np.asarray(vectorize([PROBE])[0], dtype=np.float32)
        self.width = probe.shape[1]
        self._check_probe(probe)
        self._places: dict[bytes, tuple[Path, int, int]] = {}
        self._maps: dict[Path, NDArray[Any]] = {}
        for index in sorted(self.folder.glob("*.index")):
            self._read_index(index)
        self._own = self.folder / f"{uuid.uuid4().hex}.vectors"
        self._n_rows = 0

    def __len__(self) -> int:
        """Return the number of documents in the cache."""
        return len(self._places)

    def __call__(self, docs: Sequence[Doc]) -> list[NDArray[np.float16]]:
        """Return the vectors of each document, (n_tokens, width)."""
        keys = [_key(doc) for doc in docs]
        pairs = dict(zip(keys, docs, strict=True)).items()
        unknown = {key: doc for key, doc in pairs if key not in self._places}
        if unknown:
            self._add(list(unknown), self.vectorize(list(unknown.values())))
        return [self._read(key) for key in keys]

    def _add(self, keys: list[bytes], vectors: Sequence[Any]) -> None:
        """Write vectors, then the entries of the index that refer to them."""
        arrays = [np.asarray(array, dtype=DTYPE) for array in vectors]
        lengths = [len(array) for array in arrays]
        starts = self._n_rows + np.cumsum([0, *lengths[:-1]])
        entries = np.zeros(len(keys), ENTRY)
        entries["key"], entries["start"], entries["length"] = keys, starts, lengths
        with self._own.open("ab") as file:
            file.write(b"".join(array.tobytes() for array in arrays))
        with self._own.with_suffix(".index").open("ab") as file:
            file.write(entries.tobytes())
        self._place(self._own, entries)
        self._n_rows += sum(lengths)
        self._maps.pop(self._own, None)

    def _read(self, key: bytes) -> NDArray[np.float16]:
        path, start, length = self._places[key]
        if length == 0:  # An empty file cannot be mapped.
            return np.zeros((0, self.width), DTYPE)
        if path not in self._maps:
            # A killed process may have left half a row at the end.
            n_rows = path.stat().st_size // (DTYPE.itemsize * self.width)
            self._maps[path] = np.memmap(path, DTYPE, "r", shape=(n_rows, self.width))
        return self._maps[path][start : start + length]

    def _read_index(self, index: Path) -> None:
        data = index.read_bytes()
        n_entries = len(data) // ENTRY.itemsize
        entries = np.frombuffer(data, ENTRY, count=n_entries)
        self._place(index.with_suffix(".vectors"), entries)

    def _place(self, path: Path, entries: NDArray[Any]) -> None:
        for key, start, length in entries.tolist():
            self._places[key] = (path, start, length)

    def _check_probe(self, probe: NDArray[np.float32]) -> None:
        meta = self.folder / META
        if not meta.exists():
            with replace_file(meta) as new:
                new.write_text(json.dumps(probe.tolist()), encoding="utf8")
        try:
            found = np.array(json.loads(meta.read_text(encoding="utf8")), dtype="f8")
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"VectorCache: {meta} is damaged: {error}.") from error
        # Another machine may compute other bits.
        far = TOLERANCE * float(np.abs(probe).max())
        if found.shape != probe.shape or not np.allclose(found, probe, atol=far):
            raise ValueError(
                f"VectorCache: {self.folder} must have the vectors of this model, of "
                f"width {probe.shape[1]}, got those of another one, of width "
                f"{found.shape[-1] if found.ndim else 0}. Use another folder."
            )


def is_cache(folder: Path) -> bool:
    """Return whether a folder holds nothing but what a cache writes."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    files = [*folder.iterdir()]
    is_begun = any(_OWN_FILE.fullmatch(file.name) for file in files) or not files
    return is_begun and all(
        (_OWN_FILE.fullmatch(file.name) or file.name.startswith(f".{META}.new-"))
        and file.is_file()
        and not file.is_symlink()
        for file in files
    )


def _key(doc: Doc) -> bytes:
    """Compute a key from the words and spaces of a document."""
    text = json.dumps([doc.words, doc.spaces], ensure_ascii=False)
    digest = hashlib.blake2b(text.encode("utf8", "surrogatepass"), digest_size=16)
    return digest.hexdigest().encode()
