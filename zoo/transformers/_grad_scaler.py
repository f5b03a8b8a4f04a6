"""Scale gradients in half precision, so that small ones do not vanish."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._check_numbers import Range, check_numbers

#: What the settings may be.
RANGES = {
    "init_scale": Range(0, above=True),
    "backoff_factor": Range(0, 1, above=True, below=True),
    "growth_factor": Range(1, above=True),
    "growth_interval": Range(0, above=True),
}


@dataclass
class GradScaler:
    """Scale gradients by a factor that adapts to overflows of float16.

    Where a gradient overflows, it is dropped and the factor shrinks; after a while
    without that, it grows. The settings and their defaults are PyTorch's.

    Source:
        Micikevicius et al. (2018), https://arxiv.org/abs/1710.03740.
    """

    init_scale: float = 65536.0
    backoff_factor: float = 0.5
    growth_factor: float = 2.0
    growth_interval: int = 2000
    enabled: bool = True

    def __post_init__(self) -> None:
        for name, allowed in RANGES.items():
            check_numbers("grad_scaler_config", allowed, **{name: getattr(self, name)})
        self.scale = float(self.init_scale) if self.enabled else 1.0
        self._n_good = 0

    @property
    def state(self) -> list[float]:
        """Return the factor and the updates since its last change."""
        return [self.scale, float(self._n_good)]

    @state.setter
    def state(self, state: Sequence[float]) -> None:
        scale, n_good = state
        self.scale, self._n_good = scale, int(n_good)

    def unscale(self, torch: Any, gradients: Sequence[Any]) -> bool:
        """Divide gradients in place; False, and nothing divided, if one overflowed."""
        if not self.enabled:
            return True
        norms = torch.stack([gradient.norm() for gradient in gradients])
        if not bool(norms.isfinite().all()):
            self.scale *= self.backoff_factor
            self._n_good = 0
            return False
        for gradient in gradients:
            gradient.mul_(1 / self.scale)
        self._n_good += 1
        if self._n_good == self.growth_interval:
            self.scale *= self.growth_factor
            self._n_good = 0
        return True
