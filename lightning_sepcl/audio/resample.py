"""Change of the sample rate, by libsoxr."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr
from jaxtyping import Float

Array = np.ndarray[Any, Any]


def resample(wave: Float[Array, "sample ..."], from_rate: int, to_rate: int) -> Float[Array, "resampled ..."]:
    """The wave at another sample rate; as long in seconds, aligned in time, the same type.

    libsoxr's "HQ" recipe: pass band flat to about 0.91 of the lower Nyquist frequency, aliases below -120 dB. The
    recipe is fixed because results of trained models move with the resampler.

    Args:
        wave: (sample,) or (sample, channel), the layout in which files are read.
        from_rate: Hz, as it is.
        to_rate: Hz, as it shall be.
    """
    if from_rate == to_rate:
        return wave
    return np.asarray(soxr.resample(wave, from_rate, to_rate, quality="HQ"))
