"""Write what a transformer gave into the documents, for those who want it there."""

from collections.abc import Callable, Sequence

from ..docs import Doc
from ..registries import registry
from .batch import TransformerBatch

#: Gets the documents of a batch, and all that the transformer gave for them.
AnnotationSetter = Callable[[Sequence[Doc], TransformerBatch], None]
#: Where `trf_data` keeps a document's part, in `Doc.user_data`.
TRF_DATA = "trf_data"


@registry.annotation_setters("zoo.null_annotation_setter.v1")
def null_annotation_setter() -> AnnotationSetter:
    """Write nothing, so that the vectors are let go when the batch is done."""

    def set_nothing(docs: Sequence[Doc], batch: TransformerBatch) -> None:
        pass

    return set_nothing


@registry.annotation_setters("zoo.trf_data.v1")
def trf_data() -> AnnotationSetter:
    """Keep each document's part of the output, as ``doc.user_data["trf_data"]``.

    It is a TransformerBatch of one document, and stays in memory with that.
    """

    def set_trf_data(docs: Sequence[Doc], batch: TransformerBatch) -> None:
        for doc, data in zip(docs, batch.doc_data, strict=True):
            doc.user_data[TRF_DATA] = data

    return set_trf_data
