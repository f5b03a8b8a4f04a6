"""Load transformers of Hugging Face: a module of PyTorch and its tokenizer."""

import inspect
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from .._optional import import_torch, import_transformers, require
from ..config import nearest
from ._adapter import find_adapter, holds_tokenizer, merge_adapter
from ._load_errors import named, quietly, shortened
from ._model_class import build_module, check_weights, load_module
from ._slow_tokenizer import convert_slow
from ._text_part import (
    NO_LIMIT,
    count_positions,
    decode_floats,
    encode_floats,
    find_text_part,
    text_config,
    use_full_attention,
    walk_configs,
)
from ._tokenize import SpecialPieces, find_special_pieces, own_copy
from ._trust import (
    check_loaded_config,
    check_saved_config,
    find_safe,
    is_trusted,
)

#: How windows may be batched without a change of their vectors: with shorter ones,
#: filled up by padding; with others of their length; or not at all.
Batching = Literal["padded", "equal", "single"]


@dataclass
class Transformer:
    """A module of PyTorch and the tokenizer that belongs to it.

    The module is called with `input_ids` and `attention_mask`, both (n, length), and
    with `token_type_ids` if it takes them. It returns the vectors of all pieces,
    (n, length, width): alone, first in a tuple, or as `last_hidden_state`.

    Attributes:
        module: A `torch.nn.Module`. Its parameters become those of the layer.
        tokenizer: A `tokenizers.Tokenizer`. It is copied.
        width: Of the vectors.
        max_length: Pieces that the module can read at once, special ones included. None
            if it knows no limit.
        pad_id: What a shorter text is filled up with. The mask covers it.
        n_layers: How many layers it returns: 1, or on request the embeddings and all.
        config: That of Hugging Face, by which the module can be made anew.
        batching: Which windows the module may read at once without a change of their
            vectors: "padded" for any, "equal" for those of one length, "single" for
            none. None: it is measured when a layer is initialized.
    """

    module: Any
    tokenizer: Any
    width: int
    max_length: int | None = None
    pad_id: int = 0
    n_layers: int = 1
    config: Mapping[str, Any] | None = None
    batching: Batching | None = None

    def __post_init__(self) -> None:
        self.tokenizer = own_copy(self.tokenizer)
        if self.max_length is not None and self.max_length <= len(self.special):
            raise ValueError(
                f"Transformer: max_length must be more than the {len(self.special)} "
                f"special pieces of the tokenizer, got {self.max_length}."
            )

    @cached_property
    def special(self) -> SpecialPieces:
        """Return the special pieces that the tokenizer adds to each text."""
        return find_special_pieces(self.tokenizer)

    @property
    def max_pieces(self) -> int | None:
        """Return the pieces of a window beside the special ones; None: no limit."""
        return None if self.max_length is None else self.max_length - len(self.special)

    @cached_property
    def arguments(self) -> frozenset[str]:
        """Return the names of what the module can be called with."""
        return frozenset(inspect.signature(self.module.forward).parameters)

    @cached_property
    def takes_mask(self) -> bool:
        """Return whether the module can be called with an attention mask."""
        known = inspect.signature(self.module.forward).parameters.values()
        takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known)
        return takes_all or "attention_mask" in self.arguments

    def setup(self) -> dict[str, Any]:
        """Return what describes it, without the weights and the tokenizer."""
        return {
            "width": self.width,
            "max_length": self.max_length,
            "pad_id": self.pad_id,
            "n_layers": self.n_layers,
            "config": self.config,
            "batching": self.batching,
        }


#: Settings of a transformer that say where to find it, and are not its own.
HUB_SETTINGS = ("local_files_only", "revision", "subfolder")


def load_transformer(
    name: str | Path,
    tokenizer_config: Mapping[str, Any] | None = None,
    transformer_config: Mapping[str, Any] | None = None,
) -> Transformer:
    """Load a transformer and its tokenizer, in float32.

    Args:
        name: A folder, or a name on the hub of Hugging Face, of which the files are
            fetched once unless `local_files_only` is set. Weights are read from
            safetensors if there are such.
        tokenizer_config: Passed on to the tokenizer, such as ``{"model_max_length":
            256}``.
        transformer_config: Overrides the transformer's config, such as
            ``{"output_attentions": True}``, or says where to find it: `revision`,
            `subfolder`, `local_files_only`.

    Raises:
        OSError: It cannot be found.
        ValueError: Its files are not those of a transformer of text whose tokenizer
            says where pieces stand, it cannot be saved and loaded again, or it has no
            such setting.
        ImportError: The package transformers is missing, or peft for an adapter.
    """
    transformers = import_transformers()
    settings = dict(transformer_config or {})
    hub = {k: settings.pop(k) for k in HUB_SETTINGS if k in settings}
    hub["trust_remote_code"] = is_trusted()
    source = str(Path(name).expanduser()) if _is_folder(name) else str(name)
    base = find_adapter(source)
    weights = source if base is None else base
    with named(source), quietly(transformers):
        config, unused = transformers.AutoConfig.from_pretrained(
            weights, return_unused_kwargs=True, **settings, **hub
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            source if holds_tokenizer(source, base) else weights,
            **{**hub, **(tokenizer_config or {})},
        )
        chosen = "attn_implementation" in settings
        check_loaded_config(config, walk_configs(config), chosen)
        _choose_attention(config, settings)
        hub[_precision_setting()] = "float32"
        module, random = load_module(weights, config, hub)
        if base is not None:
            module = merge_adapter(module, source)
    _check_settings(config, [name for name in unused if name in settings])
    pieces = _take_tokenizer(source, tokenizer)
    with named(source):
        transformer = wrap(module, pieces, tokenizer.model_max_length)
    check_weights(source, transformer.module, random)
    _check_rebuilds(source, transformer)
    return transformer


def rebuild(
    setup: Mapping[str, Any],
    tokenizer: str,
    shapes: Mapping[str, tuple[int, ...]],
) -> Transformer:
    """Build a transformer from what `Transformer.setup` returned, without weights.

    Nothing is fetched, and no code is run but that of the package transformers.

    Args:
        setup: The settings, whose config has passed `check_saved_config`.
        tokenizer: The text of a tokenizer.json.
        shapes: Of the weights that it is to take. It is built only if it has no more.

    Returns:
        The transformer.

    Raises:
        ValueError: The config describes a larger one, or the tokenizer is damaged.
    """
    pieces = _read_tokenizer(tokenizer)
    module = _build_within(setup["config"], shapes)
    return Transformer(_ready(module), pieces, **setup)


def build_transformer(
    source: str,
    config: Mapping[str, Any],
    tokenizer: str,
    weights: Mapping[str, Any],
    max_length: int,
) -> Transformer:
    """Build a transformer from its parts, whoever saved them.

    Args:
        source: Where they are from, for messages.
        config: That of Hugging Face.
        tokenizer: The text of a tokenizer.json.
        weights: Arrays by the names of the parameters of `AutoModel`.
        max_length: Pieces that it can read at once; 0 for what the config says.

    Returns:
        The transformer, with its weights.

    Raises:
        ValueError: The config would fetch or import something, the weights are not
            those that it describes, or the tokenizer is damaged.
    """
    torch = import_torch("TransformerWrapper", "transformers")
    shapes = {name: (*array.shape,) for name, array in weights.items()}
    check_saved_config(source, config, shapes)
    try:
        pieces = _read_tokenizer(tokenizer)
        module = _build_within(config, shapes)
        tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
        missing, _ = module.load_state_dict(tensors, strict=False)
        transformer = wrap(module, pieces, max_length)
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # The packages below have no common type.
        raise ValueError(
            f"{source}: the transformer cannot be built: {type(error).__name__}: "
            f"{shortened(error)}"
        ) from error
    if missing:
        raise ValueError(
            f"{source}: the weights lack {len(missing)} of those that the config "
            f"describes, such as {missing[0]!r}. Save the pipeline again, with the "
            f"version of transformers that it was trained with."
        )
    return transformer


def _build_within(
    config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> Any:
    """Build a module with random weights, unless it has more than a file holds."""
    torch = import_torch("TransformerWrapper", "transformers")
    with torch.device("meta"):  # A model without memory, to look at its size.
        _check_size(find_text_part(_build(config)), shapes)
    with torch.random.fork_rng():  # The weights that it draws are replaced.
        return _build(config)


def _build(saved: Mapping[str, Any]) -> Any:
    """Build a module with random weights in float32 from a config as it is saved."""
    transformers = import_transformers()
    options = decode_floats(saved)
    kind = options.pop("model_type")
    config = transformers.AutoConfig.for_model(kind, **options)
    _choose_attention(config, options)
    _set_float32(config)
    return build_module(config)


def _check_size(module: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that a module has no more weights than a file has numbers for.

    The rest of a module that reads and writes is left out of the file.
    """
    needed = sum(parameter.numel() for parameter in module.parameters())
    held = sum(math.prod(shape) for shape in shapes.values())
    if needed > held:
        raise ValueError(
            f"the transformer has {needed} weights, but the file holds {held}."
        )


def wrap(module: Any, tokenizer: Any, max_length: int) -> Transformer:
    """Wrap a module of Hugging Face and a tokenizer of the package tokenizers.

    Its width and its number of layers are those of the config, until it is probed.
    """
    whole, module = module.config, _ready(module)
    limits = [n for n in (max_length, count_positions(module)) if n and n < NO_LIMIT]
    config = text_config(module.config)
    pad_id = getattr(config, "pad_token_id", None)
    return Transformer(
        module,
        tokenizer,
        width=getattr(config, "hidden_size", 0),
        max_length=min(limits, default=None),
        pad_id=max(pad_id if isinstance(pad_id, int) else 0, 0),
        config=_saved_config(module, whole),
    )


def _saved_config(module: Any, whole: Any) -> dict[str, Any]:
    """Return the config by which a module can be built again, as JSON can hold it.

    Args:
        whole: The config of what the module is a part of.
    """
    known = import_transformers().models.auto.modeling_auto.MODEL_MAPPING
    chosen = module.config if type(module.config) in known else whole
    config = encode_floats(json.loads(chosen.to_json_string(use_diff=False)))
    if has_own_code(module):
        config["auto_map"] = {"AutoModel": type(module).__name__}
    else:  # The package has the code, so that none is to be fetched.
        for part in _walk_sections(config):
            part.pop("auto_map", None)
        config = find_safe(config)
    return dict(config)


def _walk_sections(section: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield section
    for part in section.values():
        if isinstance(part, dict):
            yield from _walk_sections(part)


def has_own_code(module: Any) -> bool:
    """Check whether a module's code came with its weights."""
    return type(module).__module__.startswith("transformers_modules")


def _check_rebuilds(source: str, transformer: Transformer) -> None:
    """Check that a transformer can be built again from what is saved of it.

    Raises:
        ValueError: It cannot, so that its training would be lost.
    """
    if has_own_code(transformer.module):
        return
    torch = import_torch("TransformerWrapper", "transformers")
    wanted = {name: (*p.shape,) for name, p in transformer.module.named_parameters()}
    saved = json.loads(json.dumps(transformer.config))
    try:
        check_saved_config(source, saved, wanted)
        with torch.device("meta"):
            module = _ready(_build(saved))
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # Of any type, as below.
        raise ValueError(
            f"TransformerWrapper: a transformer must be one that can be saved and "
            f"loaded again, got {type(transformer.module).__name__} of {source}: "
            f"{shortened(error)} Save it in the form that the installed transformers "
            f"writes, without quantization."
        ) from error
    found = {name: (*p.shape,) for name, p in module.named_parameters()}
    if found != wanted:
        some = sorted({*wanted.items()} ^ {*found.items()})[0][0]
        raise ValueError(
            f"TransformerWrapper: a transformer must be one that can be saved and "
            f"loaded again, got {type(transformer.module).__name__} of {source}, whose "
            f"config does not describe its parameter {some!r}."
        )


def _ready(module: Any) -> Any:
    """Take the part that reads text, in the precision that optimizers need."""
    module = find_text_part(module)
    use_full_attention(module)
    for config in walk_configs(module.config):
        config.use_cache = False  # A cache is for writing text.
        config.return_dict = True  # Some modules read it from nowhere else.
    _set_float32(module.config)
    return module.float().eval()


def _set_float32(config: Any) -> None:
    """Set the dtype of a config to float32."""
    name = _precision_setting()
    for part in walk_configs(config):
        setattr(part, name, "float32")


def _precision_setting() -> str:
    """Return what the installed transformers calls the precision of parameters."""
    version = import_transformers().__version__
    return "torch_dtype" if int(version.split(".")[0]) < 5 else "dtype"


def _choose_attention(config: Any, settings: Mapping[str, Any]) -> None:
    """Compute attention so that its matrices exist, if they are asked for."""
    text = text_config(config)
    for name in ("output_attentions", "output_hidden_states"):
        if getattr(config, name, False):
            for part in walk_configs(config):
                setattr(part, name, True)
    if text.output_attentions and "attn_implementation" not in settings:
        for part in walk_configs(config):
            part._attn_implementation = "eager"


def _is_folder(name: str | Path) -> bool:
    return Path(name).expanduser().is_dir()


def _check_settings(config: Any, unused: list[str]) -> None:
    """Raise ValueError for settings that a config lacks and would ignore."""
    for name in unused:
        if not hasattr(config, name):
            known = [known for known in vars(config) if not known.startswith("_")]
            raise ValueError(
                f"TransformerWrapper: transformer_config: a transformer of the type "
                f"{config.model_type} has no setting {name!r}.{nearest(name, known)}"
            )


def _take_tokenizer(source: str, tokenizer: Any) -> Any:
    """Return the `tokenizers.Tokenizer` of a tokenizer of Hugging Face."""
    if getattr(tokenizer, "is_fast", False):
        pieces = tokenizer.backend_tokenizer
    else:
        pieces = convert_slow(tokenizer)
    if pieces is None:
        raise ValueError(
            f"TransformerWrapper: needs a tokenizer that says where in the text each "
            f"piece stands, got {type(tokenizer).__name__} of {source}, which is "
            f"written in Python and does not, and is of no kind that can be rebuilt. "
            f"Pass a transformer that has a tokenizer.json."
        )
    # Without its files, transformers makes a tokenizer that knows no text at all.
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):
        raise ValueError(
            f"TransformerWrapper: the tokenizer of {source} must know pieces of text, "
            f"got one with special pieces alone. Put its files, such as "
            f"tokenizer.json, beside the weights."
        )
    return pieces


def _read_tokenizer(text: str) -> Any:
    """Build a tokenizer from the text of its file, tokenizer.json."""
    tokenizers = require("tokenizers", "TransformerWrapper", "transformers")
    try:
        return tokenizers.Tokenizer.from_str(text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # A panic of Rust is no Exception.
        raise ValueError(f"expected a tokenizer.json, got: {error}") from error
