"""Any transform of the package torch-audiomentations as a plugin, named in a YAML."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.errors import UserError


class TorchAudiomentations(Augmentation):
    """A transform of torch-audiomentations, with a seed of its own for each example.

    Those transforms draw inside themselves, from the global generators. So each example is transformed by itself,
    after seeding these with the example's drawn number, and the generators are put back afterwards. That costs a
    call per example: about 0.2 ms for a plain gain, where ours takes 0.002; prefer our own plugins where there is one.

    Args:
        transform: name of a class of torch_audiomentations, such as `PitchShift`, `BandPassFilter`, `AddColoredNoise`.
        settings: its arguments; its own `p` is 1 unless given here (`Sometimes` is the way to use it now and then).

    Raises:
        UserError: torch-audiomentations cannot be imported, or has no such transform, or does not take the settings.
    """

    domain = "wave"

    def __init__(self, transform: str, settings: dict[str, Any] | None = None) -> None:
        settings = {"p": 1.0, **(settings or {}), "output_type": "dict"}
        self.transform = _transform_class(transform)
        try:
            self._transformed = self.transform(**settings)
        except (TypeError, AssertionError, ValueError) as error:
            raise UserError(
                f"TorchAudiomentations: {transform} does not take `settings` {settings}: {error}"
            ) from error

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`seed` (n,)."""
        return {"seed": torch.randint(2**31, (shape[0],), generator=generator)}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """One example after the other.

        Raises:
            ValueError: the transform changes the length.
        """
        with _generators_put_back(x.device):
            done = [self._one(x[i : i + 1], seed) for i, seed in enumerate(params["seed"].tolist())]
        out = torch.cat(done) if done else x
        if out.shape != x.shape:
            raise ValueError(f"{self.transform.__name__} made {tuple(out.shape)} of {tuple(x.shape)}: it must keep it")
        return out.to(x.dtype)

    def _one(self, x: Tensor, seed: int) -> Tensor:
        random.seed(seed)
        torch.default_generator.manual_seed(seed)
        if x.is_cuda:
            with torch.cuda.device(x.device):
                torch.cuda.manual_seed(seed)
        changed: Tensor = self._transformed(x, sample_rate=self.sample_rate).samples
        return changed


@contextmanager
def _generators_put_back(device: torch.device) -> Iterator[None]:
    """Whatever happens inside, Python's and torch's global generators go on as if nothing had."""
    state = random.getstate()
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            yield
        finally:
            random.setstate(state)


def _transform_class(name: str) -> type:
    try:
        package = importlib.import_module("torch_audiomentations")
    except (ImportError, OSError, RuntimeError) as error:
        raise UserError(
            f"TorchAudiomentations: the package torch-audiomentations cannot be imported ({error}): "
            "install it with `pip install lightning_sepcl[audio]`"
        ) from error
    found = getattr(package, name, None)
    base = importlib.import_module("torch_audiomentations.core.transforms_interface").BaseWaveformTransform
    if not (isinstance(found, type) and issubclass(found, base)):
        known = sorted(k for k, v in vars(package).items() if isinstance(v, type) and issubclass(v, base))
        raise UserError(f"TorchAudiomentations: `transform` {name} is not known; there are {', '.join(known)}")
    return found
