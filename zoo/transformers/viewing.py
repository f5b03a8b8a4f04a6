"""Run a transformer on one document, to look at its attention."""

from pathlib import Path

from ..docs import DocLike
from .attention import WordAttention, read_attention
from .spans import doc_spans
from .texts import words_and_spaces
from .wrapper import TransformerWrapper, transformer_of


def attend(
    name: str | Path, doc: DocLike, start: int = 0, end: int | None = None
) -> WordAttention:
    """Load a transformer, and read its attention between the words of a document.

    It reads the whole document, in windows as long as it can read, which overlap by a
    quarter.

    name: As of a `TransformerWrapper`.
    start, end: Which of the words to look at. The default is all.

    Raises ValueError if none of them has a piece.
    """
    model = TransformerWrapper(
        name,
        doc_spans(),
        transformer_config={"output_attentions": True},
        on_truncate="ignore",
    ).initialize()
    batch = model.predict([doc])
    tokenizer = transformer_of(model).tokenizer
    pieces = [tokenizer.id_to_token(i) for i in batch.ids.tolist()]
    return read_attention(batch, words_and_spaces(doc)[0], pieces, start, end)
