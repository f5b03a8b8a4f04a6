"""Save the states of all random generators, and restore them."""

import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
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
        for name, state in _torch_states().items():
            arrays[name] = state.numpy()
        others = {
            "gauss": gauss,
            "normal": float(normal) if has_normal else None,
            "generators": {n: g.bit_generator.state for n, g in generators.items()},
        }
        return cls(arrays, others)

    def restore(self, generators: Generators) -> None:
        """Restore this state."""
        numbers = tuple(self.arrays["python"].tolist())
        keys, position = self.arrays["numpy"][:-1], int(self.arrays["numpy"][-1])
        normal = self.others["normal"]
        has_normal = int(normal is not None)
        of_torch = {}
        if torch := sys.modules.get("torch"):
            names = self.arrays.keys() - {"python", "numpy"}
            of_torch = {n: torch.from_numpy(self.arrays[n].copy()) for n in names}
        _restore(
            (3, numbers, self.others["gauss"]),
            ("MT19937", keys, position, has_normal, normal or 0.0),
            of_torch,
            self.others["generators"],
            generators,
        )


def remember(generators: Generators) -> Callable[[], None]:
    """Return a function that restores the present state.

    It takes a small part of the time of a `RandomState`, and cannot be saved.

    Args:
        generators: More generators, by name.
    """
    own = {name: g.bit_generator.state for name, g in generators.items()}
    states = random.getstate(), np.random.get_state(), _torch_states(), own
    return partial(_restore, *states, generators)


def _torch_states() -> dict[str, Any]:
    """Return the states of PyTorch's devices by name; none if it is not loaded."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return {}
    states = {"torch": torch.get_rng_state()}
    # Before CUDA is used it has no state, and a question would start it.
    used = torch.cuda.device_count() if torch.cuda.is_initialized() else 0
    for i in range(used):
        states[f"cuda.{i}"] = torch.cuda.get_rng_state(i)
    return states


def _restore(
    python: Any,
    numpy: Any,
    of_torch: Mapping[str, Any],
    own: Mapping[str, Any],
    generators: Generators,
) -> None:
    """Restore the states of all sources; `own` are those of the generators."""
    random.setstate(python)
    np.random.set_state(numpy)
    for name, generator in generators.items():
        generator.bit_generator.state = own[name]
    torch: Any = sys.modules.get("torch")
    if "torch" in of_torch:
        torch.set_rng_state(of_torch["torch"])
    for i in range(torch.cuda.device_count() if torch else 0):
        if f"cuda.{i}" in of_torch:
            torch.cuda.set_rng_state(of_torch[f"cuda.{i}"], i)


def seed_cupy(seed: int, parameters: Mapping[str, Parameter]) -> None:
    """Seed CuPy's random generator, if there are parameters on a GPU."""
    on_gpu = [
        p.node.ops for p in parameters.values() if p.node.ops.device_type == "gpu"
    ]
    if on_gpu:
        on_gpu[0].xp.random.seed(seed % 2**32)
