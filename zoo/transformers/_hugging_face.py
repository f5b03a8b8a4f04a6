"""Load transformers of Hugging Face: a module of PyTorch and its tokenizer."""

import inspect
import json
import math
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .._optional import import_torch, import_transformers, require
from ..config import nearest
from ._tokenize import SpecialPieces, find_special_pieces, own_copy
from ._trust import is_trusted


@dataclass
class Transformer:
    """A module of PyTorch and the tokenizer that belongs to it.

    The module is called with `input_ids` and `attention_mask`, both (n, length), and
    with `token_type_ids` if it takes them. It gives the vectors of all pieces,
    (n, length, width): alone, first in a tuple, or as `last_hidden_state`.

    Attributes:
        module: A `torch.nn.Module`. Its parameters become those of the layer.
        tokenizer: A `tokenizers.Tokenizer`. It is copied.
        width: Of the vectors.
        max_length: Pieces that the module can read at once, special ones included. None
            if it knows no limit.
        pad_id: What a shorter text is filled up with. The mask covers it.
        n_layers: How many layers it gives: 1, or on request the embeddings and all.
        config: That of Hugging Face, by which the module can be made anew.
        batching: Which windows the module may read at once without a change of their
            vectors: "padded" for any, "equal" for those of one length, "single" for
            none. It is measured when a layer is initialized.
    """

    module: Any
    tokenizer: Any
    width: int
    max_length: int | None = None
    pad_id: int = 0
    n_layers: int = 1
    config: Mapping[str, Any] | None = None
    batching: str = "padded"

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
    def takes_types(self) -> bool:
        return "token_type_ids" in inspect.signature(self.module.forward).parameters

    @cached_property
    def takes_return_dict(self) -> bool:
        return "return_dict" in inspect.signature(self.module.forward).parameters

    def setup(self) -> dict[str, Any]:
        """Return what describes it, without the weights and the tokenizer."""
        return {
            "width": self.width,
            "max_length": self.max_length,
            "pad_id": self.pad_id,
            "n_layers": self.n_layers,
            "config": self.config,
        }


#: Settings of a transformer that say where to find it, and are not its own.
HUB_SETTINGS = ("local_files_only", "revision", "subfolder")
#: What tokenizers say if they know of no limit is far above this.
NO_LIMIT = 10**9


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
        OSError: It cannot be found, ValueError if its files are not those of a
            transformer with a fast tokenizer or it has no such setting.
        ImportError: The package transformers is missing.
    """
    transformers = import_transformers()
    settings = dict(transformer_config or {})
    hub = {k: settings.pop(k) for k in HUB_SETTINGS if k in settings}
    hub["trust_remote_code"] = is_trusted()
    source = str(Path(name).expanduser()) if _is_folder(name) else str(name)
    with _named(source), _quietly(transformers):
        config, unused = transformers.AutoConfig.from_pretrained(
            source, return_unused_kwargs=True, **settings, **hub
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            source, **{**hub, **(tokenizer_config or {})}
        )
        _choose_attention(config, settings)
        module = transformers.AutoModel.from_pretrained(source, config=config, **hub)
    _check_settings(config, [name for name in unused if name in settings])
    _check_tokenizer(source, tokenizer)
    return wrap(module, tokenizer.backend_tokenizer, tokenizer.model_max_length)


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
    torch, transformers = (
        import_torch("TransformerWrapper", "transformers"),
        import_transformers(),
    )
    pieces = _read_tokenizer(tokenizer)
    options = dict(setup["config"])
    config = transformers.AutoConfig.for_model(options.pop("model_type"), **options)
    _choose_attention(config, options)
    with torch.device("meta"):  # A model without memory, to look at its size.
        _check_size(transformers.AutoModel.from_config(config), shapes)
    with torch.random.fork_rng():  # The weights that it draws are replaced.
        module = transformers.AutoModel.from_config(config)
    return Transformer(_ready(module), pieces, **setup)


def _check_size(module: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that a module has no more weights than a file has numbers for.

    The rest of a module that reads and writes is left out of the file.
    """
    if getattr(module.config, "is_encoder_decoder", False):
        module = module.get_encoder()
    needed = sum(parameter.numel() for parameter in module.parameters())
    held = sum(math.prod(shape) for shape in shapes.values())
    if needed > held:
        raise ValueError(
            f"the transformer has {needed} weights, but the file holds {held}."
        )


def wrap(module: Any, tokenizer: Any, max_length: int) -> Transformer:
    """Wrap a module of Hugging Face and a tokenizer of the package tokenizers."""
    config = module.config
    limits = [n for n in (max_length, _count_positions(module)) if n and n < NO_LIMIT]
    module = _ready(module)
    return Transformer(
        module,
        tokenizer,
        width=config.hidden_size,
        max_length=min(limits, default=None),
        pad_id=max(getattr(config, "pad_token_id", None) or 0, 0),
        n_layers=config.num_hidden_layers + 1 if config.output_hidden_states else 1,
        config=json.loads(config.to_json_string(use_diff=False)),
    )


def _ready(module: Any) -> Any:
    """Take the encoder of a module, in the precision that optimizers need."""
    if getattr(module.config, "is_encoder_decoder", False):
        module = module.get_encoder()
    module.config.use_cache = False  # A cache is for writing text.
    return module.float().eval()


def _choose_attention(config: Any, settings: Mapping[str, Any]) -> None:
    """Compute attention so that its matrices exist, if they are asked for."""
    if config.output_attentions and "attn_implementation" not in settings:
        config._attn_implementation = "eager"


def _count_positions(module: Any) -> int | None:
    """Count the positions that a module of Hugging Face has vectors for."""
    config = module.config
    names = ("max_position_embeddings", "n_positions")
    found = [getattr(config, name, None) for name in names]
    count = next((n for n in found if isinstance(n, int) and n > 0), None)
    for name, part in module.named_modules():
        # RoBERTa and its kin count positions from the one behind that of the padding.
        padding = getattr(part, "padding_idx", None)
        if count and name.endswith("position_embeddings") and padding is not None:
            return int(count - padding - 1)
    return count


@contextmanager
def _quietly(transformers: Any) -> Iterator[None]:
    """Hide the progress bars of transformers inside the block."""
    logging = transformers.utils.logging
    was_on = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            logging.enable_progress_bar()


def _is_folder(name: str | Path) -> bool:
    return Path(name).expanduser().is_dir()


@contextmanager
def _named(source: str) -> Iterator[None]:
    """Turn errors of loading into messages that name the model and a remedy."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"TransformerWrapper: cannot load {source!r}: {_reason(error)} Give "
            f"the path of a folder that holds the model, or its name on the hub of "
            f"Hugging Face. Where the hub cannot be reached, fetch the model elsewhere "
            f"with `hf download {source} --local-dir FOLDER`, and give the folder."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # Of any type: the packages below have no common one.
        kind = ImportError if isinstance(error, ImportError) else ValueError
        raise kind(
            f"TransformerWrapper: cannot load {source!r}: {type(error).__name__}: "
            f"{_reason(error)} Give a model that the installed transformers knows, "
            f"with its config.json, weights and tokenizer.json."
        ) from error


def _reason(error: Exception) -> str:
    return textwrap.shorten(str(error), 250, placeholder=" ...").rstrip(".:") + "."


def _check_settings(config: Any, unused: list[str]) -> None:
    """Raise ValueError for settings that a config lacks and would ignore."""
    for name in unused:
        if not hasattr(config, name):
            known = [known for known in vars(config) if not known.startswith("_")]
            raise ValueError(
                f"TransformerWrapper: transformer_config: a transformer of the type "
                f"{config.model_type} has no setting {name!r}.{nearest(name, known)}"
            )


def _check_tokenizer(source: str, tokenizer: Any) -> None:
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError(
            f"TransformerWrapper: needs a fast tokenizer, which says where in the text "
            f"each piece stands, got {type(tokenizer).__name__} of {source}. Take "
            f"use_fast = false out of tokenizer_config, or convert the tokenizer."
        )
    # Without its files, transformers makes a tokenizer that knows no text at all.
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):
        raise ValueError(
            f"TransformerWrapper: the tokenizer of {source} must know pieces of text, "
            f"got one with special pieces alone. Put its files, such as "
            f"tokenizer.json, beside the weights."
        )


def _read_tokenizer(text: str) -> Any:
    """Build a tokenizer from the text of its file, tokenizer.json."""
    tokenizers = require("tokenizers", "TransformerWrapper", "transformers")
    try:
        return tokenizers.Tokenizer.from_str(text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # A panic of Rust is no Exception.
        raise ValueError(f"expected a tokenizer.json, got: {error}") from error
