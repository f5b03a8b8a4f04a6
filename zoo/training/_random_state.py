"""Save the states of all random generators, and restore them."""

import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._parameters import Parameter

Generators = Mapping[str, np.random.Generator]


@dataclass
class RandomState:
    """The state of random numbers: Python's, NumPy's, and PyTorch's if it is loaded.

    CuPy's state cannot be read; `seed_cupy` makes its numbers repeatable.

    Args:
        arrays: The states that consist of many numbers, by their source.
        others: The rest, as JSON can hold it: normal numbers that a source has drawn
            ahead, and the states of the generators that the learner owns.
    """

    arrays: dict[str, Any]
    others: dict[str, Any]

    @classmethod
    def now(cls, generators: Generators) -> "RandomState":
        """Return the present state.

        Args:
            generators: More generators, by name.
        """
        _, numbers, gauss = random.getstate()
        _, keys, position, has_normal, normal = np.random.get_state()
        arrays = {
            "python": np.array(numbers, dtype="uint32"),
            "numpy": np.append(keys, position).astype("uint32"),
        }
        if torch := sys.modules.get("torch"):
            arrays["torch"] = torch.get_rng_state().numpy()
            used = torch.cuda.device_count() if _uses_cuda(torch) else 0
            for i in range(used):
                arrays[f"cuda.{i}"] = torch.cuda.get_rng_state(i).numpy()
        others = {
            "gauss": gauss,
            "normal": float(normal) if has_normal else None,
            "generators": {n: g.bit_generator.state for n, g in generators.items()},
        }
        return cls(arrays, others)

    def restore(self, generators: Generators) -> None:
        """Restore this state."""
        numbers = tuple(self.arrays["python"].tolist())
        random.setstate((3, numbers, self.others["gauss"]))
        keys, position = self.arrays["numpy"][:-1], int(self.arrays["numpy"][-1])
        normal = self.others["normal"]
        has_normal = int(normal is not None)
        np.random.set_state(("MT19937", keys, position, has_normal, normal or 0.0))
        for name, generator in generators.items():
            generator.bit_generator.state = self.others["generators"][name]
        if torch := sys.modules.get("torch"):
            self._restore_torch(torch)

    def _restore_torch(self, torch: Any) -> None:
        states = {n: torch.from_numpy(a.copy()) for n, a in self.arrays.items()}
        if "torch" in states:
            torch.set_rng_state(states["torch"])
        for i in range(torch.cuda.device_count()):
            if f"cuda.{i}" in states:
                torch.cuda.set_rng_state(states[f"cuda.{i}"], i)


def remember(generators: Generators) -> Callable[[], None]:
    """Return a function that restores the present state.

    It takes a small part of the time of a `RandomState`, and cannot be saved.

    Args:
        generators: More generators, by name.
    """
    python, numpy = random.getstate(), np.random.get_state()
    states = {name: g.bit_generator.state for name, g in generators.items()}
    torch: Any = sys.modules.get("torch")
    on_cpu = torch.get_rng_state() if torch else None
    on_gpus = torch.cuda.get_rng_state_all() if torch and _uses_cuda(torch) else []

    def restore() -> None:
        random.setstate(python)
        np.random.set_state(numpy)
        for name, generator in generators.items():
            generator.bit_generator.state = states[name]
        if torch:
            torch.set_rng_state(on_cpu)
            torch.cuda.set_rng_state_all(on_gpus)

    return restore


def _uses_cuda(torch: Any) -> bool:
    """Check whether PyTorch uses CUDA, whose state a question for it would create."""
    is_initialized: bool = torch.cuda.is_initialized()
    return is_initialized


def seed_cupy(seed: int, parameters: Mapping[str, Parameter]) -> None:
    """Seed CuPy's random generator, if there are parameters on a GPU."""
    on_gpu = [
        p.node.ops for p in parameters.values() if p.node.ops.device_type == "gpu"
    ]
    if on_gpu:
        on_gpu[0].xp.random.seed(seed % 2**32)
