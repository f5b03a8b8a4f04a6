"""Distill a table of vectors from a transformer, which encodes each word alone."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from .._optional import import_torch
from ..vectors.base import Floats
from ..vectors.table import Vectors
from ._hugging_face import Transformer, load_transformer
from ._probe import probe
from ._tokenize import own_copy

#: Pieces that the transformer reads at once, padding included.
_PIECES: Final = 4096


def distill(
    words: Sequence[str],
    transformer: Transformer | str | Path,
    width: int = 100,
    *,
    name: str | None = None,
    report: Callable[[float], None] = lambda share: None,
) -> Vectors:
    """Encode each word by a transformer, and keep what differs most between them.

    A word's vector is the mean of those of its pieces, special ones included, in the
    transformer's last layer. Of these the first principal components are kept, so
    that the mean of all words is zero.

    Args:
        words: The words of the table, each once and in this order, which should begin
            with the most frequent.
        transformer: One that is loaded, a folder of Hugging Face's, or a name on its
            hub.
        width: Components to keep, at most the width of the transformer and the number
            of words.
        name: The name of the table. If None, that of the transformer.
        report: Called from time to time with the share that is done, 0 to 1.

    Raises:
        ValueError: A word occurs twice, or the width is too large.
        OSError: The transformer cannot be found.
        ImportError: Packages are missing.

    Source:
        As in Model2Vec, Tulkens and van Dongen (2024),
        https://doi.org/10.5281/zenodo.17270888, without its weights by frequency.
    """
    if not isinstance(transformer, Transformer):
        name = name or Path(transformer).name
        transformer = load_transformer(transformer)
    transformer = probe(transformer)
    most = min(len(words), transformer.width)
    if not 1 <= width <= most:
        raise ValueError(
            f"distill: width must be 1 to {most}, as there are {len(words)} words and "
            f"the transformer is {transformer.width} wide, got {width}."
        )
    encoded = encode_words(words, transformer, report)
    reduced = principal_components(encoded, width)
    return Vectors(words, reduced, name=name or "transformer")


def encode_words(
    words: Sequence[str], transformer: Transformer, report: Callable[[float], None]
) -> Floats:
    """Return the mean of the transformer's vectors of each word: (n_words, width)."""
    torch = import_torch("TransformerWrapper", "transformers")
    tokenizer = own_copy(transformer.tokenizer)
    if transformer.max_length is not None:
        tokenizer.enable_truncation(transformer.max_length)
    pieces = [encoding.ids for encoding in tokenizer.encode_batch(list(words))]
    vectors = np.zeros((len(words), transformer.width), np.float32)
    n_done = 0
    for batch in _batches(
        [len(ids) for ids in pieces], transformer.batching or "padded"
    ):
        ids = [pieces[i] for i in batch]
        with torch.inference_mode():
            vectors[batch] = _encode(torch, transformer, ids)
        n_done += len(batch)
        report(n_done / len(words))
    return vectors


def _batches(lengths: Sequence[int], batching: str) -> Iterator[list[int]]:
    """Batch texts of similar lengths, as many as fit into one pass."""
    batch: list[int] = []
    for i in np.argsort(lengths, kind="stable").tolist():
        is_full = (len(batch) + 1) * lengths[i] > _PIECES or batching == "single"
        parts = batching == "equal" and batch and lengths[batch[0]] != lengths[i]
        if batch and (is_full or parts):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _encode(torch: Any, transformer: Transformer, ids: list[list[int]]) -> Floats:
    """Run the transformer on texts, and average the vectors of each one's pieces."""
    length = max(1, *map(len, ids))
    padded = [row + [transformer.pad_id] * (length - len(row)) for row in ids]
    device = next(transformer.module.parameters()).device
    mask = torch.arange(length) < torch.tensor([[len(row)] for row in ids])
    mask = mask.to(device)
    output = transformer.module(
        input_ids=torch.tensor(padded, device=device), attention_mask=mask.long()
    )
    output = getattr(output, "last_hidden_state", output)
    hidden = output[0] if isinstance(output, tuple) else output
    total = (hidden * mask[:, :, None]).sum(dim=1)
    mean = total / mask.sum(dim=1, keepdim=True).clamp(min=1)
    vectors: Floats = mean.cpu().numpy()
    return vectors


def principal_components(rows: Floats, width: int) -> Floats:
    """Return the first principal components of rows: (n_rows, width).

    The sign of each is such that its direction points to where it is longest.
    """
    rows = rows - rows.mean(axis=0)
    _, directions = np.linalg.eigh((rows.T @ rows).astype(np.float64))
    kept = directions[:, ::-1][:, :width]
    longest = np.abs(kept).argmax(axis=0)
    kept = kept * np.sign(kept[longest, np.arange(width)])
    components: Floats = rows @ kept.astype(np.float32)
    return components
