"""Hold the settings of pretraining."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal

from ..objectives.masking import CHOSEN, Masking
from ..objectives.token_objective import TokenObjective
from ..ranges import SHARE, Range, find_out_of_range
from ..training.batches import Place
from ..training.settings import LoopSettings, check_settings, out_of_range

#: What the numbers may be that only pretraining has.
RANGES = {
    "held_out": Range(0, 1, above=True, below=True),
    "mask_share": CHOSEN,
    "mask_random": SHARE,
    "mask_keep": SHARE,
    "n_save_epoch": Range(1, or_null=True),
    "n_save_every": Range(1, or_null=True),
}


@dataclass(kw_only=True)
class PretrainingSettings(LoopSettings):
    """Set up the pretraining of an encoder: the block [pretraining] of a config.

    The settings of the loop, and what else the config says of a run.

    objective: What the encoder learns.
    component: The component whose encoder learns. If it listens to a shared encoder,
        that one does.
    layer: The name by which the component's model refers to its encoder, such as
        "tok2vec". "" is the model itself.
    corpus: Path in the config of the corpus to learn from.
    dev_corpus: Path in the config of the corpus that the held-out loss is of. Null: it
        is of some of the documents of `corpus`.
    held_out: The share of the documents that are held out then, above 0, below 1.
    mask_share: Chance of a word to be chosen for prediction, above 0 and at most 1.
    mask_random: Share of the chosen words that another word takes the place of.
    mask_keep: Share of the chosen words that stay. The others are hidden.
    n_save_every: Updates between evaluations, after each of which the encoder is
        saved. Null: there are none within an epoch.
    n_save_epoch: Epochs between evaluations. Null: every epoch, unless n_save_every
        is set.
    gpu_allocator: "pytorch" lets CuPy use PyTorch's memory pool; null for CuPy's own.
    """

    objective: TokenObjective
    component: str = "tok2vec"
    layer: str = ""
    corpus: str = "corpora.pretrain"
    dev_corpus: str | None = None
    held_out: float = 0.02
    mask_share: float = 0.15
    mask_random: float = 0.1
    mask_keep: float = 0.1
    dropout: float | Iterator[float] = 0.2
    patience: int = 0
    max_epochs: int = 1000
    max_steps: int = 0
    n_save_every: int | None = None
    n_save_epoch: int | None = None
    gpu_allocator: Literal["pytorch", "tensorflow"] | None = None
    #: Not a setting here: `n_save_every` and `n_save_epoch` are.
    eval_frequency: int = field(default=1, init=False, repr=False)

    def __post_init__(self) -> None:
        check_settings("pretraining", self, find_problems(vars(self)))

    @property
    def masking(self) -> Masking:
        """How words are hidden."""
        return Masking(self.mask_share, self.mask_random, self.mask_keep)

    def is_due(self, step: int, place: Place) -> bool:
        """Tell whether to evaluate after an update."""
        if self.n_save_every is not None and step % self.n_save_every == 0:
            return True
        if self.n_save_epoch is None and self.n_save_every is not None:
            return False
        return place.ends_epoch and place.n_epochs % (self.n_save_epoch or 1) == 0


def find_problems(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find the settings that are too small or too great; give name and problem."""
    yield from out_of_range(settings)
    yield from find_out_of_range(RANGES, settings)
    parts: list[Any] = [settings.get("mask_random"), settings.get("mask_keep")]
    if all(isinstance(n, Real) and n in SHARE for n in parts) and sum(parts) > 1:
        got = f"got {parts[0]} and {parts[1]}."
        yield "mask_random", f"must be at most 1 together with mask_keep, {got}"
