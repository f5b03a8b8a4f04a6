"""Load a module of Hugging Face by the class that saved it, with all its weights."""

import re
from importlib import import_module
from typing import Any, Final

from .._optional import import_transformers

#: How classes are called that are the part of another one that reads text.
_READERS: Final = re.compile(r"(Encoder|EncoderModel|TextModel|TextTransformer)\Z")


def find_class(config: Any) -> Any:
    """Find the class by which a module is loaded: `AutoModel`, or one for a part.

    `AutoModel` knows only the whole of most models that also write. The weights of an
    encoder that was saved by itself have other names there, and would be random.

    Args:
        config: That of Hugging Face, which names the class that saved it.
    """
    transformers = import_transformers()
    names = getattr(config, "architectures", None) or [""]
    package = type(config).__module__
    is_known = package.startswith("transformers.models.")
    if not is_known or not _READERS.search(str(names[0])):
        return transformers.AutoModel
    try:
        file = import_module(package.replace(".configuration_", ".modeling_"))
    except ImportError:
        return transformers.AutoModel
    found = getattr(file, str(names[0]), None)
    base = transformers.PreTrainedModel
    is_model = isinstance(found, type) and issubclass(found, base)
    return found if is_model else transformers.AutoModel


def load_module(
    weights: str, config: Any, settings: dict[str, Any]
) -> tuple[Any, frozenset[int]]:
    """Load a module with its weights.

    Args:
        weights: A folder, or a name on the hub.
        config: That of Hugging Face.
        settings: Of `from_pretrained`.

    Returns:
        The module, and the ids of the parameters that its files lack, which are random.
    """
    module, found = find_class(config).from_pretrained(
        weights, config=config, output_loading_info=True, **settings
    )
    parameters = dict(module.named_parameters(remove_duplicate=False))
    lacking = [parameters.get(name) for name in found["missing_keys"]]
    return module, frozenset(id(p) for p in lacking if p is not None)


def build_module(config: Any) -> Any:
    """Build a module with random weights from its config."""
    auto, chosen = import_transformers().AutoModel, find_class(config)
    if chosen is auto:
        return auto.from_config(config, trust_remote_code=False)
    return chosen._from_config(config)


def check_weights(source: str, module: Any, random: frozenset[int]) -> None:
    """Check that a module has no weights that its files lack.

    A pooling layer may lack: it gives no vectors of pieces.

    Args:
        source: Where the module is from, for messages.
        module: The part that reads text.
        random: The ids of parameters that the files lack.

    Raises:
        ValueError: It has.
    """
    lacking = [
        name
        for name, parameter in module.named_parameters()
        if id(parameter) in random and "pooler" not in name
    ]
    if lacking:
        raise ValueError(
            f"TransformerWrapper: the files of {source} must hold all weights of "
            f"{type(module).__name__}, got none for {len(lacking)} of them, such as "
            f"{lacking[0]!r}. They would be random. Give the folder of a whole model, "
            f"as save_pretrained writes it."
        )
