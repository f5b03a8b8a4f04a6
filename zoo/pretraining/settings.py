"""Hold the settings of pretraining."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..objectives.masking import Masking
from ..objectives.token_objective import TokenObjective
from ..training.batches import Place
from ..training.settings import LoopSettings, out_of_range

#: The settings that must be 1 or more, or null.
COUNTS = ("n_save_epoch", "n_save_every")


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
    mask_share: Chance of a word to be chosen for prediction, above 0, to 1.
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
        problems = [f"{n} {problem}" for n, problem in find_problems(vars(self))]
        if problems:
            raise ValueError(f"pretraining: {'; '.join(problems)}")

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
    for name in COUNTS:
        value = settings.get(name)
        if isinstance(value, int) and value < 1:
            yield name, f"must be 1 or more, or null, got {value}."
    held_out = settings.get("held_out")
    if isinstance(held_out, int | float) and not 0 < held_out < 1:
        yield "held_out", f"must be above 0 and below 1, got {held_out}."
    mask = [settings.get(f"mask_{name}") for name in ("share", "random", "keep")]
    if all(isinstance(value, int | float) for value in mask):
        try:
            Masking(*mask)  # type: ignore[arg-type]
        except ValueError as error:
            yield "mask_share", str(error).removeprefix("Masking: ")
