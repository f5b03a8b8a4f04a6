"""Run a transformer on one document, to look at its attention."""

from pathlib import Path

from ..docs import DocLike
from .attention import WordAttention, read_attention
from .spans import doc_spans
from .texts import words_and_spaces
from .wrapper import TransformerWrapper, transformer_of


def attend(name: str | Path, doc: DocLike) -> WordAttention:
    """Load a transformer, and read its attention between the words of a document.

    name: As of a `TransformerWrapper`.

    Raises ValueError if the document does not fit into one window.
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
    return read_attention(batch, words_and_spaces(doc)[0], pieces)
