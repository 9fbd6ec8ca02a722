"""How loud a wave is, and the way between decibels, amplitudes and the integers that lie in files."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

INT16_FULL_SCALE = 32768  # so that the smallest int16 becomes exactly -1


def to_float(wave: Shaped[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """The wave at full scale 1: int16 is divided by 32768 (float32), floating point passes through as it is.

    Raises:
        ValueError: another integer type, whose full scale nobody told.

    >>> to_float(torch.tensor([-32768, 16384], dtype=torch.int16))
    tensor([-1.0000,  0.5000])
    """
    if wave.is_floating_point():
        return wave
    if wave.dtype != torch.int16:
        raise ValueError(f"a wave must be int16 or floating point, found {wave.dtype}: convert it before")
    return wave.to(torch.float32).div_(INT16_FULL_SCALE)


def rms(
    x: Float[Tensor, "*axes"], dim: int | tuple[int, ...] = -1, keepdim: bool = False
) -> Float[Tensor, "*remaining"]:
    """Root of the mean square over `dim`; 0 for silence.

    >>> rms(torch.tensor([3.0, -3.0, 3.0]))
    tensor(3.)
    """
    dims = (dim,) if isinstance(dim, int) else dim
    count = math.prod(x.shape[axis] for axis in dims)
    length: Tensor = torch.linalg.vector_norm(x, dim=dims, keepdim=keepdim)
    return length / math.sqrt(count)


def db_to_amplitude(db: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """The factor by which a wave is multiplied to become `db` decibels louder.

    >>> db_to_amplitude(torch.tensor([0.0, 20.0]))
    tensor([ 1., 10.])
    """
    return torch.pow(10.0, db / 20)


def amplitude_to_db(amplitude: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """Decibels relative to amplitude 1; minus infinity for 0.

    >>> amplitude_to_db(torch.tensor([1.0, 10.0]))
    tensor([ 0., 20.])
    """
    return 20 * torch.log10(amplitude)
