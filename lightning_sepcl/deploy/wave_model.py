"""What every loaded model shares: waves come as users have them, and are brought to its rate and device."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.audio.resample import resample


class WaveModel(nn.Module):
    """Base class of the loaded models: in evaluation mode, without gradients of their own, on any device.

    Attributes:
        kind: `encoder`, `classifier` or `separator`.
        sample_rate: Hz of the waves it takes.
        microphones: of the waves it takes.
        least_samples: shorter waves are padded with zeros to so many.
    """

    kind: str
    sample_rate: int
    microphones: int = 1
    least_samples: int = 1

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(tensor.device for tensor in (*self.parameters(), *self.buffers()))

    def waves(
        self, wave: Shaped[Tensor, "*axes sample"], sample_rate: int | None
    ) -> Float[Tensor, "batch {self.microphones} sample2"]:
        """The waves with a microphone axis, as float32 of full scale 1, at the model's rate and on its device.

        Args:
            wave: (batch, sample), or (batch, mic, sample); int16, or floating point of full scale 1.
            sample_rate: Hz of `wave`; None: it is the model's.

        Raises:
            ValueError: other axes, another number of microphones, nothing in it, or an integer type but int16.
        """
        if wave.ndim == 2:
            wave = wave[:, None]
        if wave.ndim != 3 or not wave.numel():
            raise ValueError(
                f"waves are (batch, sample) with at least one sample, this has the shape {tuple(wave.shape)}: "
                "give wave[None] for a single one"
            )
        if wave.shape[1] != self.microphones:
            raise ValueError(
                f"this model takes {self.microphones} microphone(s), the wave has {wave.shape[1]}"
                + (": mix them down with wave.mean(1)" if self.microphones == 1 else ": give (batch, mic, sample)")
            )
        wave = to_float(wave).float()
        if sample_rate not in (None, self.sample_rate):
            wave = _resampled(wave, sample_rate, self.sample_rate)
        return wave.to(self.device)

    def ready(self, device: torch.device | str) -> Any:
        """The model itself, on a device, ready to be used."""
        return self.eval().requires_grad_(False).to(device)


def _resampled(wave: Tensor, from_rate: int, to_rate: int) -> Tensor:
    """By libsoxr, which works on the CPU, all rows at once as channels."""
    rows = wave.detach().cpu().flatten(0, 1).T.contiguous().numpy()
    return torch.from_numpy(resample(rows, from_rate, to_rate)).T.reshape(*wave.shape[:2], -1).contiguous()
