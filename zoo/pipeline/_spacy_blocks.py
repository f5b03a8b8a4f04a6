"""Turn the sections of spaCy's transformers into those of zoo's."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..config import Fault, follow
from ..transformers._curated import ENCODERS, KINDS, PREFIX

#: The factory of spacy-curated-transformers.
CURATED = "curated_transformer"
#: The span getters of spacy-transformers that zoo has under names of its own, as
#: those of the same name choose other windows.
_SPANS = {"spacy-transformers.strided_spans.v1": "zoo.token_spans.v1"}
_WINDOWS = f"{PREFIX}.WithStridedSpans.v1"


def find_curated_faults(path: str, block: Mapping[str, Any]) -> Iterator[Fault]:
    """Find out why a curated transformer cannot be run.

    Args:
        path: Of the section, for messages.
        block: The section of a component.
    """
    if block.get("factory") != CURATED:
        return
    for step, known in (
        ("model.@architectures", KINDS),
        ("model.piece_encoder.@architectures", ENCODERS),
        ("model.with_spans.@architectures", (_WINDOWS,)),
    ):
        found = follow(block, step)
        if found not in known:
            message = f"zoo runs {', '.join(sorted(known))}, got {found!r}."
            yield Fault(f"{path}.{step}", message)
    if follow(block, "model.torchscript"):
        message = "TorchScript holds code, which zoo does not run."
        yield Fault(f"{path}.model.torchscript", message)


def convert_transformers(block: Mapping[str, Any]) -> dict[str, Any]:
    """Write the section of a component so that zoo computes what spaCy does.

    A curated transformer becomes a `TransformerWrapper`; windows are those of spaCy;
    and predictions are made in float32, as spaCy makes them on CPU.
    """
    if block.get("factory") != CURATED:
        converted: dict[str, Any] = _convert(block)
        return converted
    model: Any = block["model"]
    windows = model["with_spans"]
    spans = {
        "@span_getters": "zoo.token_pieces.v1",
        "window": windows.get("window", 128),
        "stride": windows.get("stride", 96),
        **ENCODERS[model["piece_encoder"]["@architectures"]],
    }
    wrapper = {
        "@architectures": "zoo.TransformerWrapper.v1",
        "name": model["@architectures"],
        "get_spans": spans,
    }
    return {"factory": "transformer", "model": wrapper}


def _convert(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    found = {key: _convert(part) for key, part in value.items()}
    getter = found.get("@span_getters")
    if getter in _SPANS:
        found["@span_getters"] = _SPANS[getter]
    if found.get("mixed_precision"):
        found["mixed_precision"] = False
    return found
